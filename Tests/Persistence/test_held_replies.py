"""With `appendfsync always` a reply waits until what it shows or says is on the disk, and for
nothing else. The disk stands still meanwhile, so that what must not come cannot."""

from __future__ import annotations

import signal
import socket
import time

import pytest

from Persistence.aof import ON
from Persistence.faults import disk  # noqa: F401
from Persistence.waiting import until
from Support.binaries import SUBJECT

ALWAYS = ON | {"appendfsync": "always"}


@pytest.fixture
def stalled(start, disk):
    """A server whose disk stands still, and a connection that has its SET, RPUSH and DEL under
    way."""
    server = start(SUBJECT, ALWAYS)
    with server.wire() as wire, server.wire() as writer:
        wire.pipeline([
            ["SET", "old", "1"], ["SET", "new", "1"], ["SET", "gone", "1"], ["RPUSH", "list", "1"],
            ["HSET", "hash", "f", "v"], ["SET", "source", "1"]])
        disk.stall()
        writer.ask(
            ["SET", "new", "2"], ["DEL", "gone"], ["RPUSH", "list", "2"], ["SADD", "made", "m"],
            ["RENAME", "source", "target"])
        assert writer.is_silent()
        yield server, writer
        disk.heal()


# What has been changed, and is not on the disk.
WAITS = [
    ["GET", "new"], ["GET", "gone"], ["EXISTS", "gone"], ["TYPE", "made"], ["TTL", "new"],
    ["LRANGE", "list", "0", "-1"], ["OBJECT", "ENCODING", "list"], ["STRLEN", "new"],
    ["DUMP", "new"], ["MGET", "old", "new"], ["SUNION", "other", "made"], ["SETNX", "new", "3"],
    ["DEL", "gone"], ["GET", "source"], ["GET", "target"], ["MEMORY", "USAGE", "new"],
    ["SORT", "list"], ["TOUCH", "made"],
    ["GET", "list"],  # Even an error tells what type it has.
    ["DBSIZE"], ["KEYS", "*"], ["SCAN", "0"], ["RANDOMKEY"],
    ["SET", "mine", "1"],
]
# What has not, and what is no data.
COMES = [
    ["GET", "old"], ["GET", "missing"], ["HGETALL", "hash"], ["MGET", "old", "missing"],
    ["EXISTS", "old", "hash"], ["SETNX", "old", "2"], ["DEL", "missing"], ["PING"], ["ECHO", "x"],
    ["INFO", "server"], ["CONFIG", "GET", "port"], ["CLIENT", "ID"], ["COMMAND", "COUNT"],
    ["NOSUCH"], ["GET"], ["TIME"], ["BLPOP", "none", "0.01"], ["QUIT"],
]


@pytest.mark.parametrize("call", WAITS, ids=" ".join)
def test_what_is_not_on_the_disk_is_not_told(stalled, disk, call):
    server, writer = stalled
    with server.wire() as wire:
        wire.ask(call)
        assert wire.is_silent()
        disk.heal()
        wire.read()
    assert writer.read().value == b"OK"


def test_all_else_is_told(stalled):
    server, writer = stalled
    for call in COMES:
        with server.wire() as wire:
            wire.call(*call)
    assert writer.is_silent()


def test_replies_keep_their_order(stalled, disk):
    server, _ = stalled
    with server.wire() as wire:
        wire.ask(["GET", "old"], ["GET", "new"], ["GET", "old"], ["PING"])
        assert wire.is_silent()
        wire.ask(["PING"])
        assert wire.is_silent()
        disk.heal()
        assert [wire.read().value for _ in range(5)] == [b"1", b"2", b"1", b"PONG", b"PONG"]


def test_what_came_before_does_not_wait(stalled):
    server, _ = stalled
    with server.wire() as wire:
        assert wire.call("GET", "old").value == b"1"
        wire.ask(["GET", "new"])
        assert wire.is_silent()


