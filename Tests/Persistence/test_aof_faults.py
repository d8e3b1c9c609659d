"""An fsync of the append-only file that fails: a library in front of the system's makes it."""

from __future__ import annotations

import pytest

from Persistence.aof import ON, everything, increment, keys, kill, names
from Persistence.dataset import contents, differences
from Persistence.faults import disk  # noqa: F401
from Persistence.waiting import persistence, until
from Support.binaries import SUBJECT
from Support.server import Server
from Support.wire import Silent

UNJOURNALED = {"aof-journal-size": "0"}


@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_a_new_generation_makes_up_for_it(start, disk, policy):
    server = start(SUBJECT, ON | {"appendfsync": policy} | UNJOURNALED)
    with server.wire() as wire:
        keys(wire, 10)
        disk.fail(increment(server).name)
        # With `always` the reply comes when the new generation is on the disk.
        reply = wire.call("SET", "during", "1")
        if reply.is_error():
            # The fsync of what was before may be so late that it fails, and before this.
            assert policy == "everysec" and reply.text().startswith("MISCONF")
        until(lambda: wire.info()["aof_rewrites"] == "1", "a rewrite")
        until(lambda: wire.info()["aof_last_write_status"] == "ok", "the end of the error")
        wire.ok("SET", "after", "1")
        before = contents(wire, databases=1)
    assert "Fail to fsync the AOF file: Input/output error" in server.log()
    assert names(server, "i") == ["appendonly.aof.2.incr.aof"]
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


def test_a_journal_that_fails_is_not_needed(start, disk):
    """The log's file is put on the disk instead, and nobody notices but the log."""
    server = start(SUBJECT, ON | {"appendfsync": "always"})
    with server.wire() as wire:
        wire.ok("SET", "before", "1")
        disk.fail("aof.journal")
        wire.ok("SET", "during", "1")
        assert wire.info("persistence")["aof_last_write_status"] == "ok"
        server.wait_log("Can't write the AOF's journal: Input/output error")
        # From now on it is the log's file that counts.
        disk.fail(increment(server).name)
        wire.ask(["SET", "after", "1"])
        server.wait_log("Fail to fsync the AOF file: Input/output error")
        assert wire.read().value == b"OK"
    kill(server)
    server.start()
    with server.wire() as wire:
        assert wire.call("EXISTS", "before", "during", "after").value == 3


def test_a_half_is_not_begun_again_before_the_log_is_safe(start, disk):
    """While the log's file cannot be put on the disk the journal takes what has room, and then
    nothing is promised until a new generation is there."""
    server = start(SUBJECT, ON | {"appendfsync": "always", "aof-journal-size": "64kb"})
    with server.wire() as wire:
        wire.ok("SET", "before", "1")
        disk.fail(increment(server).name)
        for number in range(30):
            wire.ok("SET", number, "x")
        until(lambda: wire.info()["aof_rewrites"] == "1", "a rewrite")
    assert "Fail to fsync the AOF file: Input/output error" in server.log()


def shows_error(server: Server) -> bool:
    try:
        with server.wire(timeout=1) as wire:
            return wire.info("persistence")["aof_last_write_status"] == "err"
    except Silent:
        # It was asked before the error was known, and waits with the write.
        return False


@pytest.mark.parametrize("journal", [{}, UNJOURNALED], ids=["journal", "no journal"])
def test_while_it_lasts_nothing_is_promised(start, disk, journal):
    server = start(SUBJECT, ON | {"appendfsync": "always"} | journal)
    with server.wire() as wire:
        wire.ok("SET", "before", "1")
        # The log, its journal, and the base of any other.
        disk.fail("aof")
        wire.send(b"*3\r\n$3\r\nSET\r\n$6\r\nduring\r\n$1\r\n1\r\n")
        until(lambda: shows_error(server), "the error")
        with server.wire() as other:
            assert other.call("SET", "a", "1").value.startswith(b"MISCONF Errors writing")
            assert other.call("PING").value.startswith(b"MISCONF Errors writing")
            assert not other.call("TTL", "before").is_error()
        until(lambda: int(persistence(server)["aof_rewrites"]) >= 2, "another attempt")
        assert wire.is_silent()
        disk.heal()
        with server.wire() as other:
            until(lambda: not other.call("BGREWRITEAOF").is_error(), "a rewrite")
        assert wire.read().value == b"OK"
    until(lambda: persistence(server)["aof_last_write_status"] == "ok", "the end of the error")
