"""A client that is nothing but a socket: what it sends and gets is exactly what is on the wire."""

from __future__ import annotations

import socket
import struct
import time
from functools import lru_cache

from Support.resp import Incomplete, Reply, decode, encode


class Closed(Exception):
    """The server closed the connection."""


class Silent(Exception):
    """Nothing came in time."""


# COMMAND and its like: thousands of replies within one, the same each time.
LONG = range(8 << 10, 1 << 20)


@lru_cache(maxsize=64)
def _decoded(data: bytes) -> tuple[Reply, int] | None:
    try:
        return decode(data)
    except Incomplete:
        return None


class Wire:
    def __init__(self, address, protocol: int = 2, timeout: float = 30.0):
        """`address` is a port, a (host, port) pair or the path of a Unix socket."""
        self.timeout = timeout
        self.buffer = b""
        self.at = 0
        if isinstance(address, int):
            address = ("127.0.0.1", address)
        if isinstance(address, tuple):
            self.socket = socket.create_connection(address, timeout=timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            try:
                self.socket.connect(str(address))
            except OSError:
                self.socket.close()
                raise
        if protocol == 3:
            reply = self.call("HELLO", "3")
            if reply.kind != "map":
                self.close()
                raise AssertionError(f"HELLO 3 answered {reply.text()}")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def abort(self) -> None:
        """Closes with RST: leaves no TIME_WAIT, so that tests can open tens of thousands."""
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends all of `data`; a connection that the server closed meanwhile is not an error
        here, because what it answered before is still to be read."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Silent
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(1 << 18)
        except (TimeoutError, BlockingIOError):
            raise Silent from None
        except ConnectionResetError:
            raise Closed from None
        if not data:
            raise Closed
        if self.at:
            self.buffer, self.at = self.buffer[self.at :], 0
        self.buffer += data

    def read(self, timeout: float | None = None) -> Reply:
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            if self.at < len(self.buffer):
                try:
                    reply, self.at = self._decode()
                    return reply
                except Incomplete:
                    pass
            self._receive(deadline)

    def _decode(self) -> tuple[Reply, int]:
        if len(self.buffer) - self.at not in LONG:
            return decode(self.buffer, self.at)
        found = _decoded(self.buffer[self.at :])
        if found is None:
            raise Incomplete
        return found[0], self.at + found[1]

    def read_bytes_until_closed(self, timeout: float | None = None) -> bytes:
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        try:
            while True:
                self._receive(deadline)
        except Closed:
            data, self.buffer, self.at = self.buffer[self.at :], b"", 0
            return data

    def read_bytes_until(self, marker: bytes, timeout: float | None = None) -> bytes:
        """Everything up to and including `marker`."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            found = self.buffer.find(marker, self.at)
            if found >= 0:
                end = found + len(marker)
                data, self.at = self.buffer[self.at : end], end
                return data
            self._receive(deadline)

    def is_silent(self, seconds: float = 0.05) -> bool:
        """True if nothing has come and nothing comes for a while; False if closed."""
        if self.at < len(self.buffer):
            return False
        try:
            self._receive(time.monotonic() + seconds)
        except Silent:
            return True
        except Closed:
            return False
        return False

    def call(self, *arguments, timeout: float | None = None) -> Reply:
        self.send(encode(arguments))
        return self.read(timeout)

    def ask(self, *calls) -> None:
        """Sends calls and reads nothing."""
        self.send(b"".join(encode(call) for call in calls))

    def pipeline(self, calls, timeout: float | None = None) -> list[Reply]:
        calls = list(calls)
        self.ask(*calls)
        return [self.read(timeout) for _ in calls]

    def ok(self, *arguments) -> None:
        reply = self.call(*arguments)
        assert reply == Reply("simple", b"OK"), f"{arguments} answered {reply.text()}"

    def info(self, section: str = "everything") -> dict[str, str]:
        text = self.call("INFO", section).value
        text = text[4:] if text[:4] == b"txt:" else text
        pairs = (line.split(":", 1) for line in text.decode().split("\r\n") if ":" in line)
        return dict(pairs)
