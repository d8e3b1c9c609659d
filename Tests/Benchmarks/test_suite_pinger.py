"""The client that looks for stalls: it finds the server's, and does not count its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from Benchmarks.suite_run import ROOT
from Hostile.waiting import wait_until

# Measures, or pins processes that do.
pytestmark = pytest.mark.alone
# Far below the 0.4 s of a stall and far above what a busy machine does to a PING.
LIMIT_MS = 200
# The load is what makes the stalls, so that they fall into its time.
SERVER_SLEEP = "redis-cli -p {port} DEBUG SLEEP 0.4"
SERVER_WORK = "redis-cli -p {port} DEBUG POPULATE 3000000"
CLIENT_STALL = "kill -STOP $PPID; sleep 0.4; kill -CONT $PPID"


def pinged(server, *loads):
    script = "; ".join(("sleep 0.3", *loads, "sleep 0.3")).format(port=server.port)
    done = subprocess.run(
        [sys.executable, "-m", "suite.pinger", str(server.port), "0", "sh", "-c", script],
        cwd=ROOT / "Benchmarks", capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_stall_of_the_server_is_seen(start):
    found = pinged(start(), SERVER_WORK)
    assert found["seen_ms"] >= found["stall_ms"] >= LIMIT_MS
    assert 0 < found["idle_ms"] < LIMIT_MS


def test_a_server_that_does_not_run_is_seen_and_is_no_stall(start):
    found = pinged(start(), SERVER_SLEEP)
    assert found["seen_ms"] >= LIMIT_MS
    assert 0 < found["stall_ms"] < LIMIT_MS


def test_time_that_the_client_slept_through_is_not_a_stall(start):
    found = pinged(start(), CLIENT_STALL)
    assert found["late_ms"] >= LIMIT_MS
    assert 0 < found["stall_ms"] <= found["seen_ms"] < LIMIT_MS


def test_a_stall_is_seen_although_the_client_slept_at_another_time(start):
    found = pinged(start(), CLIENT_STALL, "sleep 0.1", SERVER_WORK)
    assert found["stall_ms"] >= LIMIT_MS and found["late_ms"] >= LIMIT_MS


def test_a_load_does_not_outlive_a_server_that_leaves(start):
    server = start()
    process = subprocess.Popen(
        [sys.executable, "-m", "suite.pinger", str(server.port), "0", "sleep", "497"],
        cwd=ROOT / "Benchmarks", stderr=subprocess.PIPE, text=True)
    wait_until(is_load_running, "the load has not begun")
    server.stop()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1 and "Traceback" not in errors
    assert not is_load_running()


def is_load_running():
    return subprocess.run(["pgrep", "-xf", "sleep 497"], capture_output=True).returncode == 0


@pytest.mark.parametrize("arguments", [
    ["1", "0", "true"], ["x", "0", "true"], ["1"], ["{port}", "99", "true"],
    ["{port}", "0", "no-such-command"],
])
def test_mistakes_are_told(start, arguments):
    server = start()
    done = subprocess.run(
        [sys.executable, "-m", "suite.pinger",
         *(word.format(port=server.port) for word in arguments)],
        cwd=ROOT / "Benchmarks", capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr and "Traceback" not in done.stderr


def test_a_load_that_fails_is_told(start):
    done = subprocess.run(
        [sys.executable, "-m", "suite.pinger", str(start().port), "0", "false"],
        cwd=ROOT / "Benchmarks", capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "the load failed with status 1" in done.stderr
