"""A server process in a folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from Support.binaries import SUBJECT, binary
from Support.ports import free_port
from Support.wire import Closed, Silent, Wire

STARTUP_SECONDS = 30
STOP_SECONDS = 20

class StartupFailed(Exception):
    pass


class Server:
    """Started by the constructor, ready when it returns.

    `options` become the command line (`--name value`); `arguments` replaces the whole command
    line, for tests that care what it looks like.
    """

    alive: list[Server] = []

    def __init__(
        self,
        kind: str = SUBJECT,
        options: dict[str, str] | None = None,
        arguments: list[str] | None = None,
        stdin: bytes | None = None,
        wait: bool = True,
        folder: Path | None = None,
        user: int | None = None,
    ):
        self.kind = kind
        self.owns_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"{kind}-"))
        self.user = user
        if user is not None:
            os.chmod(self.folder, 0o777)
        self.options = {
            "port": str(free_port()),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "enable-debug-command": "yes",
        } | (options or {})
        self.port = int(self.options["port"])
        self.arguments = arguments
        self.start(stdin, wait)

    def command_line(self) -> list[str]:
        program = str(binary(self.kind))
        if self.arguments is not None:
            return [program, *self.arguments]
        line = [program]
        for name, value in self.options.items():
            line += [f"--{name}", value]
        return line

    def start(self, stdin: bytes | None = None, wait: bool = True) -> None:
        with open(self.folder / "stdout", "ab") as out, open(self.folder / "stderr", "ab") as err:
            self.log_start = out.tell()
            self.process = subprocess.Popen(
                self.command_line(),
                cwd=self.folder,
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user is not None else None,
            )
        if stdin is not None:
            self.process.stdin.write(stdin)
            self.process.stdin.close()
        if self not in Server.alive:
            Server.alive.append(self)
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self._fail(f"exited with {self.process.returncode} while starting")
            if self._answers():
                return
            time.sleep(0.005)
        self._fail(f"did not answer within {STARTUP_SECONDS} s")

    def _answers(self) -> bool:
        path = self.options.get("unixsocket")
        try:
            with Wire(path if self.port == 0 else self.port, timeout=2) as wire:
                first = wire.call("PING")
        except (OSError, Closed, Silent):
            return False
        return not first.value.startswith(b"LOADING")

    def _fail(self, what: str) -> None:
        shown = self.logs()
        self.stop()
        raise StartupFailed(f"{self.kind} {what}\n{shown}")

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def wire(self, protocol: int = 2, timeout: float = 30.0) -> Wire:
        return Wire(self.port, protocol, timeout)

    def log(self) -> str:
        """What was written to stdout since the last start."""
        with open(self.folder / "stdout", "rb") as file:
            file.seek(self.log_start)
            return file.read().decode(errors="replace")

    def errors(self) -> str:
        return (self.folder / "stderr").read_text(errors="replace")

    def logs(self, lines: int = 40) -> str:
        out, err = self.log().splitlines()[-lines:], self.errors().splitlines()[-lines:]
        return "\n".join([f"--- {self.kind} stdout", *out, f"--- {self.kind} stderr", *err])

    def wait_log(self, text: str, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < deadline, f"{text!r} did not appear in the log"
            time.sleep(0.01)

    def wait_exit(self, seconds: float = STOP_SECONDS) -> int:
        return self.process.wait(seconds)

    def terminate(self) -> int:
        """SIGTERM and the exit status; SIGKILL, and a failure, if that does nothing."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.wait_exit()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.kind} ignored SIGTERM for {STOP_SECONDS} s") from None

    def restart(self) -> None:
        if self.is_running():
            self.terminate()
        self.start()

    def stop(self) -> None:
        if self.is_running():
            self.process.kill()
            self.process.wait()
        if self in Server.alive:
            Server.alive.remove(self)
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_) -> None:
        self.stop()


@atexit.register
def _stop_all() -> None:
    for server in list(Server.alive):
        server.stop()


class Pool:
    """One long-lived server of each kind, shared by the tests that leave it as they found it."""

    def __init__(self):
        self.servers: dict[str, Server] = {}

    def get(self, kind: str) -> Server:
        server = self.servers.get(kind)
        if server is None or not server.is_running():
            if server:
                server.stop()
            server = self.servers[kind] = Server(kind)
        return server

    def dead(self) -> list[Server]:
        return [server for server in self.servers.values() if not server.is_running()]

    def bury(self, server: Server) -> None:
        self.servers.pop(server.kind, None)
        server.stop()
