"""The load generator as tests run it, and servers that misbehave."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get(
    "APUS_BENCHMARK", ROOT / "Benchmarks/Generator/.build/release/apus-benchmark"))
RUN_SECONDS = 60


def run(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=RUN_SECONDS)


def measured(*arguments: object) -> list[dict]:
    """The tests of a run that must succeed."""
    result = run("--json", "-", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)["tests"]


@contextmanager
def answering(answer):
    """A server in whose place `answer(socket)` speaks with each client. Yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=speak, args=(client,), daemon=True).start()

    def speak(client):
        with client:
            try:
                answer(client)
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def commands(client):
    """Yields once for each command that a client sends; none of them may hold a '*'."""
    while data := client.recv(65536):
        for _ in range(data.count(b"*")):
            yield


def always(reply: bytes, piece: int | None = None):
    """Answers every command alike, in pieces of so many bytes if wanted."""
    def answer(client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in commands(client):
            for start in range(0, len(reply), piece or len(reply)):
                client.sendall(reply[start:start + (piece or len(reply))])
    return answer
