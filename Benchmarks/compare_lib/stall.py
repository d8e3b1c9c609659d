"""The longest time a client waits while keys are inserted, seen by an open-loop PING.

PINGs leave at planned times whether or not replies came, and are timed from the planned time:
a stall delays all that fall into it, instead of hiding them as a waiting client would. The pinger
is a process of its own, ahead of the load on the same core.
"""

import gc
import json
import os
import select
import subprocess
import sys
import time

from server_process import Client

from . import ROOT
from .scenarios import LOAD_CORE, STALL
from .servers import load

WARM_UP_SECONDS = 0.5
# A run in which the pinger itself came later than this says nothing about the server.
LATE_MILLISECONDS = 1.0
ATTEMPTS = 3


def be_prompt():
    """Runs before everything else on the core, as far as the system allows."""
    gc.disable()
    os.sched_setaffinity(0, {LOAD_CORE})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        pass


def ping(port, stop):
    """Pings until `stop()`. Returns the longest wait and the longest delay of our own, seconds."""
    client = Client(port)
    client.socket.setblocking(False)
    planned = time.perf_counter() + STALL.interval_seconds
    waiting, longest, late, received = [], 0.0, 0.0, b""
    while not stop() or waiting:
        now = time.perf_counter()
        if now >= planned:
            late = max(late, now - planned)
            client.socket.send(b"PING\r\n")
            waiting.append(planned)
            planned += STALL.interval_seconds
            continue
        if select.select([client.socket], [], [], planned - now)[0]:
            received += client.socket.recv(65536)
            now = time.perf_counter()
            while received.startswith(b"+PONG\r\n"):
                received = received[7:]
                longest = max(longest, now - waiting.pop(0))
    return longest, late


def process(role, *arguments, **options):
    """This module again, in a process of its own: `ping` or `load`."""
    command = [sys.executable, "-m", "compare_lib.stall", role, *map(str, arguments)]
    return subprocess.Popen(command, cwd=os.path.join(ROOT, "Benchmarks"), **options)


def ping_main(port, keys):
    """Starts the load, lets it wait for a while without load, then pings until it is done."""
    loader = process("load", port, keys, stdin=subprocess.PIPE)
    be_prompt()
    until = time.perf_counter() + WARM_UP_SECONDS
    idle = ping(port, lambda: time.perf_counter() > until)
    loader.stdin.write(b"go\n")
    loader.stdin.flush()
    busy = ping(port, lambda: loader.poll() is not None)
    if loader.returncode:
        raise SystemExit("the load failed")
    names = ("idle", "idle_late", "stall", "late")
    print(json.dumps({name: 1000 * value for name, value in zip(names, idle + busy)}))


def load_main(port, keys):
    os.sched_setaffinity(0, {LOAD_CORE})
    client = Client(port)
    sys.stdin.readline()
    load(client, "key:%012d", "v" * 64, keys)


def measure(contestant, keys):
    """A run that the client did not disturb, or the least disturbed of a few."""
    runs = []
    for _ in range(ATTEMPTS):
        runs.append(run(contestant, keys))
        if runs[-1]["late"] <= LATE_MILLISECONDS:
            break
    return min(runs, key=lambda figures: figures["late"])


def run(contestant, keys):
    """Milliseconds of the longest stall, beside the client's own lateness."""
    with contestant.start() as server:
        started = time.perf_counter()
        pinger = process("ping", server.port, keys, stdout=subprocess.PIPE)
        output, _ = pinger.communicate()
        if pinger.returncode:
            raise SystemExit(f"{contestant.name}: the stall could not be measured")
        if server.client().command("DBSIZE") != keys:
            raise SystemExit(f"{contestant.name}: not all keys are there")
        return {**json.loads(output), "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    {"ping": ping_main, "load": load_main}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
