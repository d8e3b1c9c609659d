"""The power fails at random moments under load: what the disk need not have kept is gone.

`powerfail.c` notes below the server what it does with its folder, `disk.py` says what may be left,
and a server is started on that. A failure may come in the life of the second or third process that
was killed before it: those leave in the page cache what no fsync has put on the disk.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from Persistence.power.disk import Disk, Failure
from Persistence.power.journal import Journal, Kind, compile_library
from Persistence.waiting import children, until
from Persistence.writers import (
    WRITERS, State, Writer, check_all, check_beginning, crash_under_load, state,
)
from Support.binaries import SUBJECT
from Support.server import Server

CYCLES = {"ci": 10, "long": 1000}
SLOW_CYCLES = {"ci": 2, "long": 40}
WRITES_MAX = 20_000
# Of an fsync at the most: wide enough for many kills to meet one.
DELAY_MICROSECONDS = 6000
# What docs/persistence.md says of `everysec`.
LOSS_SECONDS = 2


@dataclass
class Power:
    """A folder whose changes are noted, and a server that works in it."""

    server: Server
    folder: Path
    journal: Journal
    disk: Disk
    # What it says happens to a call (`powerfail.c`).
    trap: Path

    def fail(self, failure: Failure) -> None:
        """REQUIRES: the server is dead."""
        self.learn()
        self.disk.fail(failure)

    def learn(self) -> Disk:
        """The disk with all that was noted since the last failure."""
        self.disk.run(self.journal.records())
        self.journal.clear()
        return self.disk

    def restart(self, wait: bool = True) -> None:
        """On what is there, which is on the disk."""
        self.disk = Disk(self.folder)
        self.server.start(wait=wait)

    def empty(self) -> None:
        self.server.stop()
        self.learn()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self.restart()


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    return compile_library(tmp_path_factory.mktemp("power"))


@pytest.fixture
def power(start, library, tmp_path, monkeypatch):
    """Makes a server with a noted folder. The journal is memory; the folder too: what counts as on
    the disk is what the journal says."""
    memory = Path(tempfile.mkdtemp(prefix="power-", dir="/dev/shm"))
    journal, folder = Journal(memory / "journal"), memory / "data"

    def make(options: dict, kind: str = SUBJECT, lie: str = "") -> Power:
        folder.mkdir()
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("POWERFAIL_JOURNAL", str(journal.path))
        monkeypatch.setenv("POWERFAIL_ROOT", str(folder))
        monkeypatch.setenv("POWERFAIL_TRAP", str(memory / "trap"))
        monkeypatch.setenv("POWERFAIL_LIE", lie)
        monkeypatch.setenv("POWERFAIL_DELAY", str(DELAY_MICROSECONDS))
        disk = Disk(folder)
        server = start(kind, {"dir": str(folder)} | options)
        return Power(server, folder, journal, disk, memory / "trap")

    yield make
    shutil.rmtree(memory)


def log_options(policy: str) -> dict[str, str]:
    return {"appendonly": "yes", "appendfsync": policy}


def dead(server: Server):
    """Kills it; its children die of that, and have stopped writing when this returns."""
    def crash() -> None:
        kin = children(server)
        server.process.kill()
        until(lambda: not any(is_alive(child) for child in kin), "the children's end")

    return crash


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def crashes(power: Power, counts: list[int], dice: random.Random) -> list[Writer]:
    """A crash, at times after others of the process alone, and all that was acknowledged."""
    for _ in range(dice.choice([0, 0, 1, 2])):
        writers = crash_under_load(
            power.server, counts, dice, dice.uniform(0.01, 0.15), dead(power.server))
        power.server.start()
        found = state(power.server)
        check_all(found, writers)
        counts = found.counts
    return crash_under_load(
        power.server, counts, dice, dice.uniform(0.01, 0.25), dead(power.server))


def cycles(power: Power, count: int, dice: random.Random, check, **failure) -> int:
    """Returns how many writes were done in all."""
    counts, done = [0] * WRITERS, 0
    for cycle in range(count):
        writers = crashes(power, counts, dice)
        chosen = Failure(dice.random(), **failure)
        power.fail(chosen)
        power.restart()
        found = state(power.server)
        try:
            check(found, writers)
        except AssertionError as error:
            raise AssertionError(f"{error}; cycle {cycle}, {chosen}") from error
        done += max(0, found.total - sum(counts))
        counts = found.counts
        if found.total > WRITES_MAX:
            power.empty()
            counts = [0] * WRITERS
    return done


def test_the_library_sees_everything(power):
    """What the journal says, if the disk has done it all, is what is in the folder."""
    subject = power(log_options("everysec"))
    dice = random.Random(1)
    counts = [0] * WRITERS
    for _ in range(3):
        writers = crash_under_load(subject.server, counts, dice, 0.3, dead(subject.server))
        subject.server.start()
        found = state(subject.server)
        check_all(found, writers)
        counts = found.counts
    with subject.server.wire() as wire:
        until(lambda: wire.info("persistence")["rdb_bgsave_in_progress"] == "0", "BGSAVE")
        wire.ok("SAVE")
    dead(subject.server)()
    subject.server.process.wait()
    assert subject.journal.calls() > 1000
    kinds = {record.kind for record in subject.journal.records()}
    assert kinds >= set(Kind) - {Kind.RESIZE, Kind.UNKNOWN}
    left = subject.learn().after(Failure(0, "all", "all"))
    really = {str(path): None if path.is_dir() else path.read_bytes()
              for path in subject.folder.rglob("*")}
    assert left == really


def test_always_loses_nothing(power, seed, is_long):
    dice = random.Random(f"power always {seed}")
    subject = power(log_options("always"))
    count = CYCLES["long" if is_long else "ci"]
    assert cycles(subject, count, dice, check_all) > 5 * count


def test_everysec_keeps_a_beginning(power, seed, is_long):
    dice = random.Random(f"power everysec {seed}")
    subject = power(log_options("everysec"))
    cycles(subject, CYCLES["long" if is_long else "ci"], dice, check_beginning)


# What each of the cycles above found, step by step.

NOTHING = Failure(0, "none", "none")


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
    subject = power(log_options("always"))
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
    """With `everysec`: the file before is not on the disk yet when the next one already is."""
    subject = power(log_options("everysec"))
    with subject.server.wire() as wire:
        subject.trap.write_text("hold fsync 1.incr.aof")
        wire.ok("SET", "first", "1")
        slow_rewrite(wire)
        wire.ok("SET", "second", "1")
    dead(subject.server)()
    subject.server.process.wait()
    # The system has written the next file by itself.
    subject.learn()
    failure = Failure(4, of_bytes, "none")
    left = {path: file for path, file in subject.disk.now.items() if path.endswith("2.incr.aof")}
    for file in left.values():
        file.settle(1 << 60)
    subject.trap.unlink()
    subject.disk.fail(failure)
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
    disk.fail(Failure(0, "all", "all"))
    subject.restart()
    with subject.server.wire() as wire:
        assert wire.call("GET", "acknowledged").value == b"1"
