"""The append-only file: the same on the real server and here, unless said."""

from __future__ import annotations

import resource
import shutil
import time

import pytest

from Persistence.aof import (
    BOTH, MANIFEST, ON, everything, folder, increment, keys, kill, manifest, names, prepared,
    rewrite,
)
from Persistence.dataset import contents, differences, fill
from Persistence.waiting import persistence, until
from Support.binaries import REDIS_7, REDIS_8, SUBJECT, VALKEY_9
from Support.resp import Reply
from Support.server import Server
from Support.wire import Silent


@BOTH
@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_the_same_data_after_an_end_in_order(start, kind, policy, seed):
    server = start(kind, ON | {"appendfsync": policy})
    with server.wire() as wire:
        fill(wire, seed)
        before = contents(wire)
    server.restart()
    assert not differences(before, everything(server))
    assert "DB loaded from append only file" in server.log()


@BOTH
def test_the_same_data_after_a_kill(start, kind, seed):
    server = start(kind, ON)
    with server.wire() as wire:
        fill(wire, seed)
        wire.ok("MULTI")
        wire.call("INCR", "counter")
        wire.call("LPUSH", "pushed", "a", "b")
        wire.call("EXEC")
        before = contents(wire)
    kill(server)
    server.start()
    assert not differences(before, everything(server))
    kill(server)
    server.start()
    assert not differences(before, everything(server))


