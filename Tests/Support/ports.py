"""Ports for servers, of which no two test processes get the same.

They lie below those that the kernel gives to connections, or one of a client of another test could
take a port between its choice and the server's start. A process locks each port that it has handed
out, as one byte of a file, until it ends.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path

PORTS = range(20_000, 32_768)

_random = random.Random()
_handed_out: set[int] = set()


@cache
def _locks() -> int:
    path = Path(tempfile.gettempdir()) / f"apus-test-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def free_port() -> int:
    """A port nobody listens on and no test process that runs has handed out before."""
    while True:
        port = _random.choice(PORTS)
        if port not in _handed_out and _is_locked(port) and _is_free(port):
            _handed_out.add(port)
            return port


def _is_locked(port: int) -> bool:
    """Whether it is now locked by this process."""
    try:
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except BlockingIOError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
