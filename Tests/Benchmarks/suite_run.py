"""`Benchmarks/run` as tests run it: few requests, the fake generator, a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from Support.binaries import REDIS_7, SUBJECT, binary

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "Benchmarks/run"
FAKE = Path(__file__).with_name("fake_generator.py")
sys.path.insert(0, str(ROOT / "Benchmarks"))

SCENARIOS = """
[preload.few]
command = "SET key:__rand_int__ __data__"
keys = 1000
value_bytes = 64

[[scenario]]
id = "ping"
title = "PING"
group = "First"
kind = "throughput"
measures = "nothing much"
commands = "PING"
requests = 500
rounds = 2

[[scenario]]
id = "get"
title = "GET"
group = "Second"
kind = "throughput"
measures = "reading"
preload = "few"
commands = "GET key:__rand_int__"
requests = 500
rounds = 2
"""


def command(folder: Path, *arguments: object, scenarios=SCENARIOS, generator=FAKE) -> list[str]:
    path = folder / "scenarios.toml"
    path.write_text(scenarios)
    return [
        sys.executable, str(RUN), "--leave-others", "--repeats", "0", "--scenarios", str(path),
        "--apus", str(binary(SUBJECT)), "--redis", str(binary(REDIS_7)),
        "--generator", str(generator), "--json", str(folder / "results.json"),
        *map(str, arguments)]


def environment(folder: Path, fake: str = "") -> dict:
    """The run's temporary files lie in `folder`, by which its processes are found."""
    return {**os.environ, "TMPDIR": str(folder), "FAKE": fake}


def run(folder: Path, *arguments: object, fake="", **keywords) -> subprocess.CompletedProcess:
    result = subprocess.run(
        command(folder, *arguments, **keywords), env=environment(folder, fake),
        capture_output=True, text=True, timeout=100)
    assert not left_running(folder)
    return result


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


def left_running(folder: Path) -> list[str]:
    """Command lines of processes that work in `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                # Servers rewrite their command lines; their folder is where they are.
                place = os.readlink(entry / "cwd")
                text = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if place.startswith(str(folder)) or str(folder) in text:
                found.append(text)
    return found
