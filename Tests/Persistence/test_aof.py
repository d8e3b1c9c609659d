"""The append-only file: the same on the real server and here, unless said."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from Persistence.dataset import contents, differences, fill
from Persistence.waiting import child, children, persistence, until
from Support.binaries import REDIS_7, REDIS_8, SUBJECT, VALKEY_9
from Support.resp import Reply
from Support.server import Server

BOTH = pytest.mark.parametrize("kind", [SUBJECT, REDIS_8])
ON = {"appendonly": "yes"}
SLOW = {"rdb-key-save-delay": "1000"}
MANIFEST = "appendonly.aof.manifest"


def folder(server: Server) -> Path:
    return server.folder / "appendonlydir"


def manifest(server: Server) -> list[str]:
    return (folder(server) / MANIFEST).read_text().splitlines()


def names(server: Server, kind: str) -> list[str]:
    """The files of a kind, `b`, `i` or `h`, in the manifest's order."""
    rows = [line.split() for line in manifest(server)]
    return [row[1] for row in rows if row[row.index("type") + 1] == kind]


def increment(server: Server) -> Path:
    """The file that is written."""
    return folder(server) / names(server, "i")[-1]


def keys(wire, count: int, prefix: str = "key") -> None:
    wire.pipeline(("SET", f"{prefix}:{number}", "x" * 50) for number in range(count))


def kill(server: Server) -> None:
    server.process.kill()
    server.process.wait()


def everything(server: Server, fields: bool = True, databases: int = 16) -> dict:
    with server.wire() as wire:
        return contents(wire, fields, databases)


def until_rewritten(server: Server) -> dict[str, str]:
    def is_over() -> bool:
        info = persistence(server)
        return info["aof_rewrite_in_progress"] == "0" and info["aof_rewrite_scheduled"] == "0"

    until(is_over, "the end of BGREWRITEAOF")
    return persistence(server)


def rewrite(server: Server) -> dict[str, str]:
    with server.wire() as wire:
        reply = wire.call("BGREWRITEAOF")
        assert reply == Reply("simple", b"Background append only file rewriting started")
    return until_rewritten(server)


def prepared(start, kind: str, options: dict | None = None) -> Server:
    """A server that was started and ended in a new folder, and has no log."""
    server = start(kind, options)
    kill(server)
    return server


# Starting again


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
    assert info["rdb_changes_since_last_save"] == ("0" if kind == SUBJECT else "100")


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
        assert wire.call("KEYS", "*").value == [Reply("bulk", b"new")]


# Rewriting


@BOTH
@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_a_rewrite(start, kind, preamble, seed):
    server = start(kind, ON | {"aof-use-rdb-preamble": preamble})
    with server.wire() as wire:
        fill(wire, seed)
        before = contents(wire)
    info = rewrite(server)
    assert info["aof_last_bgrewrite_status"] == "ok"
    assert info["aof_rewrites"] == "1"
    assert int(info["aof_last_cow_size"]) > 0
    assert info["aof_base_size"] == info["aof_current_size"]
    assert names(server, "b") == [
        "appendonly.aof.2.base." + ("rdb" if preamble == "yes" else "aof")]
    assert names(server, "i") == ["appendonly.aof.2.incr.aof"]
    assert names(server, "h") == []
    until(lambda: len(list(folder(server).iterdir())) == 3, "the end of the history")
    assert not list(server.folder.glob("temp-*"))
    log = server.log()
    assert "Background AOF rewrite terminated with success" in log
    assert "into appendonly.aof.2.base" in log
    assert "Removing the history file appendonly.aof.1.incr.aof in the background" in log
    assert "Background AOF rewrite finished successfully" in log
    kill(server)
    server.start()
    assert not differences(before, everything(server))


