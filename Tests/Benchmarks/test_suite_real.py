"""The suite with the real load generator: one short round of everything."""

from __future__ import annotations

import os

from Benchmarks.suite_run import ROOT, results, run

GENERATOR = os.environ.get(
    "APUS_BENCHMARK", ROOT / "Benchmarks/Generator/.build/release/apus-benchmark")

SCENARIOS = """
[preload.few]
command = "SET key:__rand_int__ __data__"
keys = 2000
value_bytes = 64

[[scenario]]
title = "GET"
group = "Strings"
kind = "throughput"
measures = "reading"
preload = "few"
commands = "GET key:__rand_int__"
expect = "$64"
requests = 3000
rounds = 1
variants = [
  { id = "get" },
  { id = "socket", socket = true, pipeline = 16, keys = "zipfian" },
  { id = "mixed", expect = "any", commands = [{ words = "GET key:__rand_int__" }, "PING"] },
]

[[scenario]]
id = "del"
title = "DEL"
group = "Keys"
kind = "throughput"
measures = "deleting each key once"
preload = "few"
commands = "DEL key:__rand_int__"
expect = ":1"
keys = "sequential"
requests = 2000
preload_each_round = true
changes_data = true
rounds = 1

[[scenario]]
id = "transaction"
title = "transaction"
group = "Transactions"
kind = "throughput"
measures = "three commands"
preload = "few"
commands = ["MULTI", "SET key:__rand_int__ __data__", "EXEC"]
connections = 1
pipeline = 30
requests = 3000
rounds = 1

[[scenario]]
id = "memory"
title = "keys"
group = "Memory"
kind = "memory"
measures = "bytes"
fill = { command = "SET key:__rand_int__ __data__", keys = 20_000 }

[[scenario]]
id = "fill"
title = "fill"
group = "Stalls"
kind = "stall"
measures = "stall"
rounds = 1
fill = { command = "SET key:__rand_int__ __data__", keys = 20_000 }

[[scenario]]
id = "burst"
title = "burst"
group = "Latency"
kind = "latency"
measures = "latency"
rounds = 1
preload = "few"
commands = "GET key:__rand_int__"
duration_seconds = 2
rate = 500
burst = { command = "SET b:__rand_int__ 1 PXAT __moment_ms__", keys = 1000, after_seconds = 2 }
"""


def test_every_kind(tmp_path):
    done = run(tmp_path, scenarios=SCENARIOS, generator=GENERATOR)
    assert done.returncode == 0, done.stderr
    found = results(tmp_path)
    assert found["generator"]["version"]
    entries = {entry["id"]: entry for entry in found["scenarios"]}
    assert list(entries) == [
        "get", "socket", "mixed", "del", "transaction", "memory", "fill", "burst"]
    peer, = found["peers"]
    for entry in found["scenarios"]:
        assert set(entry["servers"]) == {"apus", peer}
        assert set(entry["ratios"]) == {peer}
    assert entries["get"]["servers"]["apus"]["latency_us"]["p99.9"] > 0
    assert entries["burst"]["rate"] == 500
    # A closed loop would send many times as many.
    assert all(row["requests_per_second"] < 600 for row in entries["burst"]["rounds"]["apus"])
    distribution = entries["burst"]["servers"]["apus"]["distribution"]
    assert distribution[-1][0] == 100
    assert distribution == sorted(distribution)


def test_wrong_reply_ends_the_run(tmp_path):
    scenarios = SCENARIOS.replace('expect = "$64"\n', 'expect = "$63"\n')
    done = run(tmp_path, scenarios=scenarios, generator=GENERATOR)
    assert done.returncode == 1
    assert "get: apus: the load generator failed" in done.stderr and "$64" in done.stderr
    assert results(tmp_path)["scenarios"] == []
