"""Servers with an append-only file, and what is in its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from Persistence.dataset import contents
from Persistence.waiting import persistence, until
from Support.binaries import REDIS_8, SUBJECT
from Support.resp import Reply
from Support.server import Server

BOTH = pytest.mark.parametrize("kind", [SUBJECT, REDIS_8])
ON = {"appendonly": "yes"}
SLOW = {"rdb-key-save-delay": "1000"}
MANIFEST = "appendonly.aof.manifest"


def folder(server: Server) -> Path:
    return server.folder / "appendonlydir"


def manifest(server: Server) -> list[str]:
    return (folder(server) / MANIFEST).read_text().splitlines()


def names(server: Server, kind: str) -> list[str]:
    """The files of a kind, `b`, `i` or `h`, in the manifest's order."""
    rows = [line.split() for line in manifest(server)]
    return [row[1] for row in rows if row[row.index("type") + 1] == kind]


def increment(server: Server) -> Path:
    """The file that is written."""
    return folder(server) / names(server, "i")[-1]


def keys(wire, count: int, prefix: str = "key") -> None:
    wire.pipeline(("SET", f"{prefix}:{number}", "x" * 50) for number in range(count))


def kill(server: Server) -> None:
    server.process.kill()
    server.process.wait()


def everything(server: Server, fields: bool = True, databases: int = 16) -> dict:
    with server.wire() as wire:
        return contents(wire, fields, databases)


def until_rewritten(server: Server) -> dict[str, str]:
    def is_over() -> bool:
        info = persistence(server)
        return info["aof_rewrite_in_progress"] == "0" and info["aof_rewrite_scheduled"] == "0"

    until(is_over, "the end of BGREWRITEAOF")
    return persistence(server)


def rewrite(server: Server) -> dict[str, str]:
    with server.wire() as wire:
        reply = wire.call("BGREWRITEAOF")
        assert reply == Reply("simple", b"Background append only file rewriting started")
    return until_rewritten(server)


def prepared(start, kind: str, options: dict | None = None) -> Server:
    """A server that was started and ended in a new folder, and has no log."""
    server = start(kind, options)
    kill(server)
    return server
