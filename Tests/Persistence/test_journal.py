"""What the journal of `appendfsync always` is for, and what it must never do."""

from __future__ import annotations

import random
import re
import subprocess

import pytest

from Persistence.aof import (
    MANIFEST, ON, folder, increment, kill, manifest, names, persistence, until_rewritten,
)
from Persistence.power.disk import Failure
from Persistence.power.machine import Power, dead, log_options
from Support.binaries import SUBJECT, binary
from Support.server import Server

ALWAYS = ON | {"appendfsync": "always"}
NAME = "appendonly.aof.journal"
NOTHING = Failure(0, "none", "none")
PUT_BACK = "which only the AOF's journal had on the disk"


def fail(subject: Power, failure: Failure = NOTHING) -> None:
    dead(subject.server)()
    subject.server.process.wait()
    subject.fail(failure)


def values(server: Server, count: int) -> list[bytes | None]:
    with server.wire() as wire:
        return [wire.call("GET", number).value for number in range(count)]


def write(server: Server, count: int, byte_count: int = 20) -> list[bytes]:
    written = [b"%d" % number * byte_count for number in range(count)]
    with server.wire() as wire:
        for number, value in enumerate(written):
            wire.ok("SET", number, value)
    return written


def is_refused(server: Server) -> bool:
    server.start(wait=False)
    return server.wait_exit() != 0


def check(server: Server, *options: str, answer: str = "y") -> tuple[int, str]:
    """How apus-check-aof ends, and what it says."""
    tool = binary(SUBJECT).parent / "apus-check-aof"
    done = subprocess.run(
        [tool, *options, folder(server) / MANIFEST], input=answer + "\n", capture_output=True,
        text=True, timeout=30)
    return done.returncode, done.stdout


def test_it_has_what_the_log_lost(power):
    subject = power(log_options("always"))
    written = write(subject.server, 10)
    fail(subject)
    path = subject.folder / "appendonlydir" / "appendonly.aof.1.incr.aof"
    assert path.read_bytes() == b""
    subject.restart()
    assert values(subject.server, 10) == written
    assert PUT_BACK in subject.server.log()


@pytest.mark.parametrize("of_bytes", Failure.BYTES)
def test_its_halves_turn_over(power, of_bytes):
    """64 KB are two halves of seven blocks: many turns, with records of one to three blocks."""
    subject = power(log_options("always") | {"aof-journal-size": "64kb"})
    dice = random.Random(of_bytes)
    written = []
    with subject.server.wire() as wire:
        for number in range(150):
            written.append(bytes([65 + number % 26]) * dice.randrange(1, 10_000))
            wire.ok("SET", number, written[-1])
    fail(subject, Failure(of_bytes, of_bytes, "none"))
    subject.restart()
    assert values(subject.server, 150) == written


def test_what_is_too_much_for_it(power):
    """Goes to the log's file itself, and what comes before and after is safe as well."""
    subject = power(log_options("always"))
    written = []
    with subject.server.wire() as wire:
        for number, count in enumerate([10, 300_000, 10, 262_000, 600_000, 600_000, 10]):
            written.append(b"x" * count)
            wire.ok("SET", number, written[-1])
    fail(subject)
    subject.restart()
    assert values(subject.server, len(written)) == written


def test_a_log_that_is_turned_on(power):
    """Its first increment has no place in the manifest at first."""
    subject = power({"appendonly": "no", "appendfsync": "always"})
    with subject.server.wire() as wire:
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        until_rewritten(subject.server)
    written = write(subject.server, 5)
    assert (subject.folder / "appendonlydir" / NAME).exists()
    fail(subject)
    subject.server.options["appendonly"] = "yes"
    subject.restart()
    assert values(subject.server, 5) == written


def test_a_policy_that_changes(power):
    subject = power(log_options("everysec"))
    with subject.server.wire() as wire:
        for number in range(30):
            wire.ok("CONFIG", "SET", "appendfsync", ["everysec", "always", "no"][number % 3])
            wire.ok("SET", number, "x" * number)
        wire.ok("CONFIG", "SET", "appendfsync", "always")
        wire.ok("SET", 30, "last")
    fail(subject)
    subject.restart()
    assert values(subject.server, 31) == [b"x" * number for number in range(30)] + [b"last"]


