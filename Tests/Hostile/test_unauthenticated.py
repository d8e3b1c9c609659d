"""What a connection may do before it has given the password."""

from __future__ import annotations

import pytest

from Support.binaries import REDIS_7, REDIS_8
from Support.resp import Reply, encode
from Support.wire import Closed, Silent

PASSWORD = {"requirepass": "secret"}
NOAUTH = Reply("error", b"NOAUTH Authentication required.")


@pytest.fixture
def locked(start):
    return [start(options=PASSWORD | {}) if kind is None else start(kind, options=PASSWORD)
            for kind in (None, REDIS_7)]


def ask(server, data: bytes) -> bytes:
    """Everything that comes until the server closes or is done with `data`."""
    with server.wire(timeout=5) as wire:
        wire.send(data)
        wire.send(encode(["HELLO", "9"]))
        try:
            return wire.read_bytes_until(b"-NOPROTO unsupported protocol version\r\n")
        except Closed:
            return wire.buffer[wire.at :] + b"(closed)"
        except Silent:
            return wire.buffer[wire.at :] + b"(silent)"


@pytest.mark.parametrize(
    "data",
    [
        b"*11\r\n", b"*10\r\n" + b"$1\r\na\r\n" * 10, b"*1000000\r\n", b"*2147483647\r\n",
        b"*1\r\n$16385\r\n", b"*1\r\n$1000000\r\n", b"*2\r\n$4\r\nECHO\r\n$16385\r\n",
        encode(["ECHO", b"x" * 16384]), encode(["AUTH", b"x" * 16384]),
        encode(["GET", "a"]), encode(["PING"]), encode(["nosuch"]), encode(["GET"]),
        encode(["QUIT"]), encode(["RESET"]), encode(["MULTI"]), encode(["EXEC"]),
        encode(["COMMAND"]), encode(["CLIENT", "LIST"]),
        encode(["SHUTDOWN"]), encode(["DEBUG", "SEGFAULT"]),
        encode(["AUTH", "wrong"]), encode(["AUTH", "nobody", "secret"]),
        encode(["AUTH", "default", "wrong"]), encode(["HELLO", "3", "AUTH", "default", "wrong"]),
        b"PING\r\n", b"ECHO \"\r\n", b"\r\n", b"*0\r\n", b"*-1\r\n",
        encode(["PING"]) * 5,
    ],
    ids=lambda data: repr(data[:40]),
)
def test_same_as_redis(locked, data):
    mine, theirs = (ask(server, data) for server in locked)
    assert mine == theirs


@pytest.mark.parametrize("data", [["HELLO", "3"], ["HELLO", "2", "SETNAME", "x"]], ids=" ".join)
def test_hello_says_what_it_needs(start, data):
    """The text is that of Redis 7.2 and later; 7.0 forgets the version in it."""
    mine, theirs = (
        ask(start(*kind, options=PASSWORD), encode(data)) for kind in ((), (REDIS_8,))
    )
    assert mine == theirs and b"HELLO <proto> AUTH <user> <pass>" in mine


def test_limits_end_with_the_password(start):
    server = start(options=PASSWORD)
    with server.wire() as wire:
        wire.ok("AUTH", "secret")
        assert wire.call("EXISTS", *["a"] * 100).value == 0
        assert wire.call("ECHO", b"x" * 100_000).value == b"x" * 100_000


def test_large_command_in_one_write_with_the_password(start):
    """The limits are those of the moment the command is read, AUTH before it included."""
    server = start(options=PASSWORD)
    with server.wire() as wire:
        wire.send(encode(["AUTH", "secret"]) + encode(["EXISTS", *["a"] * 100]))
        assert wire.read() == Reply("simple", b"OK")
        assert wire.read() == Reply("integer", 0)


def test_pipeline_before_and_after_the_password(start):
    server = start(options=PASSWORD)
    with server.wire() as wire:
        replies = wire.pipeline(
            [["PING"], ["SET", "a", "b"], ["AUTH", "no"], ["GET", "a"], ["AUTH", "secret"],
             ["SET", "a", "b"], ["GET", "a"]]
        )
    assert replies[0] == replies[1] == replies[3] == NOAUTH
    assert replies[2].value.startswith(b"WRONGPASS")
    assert replies[4:] == [Reply("simple", b"OK")] * 2 + [Reply("bulk", b"b")]


def test_output_is_bounded(start):
    """Asks without reading: the connection is closed long before the answers fill memory."""
    server = start(options=PASSWORD)
    frame = encode(["GET", "a"]) * 1000
    with server.wire(timeout=0.5) as wire:
        wire.socket.setsockopt(1, 8, 4096)
        sent = 0
        try:
            for _ in range(2000):
                wire.socket.send(frame)
                sent += len(frame)
        except OSError:
            pass
        with server.wire() as other:
            other.ok("AUTH", "secret")
            listed = other.call("CLIENT", "LIST").value.decode()
            held = [int(word[5:]) for word in listed.split() if word.startswith("omem=")]
            assert max(held) <= 1 << 16, f"{max(held)} bytes held for one who never gave a password"


def test_default_password_change_locks_out_nobody_but_the_new(start):
    server = start()
    with server.wire() as old:
        old.ok("CONFIG", "SET", "requirepass", "new")
        assert old.call("PING").value == b"PONG"
        with server.wire() as new:
            assert new.call("PING") == NOAUTH
