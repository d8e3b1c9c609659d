"""The power fails at random moments under load: what the disk need not have kept is gone.

A failure may come in the life of the second or third process, after others that were killed: those
leave in the page cache what no fsync has put on the disk.
"""

from __future__ import annotations

import random
import threading
import time

import pytest

from Persistence.power.disk import Failure
from Persistence.power.journal import Kind
from Persistence.power.machine import Power, crashes, dead, log_options
from Persistence.waiting import until
from Persistence.writers import (
    WRITERS, check_all, check_beginning, crash_under_load, state,
)

CYCLES = {"ci": 10, "long": 1000}
SLOW_CYCLES = {"ci": 2, "long": 60}
WRITES_MAX = 20_000
# What docs/persistence.md says of `everysec`.
LOSS_SECONDS = 2


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


# The journal as it is, one that turns over every few fsyncs, and none.
@pytest.mark.parametrize("journal_size", ["8mb", "64kb", "0"])
def test_always_loses_nothing(power, seed, is_long, journal_size):
    dice = random.Random(f"power always {seed} {journal_size}")
    subject = power(log_options("always") | {"aof-journal-size": journal_size})
    count = CYCLES["long" if is_long else "ci"]
    assert cycles(subject, count, dice, check_all) > 5 * count


def test_everysec_keeps_a_beginning(power, seed, is_long):
    dice = random.Random(f"power everysec {seed}")
    subject = power(log_options("everysec"))
    cycles(subject, CYCLES["long" if is_long else "ci"], dice, check_beginning)




class Lateness(threading.Thread):
    """By how much the machine wakes up later than it is asked to: nobody's promise."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seconds, self.is_over = 0.0, False

    def run(self) -> None:
        while not self.is_over:
            before = time.monotonic()
            time.sleep(0.02)
            self.seconds = max(self.seconds, time.monotonic() - before - 0.02)


def test_everysec_loses_two_seconds_at_most(power, seed, is_long):
    dice = random.Random(f"power seconds {seed}")
    subject = power(log_options("everysec"))
    counts = [0] * WRITERS
    for _ in range(SLOW_CYCLES["long" if is_long else "ci"]):
        lateness = Lateness()
        lateness.start()
        writers = crash_under_load(
            subject.server, counts, dice, dice.uniform(2.5, 4.5), dead(subject.server),
            disturbs=dice.random() < 0.5)
        end = time.monotonic()
        lateness.is_over = True
        disk = subject.learn()
        since = disk.unsafe_since(".incr.aof")
        allowed = LOSS_SECONDS + disk.longest_sync_nanoseconds / 1e9 + lateness.seconds
        assert since is None or end - since / 1e9 < allowed
        subject.lose(Failure(0, "none", "none"))
        subject.restart()
        check_beginning(state(subject.server), writers)
        subject.empty()


def test_a_snapshot_that_was_answered_is_there(power, seed, is_long):
    dice = random.Random(f"power save {seed}")
    subject = power({"appendonly": "no"})
    counts = [0] * WRITERS
    for _ in range(SLOW_CYCLES["long" if is_long else "ci"]):
        promised: list[int] = []

        def save_and_die() -> None:
            with subject.server.wire() as wire:
                done = [wire.call("LLEN", f"log{number}").value for number in range(WRITERS)]
                reply = wire.call("SAVE")
                # A child of BGSAVE may be there.
                if not reply.is_error():
                    promised[:] = done
            time.sleep(dice.uniform(0, 0.05))
            dead(subject.server)()

        writers = crash_under_load(
            subject.server, counts, dice, dice.uniform(0.1, 0.3), save_and_die,
            disturbs=dice.random() < 0.5)
        subject.fail(Failure(dice.random()))
        subject.restart()
        found = state(subject.server)
        check_beginning(found, writers)
        assert all(has >= had for has, had in zip(found.counts, promised))
        counts = found.counts


# The same cycles with a promise that is not kept: they have to see it.


def losses(subject: Power, dice: random.Random, disturbs: bool, failure: Failure) -> int:
    """Acknowledged writes that are lost by a server that goes on after some that are safe."""
    with subject.server.wire() as wire:
        for number in range(WRITERS):
            wire.call("DEL", f"log{number}")
    writers = crash_under_load(
        subject.server, [0] * WRITERS, dice, 0.3, dead(subject.server), disturbs)
    assert sum(writer.acknowledged for writer in writers) > 10
    subject.fail(failure)
    subject.restart()
    found = state(subject.server)
    check_beginning(found, writers)
    return found.lost(writers)


def test_a_server_without_fsync_is_seen(power, monkeypatch):
    subject = power(log_options("always"))
    monkeypatch.setenv("POWERFAIL_LIE", "files")
    subject.server.restart()
    assert losses(subject, random.Random(1), False, Failure(0, "none", "none")) > 10


def test_a_server_without_fsync_of_folders_is_seen(power, monkeypatch):
    subject = power(log_options("always"))
    monkeypatch.setenv("POWERFAIL_LIE", "directories")
    subject.server.restart()
    assert losses(subject, random.Random(1), True, Failure(0, "none", "none")) > 10


def test_appendfsync_no_loses(power):
    subject = power(log_options("no"))
    assert losses(subject, random.Random(1), False, Failure(0, "none", "none")) > 10


def test_everysec_loses_what_is_younger(power):
    subject = power(log_options("everysec"))
    assert losses(subject, random.Random(1), False, Failure(0, "none", "none")) > 10
