"""The table of hostile bytes: same bytes back as from Redis 7.0, and nobody else is harmed."""

from __future__ import annotations

import pytest

from Hostile.nonce import assert_in_step, echo_frame, nonce
from Hostile.table import CLOSES, CONTINUES, STRICT, SURVIVES, TABLE, WAITS, Hostile
from Support.binaries import REDIS_7, VALKEY_9
from Support.memory import STEADY, assert_back, settled_bytes
from Support.server import Server
from Support.wire import Closed, Silent


def answer(server: Server, hostile: Hostile) -> tuple[str, bytes]:
    """What came back and what became of the connection."""
    token = b"the-nonce"
    request, reply = echo_frame(token)
    with server.wire(timeout=10) as wire:
        wire.send(hostile.data)
        if hostile.then in (CONTINUES, STRICT):
            wire.send(request)
            try:
                return CONTINUES, wire.read_bytes_until(reply)
            except Closed:
                return CLOSES, wire.buffer[wire.at :]
        if hostile.then == SURVIVES:
            wire.is_silent()
            return SURVIVES, b""
        if hostile.then == WAITS:
            return (WAITS if wire.is_silent() else "answers or closes"), wire.buffer[wire.at :]
        try:
            return CLOSES, wire.read_bytes_until_closed()
        except Silent:
            return WAITS, wire.buffer[wire.at :]


@pytest.mark.parametrize("hostile", TABLE, ids=lambda hostile: hostile.name)
def test_same_as_redis(subject, pool, hostile):
    with subject.wire() as bystander:
        mine = answer(subject, hostile)
        theirs = answer(pool.get(REDIS_7), hostile)
        if hostile.then == STRICT:
            assert mine in (theirs, answer(pool.get(VALKEY_9), hostile))
        else:
            assert theirs[0] == hostile.then, f"Redis {theirs}: the table is wrong"
            assert mine == theirs
        assert_in_step(bystander, hostile.name)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"*" + b"1" * 65536, b"too big mbulk count string"),
        (b"*1\r\n$" + b"1" * 65536, b"too big bulk count string"),
        (b"a" * 65537, b"too big inline request"),
    ],
    ids=("count", "length", "inline"),
)
def test_long_lines_in_any_pieces(subject, line, error):
    """Redis judges a line over 64 KiB by what it has read when it looks: sometimes the line is too
    long and sometimes it is wrong, or even fine. Here the pieces make no difference."""
    for size in (1 << 20, 65536, 16384, 1448):
        with subject.wire() as wire:
            for at in range(0, len(line) + 2, size):
                wire.send((line + b"\r\n")[at : at + size])
            assert wire.read_bytes_until_closed() == b"-ERR Protocol error: " + error + b"\r\n"


def test_table_leaks_nothing(start):
    """Two rounds: the first grows what grows once (statistics, buffers), the second nothing."""
    server = start(options=STEADY)
    rounds = []
    for _ in range(2):
        for hostile in TABLE:
            answer(server, hostile)
        rounds.append(settled_bytes(server, rounds[0] if rounds else None))
    assert_back(server, rounds[0])


def test_attack_is_logged(start):
    server = start()
    with server.wire() as wire:
        wire.send(b"POST / HTTP/1.1\r\n")
        wire.read_bytes_until_closed()
    server.wait_log("Possible SECURITY ATTACK detected")


def test_table_under_random_cuts(subject):
    """All entries that go on, in one pipeline, sent in pieces of several sizes."""
    entries = [hostile for hostile in TABLE if hostile.then == CONTINUES]
    data, wanted = b"", []
    for hostile in entries:
        token = nonce()
        request, reply = echo_frame(token)
        data += hostile.data + request
        wanted.append((hostile, reply))
    with subject.wire() as wire:
        for size in (1448, 16384, 65536):
            for at in range(0, len(data), size):
                wire.send(data[at : at + size])
            for hostile, reply in wanted:
                try:
                    wire.read_bytes_until(reply)
                except (Closed, Silent):
                    pytest.fail(f"no reply after {hostile.name}, in pieces of {size}")
