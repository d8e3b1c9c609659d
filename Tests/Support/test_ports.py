"""Ports are handed out once, whoever asks."""

from __future__ import annotations

import subprocess
import sys

from Support import ports
from Support.binaries import ROOT


def test_of_this_process_each_is_handed_out_once():
    handed_out = [ports.free_port() for _ in range(100)]
    assert len(set(handed_out)) == 100 and set(handed_out) <= set(ports.PORTS)


def test_another_process_gets_another_one():
    taken = ports.free_port()
    script = f"from Support import ports; print(ports._is_locked({taken}), ports.free_port())"
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "Tests", capture_output=True, text=True,
        timeout=60, check=True)
    is_locked, other = found.stdout.split()
    assert is_locked == "False" and int(other) != taken


def test_a_port_in_use_is_not_free(start):
    assert not ports._is_free(start().port)
