"""A log of which is known what every beginning of it holds, and ways to damage its end."""

from __future__ import annotations

import bisect
import random
import re
from dataclasses import dataclass, field

from Persistence.aof import increment
from Support.resp import decode
from Support.server import Server
from Support.wire import Wire

TAIL_BYTES = 64 * 1024


@dataclass
class Log:
    """`ends`: behind each command, or transaction, that is whole, and `digests`: what a server has
    then. `quiet`: behind an annotation, where a file may also end without being torn."""

    content: bytes = b""
    ends: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    quiet: set[int] = field(default_factory=set)

    def whole(self, length: int) -> tuple[int, bytes]:
        """How long the longest valid beginning of the first bytes is, and its digest."""
        index = bisect.bisect_right(self.ends, length) - 1
        kept = length if length in self.quiet else self.ends[index]
        return kept, self.digests[index]

    @property
    def tail(self) -> int:
        return len(self.content) - TAIL_BYTES

    def near_borders(self) -> list[int]:
        """Lengths within two bytes of where a command, a line or a string ends."""
        places = {len(self.content)}
        at = self.tail
        while (at := self.content.find(b"\r\n", at)) >= 0:
            at += 2
            places.add(at)
        near = {place + step for place in places for step in range(-2, 3)}
        return sorted(place for place in near if self.tail <= place <= len(self.content))


def value(dice: random.Random) -> bytes:
    kind = dice.randrange(8)
    if kind == 0:
        return b""
    if kind == 1:
        return b"\r\n*3\r\n$3\r\nSET\r\n" * dice.randint(1, 5)
    if kind == 2:
        return dice.randbytes(dice.choice([10, 300, 5000]))
    if kind == 3:
        return b"x" * dice.choice([64, 4096, 9000])
    return dice.randbytes(dice.randint(1, 40)).hex().encode()


def call(dice: random.Random) -> tuple:
    key = dice.randrange(20)
    return dice.choice([
        ("SET", f"s{key}", value(dice)), ("APPEND", f"s{key}", value(dice)[:50]),
        ("RPUSH", f"l{key}", value(dice), "x"), ("LPOP", f"l{key}"), ("SPOP", f"m{key}"),
        ("SADD", f"m{key}", dice.randrange(100), value(dice)[:50]),
        ("HSET", f"h{key}", "field", value(dice), f"f{dice.randrange(9)}", "1"),
        ("ZADD", f"z{key}", dice.randrange(100), f"member{dice.randrange(50)}"),
        ("PEXPIRE", f"s{key}", dice.randint(10**8, 10**9)), ("DEL", f"l{key}", f"h{key}"),
        ("SETBIT", f"b{key}", dice.randrange(5000), 1), ("INCR", f"n{key}"),
        ("PERSIST", f"s{key}"), ("RENAME", f"n{key}", f"n{key + 1}"),
    ])


def units(wire: Wire, dice: random.Random) -> None:
    """A command, a transaction or another database."""
    kind = dice.randrange(10)
    if kind == 0:
        wire.ok("SELECT", dice.randrange(3))
    elif kind <= 3:
        wire.pipeline([("MULTI",), *(call(dice) for _ in range(dice.randint(1, 5))), ("EXEC",)])
    else:
        wire.call(*call(dice))


def recorded(server: Server, seed) -> Log:
    """The log of a server that has just been started: what it wrote, and what it had meanwhile."""
    dice = random.Random(f"torn {seed}")
    path = increment(server)
    log = Log(ends=[0])
    with server.wire() as wire:
        log.digests.append(wire.call("DEBUG", "DIGEST").value)
        while path.stat().st_size < TAIL_BYTES + 8000:
            units(wire, dice)
            log.ends.append(path.stat().st_size)
            log.digests.append(wire.call("DEBUG", "DIGEST").value)
    log.content = path.read_bytes()
    return annotated(split_selects(log), dice)


def split_selects(log: Log) -> Log:
    """SELECT is written with the command that needs it; a cut may fall between."""
    ends, digests = [], []
    for start, end, before, after in zip(
            [0, *log.ends], log.ends, [log.digests[0], *log.digests], log.digests):
        if end == start and ends:
            continue
        command = log.content[start:end]
        if command[4:14].upper() == b"$6\r\nSELECT":
            middle = start + decode(command)[1]
            ends.append(middle)
            digests.append(before)
            if middle == end:
                continue
        ends.append(end)
        digests.append(after)
    return Log(log.content, ends, digests)


