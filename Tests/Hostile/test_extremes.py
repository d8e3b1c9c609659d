"""Integer extremes in every numeric argument of every command, as COMMAND DOCS declares them."""

from __future__ import annotations

import pytest

from Hostile.nonce import assert_in_step
from Support.binaries import REDIS_7, REDIS_8, SUBJECT, VALKEY_9
from Support.docs import Argument, declarations
from Support.memory import STEADY, assert_back, settled_bytes
from Support.server import Server

EXTREMES = [
    "0", "-0", "1", "-1", "127", "128", "255", "256", "32767", "32768", "65535", "65536",
    "2147483646", "2147483647", "2147483648", "-2147483647", "-2147483648", "-2147483649",
    "4294967294", "4294967295", "4294967296", "4294967297", "-4294967296",
    "9007199254740992", "9007199254740993", "4611686018427387904", "-4611686018427387904",
    "9223372036854775", "9223372036854776", "922337203685477580", "9223372036854775806",
    "9223372036854775807", "9223372036854775808", "-9223372036854775807",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "18446744073709551616", "99999999999999999999999999999999", "", " ", " 1", "1 ", "+1", "01",
    "1.0", "1e3", "0x10", "nan", "inf", "-inf", "1e308", "-1e308", "1e-308", "1e400", "--1",
    "1\x00", "\x00",
]

# What would stop the test rather than the server, or turns it into something else.
LEFT_OUT = {"client|pause", "client|reply", "failover", "migrate", "monitor", "psync", "replconf",
            "replicaof", "shutdown", "slaveof", "sync", "wait", "waitaof"}
LEFT_OUT_FAMILIES = ("acl|", "bl", "br", "bz", "cluster", "debug", "module", "script", "xread")


def calls_with_extremes(name: str, arguments: list[Argument]):
    """For each numeric argument: the shortest call that has it, with each extreme in its place."""
    words = name.split("|")
    for index, argument in enumerate(arguments):
        before = [word for other in arguments[:index] if not other.optional
                  for word in other.sample()]
        after = [word for other in arguments[index + 1 :] if not other.optional
                 for word in other.sample()]
        for variant in argument.numeric_variants():
            for extreme in EXTREMES:
                middle = [extreme if word is None else word for word in variant]
                yield [*words, *before, *middle, *after]


def _grammar(pool):
    """The subject's commands with the arguments a real server declares where one knows them."""
    merged = {}
    for kind in (SUBJECT, VALKEY_9, REDIS_8, REDIS_7):
        with pool.get(kind).wire() as wire:
            found = declarations(wire)
        if not merged:
            merged = found
        merged |= {name: found[name] for name in found.keys() & merged.keys()}
    return merged


@pytest.fixture(scope="module")
def grammar(pool):
    return _grammar(pool)


def _calls(grammar):
    for name, arguments in sorted(grammar.items()):
        if name not in LEFT_OUT and not name.startswith(LEFT_OUT_FAMILIES):
            yield from calls_with_extremes(name, arguments)


def _prepare(wire) -> None:
    wire.pipeline([["FLUSHALL"], ["SET", "key", "10"], ["SET", "key2", "text"]])


def _run_all(server: Server, grammar) -> int:
    wire, number = server.wire(), 0
    for call in _calls(grammar):
        if number % 50 == 0:
            _prepare(wire)
        number += 1
        wire.call(*call)
        assert_in_step(wire, repr(call))
        if call[0] in ("hello", "quit", "reset", "multi", "select"):
            wire.close()
            wire = server.wire()
    wire.ok("FLUSHALL")
    wire.close()
    return number


def test_next_reply_is_its_own_and_nothing_leaks(start, grammar):
    server = start(options=STEADY)
    count = _run_all(server, grammar)
    assert count > 500, f"only {count} calls: are arguments declared?"
    before = settled_bytes(server)
    _run_all(server, grammar)
    assert server.is_running()
    assert_back(server, before)


# Replies that say what the moment or the build decides.
UNSTABLE = {"lolwut", "memory", "slowlog", "latency", "info", "hello", "config", "client", "object",
            "command"}

# Wrong numbers that later servers refuse, or that are refused before the key is looked at.
STRICTER = {"scan", "hscan", "sscan", "zscan"}
LOWEST = {("lpos", "-9223372036854775808"), ("lrem", "-9223372036854775808")}


def is_comparable(call: list[str]) -> bool:
    lowest = {(call[0], word) for word in call}
    return call[0] not in UNSTABLE | STRICTER and lowest.isdisjoint(LOWEST)


def test_same_as_redis(subject, pool, grammar):
    """Strings and keys: every call with an extreme gets the same reply from Redis 7.0."""
    with pool.get(REDIS_7).wire() as theirs:
        known = declarations(theirs)
        with subject.wire() as mine:
            differences = []
            for call in _calls({name: grammar[name] for name in grammar.keys() & known.keys()}):
                if not is_comparable(call):
                    continue
                for wire in (mine, theirs):
                    _prepare(wire)
                a, b = mine.call(*call), theirs.call(*call)
                if a != b:
                    differences.append(f"{call}: subject {a.text()}, Redis 7.0 {b.text()}")
            for wire in (mine, theirs):
                wire.call("FLUSHALL")
    assert not differences, f"{len(differences)} differ:\n" + "\n".join(differences[:40])


def test_client_pause(start):
    """Apart from the rest, because a valid one stops writes until it is undone."""
    server = start()
    with server.wire() as wire:
        for argument in EXTREMES:
            wire.call("CLIENT", "PAUSE", argument, "WRITE")
            wire.ok("CLIENT", "UNPAUSE")
            assert_in_step(wire, f"CLIENT PAUSE {argument!r}")
