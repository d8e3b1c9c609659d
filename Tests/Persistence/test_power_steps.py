"""The power fails after certain steps: what the cycles of `test_power.py` found, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from Persistence.aof import MANIFEST
from Persistence.power.disk import Failure
from Persistence.power.machine import Power, dead, log_options
from Persistence.waiting import until

NOTHING = Failure(0, "none", "none")
# Every fsync is of the log's file.
UNJOURNALED = {"aof-journal-size": "0"}


def slow_rewrite(wire) -> None:
    """One that does not end in this test. REQUIRES: a key."""
    wire.ok("CONFIG", "SET", "rdb-key-save-delay", "20000000")
    wire.call("BGREWRITEAOF")


def fail_and_restart(subject: Power, failure: Failure) -> None:
    dead(subject.server)()
    subject.server.process.wait()
    subject.trap.unlink(missing_ok=True)
    subject.fail(failure)
    subject.restart()


def test_a_name_that_the_process_before_gave(power):
    """It died between the manifest's rename and the fsync of the folder. Whoever reads the new
    manifest after that writes to a file that the old one does not name."""
    subject = power(log_options("always"))
    subject.trap.write_text("die rename .manifest")
    with subject.server.wire() as wire:
        wire.send(b"BGREWRITEAOF\r\n")
        subject.server.wait_exit()
    subject.trap.unlink()
    subject.server.start()
    with subject.server.wire() as wire:
        wire.ok("SET", "acknowledged", "1")
    fail_and_restart(subject, NOTHING)
    with subject.server.wire() as wire:
        assert wire.call("GET", "acknowledged").value == b"1"


@pytest.mark.parametrize("of_bytes", ["none", "beginning"])
def test_what_the_process_before_wrote(power, of_bytes):
    """It died before the fsync. Whoever loads that, and goes on in another file, has to make up for
    it: otherwise there is a gap before what is acknowledged, or a file that is torn and not the
    last, which no server starts with."""
    subject = power(log_options("always") | UNJOURNALED)
    subject.trap.write_text("die fsync 1.incr.aof")
    with subject.server.wire() as wire:
        wire.send(b"SET first 1\r\n")
        subject.server.wait_exit()
    subject.trap.unlink()
    subject.server.start()
    with subject.server.wire() as wire:
        assert wire.call("GET", "first").value == b"1"
        slow_rewrite(wire)
        wire.ok("SET", "second", "1")
    fail_and_restart(subject, Failure(4, of_bytes, "none"))
    with subject.server.wire() as wire:
        assert wire.call("GET", "second").value == b"1"
        assert wire.call("GET", "first").value == b"1"


@pytest.mark.parametrize("of_bytes", ["none", "beginning"])
def test_the_end_of_a_file_that_was_left(power, of_bytes):
    """With `everysec`: what is written to the next file waits until the one before is on the disk,
    because the system may put the one there before the other."""
    subject = power(log_options("everysec"))
    with subject.server.wire() as wire:
        subject.trap.write_text("hold fsync 1.incr.aof")
        wire.ok("SET", "first", "1")
        slow_rewrite(wire)
        wire.ask(["SET", "second", "1"])
        assert wire.is_silent(0.3)
    dead(subject.server)()
    subject.server.process.wait()
    # The system has written the next file by itself.
    subject.learn()
    failure = Failure(4, of_bytes, "none")
    left = {path: file for path, file in subject.disk.now.items() if path.endswith("2.incr.aof")}
    for file in left.values():
        file.settle(1 << 60)
    subject.trap.unlink()
    subject.lose(failure)
    subject.restart()
    with subject.server.wire() as wire:
        assert wire.call("EXISTS", "first").value or not wire.call("EXISTS", "second").value


def test_names_that_last_in_another_order(power):
    """The manifest's new name is on the disk before the name of the file that it adds."""
    subject = power(log_options("always"))
    subject.trap.write_text("die rename .manifest")
    with subject.server.wire() as wire:
        wire.ok("SET", "acknowledged", "1")
        wire.send(b"BGREWRITEAOF\r\n")
        subject.server.wait_exit()
    subject.trap.unlink()
    disk = subject.learn()
    disk.changes = [change for change in disk.changes if change.path.endswith(".manifest")]
    assert disk.changes
    subject.lose(Failure(0, "all", "all"))
    subject.restart()
    with subject.server.wire() as wire:
        assert wire.call("GET", "acknowledged").value == b"1"


def test_the_next_file_comes_before_this_ones_end(power):
    """The manifest names the next increment while an fsync of this one is under way: what was not
    acknowledged may be torn in a file that is not the last, but no other has anything yet."""
    subject = power(log_options("always") | UNJOURNALED)
    with subject.server.wire() as wire, subject.server.wire() as other:
        wire.ok("SET", "acknowledged", "1")
        subject.trap.write_text("hold fsync 1.incr.aof")
        wire.send(b"SET torn 1\r\n")
        until(lambda: b"torn" in increment(subject).read_bytes(), "the write")
        other.send(b"BGREWRITEAOF\r\n")
        until(lambda: "2.incr.aof" in (subject.folder / "appendonlydir" / MANIFEST).read_text(),
              "the next increment")
        fail_and_restart(subject, Failure(4, "beginning", "none"))
    with subject.server.wire() as wire:
        assert wire.call("GET", "acknowledged").value == b"1"


def increment(subject: Power) -> Path:
    return subject.folder / "appendonlydir" / "appendonly.aof.1.incr.aof"
