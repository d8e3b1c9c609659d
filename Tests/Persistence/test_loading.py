"""Loading at start: what clients are told meanwhile, and what is done about damaged files."""

from __future__ import annotations

import re
import signal
import time

import pytest

from Persistence.aof import BOTH, ON, kill, rewrite
from Persistence.dataset import fill
from Persistence.waiting import until
from Support.binaries import REDIS_8, SUBJECT
from Support.resp import Reply
from Support.server import Server

LOADING = Reply("error", b"LOADING Redis is loading the dataset in memory")


def save_and_stop(server: Server) -> bytes:
    """The snapshot of a server that runs no more."""
    with server.wire() as wire:
        wire.ok("SAVE")
    server.process.kill()
    server.process.wait()
    return (server.folder / "dump.rdb").read_bytes()


@pytest.fixture(params=["snapshot", "log", "log with a base"])
def slow(start, request):
    """Starts a server that takes seconds to load what it has in a file of that form."""

    def starter(kind: str, count: int = 30_000) -> Server:
        is_log = request.param != "snapshot"
        server = start(kind, ON if is_log else None)
        with server.wire() as wire:
            wire.pipeline(("SET", f"key:{number}", "x" * 900) for number in range(count))
        if request.param == "log with a base":
            rewrite(server)
        if not is_log:
            save_and_stop(server)
        kill(server)
        # Real Redis looks up only so often.
        server.options |= {
            "key-load-delay": "150", "loading-process-events-interval-bytes": "1024"}
        server.start(wait=False)
        until(lambda: answers(server), "an answer while it loads")
        return server

    return starter


def files_of(server: Server) -> dict[str, bytes]:
    """What the data set is loaded from."""
    log = server.folder / "appendonlydir"
    paths = log.iterdir() if log.exists() else [server.folder / "dump.rdb"]
    return {path.name: path.read_bytes() for path in paths}


def answers(server: Server) -> bool:
    try:
        with server.wire() as wire:
            return wire.call("PING") == LOADING
    except OSError:
        return False


@BOTH
def test_what_clients_are_told(slow, kind):
    server = slow(kind)
    with server.wire() as wire:
        for call in (["GET", "key:1"], ["SET", "a", "1"], ["PING"], ["DBSIZE"], ["KEYS", "*"],
                     ["FLUSHALL"], ["SAVE"], ["BGSAVE"]):
            assert wire.call(*call) == LOADING, call
        info = wire.info()
        assert info["loading"] == "1"
        size = sum(len(content) for name, content in files_of(server).items()
                   if not name.endswith(".manifest"))
        assert int(info["loading_total_bytes"]) == size
        assert 0 < int(info["loading_loaded_bytes"]) <= size
        assert 0 < float(info["loading_loaded_perc"]) <= 100
        assert int(info["loading_eta_seconds"]) >= 0
        assert abs(int(info["loading_start_time"]) - time.time()) < 60
        assert wire.call("CONFIG", "GET", "port").value[1].value == str(server.port).encode()
        wire.ok("MULTI")
        assert wire.call("GET", "a") == LOADING
        assert wire.call("EXEC").value.startswith(b"EXECABORT")
        assert wire.call("CONFIG", "SET", "dir", "/").is_error()
        if kind == SUBJECT:
            other = "yes" if info["aof_enabled"] == "0" else "no"
            assert wire.call("CONFIG", "SET", "appendonly", other) == LOADING


def test_half_a_data_set_is_not_saved_or_reloaded(slow):
    server = slow(SUBJECT)
    before = files_of(server)
    with server.wire() as wire:
        for call in (["DEBUG", "RELOAD"], ["DEBUG", "RELOAD", "NOSAVE"], ["DEBUG", "LOADAOF"]):
            assert wire.call(*call) == LOADING
        assert wire.info()["loading"] == "1"
    assert files_of(server) == before
    assert (server.folder / "dump.rdb").exists() == ("dump.rdb" in before)


@BOTH
def test_it_serves_afterwards(slow, kind):
    server = slow(kind, count=8_000)
    server.wait_log("Ready to accept connections", 60)
    with server.wire() as wire:
        assert wire.call("DBSIZE").value == 8_000
        info = wire.info()
        assert info["loading"] == "0" and "loading_total_bytes" not in info
        if kind == SUBJECT:
            assert re.search(r"Loading DB in memory: \d+% of \d+ bytes", server.log())
        if "dump.rdb" in files_of(server):
            assert re.search(r"RDB age \d seconds", server.log())
            assert re.search(r"RDB memory usage when created \d+\.\d\d Mb", server.log())
            assert info["rdb_last_load_keys_loaded"] == "8000"
            assert info["rdb_changes_since_last_save"] == "0"
        else:
            wire.ok("SET", "one", "more")
    if (server.folder / "appendonlydir").exists():
        server.options["key-load-delay"] = "0"
        kill(server)
        server.start()
        with server.wire() as wire:
            assert wire.call("DBSIZE").value == 8_001


