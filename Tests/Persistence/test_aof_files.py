"""Append-only files that are old, torn or damaged: as on the real server, unless said."""

from __future__ import annotations

import random
import shutil

import pytest

from Persistence.aof import (
    BOTH, MANIFEST, ON, everything, folder, increment, keys, kill, names, prepared, rewrite,
)
from Persistence.dataset import contents
from Support.binaries import REDIS_7, SUBJECT
from Support.resp import Reply


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
        assert wire.call("KEYS", "*").value == (Reply("bulk", b"before"),)
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
    if kind == SUBJECT:
        place = len(whole) - len(content)
        assert f"It is at offset {place} of {increment(server).name}." in server.log()
    assert increment(server).read_bytes() == whole


@pytest.mark.parametrize("call", [
    b"*1\r\n$8\r\nSHUTDOWN\r\n", b"*2\r\n$5\r\nDEBUG\r\n$8\r\nSEGFAULT\r\n", b"*1\r\n$3\r\nSET\r\n",
    b"*1\r\n$5\r\nHELLO\r\n", b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", b"*1\r\n$5\r\nRESET\r\n",
    b"*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n", b"*2\r\n$5\r\nWATCH\r\n$1\r\nk\r\n",
    b"*1\r\n$7\r\nMONITOR\r\n"])
def test_commands_that_no_log_has(start, call):
    server = start(SUBJECT, ON)
    server.terminate()
    increment(server).write_bytes(call)
    server.start(wait=False)
    assert server.wait_exit() == 1
    assert "reading the append only file" in server.log()


def test_a_database_that_is_not_there(start):
    """Redis goes on in the database before."""
    server = start(SUBJECT, ON)
    with server.wire() as wire:
        wire.ok("SELECT", "9")
        wire.ok("SET", "a", "1")
    server.options["databases"] = "4"
    server.terminate()
    server.start(wait=False)
    assert server.wait_exit() == 1
    assert "out of range" in server.log()
    del server.options["databases"]
    server.start()
    assert len(everything(server)) == 1


@BOTH
def test_a_missing_file(start, kind):
    server = start(kind, ON)
    server.terminate()
    increment(server).unlink()
    server.start(wait=False)
    assert server.wait_exit() == 1


@BOTH
@pytest.mark.parametrize(
    "text", ["file a seq", "nonsense\n", "file a seq 1 type b\nfile b seq 2 type b\n"])
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
