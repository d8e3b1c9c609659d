"""What a server logs of a command: the cases, and how a server's append-only file tells it.

`data/propagation.cases` is a table of short stories, each told to a server with no data:

    == name
    ? a command before, whose traces do not count
    > a command; `2> …` is sent by a second connection, which may have to wait for its reply
    ~ milliseconds that pass
    = a command that Redis 8.2 logs
    ! a command that Apus logs instead of all of those; `!` alone: none
    # why, for `!`

A word `@10000` is the time that it was plus ten seconds, in milliseconds; `{any}` any word.
`python -m Conformance.propagation`, in Tests, writes the lines with `=` anew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from Support.binaries import REDIS_8
from Support.resp import encode
from Support.server import Server
from Support.wire import Wire

CASES = Path(__file__).parent / "data/propagation.cases"
OPTIONS = {"appendonly": "yes", "appendfsync": "no", "auto-aof-rewrite-percentage": "0"}
# Deadlines of the cases are multiples of this; what remains is how long the case took.
STEP_MILLISECONDS = 10_000


@dataclass
class Case:
    name: str
    lines: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[str]:
        return [line for line in self.lines if line[0] in "?>~2"]

    @property
    def logged(self) -> list[list[str]]:
        return [words(line[1:]) for line in self.lines if line[0] == "="]


def words(text: str) -> list[str]:
    return ["" if word == '""' else word for word in text.split()]


def read_cases() -> list[Case]:
    cases: list[Case] = []
    for line in CASES.read_text().splitlines():
        if line.startswith("== "):
            cases.append(Case(line[3:]))
        elif line and cases:
            cases[-1].lines.append(line)
    return cases


class Recorder:
    """A server with an append-only file."""

    def __init__(self, kind: str = REDIS_8):
        self.server = Server(kind, options=OPTIONS)
        self.first, self.second = self.server.wire(), self.server.wire()
        self.first.call("DEBUG", "SET-ACTIVE-EXPIRE", "0")

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_) -> None:
        self.server.stop()

    def record(self, case: Case) -> list[list[str]]:
        """Plays a case and returns what was logged."""
        self.begin()
        size, start = None, 0.0
        waiting = False
        for line in case.steps:
            if size is None and line[0] != "?" and line[0] != "~":
                size, start = self._size(), time.time() * 1000
            kind, _, rest = line.partition(" ")
            if kind == "~":
                time.sleep(int(rest) / 1000)
            elif kind == "2>":
                self.second.send(encode(words(rest)))
                waiting = self._settle_second() or waiting
            else:
                reply = self.first.call(*words(rest))
                assert not reply.is_error() or "error" in case.name, (case.name, line, reply.text())
        if waiting:
            self.second.read()
        return [[symbolic(word, start) for word in command] for command in self._read(size)]

    def begin(self) -> None:
        """No data, and database 0 is the one that was logged last."""
        for wire in (self.first, self.second):
            for command in ("DISCARD", "UNWATCH"):
                wire.call(command)
            wire.call("SELECT", "0")
        for parameter in ("lazyfree-lazy-expire", "lazyfree-lazy-user-del"):
            self.first.call("CONFIG", "SET", parameter, "no")
        self.first.call("FLUSHALL")

    def _settle_second(self) -> bool:
        """Whether the second connection now waits; otherwise its reply is read."""
        for _ in range(2000):
            info = self.first.call("INFO", "clients").value
            if b"blocked_clients:1" in info:
                return True
            if not self.second.is_silent(0.001):
                self.second.read()
                return False
        raise AssertionError("the second connection neither waits nor has its reply")

    @property
    def _file(self) -> Path:
        return max((self.server.folder / "appendonlydir").glob("*.incr.aof"))

    def _size(self) -> int:
        # What a command logs is written before its reply is sent.
        self.first.call("PING")
        return self._file.stat().st_size

    def _read(self, start: int) -> list[list[str]]:
        self._size()
        return commands(self._file.read_bytes()[start:])


def commands(data: bytes) -> list[list[str]]:
    found = []
    while data:
        head, data = data.split(b"\r\n", 1)
        command = []
        for _ in range(int(head[1:])):
            head, data = data.split(b"\r\n", 1)
            count = int(head[1:])
            command.append(data[:count].decode(errors="replace"))
            data = data[count + 2 :]
        found.append(command)
    return found


def symbolic(word: str, start: float) -> str:
    if not (len(word) == 13 and word.isdigit()):
        return word or '""'
    after = int(int(word) - start + 1)
    if not 0 < after < 10**9 or after % STEP_MILLISECONDS > STEP_MILLISECONDS / 2:
        return word
    return f"@{after - after % STEP_MILLISECONDS}"


def is_like(logged: list[list[str]], expected: list[list[str]]) -> bool:
    return len(logged) == len(expected) and all(
        len(one) == len(other)
        and all(wanted in (word, "{any}") for word, wanted in zip(one, other, strict=True))
        for one, other in zip(logged, expected, strict=True))


def rewritten(text: str, recorder: Recorder) -> str:
    """The table with the lines that Redis decides as it writes them now."""
    head, *rest = text.split("== ")
    cases = {case.name: case for case in read_cases()}
    for index, block in enumerate(rest):
        case = cases[block.splitlines()[0]]
        logged = recorder.record(case)
        if not is_like(logged, case.logged):
            lines = [line for line in block.rstrip("\n").splitlines() if not line.startswith("=")]
            at = max(n for n, line in enumerate(lines) if n == 0 or line[0] in "?>~2") + 1
            lines[at:at] = ["= " + " ".join(command) for command in logged]
            rest[index] = "\n".join(lines) + "\n\n"
    return head + "".join(f"== {block}" for block in rest)


if __name__ == "__main__":
    with Recorder() as recorder:
        CASES.write_text(rewritten(CASES.read_text(), recorder).rstrip("\n") + "\n")
