"""Servers on a disk that fails or stalls when the test says so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


class Disk:
    """What `disk/faulty.c` does to the servers that are started from now on."""

    def __init__(self, path: Path, calls: Path):
        self.path = path
        self.calls = calls
        self.calls.write_bytes(bytes(8))

    def fail(self, name: str) -> None:
        """Files whose name ends so cannot be put on the disk, nor the journal of such a one."""
        self._say(f"fail {name}")

    def stall(self) -> None:
        """Nothing gets on the disk, and nobody is told."""
        self._say("stall")

    def block(self) -> None:
        """What is written to the log does not even reach the system."""
        self._say("block")

    def fail_call(self, number: int, error: int) -> None:
        """The call with this number, from now on, fails once; 0: a write takes a part only."""
        # The servers have it mapped.
        with open(self.calls, "r+b") as file:
            file.write(bytes(8))
        self._say(f"call {number} {error}")

    def call_count(self) -> int:
        """Calls about the log and snapshots since then."""
        return int.from_bytes(self.calls.read_bytes(), "little")

    def heal(self) -> None:
        self.path.unlink(missing_ok=True)

    def _say(self, text: str) -> None:
        # At once: a file that is half written would say something else.
        new = self.path.with_suffix(".new")
        new.write_text(text)
        new.rename(self.path)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    library = tmp_path / "faulty.so"
    compiler = shutil.which("cc") or shutil.which("clang") or "/opt/swift/usr/bin/clang"
    source = Path(__file__).parent / "disk" / "faulty.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("FAULT", str(tmp_path / "fault"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    disk = Disk(tmp_path / "fault", tmp_path / "calls")
    yield disk
    disk.heal()
