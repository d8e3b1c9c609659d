"""The longest time a client waits, seen by an open-loop PING: a process of its own.

    python3 -m suite.pinger PORT CORE COMMAND...

PINGs leave at planned times whether or not replies came, and are timed from the planned time: a
stall delays all that fall into it, instead of hiding them as a waiting client would. Pings for a
while without load, then until COMMAND, the load, has ended; ahead of the load on the same core.
Prints milliseconds as JSON.
"""

import gc
import json
import os
import select
import subprocess
import sys
import time

from server_process import Client

INTERVAL_SECONDS = 0.001
IDLE_SECONDS = 0.5
PONG = b"+PONG\r\n"


def be_prompt(core):
    """Runs before everything else on the core, as far as the system allows; the load does not."""
    gc.disable()
    os.sched_setaffinity(0, {core})
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(10))
    except PermissionError:
        pass


def ping(client, stop):
    """Pings until `stop()`. Returns the longest wait and the longest delay of our own, seconds."""
    planned = time.perf_counter() + INTERVAL_SECONDS
    waiting, longest, late, received = [], 0.0, 0.0, b""
    while not stop() or waiting:
        now = time.perf_counter()
        if now >= planned:
            late = max(late, now - planned)
            client.socket.send(b"PING\r\n")
            waiting.append(planned)
            planned += INTERVAL_SECONDS
            continue
        if select.select([client.socket], [], [], planned - now)[0]:
            data = client.socket.recv(65536)
            if not data:
                raise SystemExit("the server closed the connection")
            received += data
            now = time.perf_counter()
            while received.startswith(PONG):
                received = received[len(PONG):]
                longest = max(longest, now - waiting.pop(0))
            if received and not PONG.startswith(received):
                raise SystemExit(f"PING was answered {received[:80]!r}")
    return longest, late


def main(port, core, command):
    be_prompt(core)
    client = Client(port)
    client.socket.setblocking(False)
    until = time.perf_counter() + IDLE_SECONDS
    idle = ping(client, lambda: time.perf_counter() > until)
    load = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    busy = ping(client, lambda: load.poll() is not None)
    if load.returncode:
        raise SystemExit(f"the load failed with status {load.returncode}")
    names = ("idle_ms", "idle_late_ms", "stall_ms", "late_ms")
    print(json.dumps({name: 1000 * value for name, value in zip(names, idle + busy)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
