"""`Benchmarks/run` with real servers: what it writes, and that it cleans up however it ends."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from Benchmarks.suite_run import SCENARIOS, command, environment, left_running, results, run
from Support.binaries import REDIS_7, binary

SECONDS = 60


def ids(folder):
    return [entry["id"] for entry in results(folder)["scenarios"]]


def test_results(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    found = results(tmp_path)
    assert found["error"] is None and found["subject"] == "apus"
    peer, = found["peers"]
    assert peer.startswith("redis-7.")
    assert found["servers"][peer]["version"].startswith("7.")
    ping, get = found["scenarios"]
    assert (ping["id"], get["id"]) == ("ping", "get")
    assert [len(rows) for rows in get["rounds"].values()] == [2, 2]
    # The fake generator claims a second for what takes milliseconds: no server was busy.
    assert get["ratios"][peer]["rate"] is None and get["notes"]


def test_unix_socket_and_mix(tmp_path):
    scenarios = SCENARIOS.replace('"GET key:__rand_int__"', '["GET key:__rand_int__", "PING"]')
    done = run(tmp_path, "--only", "get", scenarios=scenarios + "socket = true\n")
    assert done.returncode == 0, done.stderr


def test_memory_and_preload_each_round(tmp_path):
    more = """preload_each_round = true
changes_data = true
keys = "sequential"

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
duration_seconds = 1
share_of_capacity = 0.5
burst = { command = "SET b:__rand_int__ 1 PXAT __moment_ms__", keys = 1000, after_seconds = 2 }
"""
    scenarios = SCENARIOS.replace("GET key", "DEL key").replace("requests = 500", "requests = 1000")
    done = run(tmp_path, scenarios=scenarios + more)
    assert done.returncode == 0, done.stderr
    memory, fill, burst = results(tmp_path)["scenarios"][2:]
    for server in memory["servers"].values():
        assert 64 < server["used"] < 400
    for server in fill["servers"].values():
        assert server["stall_ms"]["median"] > 0
    assert all(server["distribution"] for server in burst["servers"].values())
    assert burst["rate"] > 0


@pytest.mark.parametrize("fake, text", [
    ("fail", "get: apus: the load generator failed (exit status 1): fake: wrong reply"),
    ("die", "get: apus: the server died: exit status 0"),
    ("silent", "get: apus: the load generator's figures cannot be read"),
])
def test_results_before_a_failure_are_kept(tmp_path, fake, text):
    # What is not measured fails nowhere: PING sends its requests as a load does.
    scenarios = SCENARIOS.replace('commands = "PING"', 'commands = "PING"\nkeys = "sequential"')
    done = run(tmp_path, fake=fake, scenarios=scenarios)
    assert done.returncode == 1
    assert text in done.stderr and "Traceback" not in done.stderr
    assert ids(tmp_path) == ["ping"]
    assert text in results(tmp_path)["error"]


@pytest.mark.parametrize("extra, text", [
    (["--peer", "broken=false"], "broken: the server did not start"),
    (["--peer", "gone=no-such-server"], "no-such-server is missing"),
    (["--peer", "nonsense"], "--peer wants NAME=COMMAND"),
    (["--servers", "apus,apus"], "two servers have the name apus"),
    (["--servers", "apus"], "a comparison needs two servers"),
    (["--servers", "apus,unknown"], "unknown server unknown"),
    (["--only", "nothing"], "no id, group or kind is called nothing"),
    (["--generator", "no-such-generator"], "no-such-generator is missing"),
    (["--cores", "0,0"], "two different cores"),
    (["--cores", "0"], "--cores: two core numbers"),
    (["--cores", "0,x"], "--cores: two core numbers"),
    (["--peer", "odd=cat {port} {}"], "odd: the server did not start"),
    (["--json", "/"], "the results have no place: / is no file"),
    (["--json", "/dev/null"], "the results have no place: /dev/null is no file"),
    (["--servers", ","], "a comparison needs two servers"),
    (["--peer", "mine=foo 'bar"], "No closing quotation"),
    (["--json", "/proc/none/results.json"], "the results have no place"),
])
def test_what_cannot_be_done_is_said(tmp_path, extra, text):
    done = run(tmp_path, *extra)
    assert done.returncode == 1
    assert text in done.stderr and "Traceback" not in done.stderr


def test_children_of_a_peer_do_not_outlive_the_run(tmp_path):
    wrapper = tmp_path / "wrapper"
    server = f'"{binary(REDIS_7)}" --port "$1" --dir {tmp_path} --save ""'
    wrapper.write_text(f"#!/bin/sh\n{server}\n")
    wrapper.chmod(0o755)
    peer = f"mine={wrapper} {{port}}"
    done = run(tmp_path, "--servers", "apus", "--peer", peer, "--only", "ping")
    assert done.returncode == 0, done.stderr
    assert left_running(tmp_path) == []


def test_keys_that_were_not_loaded_are_noticed(tmp_path):
    scenarios = SCENARIOS.replace("key:__rand_int__ __data__", "same __rand_int__")
    done = run(tmp_path, scenarios=scenarios)
    assert "get: apus: DBSIZE answers 1 instead of 1000" in done.stderr


def test_misses_are_noticed(tmp_path):
    scenarios = SCENARIOS.replace("GET key:", "GET other:")
    done = run(tmp_path, scenarios=scenarios)
    assert "get: apus: 500 of the keys asked for were not there" in done.stderr
    assert ids(tmp_path) == ["ping"]
    done = run(tmp_path, scenarios=scenarios + "misses = true\n")
    assert done.returncode == 0, done.stderr


def waiting_run(folder):
    """A run whose load never ends, once it has begun."""
    # What runs in the background of a shell has inherited that some signals are ignored.
    process = subprocess.Popen(
        ["env", "--default-signal", *command(folder)], env=environment(folder, "wait"),
        stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + SECONDS
    while not any("figures.json" in text for text in left_running(folder)):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_interrupted(tmp_path, number):
    process = waiting_run(tmp_path)
    process.send_signal(number)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "interrupted" in errors and "Traceback" not in errors
    assert not left_running(tmp_path)
    assert results(tmp_path)["error"] == "ping: interrupted"


def test_killed(tmp_path):
    process = waiting_run(tmp_path)
    process.kill()
    process.communicate(timeout=SECONDS)
    deadline = time.monotonic() + SECONDS
    while left_running(tmp_path):
        assert time.monotonic() < deadline, left_running(tmp_path)
        time.sleep(0.05)
