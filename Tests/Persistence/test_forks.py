"""Children, as quickly one after another as they can be, while every thread is busy: a lock that a
thread holds at the moment of the fork is held in the child for ever, so none may need one.

A child that does not end is named with what it waits for, and the test fails.
"""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from Persistence.aof import ON
from Persistence.waiting import children
from Support.server import Server
from Support.wire import Closed, Silent, Wire

FORKS = {"ci": 25, "long": 1000}
CLIENTS = 3
# What a child has to end within, whatever else runs on the machine: with some MB of data it takes
# milliseconds.
CHILD_SECONDS = 60
# Kept small, so that the forks are many.
KEYS = 200


class Client(threading.Thread):
    """Small and big values, and keys whose freeing is left to another thread."""

    def __init__(self, server: Server, number: int, stop: threading.Event):
        super().__init__(daemon=True)
        self.server, self.number, self.stop = server, number, stop
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            dice = random.Random(self.number)
            with self.server.wire(timeout=CHILD_SECONDS) as wire:
                while not self.stop.is_set():
                    for reply in wire.pipeline(self.calls(dice)):
                        assert not reply.is_error(), reply.text()
        except (Closed, Silent, OSError, AssertionError) as error:
            self.error = error

    def calls(self, dice: random.Random) -> list[tuple]:
        key = f"{self.number}:{dice.randrange(KEYS)}"
        return [
            ("SET", f"small:{key}", dice.random()),
            ("SET", f"big:{self.number}:{dice.randrange(5)}", "x" * dice.randrange(300_000)),
            ("DEL", f"set:{key}"),
            ("SADD", f"set:{key}", *range(dice.randrange(1, 500))),
            ("UNLINK", f"set:{self.number}:{dice.randrange(KEYS)}", f"big:{self.number}:1"),
            ("INFO",), ("CONFIG", "GET", "*"), ("LATENCY", "HISTOGRAM"),
        ]


def story(process: int) -> str:
    """Where a process is."""
    folder = Path(f"/proc/{process}")
    try:
        shown = [f"{name}: {(folder / name).read_text().strip()}" for name in ("wchan", "syscall")]
    except OSError:
        shown = ["it has ended meanwhile"]
    return f"process {process}; {'; '.join(shown)}"


def one_child(wire: Wire, server: Server, command: str) -> None:
    """Begins it, and waits until it is over: well, and in time."""
    begun = wire.call(command)
    assert not begun.is_error(), begun.text()
    deadline = time.monotonic() + CHILD_SECONDS
    while True:
        info = wire.info("persistence")
        if info["rdb_bgsave_in_progress"] == info["aof_rewrite_in_progress"] == "0":
            break
        assert time.monotonic() < deadline, (
            f"{command} has a child that hangs: {[story(child) for child in children(server)]}")
    assert info["rdb_last_bgsave_status"] == info["aof_last_bgrewrite_status"] == "ok"


@pytest.mark.parametrize("policy", ["everysec", "always"])
def test_no_child_hangs(start, policy, seed, is_long):
    server = start(options=ON | {"appendfsync": policy, "latency-tracking": "yes",
                                 "auto-aof-rewrite-percentage": "0"})
    dice = random.Random(f"forks {policy} {seed}")
    stop = threading.Event()
    clients = [Client(server, number, stop) for number in range(CLIENTS)]
    count = FORKS["long" if is_long else "ci"]
    for client in clients:
        client.start()
    with server.wire(timeout=CHILD_SECONDS) as wire:
        before = int(wire.info("stats")["total_forks"])
        for number in range(count):
            one_child(wire, server, dice.choice(["BGSAVE", "BGREWRITEAOF"]))
            assert all(client.is_alive() for client in clients), [
                repr(client.error) for client in clients]
        stop.set()
        for client in clients:
            client.join()
            assert client.error is None, repr(client.error)
        assert int(wire.info("stats")["total_forks"]) - before == count
    assert not children(server)
