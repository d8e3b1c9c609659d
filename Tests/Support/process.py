"""Runs a server binary to its end: for what goes wrong before it serves."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from Support.binaries import binary


@dataclass
class Outcome:
    status: int
    out: str
    err: str


def run(kind: str, *arguments: str, config: str | None = None, stdin: str = "",
        seconds: float = 10, folder: Path | None = None) -> Outcome:
    """`config` becomes a file that is the first argument."""
    with tempfile.TemporaryDirectory(prefix=f"{kind}-run-") as temporary:
        place = folder or Path(temporary)
        line = [str(binary(kind))]
        if config is not None:
            (place / "test.conf").write_text(config)
            line.append("test.conf")
        try:
            done = subprocess.run(
                [*line, *arguments], input=stdin.encode(), capture_output=True, cwd=place,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as late:
            text = (late.stdout or b"").decode(errors="replace")
            raise AssertionError(f"{kind} {arguments} still runs\n{text}") from None
        return Outcome(
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )


def without_version(text: str) -> str:
    """`*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***` names server and version."""
    return re.sub(r"\((Redis|Apus|Valkey) [^)]*\)", "(VERSION)", text)
