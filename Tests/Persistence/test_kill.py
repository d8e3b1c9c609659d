"""kill -9 at random moments under load: nothing that was acknowledged is missing, transactions are
whole, and what is there is a beginning of what was done."""

from __future__ import annotations

import random
import threading
import time

import pytest

from Support.server import Server
from Support.wire import Closed, Silent, Wire

CYCLES = {"ci": 12, "long": 2000}
WRITERS = 4


class Writer(threading.Thread):
    """Numbers its writes and notes which of them were acknowledged."""

    def __init__(self, server: Server, name: int, first: int):
        super().__init__(daemon=True)
        self.server, self.number = server, name
        self.sent = self.acknowledged = first
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
                      ["SET", f"last{self.number}", self.sent], ["EXEC"]]
        for reply in wire.pipeline(calls)[4::5]:
            if reply.is_error():
                self.refusals.append(reply.text())
            else:
                self.acknowledged += 1


def disturb(server: Server, randomness: random.Random, stop: threading.Event) -> None:
    """Rewrites and snapshots, so that the kill also meets their files."""
    try:
        with server.wire() as wire:
            while not stop.is_set():
                wire.call(randomness.choice(["BGREWRITEAOF", "BGSAVE"]))
                time.sleep(randomness.uniform(0, 0.05))
    except (Closed, Silent, OSError):
        pass


def check(server: Server, writers: list[Writer]) -> None:
    with server.wire() as wire:
        total = 0
        for writer in writers:
            assert not writer.refusals, writer.refusals[:3]
            log = [int(reply.value) for reply in
                   wire.call("LRANGE", f"log{writer.number}", 0, -1).value]
            assert log == list(range(1, len(log) + 1)), "writes are missing in the middle"
            assert writer.acknowledged <= len(log) <= writer.sent
            last = wire.call("GET", f"last{writer.number}").value
            assert int(last or 0) == len(log), "half a transaction"
            writer.sent = writer.acknowledged = len(log)
            total += len(log)
        assert int(wire.call("GET", "total").value or 0) == total, "half a transaction"


@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_nothing_acknowledged_is_lost(start, policy, seed, is_long):
    randomness = random.Random(f"{policy} {seed}")
    server = start(options={"appendonly": "yes", "appendfsync": policy})
    counts = [0] * WRITERS
    for _ in range(CYCLES["long" if is_long else "ci"]):
        writers = [Writer(server, number, counts[number]) for number in range(WRITERS)]
        stop = threading.Event()
        other = threading.Thread(target=disturb, args=(server, randomness, stop), daemon=True)
        for thread in [*writers, other]:
            thread.start()
        time.sleep(randomness.uniform(0.02, 0.4))
        server.process.kill()
        server.process.wait()
        stop.set()
        for thread in [*writers, other]:
            thread.join()
        server.start()
        check(server, writers)
        counts = [writer.sent for writer in writers]
    assert sum(counts) > 100
