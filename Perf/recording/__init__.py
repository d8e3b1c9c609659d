"""The parts of `Perf/record`; scenarios, servers and the load come from `Benchmarks/suite`."""

import os
import sys

PERF = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(PERF)
sys.path[:0] = [PERF, os.path.join(ROOT, "Benchmarks")]