def annotated(log: Log, dice: random.Random) -> Log:
    """With the lines of `aof-timestamp-enabled` here and there, without waiting for the seconds."""
    result = Log()
    start = 0
    for number, (end, digest) in enumerate(zip(log.ends, log.digests)):
        result.content += log.content[start:end]
        result.ends.append(len(result.content))
        result.digests.append(digest)
        if end and dice.random() < 0.05:
            result.content += b"#TS:%d\r\n" % (1700000000 + number)
            result.quiet.add(len(result.content))
        start = end
    return result


class Torn(Exception):
    """The content ends in the middle of something."""


class Bad(Exception):
    """The byte at the place cannot be."""


def number(content: bytes, at: int) -> tuple[int, int]:
    """The number of the line at `at`, behind its first byte, and where the next line begins."""
    digits = re.compile(rb"\d*").match(content, at + 1)
    end = digits.end()
    if content[end : end + 2] == b"\r\n" and end > at + 1:
        return int(digits[0]), end + 2
    if end == len(content) or content[end:] == b"\r":
        raise Torn
    raise Bad(end + (end > at + 1 and content[end] == 13))


def command(content: bytes, at: int) -> tuple[bytes, int]:
    """The name of the command at `at`, and where it ends."""
    count, end = number(content, at)
    if count == 0:
        raise Bad(at + 1)
    name = None
    for _ in range(count):
        if end == len(content):
            raise Torn
        if content[end : end + 1] != b"$":
            raise Bad(end)
        length, start = number(content, end)
        end = start + length
        if end + 2 > len(content):
            raise Torn
        for byte in b"\r\n":
            if content[end] != byte:
                raise Bad(end)
            end += 1
        name = content[start : start + length] if name is None else name
    return name.lower(), end


def annotation(content: bytes, at: int) -> int:
    end = content.find(b"\n", at, at + 1023)
    if end >= 0:
        return end + 1
    raise Torn if len(content) - at < 1023 else Bad(at + 1023)


def longest(content: bytes) -> int | None:
    """How much of the content is to be loaded: what is whole, if something torn follows or nothing;
    nil if the file is none. A plain reading of the format, beside that of the server."""
    at = whole = 0
    transaction = None
    try:
        while at < len(content):
            if content[at : at + 1] == b"#":
                at = annotation(content, at)
                continue
            if content[at : at + 1] != b"*":
                raise Bad(at)
            name, end = command(content, at)
            if name == b"exec":
                transaction = None
            elif name == b"multi" and transaction is None:
                transaction = whole
            at = whole = end
        if transaction is None:
            return at
    except Torn:
        pass
    except Bad as bad:
        # Zeros up to the end are what a file system has lengthened a file by.
        if content[bad.args[0] :].strip(b"\0"):
            return None
    return whole if transaction is None else transaction


def damaged(log: Log, dice: random.Random) -> tuple[str, bytes]:
    """The log with something wrong in its last 64 KiB, and what."""
    content = bytearray(log.content)
    place = dice.randrange(log.tail, len(content))
    count = dice.choice([1, 2, 16, 512, 4096])
    what = dice.choice(
        ["flips", "zeros", "zeros to the end", "garbage", "garbage to the end", "longer by zeros",
         "longer by garbage", "missing", "twice"])
    if what == "flips":
        for _ in range(dice.randint(1, 3)):
            content[dice.randrange(log.tail, len(content))] ^= 1 << dice.randrange(8)
    elif what == "zeros":
        content[place : place + count] = bytes(len(content[place : place + count]))
    elif what == "zeros to the end":
        content[place:] = bytes(len(content) - place)
    elif what == "garbage":
        content[place : place + count] = dice.randbytes(len(content[place : place + count]))
    elif what == "garbage to the end":
        content[place:] = dice.randbytes(len(content) - place)
    elif what == "longer by zeros":
        content += bytes(count)
    elif what == "longer by garbage":
        content += dice.randbytes(count)
    elif what == "missing":
        del content[place : place + count]
    else:
        content[place:place] = content[place : place + count]
    return f"{what} at {place}, {count}", bytes(content)
