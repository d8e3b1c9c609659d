"""The hand-written cases: `cases/*.cases`, described in `cases/README.md`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from Support.binaries import ORACLES, REDIS_7

CASES = Path(__file__).parent / "cases"
MODES = ("exact", "unordered", "pairs", "type", "shape", "scan", "within", "fields",
         "hello")
SECTIONS = {"valid": True, "invalid": False, "odd": None}
ENOUGH = 20

# Blocks that only split a command's cases over several oracles, and what is no part of its name.
PARTS = {"SET IFEQ": " IFEQ", "SET IFNE": " IFNE", "SET IFDEQ": " IFDEQ"}

# Cases of this run whose `@needs` command the subject does not declare yet.
WAITING: set[str] = set()


class BadCase(Exception):
    pass


@dataclass(frozen=True)
class Step:
    """One call within a case, on the case's connection number `connection`."""

    connection: int
    answered: bool
    tokens: tuple

    def spelling(self) -> tuple:
        """The words, without regard to case in the first two: those of a command's name. Where the
        second is an argument, this counts fewer calls, never more."""
        return tuple(
            word.lower() if at < 2 and isinstance(word, bytes) else word
            for at, word in enumerate(self.tokens)
        )

    def calls(self, command: str) -> bool:
        words = tuple(word.lower().encode() for word in command.split())
        return self.spelling()[: len(words)] == words


@dataclass(frozen=True)
class Case:
    text: str
    steps: tuple[Step, ...]
    is_valid: bool | None
    oracle: str | None
    mode: str
    tolerance: int
    needs: str
    expected: tuple[str, str] | None
    place: str

    def identity(self) -> tuple:
        """Equal for cases that differ only in how a command's words are written."""
        return tuple((step.connection, step.answered, step.spelling()) for step in self.steps)


@dataclass
class Block:
    """All cases of one command."""

    command: str
    place: str
    oracle: str = REDIS_7
    mode: str = "exact"
    data: str = "basic"
    after: list[tuple] = field(default_factory=list)
    fewer: dict[str, str] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    @property
    def part(self) -> str:
        return PARTS.get(self.command, "")

    def count(self, is_valid: bool) -> int:
        """Distinct calls; those that wait for another command are not counted."""
        counted = [c for c in self.cases if c.is_valid == is_valid and not c.needs]
        return len({case.identity() for case in counted})


# -- tokens ------------------------------------------------------------------------------------

_ESCAPES = {"n": 10, "r": 13, "t": 9, "b": 8, "a": 7}
_MACRO = re.compile(
    r"<(?:(?P<text>[^<>]+)\*(?P<times>\d+)|(?P<name>[a-z]+\d?)(?P<offset>[-+]\d+)?)>"
)


@dataclass(frozen=True)
class Macro:
    """A value known only when the case runs: a time, the id of one of its connections."""

    name: str
    offset: int


def expand(text: str) -> list[str]:
    """`a {b|c} d` is `a b d` and `a c d`; alternatives do not nest, `\\|` is a plain bar."""
    found = re.search(r"(?<!\\)\{(.*?)(?<!\\)\}", text)
    if not found:
        return [text]
    head, tail = text[: found.start()], text[found.end() :]
    ends = expand(tail)
    middles = [part.replace("\\|", "|") for part in re.split(r"(?<!\\)\|", found[1])]
    return [head + middle + end for middle in middles for end in ends]


def _quoted(text: str, at: int) -> tuple[bytes, int]:
    quote, out = text[at], bytearray()
    at += 1
    while at < len(text) and text[at] != quote:
        if text[at] == "\\" and quote == '"':
            at += 1
            if text[at] == "x":
                out.append(int(text[at + 1 : at + 3], 16))
                at += 2
            else:
                out += bytes([_ESCAPES[text[at]]]) if text[at] in _ESCAPES else text[at].encode()
        else:
            out += text[at].encode()
        at += 1
    if at >= len(text):
        raise BadCase(f"unbalanced quotes: {text}")
    return bytes(out), at + 1


def _word(text: str) -> bytes | Macro:
    found = _MACRO.fullmatch(text)
    if not found:
        return text.encode()
    if found["text"]:
        return found["text"].encode() * int(found["times"])
    return Macro(found["name"], int(found["offset"] or 0))


def _range(found: re.Match) -> str:
    return " ".join(f"{found[1]}{number}" for number in range(int(found[2]), int(found[3]) + 1))


