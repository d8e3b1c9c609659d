"""The server that is recorded: one of our own on its core, or one that runs already."""

import os
from contextlib import contextmanager
from dataclasses import dataclass

from server_process import Client, ErrorReply
from suite.contestants import Contestant
from suite.failure import Failure, blaming
from suite.servers import MeasuredServer


@dataclass(frozen=True)
class Target:
    pid: int
    port: int
    socket_path: str
    binary: str
    place: str


def binary_of(pid):
    try:
        return os.path.realpath(f"/proc/{pid}/exe", strict=True).replace(" (deleted)", "")
    except OSError as error:
        raise Failure(f"the program of process {pid} cannot be found: {error}") from error


@contextmanager
def started(path, core, scenario):
    if not os.access(path, os.X_OK):
        raise Failure(f"there is no server {path}: make build, or name one by --server PATH")
    contestant = Contestant(os.path.basename(path), (os.path.abspath(path),))
    with blaming(contestant.name), MeasuredServer(contestant, core, scenario.server) as server:
        pid = server.process.pid
        yield Target(pid, server.port, server.socket_path, binary_of(pid), f"on core {core}")


@contextmanager
def attached(port, pid, scenario):
    """A server that somebody else started, and that stays."""
    with client_of(port) as client:
        pid = pid or told_pid(client)
        if scenario.socket:
            words = client.command("CONFIG", "GET", "unixsocket")
            is_pair = isinstance(words, list) and len(words) == 2 and isinstance(words[1], bytes)
            path = words[1].decode(errors="replace") if is_pair else ""
            if not path:
                raise Failure(f"the server at port {port} has no Unix socket, which the scenario "
                              f"{scenario.id} uses")
        else:
            path = ""
    yield Target(pid, port, path, binary_of(pid), "running already, on the cores it was given")


@contextmanager
def client_of(port):
    try:
        client = Client(port)
    except OSError as error:
        raise Failure(f"there is no server at port {port}: {error}") from error
    try:
        yield client
    except (ErrorReply, OSError) as error:
        raise Failure(f"the server at port {port}: {error}") from error
    finally:
        client.close()


def told_pid(client):
    try:
        return int(client.info("server")["process_id"])
    except (KeyError, ValueError):
        raise Failure("the server does not tell its process's id: name it by --pid") from None