@BOTH
@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_what_is_done_during_a_rewrite(start, kind, preamble):
    server = start(kind, ON | SLOW | {"aof-use-rdb-preamble": preamble})
    with server.wire() as wire:
        keys(wire, 1500)
        wire.ok("SELECT", "3")
        wire.call("BGREWRITEAOF")
        dice = random.Random(1)
        while wire.info()["aof_rewrite_in_progress"] == "1":
            for _ in range(50):
                number = dice.randrange(3000)
                wire.call("INCR", f"count:{number % 7}")
                wire.call(*dice.choice([
                    ("SET", f"key:{number}", "new"), ("DEL", f"key:{number}"),
                    ("RPUSH", "list", number), ("ZADD", "scores", number, number),
                    ("SELECT", number % 3)]))
        before = contents(wire)
    assert persistence(server)["aof_last_bgrewrite_status"] == "ok"
    kill(server)
    server.start()
    assert not differences(before, everything(server))


@BOTH
def test_one_child_at_a_time(start, kind):
    server = start(kind, ON | SLOW)
    with server.wire() as wire:
        keys(wire, 1500)
        assert wire.call("BGSAVE").value == b"Background saving started"
        scheduled = Reply("simple", b"Background append only file rewriting scheduled")
        assert wire.call("BGREWRITEAOF") == scheduled
        assert wire.info()["aof_rewrite_scheduled"] == "1"
        until(lambda: wire.info()["aof_rewrite_in_progress"] == "1", "the scheduled rewrite")
        assert wire.call("BGREWRITEAOF") == Reply(
            "error", b"ERR Background append only file rewriting already in progress")
        assert wire.call("BGSAVE").is_error()
        assert until_rewritten(server)["aof_rewrites"] == "1"


@BOTH
def test_in_a_transaction_it_is_put_off(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        wire.ok("MULTI")
        wire.call("SET", "a", "1")
        wire.call("BGREWRITEAOF")
        wire.call("SET", "b", "2")
        replies = wire.call("EXEC").value
        assert replies[1] == Reply("simple", b"Background append only file rewriting scheduled")
        until(lambda: wire.info()["aof_rewrites"] == "1", "the rewrite")
        until_rewritten(server)
        before = contents(wire, databases=1)
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGUSR1])
def test_a_killed_rewrite(start, kind, number):
    server = start(kind, ON | SLOW)
    with server.wire() as wire:
        keys(wire, 3000)
        wire.call("BGREWRITEAOF")
        wire.ok("SET", "during", "1")
        os.kill(child(server), number)
        info = until_rewritten(server)
        wire.ok("SET", "after", "1")
        before = contents(wire, databases=1)
    is_failure = number == signal.SIGKILL
    assert info["aof_last_bgrewrite_status"] == ("err" if is_failure else "ok")
    assert info["aof_rewrites_consecutive_failures"] == str(int(is_failure))
    assert f"Background AOF rewrite terminated by signal {int(number)}" in server.log()
    until(lambda: not list(server.folder.glob("temp-*")), "the end of the temporary file")
    assert len(names(server, "i")) == 2
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))
    server.options.pop("rdb-key-save-delay")
    server.restart()
    rewrite(server)
    assert len(names(server, "i")) == 1
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


@BOTH
def test_a_server_killed_during_a_rewrite(start, kind):
    server = start(kind, ON | SLOW)
    with server.wire() as wire:
        keys(wire, 2000)
        wire.call("BGREWRITEAOF")
        wire.ok("SET", "during", "1")
        before = contents(wire, databases=1)
    rewriter = child(server)
    kill(server)
    os.kill(rewriter, signal.SIGKILL)
    server.start()
    assert not differences(before, everything(server, databases=1))


@BOTH
def test_an_end_in_order_ends_the_child(start, kind):
    server = start(kind, ON | SLOW)
    with server.wire() as wire:
        keys(wire, 5000)
        wire.call("BGREWRITEAOF")
        before = contents(wire, databases=1)
    rewriter = child(server)
    server.terminate()
    assert "There is a child rewriting the AOF. Killing it!" in server.log()
    until(lambda: not Path(f"/proc/{rewriter}").exists(), "the child's end")
    assert not list(server.folder.glob("temp-rewriteaof-*"))
    server.start()
    assert not differences(before, everything(server, databases=1))


