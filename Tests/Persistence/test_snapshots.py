"""SAVE, BGSAVE, save points and the end: the same on the real server and here, unless said."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from Persistence.dataset import contents, differences, fill
from Persistence.waiting import child, children, persistence, until, until_saved
from Support.binaries import REDIS_8, SUBJECT, VALKEY_9
from Support.resp import Reply

BOTH = pytest.mark.parametrize("kind", [SUBJECT, REDIS_8])
SLOW = {"rdb-key-save-delay": "1000"}


def keys(wire, count: int) -> None:
    wire.pipeline(("SET", f"key:{number}", "x" * 50) for number in range(count))


@BOTH
def test_save_and_restart(start, kind):
    server = start(kind)
    with server.wire() as wire:
        fill(wire)
        wire.ok("SAVE")
        before = contents(wire)
        assert wire.info()["rdb_changes_since_last_save"] == "0"
    server.process.kill()
    server.process.wait()
    server.restart()
    with server.wire() as wire:
        assert not differences(before, contents(wire))
    assert "DB loaded from disk" in server.log()


@BOTH
def test_a_snapshot_in_the_background(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 2000)
        before = int(wire.call("LASTSAVE").value)
        assert wire.call("BGSAVE") == Reply("simple", b"Background saving started")
        during = wire.info()
        assert during["rdb_bgsave_in_progress"] == "1"
        assert during["current_save_keys_total"] == "2000"
        wire.ok("SET", "later", "1")
        until(lambda: int(wire.info()["current_save_keys_processed"]) > 0, "progress")
        after = until_saved(server)
        assert after["rdb_last_bgsave_status"] == "ok"
        assert after["rdb_changes_since_last_save"] == "1"
        assert int(after["rdb_last_cow_size"]) > 0
        assert int(after["rdb_last_bgsave_time_sec"]) >= 1
        assert after["current_save_keys_processed"] == "0"
        assert int(wire.call("LASTSAVE").value) > before
    assert "Background saving started by pid" in server.log()
    assert "Background saving terminated with success" in server.log()


@BOTH
def test_reads_leave_no_trace_beside_a_child(start, kind):
    """Each would have the system copy a page."""
    server = start(kind, SLOW)

    def idle() -> int:
        return int(wire.call("OBJECT", "IDLETIME", "key:1").value)

    with server.wire() as wire:
        keys(wire, 3000)
        until(lambda: idle() >= 2, "a key that nobody reads")
        wire.call("BGSAVE")
        wire.call("GET", "key:1")
        assert idle() >= 2
        wire.ok("CLIENT", "NO-TOUCH", "on")
        wire.call("GET", "key:1")
        wire.ok("CLIENT", "NO-TOUCH", "off")
        wire.call("GET", "key:1")
        assert idle() >= 2
        until_saved(server)
        wire.call("GET", "key:1")
        assert idle() <= 1


@BOTH
def test_one_child_at_a_time(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 3000)
        wire.call("BGSAVE")
        refusal = Reply("error", b"ERR Background save already in progress")
        assert wire.call("BGSAVE") == refusal
        assert wire.call("BGSAVE", "SCHEDULE") == refusal
        assert wire.call("SAVE") == refusal


@BOTH
def test_in_a_transaction_it_is_put_off(start, kind):
    server = start(kind)
    with server.wire() as wire:
        wire.ok("MULTI")
        wire.call("SET", "a", "1")
        wire.call("BGSAVE")
        wire.call("SET", "b", "2")
        replies = wire.call("EXEC").value
        assert replies[1] == Reply("simple", b"Background saving scheduled")
        until(lambda: (server.folder / "dump.rdb").exists(), "the snapshot")
        until_saved(server)
        before = contents(wire, databases=1)
    server.process.kill()
    server.process.wait()
    server.restart()
    with server.wire() as wire:
        assert not differences(before, contents(wire, databases=1))


@pytest.mark.parametrize("kind", [SUBJECT, VALKEY_9])
def test_cancel(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        nothing = wire.call("BGSAVE", "CANCEL")
        assert nothing == Reply(
            "error", b"ERR Background saving is currently not in progress or scheduled")
        keys(wire, 5000)
        wire.call("BGSAVE")
        assert wire.call("BGSAVE", "CANCEL") == Reply("simple", b"Background saving cancelled")
        after = until_saved(server)
        assert after["rdb_last_bgsave_status"] == "ok"
    assert list(server.folder.glob("*.rdb")) == []


@BOTH
def test_a_killed_child_leaves_the_old_file(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 100)
        wire.ok("SAVE")
        old = (server.folder / "dump.rdb").read_bytes()
        keys(wire, 5000)
        wire.call("BGSAVE")
        os.kill(child(server), signal.SIGKILL)
        assert until_saved(server)["rdb_last_bgsave_status"] == "err"
    assert (server.folder / "dump.rdb").read_bytes() == old
    assert list(server.folder.glob("temp-*")) == []
    assert "Background saving terminated by signal 9" in server.log()


REFUSED = b"MISCONF Redis is configured to save RDB snapshots"


def spoil(server) -> None:
    """A directory stands where the snapshot should be."""
    (server.folder / "dump.rdb").mkdir()


@BOTH
def test_writes_are_refused_after_a_failure(start, kind):
    server = start(kind, {"save": "3600 1"})
    spoil(server)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        wire.call("BGSAVE")
        assert until_saved(server)["rdb_last_bgsave_status"] == "err"
        assert wire.call("SET", "a", "2").value.startswith(REFUSED)
        assert wire.call("PING").value.startswith(REFUSED)
        assert wire.call("GET", "a").value == b"1"
        wire.ok("MULTI")
        assert wire.call("SET", "a", "3").value.startswith(REFUSED)
        assert wire.call("EXEC").value.startswith(b"EXECABORT")
        wire.ok("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        wire.ok("SET", "a", "4")
        wire.ok("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
        assert wire.call("SET", "a", "5").value.startswith(REFUSED)
        wire.ok("CONFIG", "SET", "save", "")
        wire.ok("SET", "a", "6")
        wire.ok("CONFIG", "SET", "save", "3600 1")
        assert wire.call("SET", "a", "7").value.startswith(REFUSED)
        (server.folder / "dump.rdb").rmdir()
        wire.call("BGSAVE")
        assert until_saved(server)["rdb_last_bgsave_status"] == "ok"
        wire.ok("SET", "a", "8")


@BOTH
def test_a_queued_write_is_refused_too(start, kind):
    server = start(kind, {"save": "3600 1"})
    spoil(server)
    with server.wire() as wire, server.wire() as other:
        wire.ok("MULTI")
        wire.call("SET", "a", "1")
        other.call("BGSAVE")
        assert until_saved(server)["rdb_last_bgsave_status"] == "err"
        reply = wire.call("EXEC")
        assert reply.value.startswith(b"EXECABORT Transaction discarded because of: MISCONF")


@BOTH
def test_save_fails_with_an_error(start, kind):
    server = start(kind)
    spoil(server)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        assert wire.call("SAVE").is_error()
        assert int(wire.info()["rdb_changes_since_last_save"]) == 1
    assert list(server.folder.glob("temp-*")) == []


@BOTH
def test_save_points(start, kind):
    server = start(kind, {"save": "1 3"})
    with server.wire() as wire:
        keys(wire, 3)
    server.wait_log("3 changes in 1 seconds. Saving...")
    until(lambda: (server.folder / "dump.rdb").exists(), "the snapshot")


@BOTH
def test_config_set_save_is_in_force_at_once(start, kind):
    server = start(kind)
    with server.wire() as wire:
        keys(wire, 3)
        wire.ok("CONFIG", "SET", "save", "1 1")
        until(lambda: (server.folder / "dump.rdb").exists(), "the snapshot")


@BOTH
@pytest.mark.parametrize("how, saves", [
    ("SIGTERM", True), ("SHUTDOWN", True), ("SHUTDOWN NOSAVE", False), ("SHUTDOWN SAVE", True),
])
@pytest.mark.parametrize("points", ["", "3600 1"])
def test_the_end(start, kind, how, saves, points):
    server = start(kind, {"save": points})
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        if how == "SIGTERM":
            server.process.send_signal(signal.SIGTERM)
        else:
            wire.send(("*%d\r\n" % len(how.split())).encode() + b"".join(
                b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in how.split()))
        assert server.wait_exit() == 0
    expected = saves and (points != "" or how.endswith(" SAVE"))
    assert (server.folder / "dump.rdb").exists() == expected


@BOTH
def test_a_server_that_cannot_save_does_not_end(start, kind):
    server = start(kind, {"save": "3600 1"})
    spoil(server)
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        server.process.send_signal(signal.SIGTERM)
        server.wait_log("Error trying to save the DB, can't exit")
        assert wire.call("GET", "a").value == b"1"
        reply = wire.call("SHUTDOWN")
        assert reply == Reply("error", b"ERR Errors trying to SHUTDOWN. Check logs.")
        wire.send(b"*3\r\n$8\r\nSHUTDOWN\r\n$4\r\nSAVE\r\n$5\r\nFORCE\r\n")
        assert server.wait_exit() == 0


@BOTH
def test_the_end_ends_the_child(start, kind):
    server = start(kind, SLOW)
    with server.wire() as wire:
        keys(wire, 5000)
        wire.call("BGSAVE")
        number = child(server)
        wire.send(b"*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n")
        assert server.wait_exit() == 0
    until(lambda: not is_running(number), "the child's end")
    assert list(server.folder.glob("temp-*")) == []


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_child_does_not_outlive_a_killed_server(start):
    """Redis' does, and keeps the port."""
    server = start(options=SLOW)
    with server.wire() as wire:
        keys(wire, 20_000)
        wire.call("BGSAVE")
        number = child(server)
        # It closes them as soon as it begins.
        until(lambda: "socket:" not in subprocess.run(
            ["ls", "-l", f"/proc/{number}/fd"], capture_output=True, text=True).stdout,
              "the end of its sockets")
        assert is_running(number)
    server.process.kill()
    server.process.wait()
    until(lambda: not is_running(number), "the child's end")
    server.start()