def test_a_kill_does_not_need_it(start):
    server = start(SUBJECT, ALWAYS)
    written = write(server, 10)
    assert (folder(server) / NAME).stat().st_size > 4 << 20
    kill(server)
    server.start()
    assert values(server, 10) == written
    assert PUT_BACK not in server.log()


def test_it_goes_with_the_server(start):
    server = start(SUBJECT, ALWAYS)
    write(server, 3)
    assert (folder(server) / NAME).exists()
    server.terminate()
    assert not (folder(server) / NAME).exists()


def test_it_is_gone_for_good(power):
    subject = power(log_options("always"))
    write(subject.server, 3)
    subject.server.terminate()
    subject.fail(NOTHING)
    assert not (subject.folder / "appendonlydir" / NAME).exists()


def test_it_is_for_always_alone(start):
    server = start(SUBJECT, ON)
    write(server, 3)
    assert not (folder(server) / NAME).exists()
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "appendfsync", "always")
        # What came before is put on the disk in the log, and this perhaps together with it.
        wire.ok("SET", "key", "value")
        wire.ok("SET", "key", "value")
        assert (folder(server) / NAME).exists()
        wire.ok("CONFIG", "SET", "appendonly", "no")
        assert not (folder(server) / NAME).exists()


def test_without(start):
    server = start(SUBJECT, ALWAYS | {"aof-journal-size": "0"})
    write(server, 3)
    assert not (folder(server) / NAME).exists()


# Files that are not as they were, although the system has run on.


def test_a_log_that_was_shortened(start):
    """By hand, or by a disk that was lost: the server does not choose."""
    server = start(SUBJECT, ALWAYS)
    written = write(server, 10)
    kill(server)
    path = increment(server)
    path.write_bytes(path.read_bytes()[:-30])
    assert is_refused(server)
    assert "apus-check-aof --fix appendonly.aof.manifest" in server.log()
    assert "delete the journal" in server.log()
    status, said = check(server, "--fix")
    assert status == 0 and PUT_BACK in said
    assert not (folder(server) / NAME).exists()
    server.start()
    assert values(server, 10) == written


def test_a_log_that_is_not_loaded(start):
    """It is left as it is, with its journal."""
    server = start(SUBJECT, ALWAYS)
    write(server, 10)
    kill(server)
    path = increment(server)
    path.write_bytes(path.read_bytes()[:-30])
    before = (folder(server) / NAME).read_bytes()
    server.options["appendonly"] = "no"
    server.start()
    assert values(server, 10) == [None] * 10
    server.terminate()
    assert (folder(server) / NAME).read_bytes() == before


def test_a_log_that_was_edited(start):
    """The way to take back a FLUSHALL."""
    server = start(SUBJECT, ALWAYS)
    written = write(server, 10)
    with server.wire() as wire:
        wire.ok("FLUSHALL")
    kill(server)
    path = increment(server)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"*1\r\n$8\r\nFLUSHALL")])
    assert is_refused(server)
    (folder(server) / NAME).unlink()
    server.start()
    assert values(server, 10) == written


def test_the_checker_when_nothing_is_missing(start):
    server = start(SUBJECT, ALWAYS)
    written = write(server, 3)
    kill(server)
    before = (folder(server) / NAME).read_bytes()
    assert "nothing in it that the files lack" in check(server)[1]
    assert (folder(server) / NAME).read_bytes() == before
    # What it may cut must not come back.
    status, said = check(server, "--fix", answer="n")
    assert status == 0 and f"Deleted the journal {NAME}" in said
    assert not (folder(server) / NAME).exists()
    server.start()
    assert values(server, 3) == written


