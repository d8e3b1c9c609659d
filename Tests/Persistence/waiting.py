"""Waiting for what a child does."""

from __future__ import annotations

import time
from pathlib import Path

from Support.server import Server

SECONDS = 30


def until(holds, what: str, seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def persistence(server: Server) -> dict[str, str]:
    with server.wire() as wire:
        return wire.info("persistence")


def until_saved(server: Server) -> dict[str, str]:
    """Waits for the end of a snapshot in the background; INFO afterwards."""
    until(lambda: persistence(server)["rdb_bgsave_in_progress"] == "0", "the end of BGSAVE")
    return persistence(server)


def children(server: Server) -> list[int]:
    text = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return [int(word) for word in text.split()]


def child(server: Server) -> int:
    """The one that is there."""
    until(lambda: children(server), "a child")
    return children(server)[0]