@BOTH
def test_flushall_ends_the_child_and_writes_an_empty_file(start, kind):
    server = start(kind, SLOW | {"save": "3600 100000"})
    with server.wire() as wire:
        keys(wire, 50)
        wire.ok("SAVE")
        large = (server.folder / "dump.rdb").stat().st_size
        keys(wire, 5000)
        wire.call("BGSAVE")
        wire.ok("FLUSHALL")
        assert until_saved(server)["rdb_last_bgsave_status"] == "ok"
    assert (server.folder / "dump.rdb").stat().st_size < large


@BOTH
def test_reload(start, kind):
    server = start(kind)
    with server.wire() as wire:
        fill(wire, count=10)
        before = contents(wire)
        wire.ok("DEBUG", "RELOAD")
        assert not differences(before, contents(wire))
        wire.ok("SET", "extra", "1")
        wire.ok("DEBUG", "RELOAD", "NOSAVE")
        assert not differences(before, contents(wire))
        wire.ok("SET", "extra", "1")
        wire.ok("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE")
        assert wire.call("GET", "extra").value == b"1"
        assert wire.call("DEBUG", "RELOAD", "X").is_error()


@BOTH
def test_settings_of_the_file(start, kind):
    server = start(kind, {"rdbcompression": "no", "rdbchecksum": "no", "dbfilename": "other.rdb"})
    with server.wire() as wire:
        wire.ok("SET", "a", "z" * 10_000)
        wire.ok("SAVE")
        plain = (server.folder / "other.rdb").read_bytes()
        assert len(plain) > 10_000 and plain.endswith(bytes(8))
        wire.ok("CONFIG", "SET", "rdbcompression", "yes")
        wire.ok("SAVE")
        assert (server.folder / "other.rdb").stat().st_size < 1000