def test_the_checker_asks_before_it_puts_back(start):
    server = start(SUBJECT, ALWAYS)
    write(server, 3)
    kill(server)
    path = increment(server)
    short = path.read_bytes()[:-30]
    path.write_bytes(short)
    before = (folder(server) / NAME).read_bytes()
    for options in (), ("--fix",):
        status, said = check(server, *options, answer="n")
        assert status == 1
        assert re.search(rf"{path.name} lacks \d+ bytes that the AOF's journal {NAME} has", said)
        assert ("Continue? [y/N]: Aborting..." in said) == bool(options)
        assert path.read_bytes() == short
        assert (folder(server) / NAME).read_bytes() == before


def test_a_manifest_that_is_older(start):
    server = start(SUBJECT, ALWAYS)
    write(server, 3)
    old = "\n".join(manifest(server)) + "\n"
    with server.wire() as wire:
        wire.call("BGREWRITEAOF")
    until_rewritten(server)
    write(server, 3)
    files = {path.name: path.read_bytes() for path in folder(server).iterdir()}
    kill(server)
    for name in [line.split()[1] for line in old.splitlines()]:
        (folder(server) / name).write_bytes(files.get(name, b""))
    (folder(server) / MANIFEST).write_text(old)
    assert is_refused(server)
    assert "belongs to increment 2" in server.log()
    status, said = check(server)
    assert status == 1 and "belongs to increment 2" in said


@pytest.mark.parametrize("damage", ["garbage", "cut", "empty", "bits", "header"])
def test_a_damaged_journal_harms_nobody(start, damage):
    """While the log is whole."""
    server = start(SUBJECT, ALWAYS | {"aof-journal-size": "64kb"})
    written = write(server, 40, 200)
    dice = random.Random(damage)
    for _ in range(5):
        kill(server)
        path = folder(server) / NAME
        path.write_bytes(damaged(path.read_bytes(), damage, dice))
        server.start()
        assert values(server, 40) == written
        assert PUT_BACK not in server.log()
        with server.wire() as wire:
            wire.ok("SET", "another", "x")


def damaged(content: bytes, how: str, dice: random.Random) -> bytes:
    if how == "garbage":
        return dice.randbytes(len(content))
    if how == "cut":
        return content[: dice.randrange(len(content))]
    if how == "empty":
        return b""
    changed = bytearray(content)
    for _ in range(20):
        changed[dice.randrange(80 if how == "header" else len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def test_a_place_where_it_cannot_be(start):
    """The log's file is put on the disk then, and the log says why."""
    server = start(SUBJECT, ON)
    (folder(server) / NAME).mkdir()
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "appendfsync", "always")
    written = write(server, 5)
    server.wait_log("Can't write the AOF's journal: Is a directory")
    assert persistence(server)["aof_last_write_status"] == "ok"
    kill(server)
    (folder(server) / NAME).rmdir()
    server.start()
    assert values(server, 5) == written
    assert names(server, "i")


def test_a_folder_that_is_changed(power):
    """The log goes to the new one with the next rewrite; the journal stays, and ends there."""
    subject = power(log_options("everysec") | {"enable-protected-configs": "yes"})
    new = subject.folder / "new"
    new.mkdir()
    with subject.server.wire() as wire:
        wire.ok("CONFIG", "SET", "dir", new)
        wire.ok("CONFIG", "SET", "appendfsync", "always")
        wire.ok("SET", "old", "1")
    assert (subject.folder / "appendonlydir" / NAME).exists()
    fail(subject)
    # Nobody had put it on the disk.
    new.mkdir()
    subject.restart()
    with subject.server.wire() as wire:
        assert wire.call("GET", "old").value == b"1"
        wire.ok("CONFIG", "SET", "appendfsync", "always")
        wire.ok("CONFIG", "SET", "dir", new)
        assert not wire.call("BGREWRITEAOF").is_error()
        until_rewritten(subject.server)
        wire.ok("SET", "new", "1")
    fail(subject)
    subject.server.options["dir"] = str(new)
    subject.restart()
    with subject.server.wire() as wire:
        assert wire.call("EXISTS", "old", "new").value == 2