@BOTH
def test_it_is_rewritten_by_itself(start, kind):
    server = start(kind, ON | {
        "auto-aof-rewrite-min-size": "50kb", "auto-aof-rewrite-percentage": "100"})
    with server.wire() as wire:
        for _ in range(20):
            keys(wire, 100)
        until(lambda: wire.info()["aof_rewrites"] != "0", "a rewrite")
    until_rewritten(server)
    assert "Starting automatic rewriting of AOF on" in server.log()


@BOTH
def test_a_rewrite_of_a_server_without_a_log(start, kind):
    server = start(kind)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
    rewrite(server)
    assert names(server, "b") == ["appendonly.aof.1.base.rdb"]
    assert names(server, "i") == []
    server.options |= ON
    server.restart()
    assert everything(server, databases=1)


@BOTH
def test_failures_are_limited(start, kind):
    server = start(kind, ON | SLOW)
    with server.wire() as wire:
        keys(wire, 3000)
        for _ in range(3):
            wire.call("BGREWRITEAOF")
            os.kill(child(server), signal.SIGKILL)
            until_rewritten(server)
        wire.ok("CONFIG", "SET", "auto-aof-rewrite-min-size", "1")
        wire.ok("CONFIG", "SET", "auto-aof-rewrite-percentage", "1")
        wire.pipeline([("SET", "large", "x" * 300_000)])
        server.wait_log("repeatedly failed and triggered the limit, will retry in 1 minutes")
        assert wire.info()["aof_rewrites"] == "3"
        # Who asks is not kept waiting.
        assert wire.call("BGREWRITEAOF").value.endswith(b"started")


@BOTH
def test_times_are_noted(start, kind):
    server = start(kind, ON | {"aof-timestamp-enabled": "yes", "aof-use-rdb-preamble": "no"})
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        rewrite(server)
        wire.ok("SET", "b", "1")
        before = contents(wire, databases=1)
    until(lambda: b"b" in increment(server).read_bytes(), "the second key")
    assert increment(server).read_bytes().startswith(b"#TS:")
    assert (folder(server) / names(server, "b")[0]).read_bytes().startswith(b"#TS:")
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


# Turning it on and off


@BOTH
def test_turning_it_on_and_off(start, kind, seed):
    server = start(kind)
    with server.wire() as wire:
        fill(wire, seed)
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        wire.ok("SET", "first", "1")
        until_rewritten(server)
        wire.ok("SET", "second", "1")
        before = contents(wire)
        assert wire.info()["aof_enabled"] == "1"
    assert names(server, "i") == ["appendonly.aof.1.incr.aof"]
    kill(server)
    server.options |= ON
    server.start()
    assert not differences(before, everything(server))
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "appendonly", "no")
        wire.ok("SET", "third", "1")
        assert wire.info()["aof_enabled"] == "0"
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        wire.ok("SET", "fourth", "1")
        until_rewritten(server)
        before = contents(wire)
    kill(server)
    server.start()
    assert not differences(before, everything(server))


@BOTH
def test_what_is_done_while_it_is_turned_on(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 1000)
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        assert wire.info()["aof_rewrite_in_progress"] == "1"
        assert (folder(server) / "temp-appendonly.aof.incr").exists()
        for number in range(100):
            wire.ok("SET", f"key:{number * 7}", "new")
        before = contents(wire, databases=1)
    until_rewritten(server)
    assert not (folder(server) / "temp-appendonly.aof.incr").exists()
    kill(server)
    server.options |= ON
    server.start()
    assert not differences(before, everything(server, databases=1))


@BOTH
def test_it_is_tried_again_when_the_first_base_fails(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 1500)
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        wire.ok("SET", "during", "1")
        os.kill(child(server), signal.SIGKILL)
        until(lambda: wire.info()["aof_rewrites"] == "2", "the second attempt")
        wire.ok("SET", "after", "1")
        until_rewritten(server)
        assert wire.info()["aof_last_bgrewrite_status"] == "ok"
        before = contents(wire, databases=1)
    kill(server)
    server.options |= ON
    server.start()
    assert not differences(before, everything(server, databases=1))


