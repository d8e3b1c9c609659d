"""The load generator: a scenario as its options, its JSON as figures, its failures as messages."""

import json
import os
import shlex
import signal
import subprocess
import tempfile

from . import BENCHMARKS
from .failure import Failure

BINARY = os.path.join(BENCHMARKS, "Generator/.build/release/apus-benchmark")
LOAD_PIPELINE = 128
LOAD_CONNECTIONS = 8
# Far more than any load takes: only a server that no longer answers gets there.
PATIENCE_SECONDS = 300


def commands_as_options(commands):
    if len(commands) == 1 and commands[0].weight == 1:
        return shlex.split(commands[0].words)
    return [word for command in commands
            for word in ("--mix", f"{command.weight}={command.words}")]


def request_options(scenario):
    """What a scenario's requests are like, whatever their number and speed."""
    preload = scenario.preload
    keyspace = scenario.keyspace or (preload.keys if preload else None)
    value_bytes = scenario.value_bytes or (preload.value_bytes if preload else None)
    options = ["-c", scenario.connections, "-P", scenario.pipeline, "--keys", scenario.keys]
    if keyspace:
        options += ["-r", keyspace]
    if value_bytes:
        options += ["-d", value_bytes]
    options += data_options(scenario.data or (preload.data if preload else "same"))
    if scenario.expect:
        options += ["--expect", scenario.expect]
    if scenario.in_order:
        options.append("--in-order")
    return [str(option) for option in options]


def data_options(data):
    return ["--data", data] if data != "same" else []


def write_options(writes):
    """What the closed loop beside a scenario's requests sends."""
    options = ["-c", writes.connections, "-P", writes.pipeline, "-r", writes.keyspace,
               "-d", writes.value_bytes, *data_options(writes.data)]
    return [str(option) for option in options]


def load_options(load, moment_ms=None, connections=LOAD_CONNECTIONS, command=None):
    """Writes each key of a load once by one of its commands, the first where none is named."""
    command = (command or load.command).replace("__moment_ms__", str(moment_ms))
    options = ["-c", connections, "-P", LOAD_PIPELINE, "-n", load.keys, "-r", load.keys,
               "-d", load.value_bytes, "--keys", "sequential", *data_options(load.data)]
    return [*map(str, options), *shlex.split(command)]


def ahead(options):
    """How a load gets its core before what else is there. One that naps does so at once."""
    if "--nap" in options:
        return ["chrt", "--fifo", "10"]
    return ["nice", "--adjustment=-20"] if "--rate" in options else []


class Generator:
    def __init__(self, core, binary=BINARY):
        self.core = core
        self.binary = binary
        self.version = None
        if not os.access(binary, os.X_OK):
            raise Failure(f"the load generator {binary} is missing: Scripts/build-benchmark")

    def command(self, server, options, use_socket=False):
        place = ["-s", server.socket_path] if use_socket else ["-p", str(server.port)]
        # --pdeathsig: nothing is left running when this process is killed.
        # What was moved off the server's core runs here: an open loop must not be late by that.
        first = ahead(options) if os.geteuid() == 0 else []
        return ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", str(self.core), *first,
                self.binary, "-q", *place, *options]

    def load(self, server, load, moment_ms=None):
        for command in load.commands:
            test = self.run(server, load_options(load, moment_ms, command=command))
            if test["requests"] != load.keys:
                raise Failure(f"{test['requests']} of {load.keys} keys were loaded")

    def run(self, server, options, use_socket=False):
        """Figures of one test, of which no reply was wrong."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "figures.json")
            command = self.command(server, ["--json", path, *options], use_socket)
            output, status = self.wait(command)
            if status != 0:
                raise Failure(f"the load generator failed ({ending(status)}): "
                              f"{last_lines(output)}")
            return self.figures(path)

    def wait(self, command):
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True)
        try:
            output, _ = process.communicate(timeout=PATIENCE_SECONDS)
            return output, process.returncode
        except subprocess.TimeoutExpired:
            raise Failure(f"the load generator did not end in {PATIENCE_SECONDS} s") from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def figures(self, path):
        try:
            with open(path) as file:
                report = json.load(file)
            self.version = report["generator"]["version"]
            test, = report["tests"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Failure(f"the load generator's figures cannot be read: {error}") from error
        return test


def ending(status):
    if status < 0:
        return signal.Signals(-status).name
    return f"exit status {status}"


def last_lines(output, count=5):
    return " / ".join(output.strip().splitlines()[-count:]) or "it said nothing"