@pytest.mark.parametrize("key,waits", [("old", False), ("new", True)])
def test_transactions_wait_for_what_they_read(stalled, key, waits):
    server, _ = stalled
    with server.wire() as wire:
        wire.ok("MULTI")
        wire.call("GET", key)
        wire.ask(["EXEC"])
        assert wire.is_silent() == waits


def test_a_refused_transaction_tells_of_a_change(start, disk):
    server = start(SUBJECT, ALWAYS)
    with server.wire() as wire, server.wire() as other:
        wire.ok("WATCH", "key")
        disk.stall()
        other.ask(["SET", "key", "1"])
        assert other.is_silent()
        wire.ok("MULTI")
        wire.call("PING")
        wire.ask(["EXEC"])
        assert wire.is_silent()
        disk.heal()
        assert wire.read().value is None


def test_who_is_served_by_another_waits(start, disk):
    server = start(SUBJECT, ALWAYS)
    with server.wire() as wire, server.wire() as other:
        wire.ask(["BLPOP", "list", "0"])
        assert wire.is_silent()
        disk.stall()
        other.ask(["RPUSH", "list", "1"])
        assert wire.is_silent() and other.is_silent()
        disk.heal()
        assert wire.read().value[1].value == b"1"


@pytest.mark.parametrize("change", [["FLUSHALL"], ["FLUSHDB", "ASYNC"], ["SWAPDB", "0", "1"]])
def test_a_change_of_all_keys_concerns_all(start, disk, change):
    server = start(SUBJECT, ALWAYS)
    with server.wire() as wire, server.wire() as other:
        wire.ok("SET", "key", "1")
        disk.stall()
        other.ask(change)
        assert other.is_silent()
        wire.ask(["GET", "key"])
        assert wire.is_silent()
        disk.heal()
        assert wire.read().value is None


