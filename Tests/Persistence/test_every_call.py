"""Every system call about the log and snapshots fails once, in turn: whatever it was, nothing that
was acknowledged is lost, and the server goes on or says why not."""

from __future__ import annotations

import errno
import os
import random

import pytest

from Persistence.aof import ON, everything, kill
from Persistence.dataset import contents, differences
from Persistence.faults import disk  # noqa: F401
from Persistence.waiting import until
from Support.binaries import SUBJECT
from Support.server import Server, StartupFailed
from Support.wire import Closed, Silent, Wire

# Of each kind of error; with the long profile every call.
SAMPLES = 6
SHORT = 0
LIE = 9999
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EINTR": errno.EINTR, "short": SHORT}


class Story:
    """Writes, a rewrite and snapshots, and what of it was acknowledged."""

    def __init__(self, server: Server):
        self.server = server
        self.acknowledged: dict[str, bytes] = {}
        self.refused = 0

    def run(self) -> None:
        with self.server.wire() as wire:
            self.write(wire, "first")
            for command in (["BGREWRITEAOF"], ["SAVE"], ["BGSAVE"], ["BGREWRITEAOF"]):
                wire.call(*command)
                self.write(wire, " ".join(command))
                until(lambda: is_quiet(wire), "the end of the children")
            self.write(wire, "last")

    def write(self, wire: Wire, name: str) -> None:
        for number in range(3):
            key, value = f"{name}:{number}", b"%d" % number * 200
            reply = wire.call("SET", key, value)
            if reply.value == b"OK":
                self.acknowledged[key] = value
            else:
                assert reply.value.startswith(b"MISCONF"), reply.text()
                self.refused += 1

    def check(self, shown: str) -> None:
        with self.server.wire() as wire:
            for key, value in self.acknowledged.items():
                assert wire.call("GET", key).value == value, f"{key} is lost: {shown}"


def is_quiet(wire: Wire) -> bool:
    info = wire.info("persistence")
    return all(info[name] == "0" for name in (
        "aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress"))


def serves(server: Server) -> bool:
    try:
        with server.wire(timeout=1) as wire:
            return wire.call("SET", "during", "1").value == b"OK"
    except (OSError, Closed, Silent):
        return False


def numbers(count: int, seed: int, is_long: bool) -> list[int]:
    everything = range(1, count + 1)
    return list(everything) if is_long else sorted(random.Random(seed).sample(everything, SAMPLES))


def options(policy: str) -> dict[str, str]:
    return ON | {"appendfsync": policy, "stop-writes-on-bgsave-error": "yes"}


def tell(disk, policy: str, error: int, number: int) -> int:
    """The story with one call that fails, and how many calls there were."""
    with Server(SUBJECT, options(policy)) as server:
        disk.fail_call(number, error)
        story = Story(server)
        story.run()
        count = disk.call_count()
        disk.heal()
        shown = f"{error} at call {number}, {story.refused} refused"
        with server.wire() as wire:
            until(lambda: not wire.call("SET", "healed", "1").is_error(), f"writes: {shown}")
            before = contents(wire, databases=1)
        kill(server)
        server.start()
        story.check(shown)
        assert not differences(before, everything(server, databases=1)), shown
        return count


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_a_server_that_runs(disk, policy, error, seed, is_long):
    count = tell(disk, policy, ERRORS[error], 10**9)
    assert count > 50
    for number in numbers(count, seed, is_long):
        tell(disk, policy, ERRORS[error], number)


def test_a_disk_that_lies_is_seen(disk):
    """Otherwise the other tests prove nothing. The call is a write of the last three."""
    count = tell(disk, "always", SHORT, 10**9)
    with pytest.raises((AssertionError, StartupFailed)):
        for number in range(count - 6, count):
            tell(disk, "always", LIE, number)


@pytest.mark.parametrize("error", [name for name in ERRORS if name != "short"])
def test_a_server_that_starts(start, disk, error, seed, is_long):
    """It starts, or ends with a message; either way the next start has all."""
    server = start(SUBJECT, options("always"))
    story = Story(server)
    story.run()

    def one(number: int) -> int:
        kill(server)
        disk.fail_call(number, ERRORS[error])
        server.start(wait=False)
        until(lambda: serves(server) or not server.is_running(), "its start, or its end")
        if not server.is_running():
            assert server.wait_exit() == 1
            assert os.strerror(ERRORS[error]) in server.log()
        count = disk.call_count()
        disk.heal()
        kill(server)
        server.start()
        story.check(f"{error} at call {number}")
        return count

    count = one(10**9)
    assert count > 5
    for number in numbers(count, seed, is_long):
        one(number)
