"""Runs a case against one server and says what it answered and what it left behind."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Iterable

from Conformance.casefile import Case, Macro, Step
from Support.binaries import REDIS_7, REDIS_8, VALKEY_9
from Support.resp import Reply, decode, encode
from Support.server import Server
from Support.wire import Closed, Silent, Wire

DATABASES = (0, 1, 9)
TTL_TOLERANCE_MILLISECONDS = 4000

_VALUE_CALLS = {
    b"string": lambda key: ("GET", key),
    b"list": lambda key: ("LRANGE", key, 0, -1),
    b"set": lambda key: ("SMEMBERS", key),
    b"hash": lambda key: ("HGETALL", key),
    b"zset": lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"),
    b"stream": lambda key: ("XRANGE", key, "-", "+"),
}


# Valkey decides between these two by the key's length too; the other oracles check our 44 bytes.
_RAW_OR_EMBEDDED = {Reply("bulk", b"raw"), Reply("bulk", b"embstr")}

# Redis 8 has a listpack of its own for hashes whose fields were to expire, whether one did or not.
_OF_DEADLINES = Reply("bulk", b"listpackex")

# What 7.2 keeps in a listpack, 7.0 does not.
_BEFORE_LISTPACKS = {b"list": Reply("bulk", b"quicklist"), b"set": Reply("bulk", b"hashtable")}
_LISTPACK = Reply("bulk", b"listpack")


@dataclass(frozen=True)
class Entry:
    type: bytes
    value: Reply
    encoding: Reply
    ttl: int

    def agrees(self, other: Entry, oracle: str, apart_seconds: float = 0) -> bool:
        """`apart_seconds`: how far apart the two may have been asked, at most."""
        mine, theirs = self.value, other.value
        if self.type in (b"set", b"hash"):
            mine, theirs = sorted(mine.parts()), sorted(theirs.parts())
        is_same_encoding = (
            self.encoding == other.encoding
            or (oracle == VALKEY_9 and {self.encoding, other.encoding} == _RAW_OR_EMBEDDED)
            or (oracle == REDIS_8 and other.encoding == _OF_DEADLINES)
            or (oracle == REDIS_7 and self.encoding == _LISTPACK
                and other.encoding == _BEFORE_LISTPACKS.get(self.type))
        )
        return is_same_encoding and (self.type, mine) == (other.type, theirs) and (
            self.ttl == other.ttl
            if min(self.ttl, other.ttl) < 0
            else abs(self.ttl - other.ttl) <= TTL_TOLERANCE_MILLISECONDS + 1000 * apart_seconds
        )

    def __str__(self) -> str:
        return f"{self.type.decode()} {self.encoding.text()} ttl {self.ttl} {self.value.text()}"


# A database and a key.
Place = tuple[int, bytes]
State = dict[Place, Entry]


def state_difference(
    mine: State, theirs: State, oracle: str, apart_seconds: float = 0
) -> list[str]:
    """`theirs` is the state of a server of the kind `oracle`."""
    lines = []
    for place in sorted(mine.keys() | theirs.keys()):
        a, b = mine.get(place), theirs.get(place)
        if a is None or b is None or not a.agrees(b, oracle, apart_seconds):
            lines.append(f"db{place[0]} {place[1]!r}: subject {a}, oracle {b}")
    return lines


# What ECHO answers behind them.
_END = b"<all that was asked again>"
# Most of the time of a comparison is Python's for these.
_encoded = lru_cache(maxsize=4096, typed=True)(lambda *call: encode(call))


@lru_cache(maxsize=1024)
def _decoded_all(data: bytes) -> tuple[Reply, ...]:
    replies, at = [], 0
    while at < len(data):
        reply, at = decode(data, at)
        replies.append(reply)
    return tuple(replies)


class Side:
    """One server, driven through a control connection and those of the case."""

    def __init__(self, server: Server, protocol: int):
        self.server = server
        self.protocol = protocol
        self.control = Wire(server.port, 2)
        self.wires: dict[int, Wire] = {}
        self.known: dict[Macro, bytes] = {}
        # Of the keys that were there the last time.
        self.types: dict[Place, bytes] = {}

    def close(self) -> None:
        self.hang_up()
        self.control.abort()

    def hang_up(self) -> None:
        for wire in self.wires.values():
            wire.abort()
        self.wires.clear()
        self.known.clear()

    # -- cases ---------------------------------------------------------------------------------

    def prepare(self, data: list[tuple], now: float) -> None:
        calls = [tuple(_resolve(token, now) for token in call) for call in data]
        replies = self._ask_again([("SELECT", 0), ("FLUSHALL",), *calls])
        for call, reply in zip(calls, replies[2:]):
            assert not reply.is_error(), f"{self.server.kind}: {call} answered {reply.text()}"

    def run(self, case: Case, now: float) -> list[Reply | None]:
        """The replies; None where the connection was closed instead."""
        replies = []
        try:
            self._learn(case, now)
            for step in case.steps:
                reply = self._run_step(step, case.mode == "scan")
                if step.answered:
                    replies.append(reply)
        finally:
            self.hang_up()
        return replies

    def _run_step(self, step: Step, is_scan: bool) -> Reply | None:
        wire = self._wire(step.connection)
        call = tuple(self.known.get(token, token) for token in step.tokens)
        wire.send(encode(call))
        if not step.answered:
            return None
        try:
            reply = wire.read()
        except Closed:
            return None
        except Silent:
            raise AssertionError(f"{self.server.kind} did not answer {call!r}") from None
        if is_scan and reply.kind == "array":
            return complete_scan(wire, call, reply)
        return reply

    def _wire(self, number: int) -> Wire:
        """Opened when first used. Where a case has set a password, HELLO fails and the
        connection stays in RESP2, on both sides."""
        if number not in self.wires:
            wire = self.wires[number] = Wire(self.server.port)
            if self.protocol == 3:
                wire.call("HELLO", "3")
        return self.wires[number]

    def _learn(self, case: Case, now: float) -> None:
        """Asks for ids and addresses before the first step, which may be MULTI."""
        for macro in (token for step in case.steps for token in step.tokens):
            if isinstance(macro, Macro) and macro not in self.known:
                self.known[macro] = self._look_up(macro, now)

    def _look_up(self, macro: Macro, now: float) -> bytes:
        name = macro.name.rstrip("123456789")
        wire_number = int(macro.name[len(name) :] or 1)
        if name == "id":
            return b"%d" % (self._wire(wire_number).call("CLIENT", "ID").value + macro.offset)
        if name in ("addr", "laddr"):
            line = self._wire(wire_number).call("CLIENT", "LIST").value.removeprefix(b"txt:")
            lines = [dict(w.split(b"=", 1) for w in one.split()) for one in line.split(b"\n")]
            own = b"%d" % self._wire(wire_number).call("CLIENT", "ID").value
            return next(one[name.encode()] for one in lines if one.get(b"id") == own)
        return _resolve(macro, now)

    def after(self, calls: list[tuple]) -> None:
        if calls:
            self.control.pipeline(calls)

    # -- state ---------------------------------------------------------------------------------

    def state(self) -> State:
        """In one round trip, if each key was there the last time, with the type that it has."""
        names, found = self._look(self.types)
        unknown = [place for place in names if place not in found]
        if unknown:
            calls = [call for db, key in unknown for call in (("SELECT", db), ("TYPE", key))]
            types = [reply.value for reply in self.control.pipeline(calls)[1::2]]
            found |= self._look(dict(zip(unknown, types)))[1]
        state = {place: found[place] for place in names if place in found}
        self.types = {place: entry.type for place, entry in state.items()}
        return state

    def _look(self, types: dict[Place, bytes]) -> tuple[list[Place], State]:
        """Which keys there are, and what is at those places that have the type said."""
        calls = [call for db in DATABASES for call in (("SELECT", db), ("KEYS", "*"))]
        at = len(calls)
        for (db, key), kind in types.items():
            value = _VALUE_CALLS.get(kind, _VALUE_CALLS[b"string"])(key)
            calls += ("SELECT", db), ("TYPE", key), value, ("OBJECT", "ENCODING", key)
        times = [call for db, key in types for call in (("SELECT", db), ("PTTL", key))]
        replies = self._ask_again(calls, times)
        ttls = [self.control.read() for _ in times][1::2]
        names = [
            (db, key.value) for db, keys in zip(DATABASES, replies[1:at:2]) for key in keys.value]
        answers = (replies[at + part :: 4] for part in range(1, 4))
        return names, {
            place: Entry(kind.value, value, encoding, ttl.value)
            for place, kind, value, encoding, ttl in zip(types, *answers, ttls)
            if kind.value == types[place]
        }

    def _ask_again(self, calls: list[tuple], others: Iterable[tuple] = ()) -> tuple[Reply, ...]:
        """For calls that are made before and behind each case, mostly with the same replies. Those
        to the others are left to be read."""
        self.control.send(b"".join(_encoded(*call) for call in (*calls, ("ECHO", _END), *others)))
        return _decoded_all(self.control.read_bytes_until(_END + b"\r\n"))[:-1]


def _resolve(token, now: float) -> bytes:
    if not isinstance(token, Macro):
        return token
    if token.name == "now":
        return b"%d" % (int(now) + token.offset)
    if token.name == "nowms":
        return b"%d" % (int(now * 1000) + token.offset)
    raise ValueError(f"unknown macro {token.name}")


def complete_scan(wire: Wire, call: tuple, first: Reply, rounds: int = 10_000) -> Reply:
    """Follows the cursor to the end: what came, each element once, in an order of its own."""
    found, reply = set(first.value[1].value), first
    # All but SCAN have a key before the cursor.
    at = 1 if call[0].lower() == b"scan" else 2
    while reply.value[0].value != b"0":
        rounds -= 1
        assert rounds, f"{call!r} does not end"
        reply = wire.call(*call[:at], reply.value[0].value, *call[at + 1 :])
        found.update(reply.value[1].value)
    return Reply("array", (first.value[0]._replace(value=b"0"), *sorted(found)))


def clock() -> float:
    return time.time()