def test_many_children_under_load(start):
    """A child must never wait for a lock that another thread of the parent had: large keys are
    freed by the background thread while children are forked."""
    server = start()
    with server.wire() as wire:
        keys(wire, 1000)
        for number in range(60):
            wire.pipeline(("RPUSH", "large", *["x" * 100] * 1000) for _ in range(3))
            wire.call("UNLINK", "large")
            wire.call("SET", "block", "x" * 2_000_000)
            wire.call("UNLINK", "block")
            assert wire.call("BGSAVE").value == b"Background saving started", number
            until(lambda: not children(server), "the child's end")
            until(lambda: wire.info()["rdb_bgsave_in_progress"] == "0", "its note")
        assert wire.info()["rdb_last_bgsave_status"] == "ok"
        assert int(wire.info()["total_forks"]) == 60


def test_statistics_are_reset(start):
    server = start()
    with server.wire() as wire:
        wire.ok("SET", "a", "1")
        wire.ok("SAVE")
        assert wire.info()["rdb_saves"] == "1"
        wire.ok("CONFIG", "RESETSTAT")
        assert wire.info()["rdb_saves"] == "0"
        assert persistence(server)["rdb_last_bgsave_status"] == "ok"
        assert abs(int(persistence(server)["rdb_last_save_time"]) - time.time()) < 10


@pytest.mark.parametrize("command", ["BGSAVE", "BGREWRITEAOF"])
def test_a_child_gives_way(start, command):
    """Where both want a core the engine has it first."""
    server = start(SUBJECT, SLOW)
    with server.wire() as wire:
        keys(wire, 1000)
        assert not wire.call(command).is_error()
        until(lambda: children(server), "the child")
        child = children(server)[0]
        until(lambda: os.getpriority(os.PRIO_PROCESS, child) == 10, "its priority")
        assert os.sched_getscheduler(child) == os.SCHED_BATCH
        assert os.getpriority(os.PRIO_PROCESS, server.pid) == 0
        os.kill(child, signal.SIGKILL)
