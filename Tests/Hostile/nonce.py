"""The desynchronisation oracle: whatever came before, the next reply belongs to the next call."""

from __future__ import annotations

from itertools import count

from Support.resp import Reply, encode
from Support.wire import Wire

_numbers = count(1)


def nonce() -> bytes:
    return b"nonce-%d" % next(_numbers)


def assert_in_step(wire: Wire, where: str) -> None:
    token = nonce()
    reply = wire.call("ECHO", token)
    assert reply == Reply("bulk", token), f"after {where}, ECHO {token} got {reply.text()}"


def echo_frame(token: bytes) -> tuple[bytes, bytes]:
    """A request and the exact bytes that answer it."""
    return encode(("ECHO", token)), b"$%d\r\n%b\r\n" % (len(token), token)
