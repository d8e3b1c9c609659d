"""The parts of `Benchmarks/compare`; what they share with the guards comes from `Perf`."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Perf"))