def split(text: str) -> tuple:
    """Words as redis-cli splits them; `<x*1000>`, `<now+10>`, `<id2>`, `<m1..9>` are macros."""
    text = re.sub(r"<([a-z]*)(\d+)\.\.(\d+)>", _range, text)
    tokens, at = [], 0
    while at < len(text):
        if text[at] == " ":
            at += 1
        elif text[at] in "\"'":
            token, at = _quoted(text, at)
            tokens.append(token)
        else:
            end = text.find(" ", at)
            end = len(text) if end < 0 else end
            tokens.append(_word(text[at:end]))
            at = end
    return tuple(tokens)


def _step(text: str) -> Step:
    connection, answered = 1, True
    while found := re.match(r"(?:(\d)>|(!))\s*", text):
        connection = int(found[1]) if found[1] else connection
        answered = answered and not found[2]
        text = text[found.end() :]
    return Step(connection, answered, split(text))


# -- lines -------------------------------------------------------------------------------------


def _modifiers(line: str, block: Block) -> tuple[str, dict]:
    chosen = {"oracle": block.oracle, "mode": block.mode, "tolerance": 0, "needs": ""}
    while line.startswith("@"):
        word, _, line = line.partition(" ")
        name, _, value = word[1:].partition("=")
        if name == "oracle" and value in ORACLES:
            chosen["oracle"] = value
        elif name == "needs":
            chosen["needs"] = value.lower()
        elif name in MODES:
            chosen |= {"mode": name, "tolerance": int(value or 0)}
        else:
            raise BadCase(f"{block.place}: unknown modifier {word}")
        line = line.lstrip()
    return line, chosen


def _cases(line: str, is_valid: bool | None, block: Block, place: str) -> list[Case]:
    line, chosen = _modifiers(line, block)
    line, arrow, expected = line.partition(" => ")
    pair = None
    if arrow:
        first, _, second = expected.partition(" / ")
        pair = (first.strip(), (second or first).strip())
        chosen["oracle"] = None
    made = []
    for text in expand(line.strip()):
        steps = tuple(_step(part.strip()) for part in text.split(" ; "))
        made.append(Case(text, steps, is_valid, expected=pair, place=place, **chosen))
    return made


def _directive(word: str, rest: str, block: Block) -> None:
    if word == "oracle" and rest in ORACLES:
        block.oracle = rest
    elif word == "compare" and rest in MODES:
        block.mode = rest
    elif word == "data":
        block.data = rest
    elif word == "after":
        block.after.append(split(rest))
    elif word == "fewer":
        which, _, reason = rest.partition(": ")
        if which not in ("valid", "invalid") or not reason:
            raise BadCase(f"{block.place}: fewer valid|invalid: reason")
        block.fewer[which] = reason
    else:
        raise BadCase(f"{block.place}: {word} {rest}")


class _Reader:
    def __init__(self):
        self.blocks: list[Block] = []
        self.data: dict[str, list[tuple]] = {}
        self.target: object = None
        self.section = ""

    def line(self, line: str, place: str) -> None:
        """Indentation tells headers (0), directives and sections (2) and cases (4) apart."""
        indentation, text = len(line) - len(line.lstrip(" ")), line.strip()
        word, _, rest = text.partition(" ")
        if indentation == 0:
            self._header(word, rest.strip(), place)
        elif self.section == "data":
            self.target.append(split(text))
        elif indentation == 2 and text in SECTIONS:
            self.section = text
        elif indentation == 2:
            _directive(word, rest.strip(), self.blocks[-1])
        else:
            block = self.blocks[-1]
            block.cases += _cases(text, SECTIONS[self.section], block, place)

    def _header(self, word: str, name: str, place: str) -> None:
        self.section = ""
        if word == "command":
            self.blocks.append(Block(name.upper(), place))
        elif word == "dataset":
            self.section, self.target = "data", self.data.setdefault(name, [])
        else:
            raise BadCase(f"{place}: command or dataset, not {word}")


@cache
def load() -> tuple[list[Block], dict[str, list[tuple]]]:
    reader = _Reader()
    for path in sorted(CASES.glob("*.cases")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip() and not line.strip().startswith("#"):
                reader.line(line, f"{path.name}:{number}")
    names = [block.command for block in reader.blocks]
    for name in names:
        if names.count(name) > 1:
            raise BadCase(f"{name} has more than one block")
    return reader.blocks, reader.data
