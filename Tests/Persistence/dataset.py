"""Data sets with values of every type and encoding, and how to read one back whole."""

from __future__ import annotations

import random

from Support.resp import Reply
from Support.wire import Wire

ALPHABET = b"abcdefgh0123"


class Filler:
    """Fills a server with keys that a seed decides; `fields` tells whether it knows deadlines of
    fields."""

    def __init__(self, wire: Wire, seed: int, fields: bool):
        self.wire, self.random, self.fields = wire, random.Random(seed), fields
        self.calls: list[tuple] = []

    def word(self, longest: int) -> bytes:
        return bytes(self.random.choices(ALPHABET, k=self.random.randint(0, longest)))

    def number(self) -> int:
        limit = 10 ** self.random.choice([1, 3, 5, 9, 12, 18])
        return self.random.randint(-limit, limit)

    def string(self) -> bytes | int:
        kind = self.random.randrange(5)
        if kind == 0:
            return self.number()
        if kind == 1:
            return self.random.randbytes(self.random.randint(0, 300))
        if kind == 2:
            return b"x" * self.random.choice([1, 20, 21, 64, 4095, 4097, 9000, 70_000])
        return self.word(self.random.choice([3, 40, 400]))

    def score(self) -> str:
        return self.random.choice([
            str(self.random.randint(-100, 100)), repr(self.random.uniform(-9, 9)), "inf", "-inf",
            "-0.0", "1e300",
        ])

    def add(self, *call) -> None:
        self.calls.append(call)

    def collections(self, number: int) -> None:
        count = self.random.choice([1, 3, 20, 130, 600])
        longest = self.random.choice([3, 10, 70, 300])
        for _ in range(count):
            self.add("RPUSH", f"list{number}", self.random.choice([self.word(longest),
                                                                    self.number()]))
            self.add("SADD", f"set{number}", self.word(longest))
            self.add("SADD", f"ints{number}", self.number())
            self.add("HSET", f"hash{number}", self.word(longest), self.string())
            self.add("ZADD", f"zset{number}", self.score(), self.word(longest))
        if number % 7 == 0:
            self.add("RPUSH", f"list{number}", b"y" * self.random.choice([9000, 70_000]))
        self.add("PFADD", f"hll{number}", *[self.word(5) for _ in range(count)])
        self.add("SETBIT", f"bits{number}", self.random.randrange(10_000), 1)
        self.add("GEOADD", f"geo{number}", 13.4, 52.5, "berlin", 2.35, 48.85, "paris")

    def deadlines(self, number: int) -> None:
        self.add("PEXPIRE", f"list{number}", self.random.randint(10**7, 10**10))
        if not self.fields:
            return
        count = self.random.choice([2, 10, 200])
        for field in range(count):
            self.add("HSET", f"fields{number}", f"f{field}", self.string())
        for field in range(self.random.choice([1, count])):
            self.add("HPEXPIRE", f"fields{number}", self.random.randint(10**7, 10**10),
                     "FIELDS", 1, f"f{field}")

    def fill(self, count: int) -> None:
        for number in range(count):
            if number % 10 == 0:
                self.add("SELECT", self.random.choice([0, 0, 0, 1, 9]))
            self.add("SET", f"string{number}", self.string())
            self.collections(number)
            if number % 3 == 0:
                self.deadlines(number)
        self.add("SELECT", 0)
        for start in range(0, len(self.calls), 500):
            for reply in self.wire.pipeline(self.calls[start : start + 500]):
                assert not reply.is_error(), reply.text()


def fill(wire: Wire, seed: int = 1, count: int = 40, fields: bool = True) -> None:
    Filler(wire, seed, fields).fill(count)


READERS = {
    b"string": ("GET",), b"list": ("LRANGE", "0", "-1"), b"set": ("SMEMBERS",),
    b"hash": ("HGETALL",), b"zset": ("ZRANGE", "0", "-1", "WITHSCORES"),
}


def _field_deadlines(wire: Wire, key: bytes, flat: list[Reply], fields: bool) -> tuple:
    if not fields:
        return ()
    names = [reply.value for reply in flat[::2]]
    return tuple(
        reply.value for reply in wire.call("HPEXPIRETIME", key, "FIELDS", len(names), *names).value)


def _content(wire: Wire, key: bytes, kind: bytes, fields: bool) -> tuple:
    name, *rest = READERS[kind]
    reply = wire.call(name, key, *rest)
    if kind == b"string":
        return (reply.value,)
    values = tuple(element.value for element in reply.value)
    if kind == b"set":
        return tuple(sorted(values))
    if kind == b"zset":
        return tuple((member, float(score)) for member, score in zip(values[::2], values[1::2]))
    if kind == b"hash":
        deadlines = _field_deadlines(wire, key, reply.value, fields) or (None,) * len(values)
        return tuple(sorted(zip(values[::2], values[1::2], deadlines), key=lambda item: item[0]))
    return values


def contents(wire: Wire, fields: bool = True, databases: int = 16) -> dict:
    """Every key of every database with its type, value and deadline. `fields`: also the deadlines
    of fields."""
    found = {}
    for database in range(databases):
        wire.ok("SELECT", database)
        for reply in wire.call("KEYS", "*").value:
            key = reply.value
            kind = wire.call("TYPE", key).value
            deadline = wire.call("PEXPIRETIME", key).value
            found[database, key] = (kind, _content(wire, key, kind, fields), deadline)
    wire.ok("SELECT", 0)
    return found


def differences(one: dict, other: dict) -> list[str]:
    """What a failing test shows: some of the keys that are not the same."""
    keys = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
    return [f"{key}: {str(one.get(key))[:200]} / {str(other.get(key))[:200]}" for key in keys[:5]]
