"""Clients that number what they write, and what must be there of it after a crash."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass

from Support.server import Server
from Support.wire import Closed, Silent, Wire

WRITERS = 4


class Writer(threading.Thread):
    """Numbers its writes and notes which of them were acknowledged, and which in the order of
    everybody's each of them was. `first` were done before."""

    def __init__(self, server: Server, name: int, first: int):
        super().__init__(daemon=True)
        self.server, self.number = server, name
        self.sent = self.acknowledged = first
        self.orders: dict[int, int] = {}
        self.refusals: list[str] = []

    def run(self) -> None:
        try:
            with self.server.wire() as wire:
                while True:
                    self.write(wire)
        except (Closed, Silent, OSError):
            pass

    def write(self, wire: Wire) -> None:
        count = 1 + self.sent % 3
        calls = []
        for _ in range(count):
            self.sent += 1
            calls += [["MULTI"], ["INCR", "total"], ["RPUSH", f"log{self.number}", self.sent],
                      ["SET", f"last{self.number}", padded(self.sent)], ["EXEC"]]
        for reply in wire.pipeline(calls)[4::5]:
            if reply.is_error():
                self.refusals.append(reply.text())
            else:
                self.acknowledged += 1
                self.orders[self.acknowledged] = reply.value[0].value


def padded(number: int) -> str:
    """Now and then a value that takes more than a page."""
    return str(number) + " " * (9000 if number % 50 == 0 else 0)


def disturb(server: Server, randomness: random.Random, stop: threading.Event) -> None:
    """Rewrites and snapshots, so that the kill also meets their files."""
    try:
        with server.wire() as wire:
            while not stop.is_set():
                wire.call(randomness.choice(["BGREWRITEAOF", "BGSAVE"]))
                time.sleep(randomness.uniform(0, 0.05))
    except (Closed, Silent, OSError):
        pass


def crash_under_load(
    server: Server, counts: list[int], randomness: random.Random, seconds: float, crash=None,
    disturbs: bool = True,
) -> list[Writer]:
    """Writers that go on after `counts`, and the server's death when they have had some time;
    `crash` is what to do instead of killing it."""
    writers = [Writer(server, number, count) for number, count in enumerate(counts)]
    stop = threading.Event()
    threads = list(writers)
    if disturbs:
        threads.append(
            threading.Thread(target=disturb, args=(server, randomness, stop), daemon=True))
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    (crash or server.process.kill)()
    server.process.wait()
    stop.set()
    for thread in threads:
        thread.join()
    return writers


@dataclass
class State:
    """What a server has of the writers' work: how many of each one's, and of all."""

    counts: list[int]
    total: int
    # What cannot be, or nothing.
    flaw: str = ""

    def lost(self, writers: list[Writer]) -> int:
        """Acknowledged writes that are missing."""
        return sum(max(0, writer.acknowledged - self.counts[writer.number]) for writer in writers)


def look(server: Server) -> State:
    found = State([], 0)
    with server.wire() as wire:
        for number in range(WRITERS):
            log = [int(reply.value) for reply in wire.call("LRANGE", f"log{number}", 0, -1).value]
            if log != list(range(1, len(log) + 1)):
                found.flaw = "writes are missing in the middle"
            last = wire.call("GET", f"last{number}").value
            if (last or b"").decode() != (padded(len(log)) if log else ""):
                found.flaw = "half a transaction"
            found.counts.append(len(log))
        found.total = int(wire.call("GET", "total").value or 0)
    if found.total != sum(found.counts):
        found.flaw = "half a transaction"
    return found


def state(server: Server) -> State:
    """Transactions are whole, and no writer's work has a gap."""
    found = look(server)
    assert not found.flaw, found.flaw
    return found


def check_beginning(found: State, writers: list[Writer]) -> None:
    """What is there is what was done first, of all writers together."""
    for writer in writers:
        assert not writer.refusals, writer.refusals[:3]
        count = found.counts[writer.number]
        assert count <= writer.sent
        for number, order in writer.orders.items():
            assert (number <= count) == (order <= found.total), "not a beginning"


def check_all(found: State, writers: list[Writer]) -> None:
    """Nothing is missing that was acknowledged, either."""
    check_beginning(found, writers)
    assert found.lost(writers) == 0, f"{found.lost(writers)} acknowledged writes are missing"