@BOTH
def test_what_expires_does_not_come_back(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        wire.ok("SET", "soon", "1", "PX", "50")
        wire.ok("SET", "later", "1", "EX", "1000")
        wire.call("HSET", "hash", "gone", "1", "kept", "2")
        wire.call("HPEXPIRE", "hash", "50", "FIELDS", "1", "gone")
        until(lambda: wire.call("EXISTS", "soon").value == 0, "the deadline")
        until(lambda: wire.call("HEXISTS", "hash", "gone").value == 0, "the field's deadline")
        # It is another key than the one that has expired.
        wire.call("APPEND", "soon", "2")
        deadline = wire.call("PEXPIRETIME", "later").value
    kill(server)
    server.start()
    with server.wire() as wire:
        assert wire.call("GET", "soon").value == b"2"
        assert wire.call("PTTL", "soon").value == -1
        assert wire.call("HLEN", "hash").value == 1
        assert wire.call("PEXPIRETIME", "later").value == deadline


@BOTH
def test_a_deadline_that_comes_while_the_server_is_down(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        wire.ok("SET", "key", "1", "PX", "100")
    kill(server)
    time.sleep(0.15)
    server.start()
    with server.wire() as wire:
        assert wire.call("EXISTS", "key").value == 0


@BOTH
def test_the_log_wins_over_a_snapshot(start, kind):
    server = start(kind)
    with server.wire() as wire:
        wire.ok("SET", "from", "snapshot")
        wire.ok("SAVE")
    server.terminate()
    server.options |= ON
    server.start()
    with server.wire() as wire:
        assert wire.call("DBSIZE").value == 0
        wire.ok("SET", "from", "log")
    server.restart()
    with server.wire() as wire:
        assert wire.call("GET", "from").value == b"log"


@BOTH
def test_files_of_an_empty_server(start, kind):
    server = start(kind, ON)
    assert sorted(path.name for path in folder(server).iterdir()) == [
        "appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof", MANIFEST]
    assert names(server, "b") == ["appendonly.aof.1.base.rdb"]
    assert "Creating AOF base file appendonly.aof.1.base.rdb on server start" in server.log()
    assert "Creating AOF incr file appendonly.aof.1.incr.aof on server start" in server.log()
    server.restart()
    assert "Opening AOF incr file appendonly.aof.1.incr.aof on server start" in server.log()


@BOTH
def test_info(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        keys(wire, 100)
        info = wire.info()
        assert info["aof_enabled"] == "1"
        assert info["aof_last_write_status"] == "ok"
        assert info["aof_last_bgrewrite_status"] == "ok"
        assert info["aof_rewrites"] == "0"
    size = sum(path.stat().st_size for path in folder(server).glob("*.aof"))
    server.restart()
    info = persistence(server)
    assert int(info["aof_current_size"]) >= size
    assert info["aof_pending_rewrite"] == "0"
    assert info["aof_delayed_fsync"] == "0"
    assert info["rdb_changes_since_last_save"] == "100"


@BOTH
def test_other_names(start, kind):
    server = start(kind, ON | {"appendfilename": "log", "appenddirname": "logs"})
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
    kill(server)
    assert (server.folder / "logs" / "log.manifest").exists()
    server.start()
    assert everything(server, databases=1)


@BOTH
def test_shutdown_puts_the_log_on_the_disk(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
    server.terminate()
    assert "Calling fsync() on the AOF file." in server.log()
    assert not (server.folder / "dump.rdb").exists()
    assert b"a" in increment(server).read_bytes()


@BOTH
def test_flushall_is_replayed_without_a_snapshot_of_half_the_data(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        wire.ok("SET", "old", "1")
        wire.ok("FLUSHALL")
        wire.ok("SET", "new", "1")
    kill(server)
    server.start()
    with server.wire() as wire:
        assert wire.call("KEYS", "*").value == (Reply("bulk", b"new"),)


def test_a_smaller_limit_of_clients_does_not_bind_the_log(start):
    server = start(SUBJECT, ON)
    with server.wire() as wire:
        wire.call("SETBIT", "bits", 24_000_000, 1)
        wire.call("BITFIELD", "fields", "SET", "u8", 24_000_000, 1)
        wire.call("SETRANGE", "range", 3_000_000, "x")
        wire.call("APPEND", "text", b"x" * 900_000)
        wire.call("APPEND", "text", b"x" * 900_000)
        wire.ok("SET", "set", b"x" * 3_000_000)
        wire.ok("RESTORE", "restored", 0, wire.call("DUMP", "set").value)
        before = contents(wire)
    kill(server)
    server.options["proto-max-bulk-len"] = "1mb"
    server.start()
    assert not differences(before, everything(server))
    with server.wire() as wire:
        assert wire.call("SETBIT", "bits", 24_000_000, 0).is_error()


def test_debug_loadaof_without_a_log(start):
    """Redis says the same, and has emptied itself."""
    server = start()
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        reply = wire.call("DEBUG", "LOADAOF")
        assert reply.value == b"ERR Error trying to load the AOF files, check server logs."
        assert wire.call("GET", "a").value == b"1"


@BOTH
def test_debug_loadaof(start, kind, seed):
    server = start(kind, ON)
    with server.wire() as wire:
        fill(wire, seed, count=10)
        rewrite(server)
        wire.ok("SET", "more", "1")
        before = contents(wire)
        wire.ok("DEBUG", "LOADAOF")
        assert not differences(before, contents(wire))
        wire.ok("SET", "after", "1")
        before = contents(wire)
    kill(server)
    server.start()
    assert not differences(before, everything(server))


@BOTH
def test_debug_reload(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        keys(wire, 10)
        wire.ok("DEBUG", "RELOAD")
        wire.ok("SET", "after", "1")
        before = contents(wire, databases=1)
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


def test_a_full_disk(start):
    """`prlimit` makes the file as large as it may become: writes fail, and later do not."""
    server = start(SUBJECT, ON)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
        reply = None

        def is_refused() -> bool:
            nonlocal reply
            try:
                with server.wire(timeout=1) as other:
                    reply = other.call("PING")
            except Silent:
                # It came before the error was known, and waits with the write.
                return False
            return reply.is_error()

        wire.send(b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$4000\r\n" + b"x" * 4000 + b"\r\n")
        until(is_refused, "the error")
        assert reply.value.startswith(b"MISCONF Errors writing to the AOF file: ")
        with server.wire() as other:
            assert other.call("SET", "c", "1").value.startswith(b"MISCONF Errors writing")
            assert not other.call("GET", "a").is_error()
            assert other.info("persistence")["aof_last_write_status"] == "err"
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
        until(lambda: not is_refused(), "the end of the error")
    assert "AOF write error looks solved" in server.log()
    with server.wire() as other:
        other.ok("SET", "d", "1")
        before = contents(other, databases=1)
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))
    assert (0, b"b") in before


def move(source: Server, start, kind: str, options: dict | None = None) -> Server:
    source.terminate()
    target = prepared(start, kind, ON | (options or {}))
    shutil.rmtree(folder(target))
    shutil.copytree(folder(source), folder(target))
    target.start()
    return target


@pytest.mark.parametrize("preamble", ["yes", "no"])
@pytest.mark.parametrize("oracle", [REDIS_7, REDIS_8, VALKEY_9])
def test_logs_there_and_back(start, oracle, preamble, seed):
    options = {"aof-use-rdb-preamble": preamble}
    fields = oracle == REDIS_8
    first = start(oracle, ON | options)
    with first.wire() as wire:
        fill(wire, seed, count=20, fields=fields)
    rewrite(first)
    with first.wire() as wire:
        fill(wire, seed + 1, count=10, fields=fields)
        before = contents(wire, fields)
    subject = move(first, start, SUBJECT, options)
    assert not differences(before, everything(subject, fields))
    rewrite(subject)
    with subject.wire() as wire:
        fill(wire, seed + 2, count=10, fields=fields)
        wire.ok("MULTI")
        wire.call("SPOP", "set1")
        wire.call("INCR", "counter")
        wire.call("EXEC")
        before = contents(wire, fields)
    back = move(subject, start, oracle, options)
    assert not differences(before, everything(back, fields))