@BOTH
def test_turning_it_off_ends_the_rewrite(start, kind):
    server = start(kind, ON | SLOW)
    with server.wire() as wire:
        keys(wire, 3000)
        wire.call("BGREWRITEAOF")
        rewriter = child(server)
        wire.ok("CONFIG", "SET", "appendonly", "no")
        assert f"Killing AOF child: {rewriter}" in server.log()
        assert not children(server)
        assert not list(server.folder.glob("temp-*"))


@BOTH
def test_turning_it_on_waits_for_a_snapshot(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 1000)
        wire.call("BGSAVE")
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        assert wire.info()["aof_rewrite_scheduled"] == "1"
        wire.ok("SET", "meanwhile", "1")
        until_rewritten(server)
        before = contents(wire, databases=1)
    kill(server)
    server.options |= ON
    server.start()
    assert not differences(before, everything(server, databases=1))


@BOTH
def test_no_end_before_the_first_base(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 1500)
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        reply = wire.call("SHUTDOWN")
        assert reply == Reply("error", b"ERR Errors trying to SHUTDOWN. Check logs.")
        assert "Writing initial AOF, can't exit." in server.log()
        until_rewritten(server)
    assert server.terminate() == 0


@BOTH
def test_appendfsync_while_it_runs(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        for policy in ["always", "no", "everysec"]:
            wire.ok("CONFIG", "SET", "appendfsync", policy)
            wire.ok("SET", policy, "1")
        wire.ok("CONFIG", "SET", "no-appendfsync-on-rewrite", "yes")
        rewrite(server)
        wire.ok("SET", "last", "1")
        before = contents(wire, databases=1)
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


# Files that are not as they should be


@BOTH
def test_a_file_of_an_old_version(start, kind):
    server = prepared(start, kind, ON)
    shutil.rmtree(folder(server))
    old = server.folder / "appendonly.aof"
    old.write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n")
    server.start()
    assert "Successfully migrated an old-style AOF file" in server.log()
    assert not old.exists()
    assert everything(server, databases=1) == {(0, b"a"): (b"string", (b"1",), -1)}
    rewrite(server)
    server.restart()
    assert len(everything(server, databases=1)) == 1


@BOTH
def test_a_file_of_an_old_version_with_a_preamble(start, kind):
    source = start(REDIS_7)
    with source.wire() as wire:
        wire.ok("SET", "a", "1")
        wire.ok("SAVE")
    server = prepared(start, kind, ON)
    shutil.rmtree(folder(server))
    content = (source.folder / "dump.rdb").read_bytes()
    (server.folder / "appendonly.aof").write_bytes(
        content + b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n")
    server.start()
    assert everything(server, databases=1) == {(0, b"a"): (b"string", (b"2",), -1)}
    assert "Reading RDB preamble from AOF file..." in server.log()
    assert "Reading the remaining AOF tail..." in server.log()


COMMANDS = [
    ("SET", "a", "1"), ("INCR", "a"), ("RPUSH", "list", "x", "y"), ("SET", "last", "z" * 30)]


def test_a_tail_that_is_missing_at_any_place(start):
    """Whatever is missing, what is left is loaded: the commands that are whole."""
    server = start(SUBJECT, ON)
    states = []
    with server.wire() as wire:
        for call in COMMANDS:
            states.append(contents(wire, databases=1))
            wire.call(*call)
        states.append(contents(wire, databases=1))
    server.terminate()
    content = increment(server).read_bytes()
    rng = random.Random(3)
    for length in sorted(rng.sample(range(len(content)), 25)):
        increment(server).write_bytes(content[:length])
        server.start()
        assert everything(server, databases=1) in states
        assert increment(server).stat().st_size <= length
        kill(server)


@BOTH
def test_a_tail_that_is_missing(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        keys(wire, 10)
    server.terminate()
    path = increment(server)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    server.start()
    assert "loaded anyway because aof-load-truncated is enabled" in server.log()
    with server.wire() as wire:
        assert wire.call("DBSIZE").value == 9
        wire.ok("SET", "key:9", "again")
    server.restart()
    with server.wire() as wire:
        assert wire.call("DBSIZE").value == 10
    server.terminate()
    path.write_bytes(whole[:-5])
    server.options["aof-load-truncated"] = "no"
    server.start(wait=False)
    assert server.wait_exit() == 1
    assert "Unexpected end of file reading the append only file" in server.log()
    assert path.read_bytes() == whole[:-5]


@BOTH
def test_a_transaction_that_is_torn(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        wire.ok("SET", "before", "1")
        wire.ok("MULTI")
        wire.call("SET", "a", "1")
        wire.call("SET", "b", "1")
        wire.call("EXEC")
    server.terminate()
    path = increment(server)
    content = path.read_bytes()
    assert content.endswith(b"*1\r\n$4\r\nEXEC\r\n")
    path.write_bytes(content[: -len(b"*1\r\n$4\r\nEXEC\r\n")])
    server.start()
    assert "Revert incomplete MULTI/EXEC transaction" in server.log()
    with server.wire() as wire:
        assert wire.call("KEYS", "*").value == [Reply("bulk", b"before")]
        wire.ok("SET", "after", "1")
    server.restart()
    with server.wire() as wire:
        assert wire.call("DBSIZE").value == 2


BAD = {
    "format": (b"hello\r\n", "Bad file format reading the append only file"),
    "command": (b"*1\r\n$7\r\nNOTHING\r\n", "Unknown command 'NOTHING' reading the append only"),
}


@BOTH
@pytest.mark.parametrize("what", BAD)
def test_content_that_is_none(start, kind, what):
    server = start(kind, ON)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
    server.terminate()
    content, message = BAD[what]
    whole = increment(server).read_bytes() + content
    increment(server).write_bytes(whole)
    server.start(wait=False)
    assert server.wait_exit() == 1
    assert message in server.log()
    assert increment(server).read_bytes() == whole


@pytest.mark.parametrize("call", [
    b"*1\r\n$8\r\nSHUTDOWN\r\n", b"*2\r\n$5\r\nDEBUG\r\n$8\r\nSEGFAULT\r\n", b"*1\r\n$3\r\nSET\r\n",
    b"*1\r\n$7\r\nMONITOR\r\n"])
def test_commands_that_no_log_has(start, call):
    server = start(SUBJECT, ON)
    server.terminate()
    increment(server).write_bytes(call)
    server.start(wait=False)
    assert server.wait_exit() == 1
    assert "reading the append only file" in server.log()


@BOTH
def test_a_missing_file(start, kind):
    server = start(kind, ON)
    server.terminate()
    increment(server).unlink()
    server.start(wait=False)
    assert server.wait_exit() == 1


@BOTH
@pytest.mark.parametrize("text", ["file a seq", "nonsense\n", "file a seq 1 type b\nfile b seq 2 type b\n"])
def test_a_manifest_that_is_none(start, kind, text):
    server = start(kind, ON)
    server.terminate()
    (folder(server) / MANIFEST).write_text(text)
    server.start(wait=False)
    assert server.wait_exit() == 1


@BOTH
def test_a_damaged_base(start, kind):
    server = start(kind, ON)
    with server.wire() as wire:
        keys(wire, 10)
    rewrite(server)
    server.terminate()
    base = folder(server) / names(server, "b")[0]
    content = bytearray(base.read_bytes())
    content[-1] ^= 1
    base.write_bytes(content)
    server.start(wait=False)
    assert server.wait_exit() == 1


# DEBUG


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


# A disk that takes nothing


def test_a_full_disk(start):
    """`prlimit` makes the file as large as it may become: writes fail, and later do not."""
    server = start(SUBJECT, ON)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        import resource
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
        reply = None

        def is_refused() -> bool:
            nonlocal reply
            with server.wire(timeout=1) as other:
                reply = other.call("PING")
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


# To other servers and back


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
