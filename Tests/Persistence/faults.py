"""Servers on a disk that fails or stalls when the test says so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


class Disk:
    """What `disk/faulty.c` does to the servers that are started from now on."""

    def __init__(self, path: Path):
        self.path = path

    def fail(self, name: str) -> None:
        """Files whose name ends so cannot be put on the disk."""
        self._say(f"fail {name}")

    def stall(self) -> None:
        """Nothing gets on the disk, and nobody is told."""
        self._say("stall")

    def block(self) -> None:
        """What is written to the log does not even reach the system."""
        self._say("block")

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
    disk = Disk(tmp_path / "fault")
    yield disk
    disk.heal()
