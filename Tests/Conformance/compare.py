"""When two replies are the same: by type and value, with the loosening a case asks for."""

from __future__ import annotations

from collections import Counter

from Support.resp import NULL, NULL_ARRAY, NULL_BULK, Reply, show


def same(mode: str, tolerance: int, mine: Reply | None, theirs: Reply | None) -> bool:
    """Errors, nulls and closed connections are always compared exactly."""
    if mine is None or theirs is None or mine.is_error() or theirs.is_error():
        return mine == theirs
    if mine.kind != theirs.kind:
        return False
    return _MODES[mode](mine, theirs, tolerance)


def _exact(mine: Reply, theirs: Reply, _: int) -> bool:
    return mine == theirs


def _unordered(mine: Reply, theirs: Reply, _: int) -> bool:
    if mine.kind not in ("array", "set", "push"):
        return mine == theirs
    return Counter(mine.value) == Counter(theirs.value)


def _pairs(mine: Reply, theirs: Reply, _: int) -> bool:
    return Counter(_as_pairs(mine)) == Counter(_as_pairs(theirs))


def _as_pairs(reply: Reply) -> list:
    if reply.kind == "array":
        return list(zip(reply.value[::2], reply.value[1::2], strict=True))
    return list(reply.value)


def _type(mine: Reply, theirs: Reply, _: int) -> bool:
    return True


def _shape(mine: Reply, theirs: Reply, _: int) -> bool:
    return shape(mine) == shape(theirs)


def shape(reply: Reply) -> object:
    """The reply with values forgotten: an array is the set of its elements' shapes."""
    if reply.kind in ("map", "attribute"):
        return reply.kind, frozenset((shape(k), shape(v)) for k, v in reply.value)
    if reply.kind in ("array", "set", "push"):
        return reply.kind, frozenset(shape(part) for part in reply.value)
    return reply.kind


def _hello(mine: Reply, theirs: Reply, _: int) -> bool:
    return _without_identity(mine) == _without_identity(theirs)


_IDENTITY = (Reply("bulk", b"version"), Reply("bulk", b"id"))


def _without_identity(reply: Reply) -> Reply:
    """HELLO's reply, alone or in that of EXEC, with the values that are each server's own: version
    and connection id. Other replies are left as they are."""
    halves = reply.parts()
    if not halves:
        return reply
    if halves[0] != Reply("bulk", b"server"):
        return Reply(reply.kind, tuple(_without_identity(part) for part in halves))
    for at in range(0, len(halves), 2):
        if halves[at] in _IDENTITY:
            halves[at + 1] = Reply(halves[at + 1].kind, None)
    return Reply(reply.kind, tuple(halves))


def _within(mine: Reply, theirs: Reply, tolerance: int) -> bool:
    if mine.kind != theirs.kind:
        return False
    if mine.kind == "integer":
        if mine.value < 0 or theirs.value < 0:
            return mine.value == theirs.value
        return abs(mine.value - theirs.value) <= tolerance
    ours, others = mine.parts(), theirs.parts()
    if not ours and not others:
        return mine == theirs
    return len(ours) == len(others) and all(
        same("within", tolerance, a, b) for a, b in zip(ours, others)
    )


def _fields(mine: Reply, theirs: Reply, _: int) -> bool:
    return field_names(mine) == field_names(theirs)


def field_names(reply: Reply) -> list[list[bytes]]:
    """`a=1 b=2` line by line: the names, in order; values are forgotten."""
    value = reply.value
    if isinstance(value, tuple):
        return [name for part in reply.parts() for name in field_names(part)]
    lines = value.split(b"\n") if isinstance(value, bytes) else []
    return [[word.split(b"=")[0] for word in line.split(b" ")] for line in lines]


_MODES = {
    "exact": _exact,
    "unordered": _unordered,
    "pairs": _pairs,
    "type": _type,
    "shape": _shape,
    "scan": _exact,
    "hello": _hello,
    "within": _within,
    "fields": _fields,
}


def matches(expected: str, reply: Reply | None) -> bool:
    """A reply against the notation of `=>`: what `show` prints, with `nil` for any null and
    `error` for any error."""
    if expected == "error":
        return reply is not None and reply.is_error()
    if expected == "nil":
        return reply in (NULL_BULK, NULL, NULL_ARRAY)
    return expected == show(reply)
