"""The longest time a client waits, seen by an open-loop PING: a process of its own.

    python3 -m suite.pinger PORT CORE COMMAND...

PINGs leave at planned times whether or not replies came, and are timed from the planned time: a
stall delays all that fall into it, instead of hiding them as a waiting client would. Pings for a
while without load, then until COMMAND, the load, has ended; ahead of the load on the same core.

A machine's host and the kernel's own threads take milliseconds from either core; a stall is what
the server did. So two waits are told. What a client saw, less what this one slept through itself:
between two PINGs it wakes a few times only to see whether it still runs. And of that, what the
server ran: the CPU time that it used while a PING waited, if that is less.
Prints milliseconds as JSON.
"""

import gc
import json
import os
import select
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass

from server_process import Client, ErrorReply

INTERVAL_SECONDS = 0.001
WAKE_SECONDS = 0.00025
# Later than this is another's doing; what is seen can be shorter or longer by as much.
LATE_SECONDS = 0.00025
IDLE_SECONDS = 0.5
PING = b"PING\r\n"
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


class ProcessClock:
    """CPU seconds of another process, without what the machine's host took from it."""

    def __init__(self, pid):
        self.number = (~pid << 3) | 2  # CPUCLOCK_SCHED of the process: clock_getcpuclockid(3)

    def seconds(self):
        return time.clock_gettime(self.number)


@dataclass(frozen=True)
class Ping:
    planned: float
    slept: float  # by the client until then, in all
    server: float


class Pinger:
    def __init__(self, client, clock):
        self.socket = client.socket
        self.clock = clock
        self.waiting = deque()
        self.received = b""
        self.slept = self.late = self.seen = self.stall = 0.0
        self.awake = time.perf_counter()

    def ping(self, stop):
        """Pings until `stop()`, and until all replies are there."""
        planned = time.perf_counter() + INTERVAL_SECONDS
        while not (ending := stop()) or self.waiting:
            now = self.sleep(planned)
            if now < planned:
                continue
            if now - planned > LATE_SECONDS:
                planned = now
            elif not ending:
                self.send(planned)
            planned += INTERVAL_SECONDS
        return self

    def sleep(self, planned):
        """Until the planned time, a reply, or the next look at the clock, which it returns."""
        until = min(max(planned, self.awake), self.awake + WAKE_SECONDS)
        rest = max(0.0, until - time.perf_counter())
        readable = select.select([self.socket], [], [], rest)[0]
        self.awake = now = time.perf_counter()
        self.late = max(self.late, now - until)
        if now - until > LATE_SECONDS:
            self.slept += now - until
        if readable:
            self.read(now)
        return now

    def send(self, planned):
        self.socket.send(PING)
        self.waiting.append(Ping(planned, self.slept, self.clock.seconds()))

    def read(self, now):
        data = self.socket.recv(65536)
        if not data:
            raise SystemExit("the server closed the connection")
        self.received += data
        while self.received.startswith(PONG):
            if not self.waiting:
                raise SystemExit("a PING that was not sent was answered")
            self.received = self.received[len(PONG):]
            self.answered(self.waiting.popleft(), now)
        if self.received and not PONG.startswith(self.received):
            raise SystemExit(f"PING was answered {self.received[:80]!r}")

    def answered(self, ping, now):
        seen = now - ping.planned - (self.slept - ping.slept)
        self.seen = max(self.seen, seen)
        self.stall = max(self.stall, min(seen, self.clock.seconds() - ping.server))


def main(port, core, command):
    be_prompt(core)
    client = Client(port)
    clock = ProcessClock(int(client.info("server")["process_id"]))
    client.socket.setblocking(False)
    until = time.perf_counter() + IDLE_SECONDS
    idle = Pinger(client, clock).ping(lambda: time.perf_counter() > until)
    load = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    try:
        busy = Pinger(client, clock).ping(lambda: load.poll() is not None)
    finally:
        load.kill()
        load.wait()
    if load.returncode:
        raise SystemExit(f"the load failed with status {load.returncode}")
    print(json.dumps({
        "idle_ms": 1000 * idle.seen, "stall_ms": 1000 * busy.stall, "seen_ms": 1000 * busy.seen,
        "late_ms": 1000 * busy.late, "slept_ms": 1000 * busy.slept}))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    try:
        main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
    except (OSError, ValueError, KeyError, ErrorReply) as failure:
        raise SystemExit(f"{type(failure).__name__}: {failure}") from failure
