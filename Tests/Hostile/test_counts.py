"""Counts that lie, of what is asked for and of what follows: threats, class B (overflow)."""

from __future__ import annotations

import pytest

from Hostile.nonce import assert_in_step
from Support.binaries import REDIS_8, SUBJECT
from Support.resp import Reply, show

LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
HALF = HIGHEST // 2

# -- how many to draw: CVE-2023-22458 and CVE-2023-25155 -----------------------------------------

# Command: how a member is added, the word that asks for its value too.
DRAWS = {
    "SRANDMEMBER": ("SADD key {member}", None),
    "ZRANDMEMBER": ("ZADD key 1 {member}", "WITHSCORES"),
    "HRANDFIELD": ("HSET key {member} 1", "WITHVALUES"),
}
# Packed, and in a table.
SIZES = {"packed": 3, "table": 700}


def _members(size: int) -> set[Reply]:
    return {Reply("bulk", b"m%d" % number) for number in range(size)}


@pytest.fixture(params=DRAWS)
def command(request):
    return request.param


@pytest.fixture(params=SIZES)
def size(request):
    return SIZES[request.param]


@pytest.fixture
def wire(start, command, size):
    """`key` holds so many members. A server of its own, which ends if it writes for ever."""
    with start().wire() as wire:
        add = DRAWS[command][0]
        wire.pipeline(add.format(member=f"m{number}").split() for number in range(size))
        yield wire


def _with_value(command: str) -> list[str]:
    word = DRAWS[command][1]
    return [word] if word else []


def test_more_repeats_than_there_can_be(wire, command):
    for count in (LOWEST, LOWEST + 1, -HALF - 1, -HALF, -(1 << 32) - 1):
        for more in ([], _with_value(command)):
            reply = wire.call(command, "key", count, *more)
            assert show(reply).startswith("-ERR value is out of range"), (count, more)
            assert_in_step(wire, f"{command} {count} {more}")


def test_more_than_there_are(wire, command, size):
    for count in (HALF, HALF + 1, HIGHEST - 1, HIGHEST):
        reply = wire.call(command, "key", count)
        assert len(reply.value) == size and set(reply.value) == _members(size)
        assert_in_step(wire, f"{command} {count}")


def test_more_than_there_are_with_values(wire, command, size):
    """Twice the count has to fit 64 bits."""
    for count in (HALF, HALF + 1, HIGHEST):
        reply = wire.call(command, "key", count, DRAWS[command][1] or "VALUES")
        if command == "SRANDMEMBER":
            assert show(reply) == "-ERR syntax error"
        elif count > HALF:
            assert show(reply) == "-ERR value is out of range"
        else:
            assert len(reply.value) == 2 * size and set(reply.value[::2]) == _members(size)
        assert_in_step(wire, f"{command} {count}")


def test_nothing_to_draw_from(wire, command):
    for count in (LOWEST, HIGHEST, 0):
        reply = wire.call(command, "missing", count)
        assert reply.is_error() if count == LOWEST else reply == Reply("array", ())
        assert_in_step(wire, f"{command} {count}")


# -- how many keys follow ------------------------------------------------------------------------

# `{n}` is said to be the number of keys; there are two.
KEY_COUNTS = {
    "ZUNION": "ZUNION {n} zset1 zset2",
    "ZUNION with weights": "ZUNION {n} zset1 zset2 WEIGHTS 1 2 AGGREGATE MAX WITHSCORES",
    "ZINTER": "ZINTER {n} zset1 zset2",
    "ZDIFF": "ZDIFF {n} zset1 zset2",
    "ZUNIONSTORE": "ZUNIONSTORE zset1 {n} zset1 zset2 WEIGHTS 1 2",
    "ZINTERSTORE": "ZINTERSTORE zset1 {n} zset1 zset2",
    "ZDIFFSTORE": "ZDIFFSTORE zset1 {n} zset1 zset2",
    "SINTERCARD": "SINTERCARD {n} set1 set2 LIMIT 1",
    "ZINTERCARD": "ZINTERCARD {n} zset1 zset2 LIMIT 1",
    "LMPOP": "LMPOP {n} list1 list2 LEFT COUNT 1",
    "ZMPOP": "ZMPOP {n} zset1 zset2 MIN COUNT 1",
    "BLMPOP": "BLMPOP 0.01 {n} list1 list2 LEFT COUNT 1",
    "BZMPOP": "BZMPOP 0.01 {n} zset1 zset2 MIN COUNT 1",
}
# Those near a power of two are 1 or 2 in fewer bits.
LIES = {
    "none": 0, "negative": -1, "one too many": 3, "all that follows": 50, "int": (1 << 31) - 1,
    "1 in 32 bits": (1 << 32) + 1, "2 in 32 bits": (1 << 32) + 2, "2 in 62 bits": (1 << 62) + 2,
    "2 in 63 bits": LOWEST + 2, "lowest": LOWEST, "highest": HIGHEST, "beyond": HIGHEST + 1,
}
KEYS = [
    "ZADD zset1 1 a 2 b", "ZADD zset2 1 a 3 c", "SADD set1 a b", "SADD set2 a c",
    "RPUSH list1 a b", "RPUSH list2 a c",
]
CONTENTS = [f"ZRANGE zset{n} 0 -1 WITHSCORES" for n in (1, 2)] + [
    "SCARD set1", "SCARD set2", "LRANGE list1 0 -1", "LRANGE list2 0 -1", "DBSIZE",
]


def _answers(server, text: str) -> tuple[list[Reply], bool]:
    """Replies of the call, alone and in a transaction; whether the keys are as they were."""
    with server.wire() as wire:
        wire.pipeline(call.split() for call in ["FLUSHALL", *KEYS])
        before = wire.pipeline(call.split() for call in CONTENTS)
        replies = [wire.call(*text.split())]
        replies += wire.pipeline([["MULTI"], text.split(), ["EXEC"]])
        assert_in_step(wire, text)
        is_unchanged = before == wire.pipeline(call.split() for call in CONTENTS)
        wire.ok("FLUSHALL")
    return replies, is_unchanged


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", KEY_COUNTS)
def test_number_of_keys(pool, name, lie):
    text = KEY_COUNTS[name].format(n=LIES[lie])
    mine, is_unchanged = _answers(pool.get(SUBJECT), text)
    theirs, _ = _answers(pool.get(REDIS_8), text)
    assert mine[0].is_error() and is_unchanged
    assert [show(reply) for reply in mine] == [show(reply) for reply in theirs]


@pytest.mark.parametrize("lie", LIES)
def test_keys_are_looked_for_within_the_call(pool, lie):
    """Redis 14847: COMMAND GETKEYS read behind the last argument."""
    calls = [text.format(n=LIES[lie]).split() for text in KEY_COUNTS.values()]
    seen = []
    for kind in (SUBJECT, REDIS_8):
        with pool.get(kind).wire() as wire:
            seen.append([show(wire.call("COMMAND", "GETKEYS", *call)) for call in calls])
            assert_in_step(wire, f"COMMAND GETKEYS, {lie}")
    if " in " in lie:
        # Redis takes 32 bits of the number.
        seen[1] = ["-ERR Invalid arguments specified for command"] * len(calls)
    assert seen[0] == seen[1]
