"""What `perf script` prints, as samples, and its addresses as those the compiler wrote."""

import bisect
import re
import subprocess
from dataclasses import dataclass

UNKNOWN = "[unknown]"
SAMPLE = re.compile(r"^\s*(\d+)\s*$")
FRAME = re.compile(r"^\s+([0-9a-f]+) (.*) \((.*)\)$")
MAPPING = re.compile(
    r"PERF_RECORD_MMAP2? .*\[0x([0-9a-f]+)\(0x([0-9a-f]+)\) @ (0x[0-9a-f]+|0) .*\]: \S+ (.+)$")
SEGMENT = re.compile(r"^\s+LOAD\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+)", re.MULTILINE)
DELETED = " (deleted)"
PSEUDO = {UNKNOWN, "[vdso]", "[vsyscall]", "[heap]", "[stack]", "[uprobes]"}


@dataclass(frozen=True)
class Frame:
    address: int
    symbol: str
    module: str

    @property
    def in_kernel(self):
        """perf writes the kernel and its modules in brackets, as it does what it knows of no file
        for; a chain that went astray may end at any address."""
        in_brackets = self.module.startswith("[") and self.module not in PSEUDO
        return in_brackets or "vmlinux" in self.module or self.module.endswith((".ko", ".ko.xz"))


@dataclass(frozen=True)
class Sample:
    weight: int  # events that it stands for
    frames: tuple  # innermost first


class Mappings:
    """Where the process has its modules."""

    def __init__(self):
        self._starts, self._entries = [], []

    def add(self, start, length, offset, module):
        index = bisect.bisect(self._starts, start)
        self._starts.insert(index, start)
        self._entries.insert(index, (start + length, offset, module))

    def file_offset(self, address, module):
        """perf 6 prints offsets in the module's file, other versions what the process saw."""
        index = bisect.bisect(self._starts, address) - 1
        if index >= 0:
            end, offset, mapped = self._entries[index]
            if address < end and mapped == module:
                return address - self._starts[index] + offset
        return address


def read(lines):
    """Samples and mappings of a recording."""
    samples, mappings, weight, frames = [], Mappings(), None, []
    for line in lines:
        line = line.rstrip("\n").replace(DELETED, "")
        frame, mapping, sample = FRAME.match(line), MAPPING.search(line), SAMPLE.match(line)
        if frame and weight is not None:
            frames.append(Frame(int(frame[1], 16), *frame.groups()[1:]))
        elif sample:
            add(samples, weight, frames)
            weight, frames = int(sample[1]), []
        elif mapping:
            start, length, offset = (int(text, 16) for text in mapping.groups()[:3])
            mappings.add(start, length, offset, mapping[4])
    add(samples, weight, frames)
    return samples, mappings


def add(samples, weight, frames):
    """Without the garbage at which a chain ends that cannot be followed further."""
    while len(frames) > 1 and frames[-1].module == UNKNOWN:
        frames.pop()
    if weight is not None and frames:
        samples.append(Sample(weight, tuple(frames)))


class Segments:
    """Offsets in a file as the addresses that its debug information uses."""

    def __init__(self, table):
        self._segments = [tuple(int(text, 16) for text in found)
                          for found in SEGMENT.findall(table)]

    @classmethod
    def of(cls, binary):
        return cls(subprocess.run(["readelf", "--program-headers", "--wide", binary],
                                  capture_output=True, text=True, check=True).stdout)

    def address(self, file_offset):
        for offset, address, size in self._segments:
            if offset <= file_offset < offset + size:
                return file_offset - offset + address
        return None
