"""Runs a program on a terminal of its own, as a person would."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


class Terminal:
    def __init__(self, *command: str, environment: dict[str, str] | None = None):
        self.leader, follower = pty.openpty()
        # Without a size redis-cli asks the terminal for its width and waits for the answer.
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        self.process = subprocess.Popen(
            command, stdin=follower, stdout=follower, stderr=follower,
            env={**os.environ, "TERM": "xterm", **(environment or {})},
        )
        os.close(follower)
        self.shown = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.leader)

    def type(self, text: str) -> None:
        os.write(self.leader, text.encode())

    def read_for(self, seconds: float) -> str:
        self._read(time.monotonic() + seconds, None)
        return self._plain()

    def _plain(self) -> str:
        """What was shown, without the sequences that move the cursor and colour."""
        return re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", self.shown.decode(errors="replace"))

    def read_until(self, text: str, seconds: float = 10) -> str:
        self._read(time.monotonic() + seconds, text.encode())
        shown = self._plain()
        assert text in shown, shown
        return shown

    def forget_until(self, text: str) -> None:
        """Waits for `text` and drops it and what was shown before it."""
        self.read_until(text)
        self.shown = self.shown.split(text.encode(), 1)[1]

    def _read(self, deadline: float, until: bytes | None) -> None:
        while time.monotonic() < deadline and (until is None or until not in self.shown):
            if select.select([self.leader], [], [], 0.05)[0]:
                try:
                    self.shown += os.read(self.leader, 65536)
                except OSError:
                    return
