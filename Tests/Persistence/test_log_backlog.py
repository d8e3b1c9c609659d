"""A disk that does not keep up: what waits to be written is bounded, connections that write are
no longer read, and all others are served."""

from __future__ import annotations

import pytest

from Persistence.aof import ON, increment, kill
from Persistence.faults import disk  # noqa: F401
from Persistence.waiting import persistence, until
from Support.binaries import SUBJECT

LIMIT = 256 << 10
BOUNDED = ON | {"aof-backlog-limit": str(LIMIT)}
VALUE = "x" * 10_000


def stopped(server) -> int:
    return int(persistence(server)["aof_backlog_stopped_clients"])


def flood(wire) -> int:
    """Sends SETs until the socket takes no more; returns how many were sent whole."""
    wire.socket.settimeout(0.5)
    for number in range(100_000):
        frame = b"*3\r\n$3\r\nSET\r\n$8\r\n%08d\r\n$10000\r\n%b\r\n" % (number, VALUE.encode())
        try:
            wire.socket.sendall(frame)
        except TimeoutError:
            return number
    raise AssertionError("the server reads on and on")


@pytest.mark.parametrize("policy", ["everysec", "always", "no"])
def test_who_writes_waits(start, disk, policy):
    server = start(SUBJECT, BOUNDED | {"appendfsync": policy})
    with server.wire() as reader, server.wire() as writer, server.wire() as other:
        reader.ok("SET", "old", "1")
        disk.block()
        sent = flood(writer)
        assert sent * len(VALUE) > LIMIT
        other.ask(["SET", "other", "1"])
        until(lambda: stopped(server) == 2, "both stopped")
        info = reader.info("persistence")
        # The turn in which it was reached is written whole.
        assert LIMIT < int(info["aof_backlog_bytes"]) < LIMIT + (4 << 20)
        assert info["aof_backlog_limit_hits"] == "1"
        assert int(reader.info("memory")["used_memory"]) < 64 << 20
        assert reader.call("GET", "old").value == b"1"
        assert reader.call("GET", "other").value is None
        disk.heal()
        assert other.read().value == b"OK"
        for _ in range(sent):
            assert writer.read().value == b"OK"
        assert stopped(server) == 0
    assert "connections that write wait for the disk" in server.log()
    assert "connections that write go on" in server.log()
    kill(server)
    server.start()
    with server.wire() as wire:
        assert wire.call("DBSIZE").value >= sent + 2


@pytest.fixture
def full(start, disk):
    """A server at its bound, with a connection that waits."""
    server = start(SUBJECT, BOUNDED)
    with server.wire() as writer:
        disk.block()
        flood(writer)
        until(lambda: stopped(server) == 1, "the bound")
        yield server, writer
        disk.heal()


def test_transactions_that_write_wait(start, disk):
    server = start(SUBJECT, BOUNDED)
    with server.wire() as writer, server.wire() as reading, server.wire() as writing:
        for wire, call in ((reading, ["GET", "missing"]), (writing, ["SET", "mine", "1"])):
            wire.ok("MULTI")
            assert wire.call(*call).value == b"QUEUED"
        disk.block()
        flood(writer)
        until(lambda: stopped(server) == 1, "the bound")
        reading.ask(["EXEC"])
        writing.ask(["EXEC"])
        assert not reading.is_silent() and writing.is_silent()
        disk.heal()
        assert writing.read().value[0].value == b"OK"


def test_a_higher_bound_lets_go_on(full):
    server, _ = full
    with server.wire() as wire, server.wire() as other:
        other.ask(["SET", "other", "1"])
        assert other.is_silent()
        wire.ok("CONFIG", "SET", "aof-backlog-limit", "1gb")
        until(lambda: stopped(server) == 0, "the end of waiting")
        # It has run, and its reply waits for the disk.
        assert other.is_silent()


def test_a_client_that_leaves_is_forgotten(full, disk):
    server, writer = full
    writer.abort()
    disk.heal()
    until(lambda: stopped(server) == 0, "the end of waiting")
    with server.wire() as wire:
        until(lambda: wire.info("clients")["connected_clients"] == "1", "its end")
        wire.ok("SET", "after", "1")
    assert increment(server).stat().st_size > LIMIT


def test_a_pause_beside_it(full, disk):
    """Both ends are needed for who waits for both."""
    server, _ = full
    with server.wire() as wire, server.wire() as other:
        wire.ok("CLIENT", "PAUSE", "100000", "WRITE")
        other.ask(["SET", "other", "1"])
        assert other.is_silent()
        disk.heal()
        until(lambda: persistence(server)["aof_backlog_bytes"] == "0", "room")
        assert other.is_silent()
        wire.ok("CLIENT", "UNPAUSE")
        assert other.read().value == b"OK"


def test_how_long_the_disk_takes(start, disk):
    server = start(SUBJECT, BOUNDED)
    with server.wire() as wire:
        info = wire.info("persistence")
        nothing = "p50=0.000,p99=0.000,p99.9=0.000"
        assert info["aof_write_percentiles_usec"] == nothing
        assert info["aof_fsync_percentiles_usec"] == nothing
        disk.stall()
        wire.ok("SET", "key", "1")
        until(lambda: wire.info("persistence")["aof_pending_bio_fsync"] == "1", "an fsync")
        info = wire.info("persistence")
        assert info["aof_write_percentiles_usec"] != nothing
        assert info["aof_fsync_percentiles_usec"] == nothing
        disk.heal()
        until(lambda: wire.info("persistence")["aof_pending_bio_fsync"] == "0", "its end")
        wire.ok("CONFIG", "SET", "latency-tracking-info-percentiles", "100")
        name, _, microseconds = (
            wire.info("persistence")["aof_fsync_percentiles_usec"].partition("="))
        assert name == "p100" and float(microseconds) > 0
