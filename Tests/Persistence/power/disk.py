"""What a disk has to keep of a folder when the power fails, and what it may.

POSIX promises two things. An fsync of a file keeps what was written to it before, and how long it
was; an fsync of a directory keeps which files its names stood for. It promises nothing else: not
that a file's name lasts because the file was put on the disk, not that what was done first is kept
if what was done later is. So a `Disk` keeps two states, what is there and what would be, and the
steps between: of each file what was written, of each directory which names were changed. A
`Failure` says, with a seed, how much of these steps the disk had done by itself.

    files:  content on the disk ── steps not synchronized ──► content that readers see
    names:  entries on the disk ── changes not synchronized ─► entries that readers see

A file is an object, which names point to: it may have none on the disk, or an old one. What the
names of a folder are when its own name is lost does not matter: everything in it is gone.

More than POSIX is taken for granted in one place: a rename does not lose the file. Within a
directory it is done or not; from one to another the new name is there before the old one goes.
"""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from Persistence.power.journal import Kind, Record


@dataclass(eq=False)
class File:
    """`steps` are what is not on the disk for certain: (place, nanoseconds, offset, bytes); None
    instead of bytes makes the file `offset` bytes long."""

    content: bytearray = field(default_factory=bytearray)
    steps: list[tuple[int, int, int, bytes | None]] = field(default_factory=list)

    def settle(self, place: int) -> None:
        """An fsync that began at the place in the journal is over."""
        while self.steps and self.steps[0][0] < place:
            apply(self.content, self.steps.pop(0))


def apply(content: bytearray, step: tuple[int, int, int, bytes | None]) -> None:
    _, _, offset, data = step
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
    else:
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data


@dataclass(eq=False)
class Change:
    """A name of a directory stands for something else: a file, a directory (True) or nothing."""

    place: int
    directory: str
    path: str
    what: File | bool | None
    # The other half of a rename within a directory, which happens with this one or not at all.
    other: tuple[str, None] | None = None
    # What happens before this: the new name, for the old one's end in another directory.
    first: Change | None = None


class Failure:
    """How much of what is not synchronized the disk has done by itself.

    Of each file's bytes: none of them, a beginning, the length but zeros for content (whole, or
    behind a beginning), or all. Of names: none of the changes, those before some moment (a journal
    of the file system, written in order), or any of them, each for itself.
    """

    BYTES = ("none", "beginning", "zeros", "beginning and zeros", "all", "mixed")
    NAMES = ("none", "in order", "any", "all")

    def __init__(self, seed, of_bytes: str | None = None, of_names: str | None = None):
        self.random = random.Random(f"failure {seed}")
        self.of_bytes = of_bytes or self.random.choice(self.BYTES)
        self.of_names = of_names or self.random.choice(self.NAMES)

    def __str__(self) -> str:
        return f"of bytes {self.of_bytes}, of names {self.of_names}"

    def content(self, file: File) -> bytes:
        content = bytearray(file.content)
        how = self.of_bytes
        if how == "mixed":
            how = self.random.choice(self.BYTES[:-1])
        if how == "none" or not file.steps:
            return bytes(content)
        kept = file.steps
        if how.startswith("beginning"):
            kept = kept[: self.random.randint(0, len(kept) - 1)]
        if how != "zeros":
            for step in kept:
                apply(content, step)
        if how.startswith("beginning"):
            self._tear(content, file.steps[len(kept)])
        if how.endswith("zeros"):
            self._lengthen(content, file)
        return bytes(content)

    def _tear(self, content: bytearray, step: tuple) -> None:
        place, time, offset, data = step
        if data is not None:
            part = data[: self.random.randint(0, len(data))]
            if part:
                apply(content, (place, time, offset, part))

    def _lengthen(self, content: bytearray, file: File) -> None:
        whole = bytearray(file.content)
        for step in file.steps:
            apply(whole, step)
        content.extend(bytes(max(0, len(whole) - len(content))))

    def changes(self, changes: list[Change], settled: int) -> list[Change]:
        """Those that are kept; `settled` is the last that has to be."""
        if self.of_names in ("none", "all"):
            return changes if self.of_names == "all" else []
        if self.of_names == "any":
            return with_first([change for change in changes if self.random.random() < 0.5], changes)
        places = [change.place for change in changes]
        last = self.random.choice([settled, *places])
        return [change for change in changes if change.place <= max(last, settled)]


