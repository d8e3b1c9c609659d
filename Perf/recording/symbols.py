"""Addresses of a binary as functions and lines, inlined ones included, in one batch."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass

from machine_code import demangle
from suite.failure import Failure

from .names import shorten
from .samples import Segments

KERNEL, INLINED, OWN, LIBRARY = "kernel", "inlined", "own", "library"
SYMBOLIZER = "llvm-symbolizer"


@dataclass(frozen=True)
class Function:
    """One function at one place of it; which functions are the same is their names' matter."""

    name: str
    kind: str
    file: str = None
    line: int = 0  # 0: code that the compiler gave no line


def symbolizer():
    """The one of the Swift toolchain, which knows what its compiler writes."""
    swift = shutil.which("swift")
    beside = swift and os.path.join(os.path.dirname(os.path.realpath(swift)), SYMBOLIZER)
    if beside and os.access(beside, os.X_OK):
        return beside
    found = shutil.which(SYMBOLIZER)
    if found is None:
        raise Failure(f"{SYMBOLIZER} is missing: it is part of the Swift toolchain, beside `swift`")
    return found


def symbolize(binary, addresses):
    """Address -> frames of the debug information, innermost first, none where it has none."""
    addresses = sorted(addresses)
    command = [symbolizer(), "--output-style=JSON", "--inlines", "--no-demangle", "-e", binary]
    done = subprocess.run(command, input="".join(f"{address:#x}\n" for address in addresses),
                          capture_output=True, text=True)
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(addresses):
        raise Failure(f"{SYMBOLIZER} failed on {binary}: {done.stderr.strip() or 'no answer'}")
    return {address: known(json.loads(line)) for address, line in zip(addresses, lines)}


def known(answer):
    return [entry for entry in answer.get("Symbol", []) if entry.get("FunctionName")]


class Resolver:
    """Makes functions of the frames that perf found."""

    def __init__(self, samples, mappings, binary):
        self._mappings = mappings
        self._binary = binary
        self._segments = Segments.of(binary)
        frames = {frame for sample in samples for frame in sample.frames}
        own = {self._address(frame) for frame in frames if self._is_own(frame)} - {None}
        self._found = symbolize(binary, own)
        self._readable = demangle(
            {frame.symbol for frame in frames} |
            {entry["FunctionName"] for chain in self._found.values() for entry in chain})
        self._resolved = {frame: self._resolve(frame) for frame in frames}

    def functions(self, sample):
        """The sample's stack, innermost first; functions in a row of which only the library is
        known are one."""
        stack = []
        for frame in sample.frames:
            for function in self._resolved[frame]:
                if not (stack and function.kind == LIBRARY and stack[-1] == function):
                    stack.append(function)
        return tuple(stack)

    def _is_own(self, frame):
        return not frame.in_kernel and frame.module == self._binary

    def _address(self, frame):
        return self._segments.address(self._mappings.file_offset(frame.address, frame.module))

    def _resolve(self, frame):
        if frame.in_kernel:
            return [Function(frame.symbol, KERNEL)]
        chain = self._found.get(self._address(frame)) if self._is_own(frame) else None
        if chain:
            kinds = [INLINED] * (len(chain) - 1) + [OWN]
            return [self._function(entry, kind) for entry, kind in zip(chain, kinds)]
        return [Function(self._unmapped_name(frame), OWN if self._is_own(frame) else LIBRARY)]

    def _function(self, entry, kind):
        name = self._name(entry["FunctionName"])
        return Function(name, kind, entry.get("FileName") or None, entry.get("Line") or 0)

    def _name(self, symbol):
        return shorten(self._readable.get(symbol, symbol))

    def _unmapped_name(self, frame):
        if frame.symbol == "[unknown]":
            return f"[{os.path.basename(frame.module).strip('[]') or 'unknown'}]"
        return self._name(frame.symbol.split("@")[0])
