"""The parts of `Benchmarks/run`; what they share with the guards comes from `Perf`."""

import os
import sys

BENCHMARKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(BENCHMARKS)
sys.path.insert(0, os.path.join(ROOT, "Perf"))