def test_a_key_that_has_expired_since(start, disk):
    """Its deadline is not on the disk: after a restart it would be there again."""
    server = start(SUBJECT, ALWAYS)
    with server.wire() as wire, server.wire() as other:
        wire.ok("SET", "key", "1")
        wire.ok("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        disk.stall()
        other.ask(["PEXPIRE", "key", "1"])
        assert other.is_silent()
        time.sleep(0.01)
        wire.ask(["GET", "key"])
        assert wire.is_silent()


def test_monitor_waits(start, disk):
    server = start(SUBJECT, ALWAYS)
    with server.wire() as monitor, server.wire() as other:
        monitor.ok("MONITOR")
        disk.stall()
        other.ask(["SET", "key", "1"])
        assert monitor.is_silent()
        disk.heal()
        assert b'"SET" "key" "1"' in monitor.read().value


def test_a_reply_speaks_for_those_that_were_silent(stalled, disk):
    server, _ = stalled
    with server.wire() as wire:
        wire.ask(["CLIENT", "REPLY", "OFF"], ["SET", "mine", "1"], ["CLIENT", "REPLY", "ON"])
        assert wire.is_silent()
        disk.heal()
        assert wire.read().value == b"OK"


def test_quit_behind_a_write_waits(stalled, disk):
    server, _ = stalled
    with server.wire() as wire:
        wire.ask(["SET", "mine", "1"], ["QUIT"])
        assert wire.is_silent()
        disk.heal()
        assert wire.read_bytes_until_closed() == b"+OK\r\n+OK\r\n"


def test_who_has_closed_its_side_is_answered(stalled, disk):
    server, _ = stalled
    with server.wire() as wire:
        wire.ask(["SET", "mine", "1"], ["GET", "old"], ["BLPOP", "list", "0"], ["BLPOP", "no", "0"])
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.is_silent()
        disk.heal()
        assert wire.read_bytes_until_closed().startswith(b"+OK\r\n$1\r\n1\r\n*2\r\n")
    with server.wire() as other:
        until(lambda: other.info("clients")["blocked_clients"] == "0", "the end of its call")


@pytest.mark.parametrize("policy", ["everysec", "no"])
def test_who_has_closed_its_side_is_answered_always(start, policy):
    server = start(SUBJECT, ON | {"appendfsync": policy})
    for _ in range(50):
        with server.wire() as wire:
            wire.ask(["SET", "mine", "1"])
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.read_bytes_until_closed() == b"+OK\r\n"


@pytest.mark.parametrize("how", ["SHUTDOWN", "SIGTERM"])
def test_the_end_of_the_server_answers_who_waits(start, disk, how):
    server = start(SUBJECT, ALWAYS)
    with server.wire() as wire, server.wire() as other:
        wire.ok("SET", "old", "1")
        disk.stall()
        wire.ask(["SET", "key", "1"], ["GET", "old"])
        assert wire.is_silent()
        if how == "SHUTDOWN":
            other.ask(["SHUTDOWN"])
        else:
            server.process.send_signal(signal.SIGTERM)
        assert wire.is_silent()
        disk.heal()
        assert wire.read_bytes_until_closed() == b"+OK\r\n$1\r\n1\r\n"
        assert server.wait_exit() == 0


def test_info_shows_who_waits(stalled):
    server, _ = stalled
    with server.wire() as wire:
        assert wire.info("persistence")["aof_held_clients"] == "1"


def test_who_has_gone_takes_no_memory(stalled):
    """However long the disk stands still."""
    server, _ = stalled
    with server.wire() as wire:
        before = wire.info("clients")["connected_clients"]

        def used_memory_after_many() -> int:
            for _ in range(500):
                reader = server.wire()
                reader.ask(["GET", "new"])
                assert reader.is_silent(0.001)
                reader.abort()
            until(lambda: wire.info("clients")["connected_clients"] == before, "their end")
            return int(wire.info("memory")["used_memory"])

        first = used_memory_after_many()
        assert used_memory_after_many() < first + (100 << 10)


def test_a_policy_that_promises_less_lets_out(stalled):
    server, writer = stalled
    with server.wire() as wire, server.wire() as reader:
        reader.ask(["GET", "new"])
        assert reader.is_silent()
        wire.ok("CONFIG", "SET", "appendfsync", "everysec")
        assert reader.read().value == b"2"
        assert writer.read().value == b"OK"


def test_a_policy_that_promises_more_holds(start, disk):
    server = start(SUBJECT, ON)
    with server.wire() as wire, server.wire() as other:
        wire.ok("SET", "before", "1")
        disk.stall()
        wire.ok("SET", "key", "1")
        wire.ok("CONFIG", "SET", "appendfsync", "always")
        other.ask(["SET", "key", "2"])
        assert other.is_silent()
        disk.heal()
        assert other.read().value == b"OK"


def test_one_fsync_serves_all_that_came_meanwhile(start, disk):
    """A lone writer waits for its own fsync only; many share one."""
    server = start(SUBJECT, ALWAYS)
    with server.wire() as wire:
        disk.stall()
        others = [server.wire() for _ in range(20)]
        for number, other in enumerate(others):
            other.ask(["SET", f"key:{number}", "1"])
        assert all(other.is_silent(0.005) for other in others)
        disk.heal()
        for other in others:
            assert other.read().value == b"OK"
            other.close()
        wire.ok("SET", "one", "more")


@pytest.mark.parametrize("policy", ["everysec", "no"])
def test_without_always_only_the_system_has_to_have_it(start, disk, policy):
    server = start(SUBJECT, ON | {"appendfsync": policy})
    with server.wire() as wire, server.wire() as other:
        wire.ok("SET", "old", "1")
        disk.stall()
        wire.ok("SET", "key", "1")
        assert wire.call("GET", "key").value == b"1"
        disk.block()
        wire.ask(["SET", "key", "2"])
        assert wire.is_silent()
        assert other.call("GET", "old").value == b"1"
        other.ask(["GET", "key"])
        assert other.is_silent()
        disk.heal()
        assert other.read().value == b"2"
