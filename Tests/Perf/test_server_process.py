"""Starting servers that do not do what servers do."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress
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


def answering(reply):
    """A client of a server that answers everything with `reply` and then says no more."""
    ours, theirs = socket.socketpair()
    theirs.sendall(reply)
    client = object.__new__(server_process.Client)
    client.socket, client.buffer, client.seconds = ours, b"", 10
    return client, theirs


@pytest.mark.parametrize("reply", [
    b":1\r\n", b"$-1\r\n", b"+text\r\n", b"*1\r\n:1\r\n", b"?\r\n", b":x\r\n", b"$x\r\n",
    b"$99999999999\r\n", b"*99999999999\r\n", b"*1\r\n*1\r\n:1\r\n", b"-ERR no\xff\r\n",
    b"x" * 70_000,
], ids=range(12))
def test_what_is_no_answer_to_info_is_an_error_reply(reply):
    client, peer = answering(reply)
    with client.socket, peer, pytest.raises(server_process.ErrorReply):
        client.info("server")


def test_a_reply_in_drops_ends_in_time():
    client, peer = answering(b"")
    client.seconds = 0.3

    def drip():
        with suppress(OSError):
            while True:
                peer.sendall(b"x")
                time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()
    with client.socket, pytest.raises(TimeoutError):
        client.command("PING")
    peer.close()


def test_a_log_may_hold_anything():
    server = server_process.Server(["sh", "-c", r"printf '\377\n'; exit 1"])
    with pytest.raises(SystemExit, match="\ufffd"), server:
        pass


def test_replies():
    client, peer = answering(
        b"*3\r\n:1\r\n$2\r\nab\r\n$-1\r\n+a\xff\r\n$15\r\n# A\r\nx:1\r\ny:\xff\r\n\r\n")
    with client.socket, peer:
        assert client.command("any") == [1, b"ab", None]
        assert client.command("any") == "a\ufffd"
        assert client.info("all") == {"x": "1", "y": "\ufffd"}
