"""Long values are lent to replies, not copied: whoever changes one meanwhile changes a copy.

The readers take nothing until the value has been changed in every way, so that the server still
owes them the bytes that it answered with.
"""

from __future__ import annotations

import random

import pytest

from Support.memory import STEADY, assert_back, settled_bytes
from Support.resp import encode

# More than the sockets' buffers on both sides take at once.
SIZES = (6_000_000, 6_000_001)
OLD = b"o"

CHANGES = {
    "append": [("APPEND", "k", b"n" * 100)],
    "append that fits": [("APPEND", "k", b"n"), ("APPEND", "k", b"n")],
    "set range": [("SETRANGE", "k", "0", b"n" * 1000)],
    "set range beyond": [("SETRANGE", "k", "7000000", b"n")],
    "the same size": [("SET", "k", b"n" * SIZES[0])],
    "small": [("SET", "k", "n")],
    "number": [("SET", "k", "1"), ("INCR", "k")],
    "with its old value": [("SET", "k", b"n" * SIZES[0], "GET")],
    "get and delete": [("GETDEL", "k")],
    "deleted": [("DEL", "k")],
    "unlinked": [("UNLINK", "k")],
    "flushed": [("FLUSHALL", "SYNC")],
    "flushed behind": [("FLUSHALL", "ASYNC")],
    "renamed": [("RENAME", "k", "l"), ("APPEND", "l", "n")],
    "copied": [("COPY", "k", "l"), ("SETRANGE", "l", "0", "n"), ("DEL", "k")],
    "expired": [("PEXPIREAT", "k", "1")],
    "overwritten by another": [("SET", "l", "n"), ("RENAME", "l", "k")],
}


def accepted(server, count):
    """Connections that the server knows: what one sends is read before what another sends later."""
    wires = [server.wire() for _ in range(count)]
    for wire in wires:
        wire.call("PING")
    return wires


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_reply_is_what_it_was(start, change):
    server = start(options=STEADY)
    readers = accepted(server, 3)
    with server.wire() as admin:
        for size in SIZES[:1] if len(change) > 1 else SIZES:
            value = OLD * size
            admin.ok("SET", "k", value)
            for reader in readers:
                reader.send(encode(["GET", "k"]) + encode(["ECHO", "next"]) + encode(["GET", "k"]))
            # What a reader sent before has been read when it is answered later on.
            admin.call("DEBUG", "SLEEP", "0.05")
            for call in change:
                assert admin.call(*call).kind != "error"
            expected = admin.call("GET", "k").value
            for reader in readers:
                assert reader.read().value == value
                assert reader.read().value == b"next"
                assert reader.read().value == value
                assert reader.call("GET", "k").value == expected


@pytest.mark.parametrize("call", [
    ("SET", "k", b"n" * 20_000), ("SET", "k", b"n" * 20_000, "GET"), ("APPEND", "k", b"n"),
    ("SETRANGE", "k", "0", b"n"), ("MSET", "k", b"n" * 20_000), ("DEL", "k"),
], ids=lambda call: call[0])
def test_a_value_too_short_for_a_block_of_its_own_when_it_arrives(start, call):
    """Such a new value goes into the old one's block, unless a reply still holds that."""
    server = start(options=STEADY)
    reader, = accepted(server, 1)
    with server.wire() as admin:
        admin.ok("SET", "big", OLD * SIZES[0])
        admin.ok("SET", "k", OLD * 20_000)
        reader.send(encode(["GET", "big"]) + encode(["GET", "k"]))
        admin.call("DEBUG", "SLEEP", "0.05")
        assert admin.call(*call).kind != "error"
        assert reader.read().value == OLD * SIZES[0]
        assert reader.read().value == OLD * 20_000


@pytest.mark.parametrize("leave", ("abort", "close"))
def test_readers_that_leave_let_the_value_go(start, leave):
    server = start(options=STEADY)
    before = settled_bytes(server)
    with server.wire() as admin:
        admin.ok("SET", "k", OLD * SIZES[0])
        readers = accepted(server, 20)
        for reader in readers:
            reader.send(encode(["GET", "k"]) * 3)
        admin.call("DEBUG", "SLEEP", "0.05")
        admin.ok("SET", "k", "short")
        held = int(admin.info("memory")["used_memory"])
        assert before + SIZES[0] <= held < before + 3 * SIZES[0], "held once, not for each reader"
        for reader in readers:
            getattr(reader, leave)()
        admin.call("DEL", "k")
    assert_back(server, before)


def test_changes_at_random(start, seed):
    """Readers at their own pace, writers in between: each reply is the value of its moment."""
    server = start(options=STEADY)
    choose = random.Random(seed)
    before = settled_bytes(server)
    readers = accepted(server, 4)
    expected = [[] for _ in readers]
    with server.wire() as admin:
        value = b""
        for step in range(150):
            index = choose.randrange(len(readers))
            choice = choose.random()
            if choice < 0.3:
                value = bytes([97 + step % 26]) * choose.randrange(1, 400_000)
                admin.ok("SET", "k", value)
            elif choice < 0.45:
                more = bytes([65 + step % 26]) * choose.randrange(1, 40_000)
                value += more
                admin.call("APPEND", "k", more)
            elif choice < 0.6 and value:
                offset = choose.randrange(len(value))
                value = value[:offset] + b"#" + value[offset + 1:]
                admin.call("SETRANGE", "k", offset, "#")
            elif choice < 0.8 and value:
                readers[index].send(encode(["GET", "k"]))
                admin.call("DEBUG", "SLEEP", "0.002")
                expected[index].append(value)
            elif expected[index]:
                assert readers[index].read().value == expected[index].pop(0)
        for reader, owed in zip(readers, expected):
            for value in owed:
                assert reader.read().value == value
            reader.abort()
        admin.call("DEL", "k")
    assert_back(server, before)
