"""A server whose folder is noted, so that its power can fail: what the tests of that share.

`powerfail.c` notes below the server what it does with its folder, `disk.py` says what may be left,
and a server is started on that.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from Persistence.power.disk import Disk, Failure
from Persistence.power.journal import Journal, compile_library, is_busy
from Persistence.waiting import children, until
from Persistence.writers import Writer, check_all, crash_under_load, state
from Support.server import Server

# Of an fsync at the most: wide enough for many kills to meet one.
DELAY_MICROSECONDS = 6000


@dataclass
class Power:
    """A folder whose changes are noted, and a server that works in it."""

    server: Server
    folder: Path
    journal: Journal
    disk: Disk
    # What it says happens to a call (`powerfail.c`).
    trap: Path
    # The system's name for the time since it was started.
    boot: Path

    def fail(self, failure: Failure) -> None:
        """REQUIRES: the server is dead."""
        self.learn()
        self.lose(failure)

    def lose(self, failure: Failure) -> None:
        """What is not on the disk. REQUIRES: everything noted is learned."""
        self.disk.fail(failure)
        self.boot.write_text(f"{uuid.uuid4()}\n")

    def learn(self) -> Disk:
        """The disk with all that was noted since the last failure."""
        self.disk.run(self.journal.records())
        self.journal.clear()
        return self.disk

    def restart(self, wait: bool = True) -> None:
        """On what is there, which is on the disk."""
        self.disk = Disk(self.folder)
        self.server.start(wait=wait)

    def empty(self) -> None:
        """Goes on in a new folder."""
        self.server.process.kill()
        self.server.process.wait()
        self.learn()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self.restart()


@pytest.fixture(scope="session")
def power_library(tmp_path_factory) -> Path:
    return compile_library(tmp_path_factory.mktemp("power"))


@pytest.fixture
def power(start, power_library, monkeypatch) -> Iterator[Callable[..., Power]]:
    """Makes a server with a noted folder, and files in it. The journal is memory; the folder too:
    what counts as on the disk is what the journal says."""
    memory = Path(tempfile.mkdtemp(prefix="power-", dir="/dev/shm"))
    journal, folder = Journal(memory / "journal"), memory / "data"
    trap, boot = memory / "trap", memory / "boot"
    boot.write_text(f"{uuid.uuid4()}\n")

    def make(options: dict, files: dict[str, bytes] | None = None) -> Power:
        folder.mkdir()
        for name, content in (files or {}).items():
            (folder / name).write_bytes(content)
        for name, value in {
            "JOURNAL": journal.path, "ROOT": folder, "TRAP": trap, "BOOT": boot,
            "DELAY": DELAY_MICROSECONDS,
        }.items():
            monkeypatch.setenv(f"POWERFAIL_{name}", str(value))
        monkeypatch.setenv("LD_PRELOAD", str(power_library))
        disk = Disk(folder)
        return Power(
            start(options={"dir": str(folder)} | options), folder, journal, disk, trap, boot)

    yield make
    shutil.rmtree(memory)


def log_options(policy: str) -> dict[str, str]:
    return {"appendonly": "yes", "appendfsync": policy}


def dead(server: Server):
    """Kills it; its children die of that, and have stopped writing when this returns."""
    def crash() -> None:
        kin = children(server)
        stop_between_calls([server.pid, *kin])
        server.process.kill()
        server.process.wait()
        # What ends them waits as long as they are stopped.
        send(kin, signal.SIGCONT)
        until(lambda: not any(is_alive(child) for child in kin), "the children's end")

    return crash


def stop_between_calls(processes: list[int]) -> None:
    """Stops them where everything that they have done is noted, unless a trap holds one of them
    within a call."""
    for _ in range(50):
        send(processes, signal.SIGSTOP)
        until(lambda: all(letter(task) in "TZXt" for process in processes for task in
                          tasks(process)), "all stopped")
        if not is_busy(Path(os.environ["POWERFAIL_JOURNAL"])):
            return
        send(processes, signal.SIGCONT)
        time.sleep(0.001)


def send(processes: list[int], number: int) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def tasks(process: int) -> list[Path]:
    return list(Path(f"/proc/{process}/task").glob("*/stat"))


def letter(stat: Path) -> str:
    """A letter, as ps shows it; X for what is not there any more."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def is_alive(process: int) -> bool:
    return letter(Path(f"/proc/{process}/stat")) not in "ZX"


def crashes(power: Power, counts: list[int], dice: random.Random) -> list[Writer]:
    """A crash, at times after others of the process alone, and all that was acknowledged."""
    for _ in range(dice.choice([0, 0, 1, 2])):
        writers = crash_under_load(
            power.server, counts, dice, dice.uniform(0.01, 0.15), dead(power.server))
        power.server.start()
        found = state(power.server)
        check_all(found, writers)
        counts = found.counts
    return crash_under_load(
        power.server, counts, dice, dice.uniform(0.01, 0.25), dead(power.server))
