"""RESP2 and RESP3 with every type kept apart.

Clients fold types together (a status and a bulk string both become `str`), which hides exactly
the differences a conformance test is after. Here a reply is a pair of kind and value, and two
replies are equal only if kinds, values and nesting are.
"""

from __future__ import annotations

from typing import Iterable, NamedTuple


class Reply(NamedTuple):
    kind: str
    value: object

    def is_error(self) -> bool:
        return self.kind in ("error", "bulk-error")

    def holds_error(self) -> bool:
        """True if the reply or anything inside it is an error."""
        if self.is_error():
            return True
        return isinstance(self.value, tuple) and any(
            part.holds_error() for part in self.parts()
        )

    def parts(self) -> list[Reply]:
        if self.kind in ("map", "attribute"):
            return [half for pair in self.value for half in pair]
        if self.kind in ("array", "set", "push"):
            return list(self.value)
        return []

    def text(self) -> str:
        return show(self)


class Malformed(Exception):
    """The server sent bytes that are not RESP."""


class Incomplete(Exception):
    """More bytes are needed."""


NULL_BULK = Reply("null-bulk", None)
NULL_ARRAY = Reply("null-array", None)
NULL = Reply("null", None)

_LINE_KINDS = {0x2B: "simple", 0x2D: "error", 0x2C: "double", 0x28: "big-number"}
_BLOB_KINDS = {0x24: "bulk", 0x21: "bulk-error", 0x3D: "verbatim"}
_LIST_KINDS = {0x2A: "array", 0x7E: "set", 0x3E: "push"}
_PAIR_KINDS = {0x25: "map", 0x7C: "attribute"}


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\r", at)
    if end < 0:
        if data.find(b"\n", at) >= 0:
            raise Malformed(f"bare LF in {data[at:at + 80]!r}")
        raise Incomplete
    if len(data) < end + 2:
        raise Incomplete
    if data[end + 1] != 0x0A or data.find(b"\n", at, end) >= 0:
        raise Malformed(f"bare CR or LF in {data[at:at + 80]!r}")
    return data[at:end], end + 2


def _integer(line: bytes) -> int:
    digits = line[1:] if line[:1] == b"-" else line
    if not digits.isdigit() or (digits != b"0" and digits[:1] == b"0"):
        raise Malformed(f"not a canonical integer: {line[:80]!r}")
    return int(line)


def _blob(kind: str, length: int, data: bytes, at: int) -> tuple[Reply, int]:
    if length == -1 and kind == "bulk":
        return NULL_BULK, at
    if length < 0:
        raise Malformed(f"negative length {length}")
    end = at + length
    if len(data) < end + 2:
        raise Incomplete
    if data[end : end + 2] != b"\r\n":
        raise Malformed(f"string of {length} bytes is not followed by CRLF")
    return Reply(kind, data[at:end]), end + 2


def _many(count: int, data: bytes, at: int) -> tuple[list[Reply], int]:
    parts = []
    for _ in range(count):
        part, at = decode(data, at)
        parts.append(part)
    return parts, at


def decode(data: bytes, at: int = 0) -> tuple[Reply, int]:
    """The reply that starts at `at` and the offset after it."""
    line, after = _line(data, at)
    if not line:
        raise Malformed("empty line where a reply should start")
    tag, rest = line[0], line[1:]
    if tag in _LINE_KINDS:
        return Reply(_LINE_KINDS[tag], rest), after
    if tag == 0x3A:
        return Reply("integer", _integer(rest)), after
    if tag in _BLOB_KINDS:
        return _blob(_BLOB_KINDS[tag], _integer(rest), data, after)
    if tag in _LIST_KINDS:
        count = _integer(rest)
        if count == -1 and tag == 0x2A:
            return NULL_ARRAY, after
        parts, after = _many(count, data, after)
        return Reply(_LIST_KINDS[tag], tuple(parts)), after
    if tag in _PAIR_KINDS:
        parts, after = _many(2 * _integer(rest), data, after)
        return Reply(_PAIR_KINDS[tag], tuple(zip(parts[::2], parts[1::2]))), after
    if line == b"_":
        return NULL, after
    if line in (b"#t", b"#f"):
        return Reply("boolean", line == b"#t"), after
    raise Malformed(f"unknown type in {line[:80]!r}")


def encode(arguments: Iterable[bytes | str | int | float]) -> bytes:
    """A request as an array of bulk strings."""
    parts = [as_bytes(argument) for argument in arguments]
    frame = [b"*%d\r\n" % len(parts)]
    for part in parts:
        frame.append(b"$%d\r\n%b\r\n" % (len(part), part))
    return b"".join(frame)


def as_bytes(argument: bytes | str | int | float) -> bytes:
    if isinstance(argument, (bytes, bytearray)):
        return bytes(argument)
    return str(argument).encode()


def show(reply: Reply | None, limit: int = 200) -> str:
    """One line for messages and for the exceptions list; longer strings are cut."""
    if reply is None:
        return "(connection closed)"
    kind, value = reply
    if kind in ("array", "set", "push"):
        marks = {"array": "[]", "set": "~[]", "push": ">[]"}[kind]
        return marks[:-1] + ", ".join(show(part, limit) for part in value) + "]"
    if kind in ("map", "attribute"):
        mark = "{" if kind == "map" else "|{"
        return mark + ", ".join(f"{show(k, limit)}: {show(v, limit)}" for k, v in value) + "}"
    if value is None:
        return kind
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "integer":
        return f":{value}"
    return _shown_string(kind, value, limit)


def _shown_string(kind: str, value: bytes, limit: int) -> str:
    cut = value if len(value) <= limit else value[:limit] + b"...%d bytes" % len(value)
    text = repr(cut)[2:-1]
    marks = {"simple": "+", "error": "-", "double": ",", "big-number": "("}
    if kind in marks:
        return marks[kind] + text
    return {"bulk": "", "bulk-error": "!", "verbatim": "="}[kind] + f'"{text}"'
