"""A server under measurement: pinned, with a folder and sockets of its own, stopped in any case."""

import os
import re
import shlex
import signal
import subprocess
import tempfile
from contextlib import suppress

from server_process import Server, free_port, open_log

from .failure import Failure

# The same for all; a scenario may change them.
OPTIONS = {"save": "", "appendonly": "no"}
LOG_LINES = 15
PREFIX = "apus-bench-"
PLACE = re.compile(r"\{(port|socket|folder)\}")


class KeptFolder:
    """Somebody else's, who removes it."""

    def __init__(self, name):
        self.name = name

    def cleanup(self):
        pass


class MeasuredServer(Server):
    """Runs a contestant's command. `{port}`, `{socket}` and `{folder}` in it are replaced, for
    servers whose options are not those of Redis; otherwise these are added. A `folder` that is
    given stays, with the server's files."""

    def __init__(self, contestant, core, options, folder=None):
        self.name = contestant.name
        self.preloads = contestant.environment.get("LD_PRELOAD")
        self.port = free_port()
        self.folder = KeptFolder(folder) if folder else tempfile.TemporaryDirectory(prefix=PREFIX)
        self.socket_path = os.path.join(self.folder.name, "socket")
        self.log = open_log(self.folder.name)
        command = ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", str(core),
                   *self.filled_in(contestant.command, options)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            cwd=self.folder.name, env={**os.environ, **contestant.environment},
            # Ctrl-C is for the suite, which then stops its servers.
            start_new_session=True)

    def filled_in(self, command, options):
        places = {"port": str(self.port), "socket": self.socket_path, "folder": self.folder.name}
        if any("{port}" in word for word in command):
            return [PLACE.sub(lambda found: places[found[1]], word) for word in command]
        words = {"port": places["port"], "unixsocket": places["socket"], "dir": places["folder"],
                 **OPTIONS, **options}
        added = [[f"--{name}", *(shlex.split(str(value)) or [""])] for name, value in words.items()]
        return [*command, *(word for words in added for word in words)]

    def __enter__(self):
        try:
            super().__enter__()
        except SystemExit as error:
            raise Failure(f"{self.name}: {error}") from None
        if self.preloads and not self.has_loaded(self.preloads):
            self.stop()
            raise Failure(f"{self.name}: {self.preloads} could not be preloaded; "
                          "on Debian the package is libjemalloc2")
        return self

    def has_loaded(self, library):
        with open(f"/proc/{self.process.pid}/maps") as file:
            return library in file.read()

    def stop(self):
        super().stop()
        # A command may be a script that started the server as its child: their session is its own.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def has_died(self):
        return self.process.poll() is not None

    def obituary(self):
        self.log.seek(0)
        lines = self.log.read().splitlines()[-LOG_LINES:]
        status = self.process.returncode
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return "\n  ".join([f"{how}; its last lines:", *lines])

    def cpu_seconds(self):
        """User and system time of all its threads."""
        ticks = os.sysconf("SC_CLK_TCK")
        user, system = self.cpu_ticks()
        return user / ticks, system / ticks


def calls(client, names):
    """How often the commands were called, subcommands included, as INFO counts."""
    wanted = {f"cmdstat_{name}" for name in names}
    total = 0
    for key, text in client.info("commandstats").items():
        if key.partition("|")[0] in wanted:
            total += int(dict(part.partition("=")[::2] for part in text.split(","))["calls"])
    return total


def misses(client):
    return int(client.info("stats")["keyspace_misses"])
