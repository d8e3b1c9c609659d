"""The power fails after every single step of some stories: the journal of one run is cut behind
each of its records in turn, and a server is started on what a disk may have kept by then.

What is promised is known for each place in the journal, so nothing here depends on when anything
happens.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field

import pytest

from Persistence.power.disk import Disk, Failure
from Persistence.power.journal import Record
from Persistence.power.machine import Power, dead, log_options
from Persistence.waiting import until
from Persistence.writers import padded
from Support.server import StartupFailed
from Support.wire import Wire

# Of each story; with the long profile every step in every way.
STARTS = 25
# How much the disk had done by itself, of bytes and of names.
FAILURES = [("none", "none"), ("beginning", "in order"), ("zeros", "all"), ("all", "any"),
            ("mixed", "any")]


@dataclass
class Story:
    """One client's numbered transactions, and how many are promised from which place of the journal
    on."""

    power: Power
    count: int = 0
    promises: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])

    def promise(self) -> None:
        self.promises.append((self.power.journal.end(), self.count))

    def write(self, wire: Wire, count: int, promises: bool = True) -> None:
        for _ in range(count):
            self.count += 1
            replies = wire.pipeline([
                ("MULTI",), ("INCR", "total"), ("RPUSH", "log", self.count),
                ("SET", "last", padded(self.count)), ("EXEC",)])
            assert replies[4].kind == "array", replies[4].text()
            if promises:
                self.promise()

    def promised(self, place: int) -> int:
        return max(count for at, count in self.promises if at <= place)

    def rewrite(self, wire: Wire, command: tuple = ("BGREWRITEAOF",)) -> None:
        assert not wire.call(*command).is_error()
        until(lambda: self.is_quiet(wire), "the end of a rewrite")
        assert wire.info("persistence")["aof_last_bgrewrite_status"] == "ok"

    def is_quiet(self, wire: Wire) -> bool:
        info = wire.info("persistence")
        return {info[name] for name in (
            "aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")} == {"0"}


def a_log(story: Story) -> None:
    """Transactions and rewrites with `always`, and a start in order between them."""
    for _ in range(2):
        with story.power.server.wire() as wire:
            story.write(wire, 5)
            assert not wire.call("BGREWRITEAOF").is_error()
            story.write(wire, 10)
            until(lambda: story.is_quiet(wire), "the end of a rewrite")
            story.write(wire, 5)
            story.rewrite(wire, ("BGSAVE",))
        story.power.server.restart()


def killed(story: Story) -> None:
    """Processes that are killed, and others that go on with what they left."""
    for _ in range(3):
        with story.power.server.wire() as wire:
            story.write(wire, 5)
            assert not wire.call("BGREWRITEAOF").is_error()
            story.write(wire, 3)
        dead(story.power.server)()
        story.power.server.process.wait()
        story.power.server.start()


def turned_on(story: Story) -> None:
    """CONFIG SET appendonly: promised is everything from the end of its first rewrite on."""
    with story.power.server.wire() as wire:
        wire.ok("CONFIG", "SET", "appendonly", "no")
        story.write(wire, 5, promises=False)
        wire.ok("CONFIG", "SET", "appendonly", "yes")
        story.write(wire, 3, promises=False)
        until(lambda: story.is_quiet(wire), "the end of a rewrite")
        story.promise()
        story.write(wire, 5)


def snapshots(story: Story) -> None:
    """Without a log: SAVE, and BGSAVE when it is over."""
    for command in [("SAVE",), ("BGSAVE",), ("SAVE",), ("BGSAVE",)]:
        with story.power.server.wire() as wire:
            story.write(wire, 3, promises=False)
            assert not wire.call(*command).is_error()
            until(lambda: story.is_quiet(wire), "the end of a snapshot")
            story.promise()


def old_file(story: Story) -> None:
    """The single file of an old version, which is taken over."""
    story.count = 3
    story.promise()
    with story.power.server.wire() as wire:
        story.write(wire, 3)
        story.rewrite(wire)
        story.write(wire, 3)


STORIES = {
    a_log: log_options("always"), killed: log_options("always"),
    turned_on: log_options("always"), snapshots: {"appendonly": "no"},
    old_file: log_options("always"),
}
OLD = b"".join(
    b"*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$5\r\ntotal\r\n*3\r\n$5\r\nRPUSH\r\n$3\r\nlog\r\n"
    b"$1\r\n%d\r\n*3\r\n$3\r\nSET\r\n$4\r\nlast\r\n$1\r\n%d\r\n*1\r\n$4\r\nEXEC\r\n"
    % (count, count) for count in range(1, 4))


def begin(power, story) -> tuple[Power, Disk]:
    """A server at the story's beginning, and the disk then."""
    files = {"appendonly.aof": OLD} if story is old_file else {}
    subject = power(STORIES[story], files)
    return subject, copy.deepcopy(subject.disk)


def check_start(subject: Power, disk: Disk, failure: Failure, least: int, most: int) -> None:
    disk.fail(failure)
    subject.server.start()
    with subject.server.wire() as wire:
        total = int(wire.call("GET", "total").value or 0)
        log = [int(reply.value) for reply in wire.call("LRANGE", "log", 0, -1).value]
        last = (wire.call("GET", "last").value or b"").decode()
    assert log == list(range(1, total + 1)), "half a transaction, or one is missing"
    assert last == (padded(total) if total else ""), "half a transaction"
    assert least <= total <= most, f"{total} are there, {least} were promised"


def cuts(story, count: int, is_long: bool, seed: int) -> list[tuple[int, Failure]]:
    """Behind which records the power fails, and how."""
    dice = random.Random(f"everywhere {story.__name__} {seed}")
    every = [(step, failure) for step in range(1, count + 1) for failure in FAILURES]
    chosen = every if is_long else sorted(dice.sample(every, STARTS))
    return [(step, Failure(dice.random(), *failure)) for step, failure in chosen]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_step(power, monkeypatch, story, seed, is_long):
    subject, disk = begin(power, story)
    told = Story(subject)
    story(told)
    dead(subject.server)()
    subject.server.process.wait()
    records: list[Record] = subject.journal.records()
    monkeypatch.delenv("LD_PRELOAD")
    problems: list[str] = []
    done = 0
    for step, failure in cuts(story, len(records), is_long, seed):
        disk.run(records[done:step])
        done = step
        place = records[step].place if step < len(records) else 1 << 60
        try:
            check_start(
                subject, copy.deepcopy(disk), failure, told.promised(place), told.count)
        except (AssertionError, StartupFailed) as error:
            words = [line for line in str(error).splitlines() if " # " in line] or [str(error)]
            problems.append(
                f"after {records[step - 1].kind.name} {step}, {failure}: {words[-1][-200:]}")
        subject.server.process.kill()
        subject.server.process.wait()
        subject.server.folder.mkdir(exist_ok=True)
    assert not problems, f"{len(problems)} problems\n" + "\n".join(problems[:10])
