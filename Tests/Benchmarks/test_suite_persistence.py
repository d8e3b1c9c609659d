"""The scenarios of servers that keep their data on a disk: with real servers, and by themselves."""

from __future__ import annotations

import os
import threading
import time

import pytest

from Benchmarks.generator import BINARY
from Benchmarks.suite_run import results, run
from suite import bgsave, disk, generator, log, readers, runner, snapshot, threads
from suite.failure import Failure
from suite.scenarios import Load, Writes

LOG = """
[preload.few]
command = "SET key:__rand_int__ __data__"
keys = 1000

[[scenario]]
id = "log"
title = "SET"
group = "Persistence"
kind = "log"
measures = "writing"
preload = "few"
commands = "SET key:__rand_int__ __data__"
duration_seconds = 1
rounds = 1
server = { appendonly = "yes", appendfsync = "always" }
without_log = true
goals = { peer = "best", own = 1000, rate = 0.001 }
"""
READERS = """
[[scenario]]
id = "readers"
title = "GET beside SETs"
group = "Persistence"
kind = "readers"
measures = "reading while others write"
preload = { command = "SET key:__rand_int__ __data__", keys = 1000 }
commands = "GET key:__rand_int__"
rate = 100
duration_seconds = 1
rounds = 1
writes = { command = "SET written:__rand_int__ __data__", keyspace = 100 }
server = { appendonly = "yes", appendfsync = "always" }
goals = { own = 1.25 }
"""
SNAPSHOT = """
[[scenario]]
id = "snapshot"
title = "strings"
group = "Persistence"
kind = "snapshot"
measures = "saving and loading"
rounds = 1
fill = { command = "SET key:__rand_int__ __data__", keys = 5000, data = "words" }
"""
BGSAVE = """
[[scenario]]
id = "bgsave"
title = "GET during BGSAVE"
group = "Persistence"
kind = "latency"
measures = "latency"
rounds = 1
bgsave = true
preload = { command = "SET key:__rand_int__ __data__", keys = 1000 }
commands = "GET key:__rand_int__"
duration_seconds = 1
share_of_capacity = 0.5
"""


def only_entry(folder):
    entry, = results(folder)["scenarios"]
    return entry


def test_log(tmp_path):
    done = run(tmp_path, scenarios=LOG)
    assert done.returncode == 0, done.stderr
    entry = only_entry(tmp_path)
    for server in entry["servers"].values():
        assert 0 < server["engine_us"]["median"] <= server["cpu_us"]["median"]
        assert server["without"]["engine_us"] > 0 and server["own"]["median"] > 0
        assert 0 < server["disk_us"]["p50"] <= server["disk_us"]["p99"]
    # Apus writes the log from another thread, which counts.
    assert entry["servers"]["apus"]["cpu_us"]["median"] > (
        1.01 * entry["servers"]["apus"]["engine_us"]["median"])
    ratio, = entry["ratios"].values()
    assert ratio["cpu"]["median"] > 0
    assert entry["goals"] == {"peer": "best", "own": 1000, "rate": 0.001}
    assert results(tmp_path)["machine"]["disk"] == disk.filesystem(tmp_path)


def test_a_log_that_is_not_written_is_noticed(tmp_path):
    scenarios = LOG.replace('"SET key:__rand_int__ __data__"\nduration', '"PING"\nduration')
    done = run(tmp_path, scenarios=scenarios)
    assert done.returncode == 1
    assert "log: apus: the append-only file did not grow" in done.stderr


def test_readers(tmp_path):
    done = run(tmp_path, scenarios=READERS)
    assert done.returncode == 0, done.stderr
    entry = only_entry(tmp_path)
    for server in entry["servers"].values():
        assert server["latency_us"]["p99"] == server["without"]["latency_us"]["p99"] == 10.0
        assert server["own"]["median"] == 1.0 and server["writes_per_second"]["median"] > 0
    assert entry["goals"] == {"own": 1.25}


def test_snapshot(tmp_path):
    done = run(tmp_path, scenarios=SNAPSHOT)
    assert done.returncode == 0, done.stderr
    entry = only_entry(tmp_path)
    for server in entry["servers"].values():
        assert server["save_seconds"]["median"] > 0 and server["load_seconds"]["median"] > 0
        assert server["bytes"] > 5000
    ratio, = entry["ratios"].values()
    assert set(ratio) == {"save", "load"}


def test_latency_during_a_snapshot(tmp_path):
    done = run(tmp_path, scenarios=BGSAVE)
    assert done.returncode == 0, done.stderr
    entry = only_entry(tmp_path)
    assert all(row["snapshot_seconds"] > 0 for rows in entry["rounds"].values() for row in rows)
    assert any("the snapshot took" in note for note in entry["notes"])
    assert any("had ended before the measurement of 1 s" in note for note in entry["notes"])
    assert entry["rate"] > 0


@pytest.mark.parametrize("scenarios", [LOG, READERS, SNAPSHOT, BGSAVE],
                         ids=["log", "readers", "snapshot", "bgsave"])
def test_with_the_real_load_generator(tmp_path, scenarios):
    done = run(tmp_path, scenarios=scenarios, generator=BINARY)
    assert done.returncode == 0, done.stderr
    entry = only_entry(tmp_path)
    assert len(entry["servers"]) == 2
    if entry["kind"] == "readers":
        reads = entry["rounds"]["apus"][0]
        # The open loop keeps to its rate beside writes that go as fast as they can.
        assert reads["requests_per_second"] < 150 < reads["without"]["writes_per_second"]