@BOTH
def test_an_end_while_it_loads_saves_nothing(slow, kind):
    server = slow(kind)
    before = files_of(server)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_exit() == 0
    assert files_of(server) == before


@BOTH
def test_what_has_expired_is_left_out(start, kind):
    server = start(kind)
    with server.wire() as wire:
        wire.ok("SET", "stays", "1")
        for number in range(10):
            wire.ok("SET", f"goes{number}", "1", "PX", "500")
        wire.ok("SAVE")
    server.process.kill()
    server.process.wait()
    time.sleep(0.6)
    server.start()
    with server.wire() as wire:
        assert wire.call("DBSIZE").value == 1
        info = wire.info()
        assert info["rdb_last_load_keys_loaded"] == "1"
        assert info["rdb_last_load_keys_expired"] == "10"


@pytest.fixture(scope="module")
def snapshot():
    with Server() as server:
        with server.wire() as wire:
            fill(wire, count=3)
        return save_and_stop(server)


def start_with(start, content: bytes) -> Server:
    server = start(wait=False)
    server.process.kill()
    server.process.wait()
    (server.folder / "dump.rdb").write_bytes(content)
    server.start(wait=False)
    return server


DAMAGED = {
    "nothing": (b"", "the file ends too early"),
    "another file": (b"\x7fELF" + bytes(100), "Wrong signature trying to load DB from file"),
    "a later version": (b"REDIS0099", "Can't handle RDB format version"),
    "no version": (b"REDISabcd", "Can't handle RDB format version"),
    "a database too many": (b"REDIS0010\xfe\x20", "databases"),
    "a stream": (b"REDIS0010\xfe\x00\x0f\x01k", "key 'k'"),
    "a module's value": (b"REDIS0010\xfe\x00\x07\x01k", "key 'k'"),
    "a key twice": (
        b"REDIS0010\xfe\x00\x00\x01k\x01v\x00\x01k\x01v\xff" + bytes(8), "duplicated key"),
    "a length that lies": (
        b"REDIS0010\xfe\x00\x00\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xff", "ends too early"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_stops_the_start(start, name):
    content, reason = DAMAGED[name]
    server = start_with(start, content)
    assert server.wait_exit() == 1
    log = server.log()
    assert "Internal error in RDB" in log and reason in log and "offset" in log
    assert "Terminating server after rdb file reading failure." in log
    assert (server.folder / "dump.rdb").read_bytes() == content


def test_a_changed_byte_is_noticed(start, snapshot):
    at = len(snapshot) // 2
    content = snapshot[:at] + bytes([snapshot[at] ^ 1]) + snapshot[at + 1 :]
    server = start_with(start, content)
    assert server.wait_exit() == 1
    assert (server.folder / "dump.rdb").read_bytes() == content


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_file_cut_short_is_noticed(start, snapshot, share):
    server = start_with(start, snapshot[: int(len(snapshot) * share)])
    assert server.wait_exit() == 1
    assert "ends too early" in server.log()


def test_empty_collections_are_left_out(start):
    content = b"REDIS0010\xfe\x00\x02\x05empty\x00\x00\x01k\x01v\xff" + bytes(8)
    server = start_with(start, content)
    server.wait_ready()
    with server.wire() as wire:
        assert [reply.value for reply in wire.call("KEYS", "*").value] == [b"k"]
    assert "skipping empty key: empty" in server.log()
    assert "empty keys skipped: 1" in server.log()


def test_a_file_that_cannot_be_read(start):
    server = start(wait=False)
    server.process.kill()
    server.process.wait()
    (server.folder / "dump.rdb").mkdir()
    server.start(wait=False)
    assert server.wait_exit() == 1
    assert "Fatal error loading the DB" in server.log()


def test_functions_of_a_file_are_kept(start):
    code = b"#!lua name=mylib\nredis.register_function('f', function() return 1 end)"
    source = start(REDIS_8)
    with source.wire() as wire:
        assert wire.call("FUNCTION", "LOAD", code).value == b"mylib"
    subject = start_with(start, save_and_stop(source))
    subject.wait_ready()
    back = start(REDIS_8, wait=False)
    back.process.kill()
    back.process.wait()
    (back.folder / "dump.rdb").write_bytes(save_and_stop(subject))
    back.start()
    with back.wire() as wire:
        assert wire.call("FCALL", "f", "0").value == 1
