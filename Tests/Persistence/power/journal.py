"""The journal that `powerfail.c` keeps of a folder, and the library itself."""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).parent / "powerfail.c"
HEADER = struct.Struct("<QQQQQ")
HEADER_BYTES = 4096
RECORD = struct.Struct("<IIQQQII")


class Kind(IntEnum):
    """As in `powerfail.c`."""

    CREATE = 1
    RESIZE = 2
    WRITE = 3
    SYNC_FILE = 4
    SYNC_DIRECTORY = 5
    SYNC_DONE = 6
    RENAME = 7
    UNLINK = 8
    MAKE_DIRECTORY = 9
    UNKNOWN = 10


@dataclass(frozen=True)
class Record:
    place: int
    kind: Kind
    nanoseconds: int
    inode: int
    offset: int
    first: bytes
    second: bytes

    @property
    def path(self) -> str:
        return self.first.decode()


def compile_library(folder: Path) -> Path:
    library = folder / "powerfail.so"
    compiler = shutil.which("cc") or shutil.which("clang") or "/opt/swift/usr/bin/clang"
    subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-lpthread", "-ldl"],
        check=True)
    return library


def is_busy(path: Path) -> bool:
    """Whether a call may have been made that the journal does not have yet."""
    with open(path, "rb") as file:
        return HEADER.unpack(file.read(HEADER.size))[4] != 0


class Journal:
    """A file for the library to map. It is sparse: only what is noted takes room."""

    def __init__(self, path: Path, capacity: int = 1 << 30):
        self.path, self.capacity = path, capacity
        self.clear()

    def clear(self) -> None:
        """REQUIRES: nobody has it mapped."""
        self.path.unlink(missing_ok=True)
        with open(self.path, "wb") as file:
            file.truncate(self.capacity)

    def calls(self) -> int:
        """How many calls the library has seen."""
        with open(self.path, "rb") as file:
            return HEADER.unpack(file.read(HEADER.size))[2]

    def end(self) -> int:
        """The place of the next record."""
        with open(self.path, "rb") as file:
            return HEADER.unpack(file.read(HEADER.size))[1]

    def records(self) -> list[Record]:
        with open(self.path, "rb") as file:
            is_ready, end, _, is_full, _ = HEADER.unpack(file.read(HEADER.size))
            assert is_ready, "the library was not preloaded"
            assert not is_full, "the journal is too small"
            file.seek(HEADER_BYTES)
            data = file.read(end - HEADER_BYTES)
        found, place = [], 0
        while place < len(data):
            count, kind, time, inode, offset, first, second = RECORD.unpack_from(data, place)
            middle = place + RECORD.size + first
            found.append(Record(
                place + HEADER_BYTES, Kind(kind), time, inode, offset,
                data[middle - first : middle], data[middle : middle + second]))
            place += count
        return found