# --- By themselves


class FakeClient:
    def __init__(self, *replies):
        self.replies = list(replies)

    def command(self, *_):
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def info(self, _):
        return self.replies.pop(0)


def test_the_length_of_a_log():
    on = {"aof_enabled": "1", "aof_current_size": "77"}
    assert log.length_of_log(FakeClient(on)) == 77
    assert log.length_of_log(FakeClient({"aof_enabled": "0"})) is None


@pytest.mark.parametrize("options, before, after, text", [
    ({"appendonly": "yes"}, 5, 5, "did not grow"), ({"appendonly": "yes"}, None, None, "did not"),
    ({"appendonly": "no"}, 1, 2, "not asked for"), ({}, None, 1, "not asked for"),
])
def test_a_log_is_there_exactly_when_asked_for(options, before, after, text):
    log.check_log({"appendonly": "yes"}, 0, 1)
    log.check_log({"appendonly": "no"}, None, None)
    with pytest.raises(Failure, match=text):
        log.check_log(options, before, after)


def log_row(engine, generator_busy=0.5, busy=0.5, rate=100.0, **more):
    return {"engine_us": engine, "cpu_us": 2 * engine, "requests_per_second": rate, "busy": busy,
            "generator_busy": generator_busy, "disk_us": {"p50": 1.0, "p99": 2.0}, **more}


def test_own_is_of_the_same_round():
    rows = [log_row(1.2, without=log_row(1.0)), log_row(9.0, without=log_row(6.0))]
    found = log.summary(rows)
    assert found["own"] == {"median": pytest.approx(1.35), "low": 1.2, "high": 1.5}
    assert found["without"]["engine_us"] == 3.5 and found["disk_us"] == {"p50": 1.0, "p99": 2.0}
    assert "own" not in log.summary([log_row(1.0)])


def test_throughput_is_compared_where_the_disk_is_the_limit_but_not_the_generator():
    notes = []
    rows = {"apus": [log_row(1.0, rate=300.0)], "peer": [log_row(2.0)]}
    found = log.ratios(rows, "apus", notes)["peer"]
    assert found["rate"]["median"] == 3.0 and found["cpu"]["median"] == 0.5 and notes == []
    rows["peer"][0]["generator_busy"] = 0.99
    assert log.ratios(rows, "apus", notes)["peer"]["rate"] is None
    assert "throughput of peer is not compared" in notes[0]
    # Both at the end of what they can do: the server's too.
    rows["peer"][0]["busy"] = 1.0
    assert log.ratios(rows, "apus", [])["peer"]["rate"]["median"] == 3.0


def test_the_probe_leaves_nothing(tmp_path):
    found = disk.probe(str(tmp_path), 0.05)
    assert 0 < found["p50"] <= found["p99"] and os.listdir(tmp_path) == []


def test_file_systems():
    assert disk.filesystem("/proc") == "proc" and disk.filesystem("/dev/null") != "unknown"


def test_the_engine_is_the_main_thread():
    ended = threading.Event()

    def work():
        while not ended.is_set():
            sum(range(10_000))

    before = threads.used(os.getpid())
    worker = threading.Thread(target=work)
    worker.start()
    try:
        used = threads.used(os.getpid()).since(before)
        while used.total - used.engine < 0.05:
            time.sleep(0.001)
            used = threads.used(os.getpid()).since(before)
    finally:
        ended.set()
        worker.join()
    assert 0 <= used.engine < used.total


def test_loading_is_waited_for():
    loading = snapshot.ErrorReply("LOADING the dataset")
    snapshot.wait_until_loaded(FakeClient(loading, loading, "PONG"))
    with pytest.raises(snapshot.ErrorReply, match="NOAUTH"):
        snapshot.wait_until_loaded(FakeClient(snapshot.ErrorReply("NOAUTH")))


def test_saves_that_fail():
    with pytest.raises(Failure, match="SAVE was answered 'Q'"):
        snapshot.save(FakeClient("Q"))
    states = [{"rdb_bgsave_in_progress": "1"},
              {"rdb_bgsave_in_progress": "0", "rdb_last_bgsave_status": "err"}]
    with pytest.raises(Failure, match="BGSAVE failed"):
        bgsave.snapshot(FakeClient("Background saving started", *states))


def test_goals_whose_peer_is_not_there_are_left_out():
    goals = {"peer": "valkey", "own": 1.25, "cpu": 0.6}
    assert runner.judgeable(goals, ["valkey"]) == goals
    assert runner.judgeable(goals, ["redis-7.0"]) == {"own": 1.25}
    assert runner.judgeable({"peer": "best", "rate": 1.3}, ["x"]) == {"peer": "best", "rate": 1.3}
    assert runner.judgeable({}, ["x"]) == {}


def test_options_of_the_loads():
    words = Load("SET __rand_int__ __data__", 10, data="words")
    assert "--data words" in " ".join(generator.load_options(words))
    assert "--data" not in generator.load_options(Load("SET __rand_int__ 1", 10))
    assert generator.write_options(Writes("SET k v", 7, data="random"))[-6:] == [
        "-r", "7", "-d", "64", "--data", "random"]
    assert generator.ahead(["--rate", "1"])[0] == "nice" and generator.ahead(["-n", "1"]) == []
    assert generator.ahead(["--rate", "1", "--nap", str(readers.NAP_MICROSECONDS)])[0] == "chrt"