class Disk:
    """The folder as it is now, all on the disk, and then what records tell."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.entries: dict[str, File | bool] = {}
        self.now: dict[str, File | bool] = {}
        self.files: dict[int, File] = {}
        self.changes: list[Change] = []
        self.begun: dict[int, Record] = {}
        self.settled = 0
        self.sync_count = 0
        self.longest_sync_nanoseconds = 0
        for path in sorted(folder.rglob("*")):
            if path.is_dir():
                self.entries[str(path)] = True
            else:
                file = File(bytearray(path.read_bytes()))
                self.entries[str(path)] = self.files[path.stat().st_ino] = file
        self.now = dict(self.entries)

    def run(self, records: list[Record]) -> Disk:
        for record in records:
            getattr(self, f"_{record.kind.name.lower()}")(record)
        return self

    # What the records tell

    def _change(self, record: Record, path: str, what, other=None, first=None) -> Change:
        self.changes.append(Change(record.place, os.path.dirname(path), path, what, other, first))
        return self.changes[-1]

    def _create(self, record: Record) -> None:
        file = self.files[record.inode] = self.now[record.path] = File()
        self._change(record, record.path, file)

    def _make_directory(self, record: Record) -> None:
        self.now[record.path] = True
        self._change(record, record.path, True)

    def _unlink(self, record: Record) -> None:
        self.now.pop(record.path)
        self._change(record, record.path, None)

    def _rename(self, record: Record) -> None:
        old, new = record.path, record.second.decode()
        file = self.now[new] = self.now.pop(old)
        if os.path.dirname(old) == os.path.dirname(new):
            self._change(record, new, file, (old, None))
        else:
            self._change(record, old, None, first=self._change(record, new, file))

    def _write(self, record: Record) -> None:
        self.files[record.inode].steps.append(
            (record.place, record.nanoseconds, record.offset, record.first))

    def _resize(self, record: Record) -> None:
        self.files[record.inode].steps.append(
            (record.place, record.nanoseconds, record.offset, None))

    def _sync_file(self, record: Record) -> None:
        self.begun[record.place] = record

    _sync_directory = _sync_file

    def _sync_done(self, record: Record) -> None:
        begun = self.begun.pop(record.offset)
        self.sync_count += 1
        self.longest_sync_nanoseconds = max(
            self.longest_sync_nanoseconds, record.nanoseconds - begun.nanoseconds)
        if begun.kind == Kind.SYNC_FILE:
            return self.files[begun.inode].settle(begun.place)
        kept = with_first(
            [change for change in self.changes
             if change.directory == begun.path and change.place < begun.place], self.changes)
        for change in kept:
            self.settled = change.place
        self.entries = named(self.entries, kept)
        self.changes = [change for change in self.changes if change not in kept]

    def _unknown(self, record: Record) -> None:
        raise AssertionError(f"powerfail.c has no record for {record.path}")

    # What is left

    def unsafe_since(self, end: str) -> int | None:
        """When the oldest write was made that is not on the disk for certain, to files whose names
        end so."""
        times = [step[1] for path, file in self.now.items()
                 if file is not True and path.endswith(end) for step in file.steps]
        return min(times, default=None)

    def after(self, failure: Failure) -> dict[str, bytes | None]:
        """Files with their content, and directories (None)."""
        entries = named(self.entries, failure.changes(self.changes, self.settled))
        contents: dict[File, bytes] = {}
        result: dict[str, bytes | None] = {}
        for path in sorted(entries):
            parent = os.path.dirname(path)
            if parent != str(self.folder) and parent not in result:
                continue
            what = entries[path]
            if what is not True and what not in contents:
                contents[what] = failure.content(what)
            result[path] = None if what is True else contents[what]
        return result

    def fail(self, failure: Failure) -> None:
        """Makes the folder what is left. REQUIRES: nobody uses it any more."""
        left = self.after(failure)
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for path, content in left.items():
            if content is None:
                os.mkdir(path)
            else:
                Path(path).write_bytes(content)


def with_first(kept: list[Change], changes: list[Change]) -> list[Change]:
    """Also what happens before those that are kept, in the order of all."""
    wanted = {*kept, *(change.first for change in kept)}
    return [change for change in changes if change in wanted]


def named(entries: dict, changes: list[Change]) -> dict:
    entries = dict(entries)
    for change in changes:
        for path, what in [(change.path, change.what), *([change.other] if change.other else [])]:
            if what is None:
                entries.pop(path, None)
            else:
                entries[path] = what
    return entries
