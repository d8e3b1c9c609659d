"""Instructions of a number of commands, by the processor's counters or by callgrind."""

import os
import subprocess
import sys
import tempfile

import callgrind
import perf_tool
from scenarios import KEYS, SCENARIOS, send
from server_process import Server

PERF, CALLGRIND = "perf", "callgrind"
# Under callgrind a server is some fifty times slower.
COMMANDS = {PERF: 500_000, CALLGRIND: 50_000}
EVENT = "instructions:u"
LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "send_load.py")


def choose_method():
    """The method this machine allows, and why not the other."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            perf_tool.count(EVENT, None, ["true"], os.path.join(folder, "count"))
        return PERF, "the processor's counters, by perf stat"
    except perf_tool.PerfFailure as failure:
        return CALLGRIND, f"callgrind, for perf stat cannot count here: {failure}"


def counted_by_perf(server, scenario, count):
    """What `count` commands cost the running server in user mode."""
    with tempfile.TemporaryDirectory() as folder:
        load = [sys.executable, LOAD, str(server.port), scenario, str(count)]
        return perf_tool.count(EVENT, server.process.pid, load, os.path.join(folder, "count"))


def difference_by_perf(server_path, scenario, count):
    """What 2N commands cost more than N: without the connection and the counting itself."""
    # On one core: processors with two kinds of cores have two kinds of counters.
    core = str(min(os.sched_getaffinity(0)))
    with Server(["taskset", "--cpu-list", core, server_path]) as server:
        client = server.client()
        send(client, *SCENARIOS["SET"], KEYS)
        client.close()
        once, twice = (counted_by_perf(server, scenario, count * times) for times in (1, 2))
    return twice - once


def without_debug_information(server, folder):
    """A copy that Debian's valgrind can load: 3.19 gives up on what the compiler writes."""
    copy = os.path.join(folder, os.path.basename(server))
    done = subprocess.run(["objcopy", "--strip-debug", os.path.realpath(server), copy],
                          capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise SystemExit(f"{server} is no server that can be counted: {done.stderr.strip()}")
    return copy


def profile(server, scenario, count):
    """Runs `count` commands of a scenario against a fresh server under callgrind."""
    build, reply = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "callgrind.out")
        server = without_debug_information(server, folder)
        command = [
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={output}",
            "--compress-strings=no", "--compress-pos=no", "--demangle=no", server]
        with Server(command) as running:
            client = running.client()
            send(client, *SCENARIOS["SET"], KEYS)
            send(client, build, reply, count)
            client.close()
        return callgrind.read(output)


def difference_by_callgrind(server, scenario, count):
    """What N commands cost and whom they called, start-up left out."""
    once, twice = (profile(server, scenario, count * times) for times in (1, 2))
    return twice.minus(once)
