"""BGREWRITEAOF and CONFIG SET appendonly: as on the real server, unless said."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from Persistence.aof import (
    BOTH, ON, SLOW, everything, folder, increment, keys, kill, names, rewrite, until_rewritten,
)
from Persistence.dataset import contents, differences, fill
from Persistence.waiting import child, children, persistence, until
from Support.resp import Reply


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
        # Redis notes each second once.
        time.sleep(1.1)
        wire.ok("SET", "b", "1")
        before = contents(wire, databases=1)
    until(lambda: b"b" in increment(server).read_bytes(), "the second key")
    assert increment(server).read_bytes().startswith(b"#TS:")
    assert (folder(server) / names(server, "b")[0]).read_bytes().startswith(b"#TS:")
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


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
        assert f"Killing running AOF rewrite child: {rewriter}" in server.log()
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
