"""SCAN's guarantee: what is there from start to end is returned, whatever else happens."""

from __future__ import annotations

import random
from itertools import islice

import pytest


def iterate(wire, *options, between=lambda: None) -> tuple[list[bytes], int]:
    cursor, found, calls = b"0", [], 0
    while True:
        cursor, keys = (part.value for part in wire.call("SCAN", cursor, *options).value)
        found += [key.value for key in keys]
        calls += 1
        assert calls < 1_000_000, "the iteration does not end"
        if cursor == b"0":
            return found, calls
        between()


def fill(wire, prefix: str, count: int) -> set[bytes]:
    calls = [["SET", f"{prefix}{number}", "x"] for number in range(count)]
    for at in range(0, count, 5000):
        wire.pipeline(calls[at : at + 5000])
    return {f"{prefix}{number}".encode() for number in range(count)}


@pytest.mark.parametrize("size", (0, 1, 2, 15, 16, 17, 100, 1000, 20_000))
@pytest.mark.parametrize("count", (1, 10, 1000))
def test_unchanged_keyspace(start, size, count):
    if size * 10 > 100_000 and count == 1:
        count = 7
    server = start()
    with server.wire() as wire:
        wanted = fill(wire, "k", size)
        found, _ = iterate(wire, "COUNT", count)
    assert set(found) == wanted
    assert len(found) == len(wanted), "duplicates without any change"


@pytest.mark.parametrize("change", ("grow", "shrink", "both", "rename", "expire"))
def test_changing_keyspace(start, change):
    """Keys that stay are returned although thousands come and go meanwhile."""
    server, chance = start(), random.Random(5)
    with server.wire() as wire, server.wire() as other:
        stay = fill(wire, "stay", 2000)
        fill(wire, "go", 20_000 if change in ("shrink", "both", "expire") else 100)
        state = {"added": 0, "gone": 0}

        def between() -> None:
            calls = []
            for _ in range(200):
                if change in ("grow", "both") and state["added"] < 30_000:
                    state["added"] += 1
                    calls.append(["SET", f"new{state['added']}", "x"])
                if change in ("shrink", "both"):
                    calls.append(["DEL", f"go{state['gone']}"])
                if change == "expire":
                    calls.append(["PEXPIRE", f"go{state['gone']}", "1"])
                if change == "rename":
                    a, b = chance.randrange(100), chance.randrange(10_000)
                    calls.append(["RENAME", f"go{a}", f"go{b}"])
                state["gone"] += 1
            other.pipeline(calls)

        found, _ = iterate(wire, "COUNT", 20, between=between)
    missed = stay - set(found)
    assert not missed, f"{len(missed)} keys that were there all the time were not returned"


def test_options_during_growth(start):
    server = start()
    with server.wire() as wire:
        stay = fill(wire, "stay", 3000)
        fill(wire, "other", 3000)
        number = iter(range(20_000))

        def between() -> None:
            wire.pipeline([["SET", f"new{n}", "x"] for n in islice(number, 100)])

        found, _ = iterate(wire, "MATCH", "stay*", "COUNT", 50, "TYPE", "string", between=between)
    assert set(found) == stay


def test_flush_ends_the_iteration(start):
    server = start()
    with server.wire() as wire:
        fill(wire, "k", 5000)
        cursor = wire.call("SCAN", "0", "COUNT", "10").value[0].value
        wire.ok("FLUSHALL")
        for _ in range(100_000):
            if cursor == b"0":
                break
            cursor, keys = (part.value for part in wire.call("SCAN", cursor).value)
            assert not keys
        assert cursor == b"0"


def test_invented_cursors_end(start):
    server, chance = start(), random.Random(1)
    with server.wire() as wire:
        fill(wire, "k", 3000)
        cursors = [chance.getrandbits(64) for _ in range(50)] + [2**64 - 1, 2**63, 1]
        for cursor in cursors:
            calls = 0
            cursor = b"%d" % cursor
            while cursor != b"0" and calls < 10_000:
                cursor = wire.call("SCAN", cursor, "COUNT", "100").value[0].value
                calls += 1
            assert cursor == b"0"


def test_randomkey_finds_every_key(start):
    server = start()
    with server.wire() as wire:
        wanted = fill(wire, "k", 50)
        seen = {wire.call("RANDOMKEY").value for _ in range(5000)}
        assert seen == wanted
        wire.pipeline([["PEXPIRE", key, "1"] for key in sorted(wanted)[1:]])
        wire.call("DEBUG", "SLEEP", "0.01")
        assert {wire.call("RANDOMKEY").value for _ in range(20)} == {sorted(wanted)[0]}
