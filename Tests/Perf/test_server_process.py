"""Starting servers that do not do what servers do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Perf"))

import server_process  # noqa: E402

SILENT = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
peers = []
while True:
    peers.append(listener.accept())
"""


def test_a_server_that_says_nothing_does_not_start(monkeypatch):
    monkeypatch.setattr(server_process, "START_SECONDS", 1)
    server = server_process.Server([sys.executable, "-c", SILENT])
    with pytest.raises(SystemExit, match="the server did not start"), server:
        pass
    assert server.process.poll() is not None
