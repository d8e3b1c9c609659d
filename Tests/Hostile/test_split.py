"""Pipelines cut at every byte: the answer does not depend on how bytes arrive."""

from __future__ import annotations

import pytest

from Support.resp import encode
from Support.wire import Closed


def _pipeline(*calls: str) -> bytes:
    return b"".join(encode(call.split(" ")) for call in calls)


PIPELINES = {
    "ping": _pipeline("PING"),
    "set and get": _pipeline("SET k v", "GET k", "DEL k"),
    "errors between": _pipeline("GET", "PING", "NOSUCH a b", "ECHO x", "SET k", "PING"),
    "transaction": _pipeline("MULTI", "SET k 1", "INCR k", "EXEC", "DEL k"),
    "aborted transaction": _pipeline("MULTI", "NOSUCH", "SET k 1", "EXEC", "GET k"),
    "inline": b"PING\r\nECHO hello\r\n\r\nSET k v\nGET k\r\n  \r\nDEL k\r\n",
    "inline and arrays": b"PING\r\n" + _pipeline("ECHO a") + b"ECHO b\n" + _pipeline("PING x"),
    "inline quotes": b"ECHO \"a b\\x41\\\"\"\r\nECHO 'c d'\r\n",
    "empty arrays": b"*0\r\n" + _pipeline("PING") + b"*-1\r\n" + _pipeline("PING"),
    "empty arguments": encode(["ECHO", b""]) + encode([b""]) + encode(["ECHO", b"\r\n"]),
    "binary": encode(["SET", b"\x00\xff", b"\r\n$3\r\n"]) + encode(["GET", b"\x00\xff"])
    + encode(["DEL", b"\x00\xff"]),
    "protocol change": _pipeline("HELLO 3", "CONFIG GET maxmemory", "GET none", "HELLO 2",
                                 "GET none"),
    "reset": _pipeline("SELECT 3", "MULTI", "RESET", "PING"),
    "silence": _pipeline("CLIENT REPLY SKIP", "PING", "ECHO a", "CLIENT REPLY OFF", "PING",
                         "CLIENT REPLY ON", "ECHO b"),
    "quit": _pipeline("PING", "QUIT", "PING"),
    "protocol error": _pipeline("PING") + b"*1\r\n:1\r\n" + _pipeline("PING"),
    "bad count": _pipeline("ECHO a") + b"*x\r\n",
    "unbalanced quotes": b"PING\r\nECHO \"x\r\nPING\r\n",
}

LAST = b"the last one"


def _read(wire) -> bytes:
    """Everything up to the answer of the closing ECHO, or to the end."""
    try:
        return wire.read_bytes_until(LAST + b"\r\n")
    except Closed:
        return wire.buffer[wire.at :] + b"(closed)"


def _normal(data: bytes) -> bytes:
    """HELLO's reply carries the connection's id."""
    parts = data.split(b"id\r\n:")
    return b"id\r\n:".join([parts[0]] + [p[p.index(b"\r\n") :] for p in parts[1:]])


def _whole(server, data: bytes) -> bytes:
    with server.wire() as wire:
        wire.send(data)
        return _normal(_read(wire))


@pytest.mark.parametrize("name", PIPELINES)
def test_cut_in_two_at_every_byte(subject, name):
    data = PIPELINES[name] + encode(["ECHO", LAST])
    wanted = _whole(subject, data)
    with subject.wire() as pacer:
        for at in range(1, len(data)):
            with subject.wire() as wire:
                wire.send(data[:at])
                # An answer on another connection: the server has been around its loop.
                pacer.call("PING")
                wire.send(data[at:])
                got = _normal(_read(wire))
                wire.abort()
            assert got == wanted, f"cut at byte {at} of {data!r}"


@pytest.mark.parametrize("name", PIPELINES)
def test_byte_by_byte(subject, name):
    data = PIPELINES[name] + encode(["ECHO", LAST])
    wanted = _whole(subject, data)
    with subject.wire() as pacer, subject.wire() as wire:
        for at in range(len(data)):
            wire.send(data[at : at + 1])
            pacer.call("PING")
        assert _normal(_read(wire)) == wanted


@pytest.mark.parametrize("size", (32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 100_000, 1 << 20))
def test_large_arguments_cut(subject, size):
    """Around the size from which an argument becomes the value without a copy."""
    value = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    data = encode(["SET", "large", value]) + encode(["GET", "large"]) + encode(["DEL", "large"])
    frame = b"$%d\r\n%b\r\n" % (size, value)
    head = len(encode(["SET", "large", b""])) + len(str(size)) - 1
    cuts = [1, 10, head - 4, head - 2, head - 1, head, head + 1, head + size - 1, head + size,
            head + size + 1, head + size + 2, len(data) - 1]
    with subject.wire() as pacer, subject.wire() as wire:
        for at in cuts:
            wire.send(data[:at])
            pacer.call("PING")
            wire.send(data[at:])
            assert wire.read().value == b"OK", at
            assert wire.read_bytes_until(frame) == frame, at
            assert wire.read().value == 1, at


def test_large_argument_in_many_pieces(subject):
    value = b"abcdefghij" * 30_000
    data = encode(["SET", "large", value]) + encode(["GET", "large"]) + encode(["DEL", "large"])
    with subject.wire() as wire:
        for at in range(0, len(data), 1447):
            wire.send(data[at : at + 1447])
        assert [wire.read().value for _ in range(3)] == [b"OK", value, 1]
