"""The last 64 KiB of a log, cut at every byte and damaged in every way: what is whole before is
loaded and goes on, or the server says what is wrong and leaves the file as it is."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from Persistence.aof import MANIFEST, ON, everything, folder, increment, kill
from Persistence.torn import Log, damaged, longest, recorded
from Support.binaries import REDIS_7, REDIS_8, SUBJECT, tool
from Support.server import Server

CUTS = {"ci": 400, "long": None}
STARTS = {"ci": 40, "long": 4000}
DAMAGES = {"ci": 60, "long": 5000}
DAMAGES_BESIDE = {"ci": 12, "long": 500}

# What a server that does not start says: of bytes, and of commands, which may come before.
REFUSED = re.compile(
    "(Unknown command|Wrong number of arguments for command|Not a command of a log:) .* reading the"
    " append only file|The database of SELECT is out of range .* reading the append only file")
BAD = re.compile(f"Bad file format reading the append only file|{REFUSED.pattern}")


@pytest.fixture
def memory():
    """A folder where an fsync costs nothing."""
    path = Path(tempfile.mkdtemp(prefix="torn-", dir="/dev/shm"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def torn(start, memory, seed) -> tuple[Server, Log]:
    """A server and the log that it has."""
    server = start(SUBJECT, ON, folder=memory)
    log = recorded(server, seed)
    increment(server).write_bytes(log.content)
    return server, log


def digest(server: Server) -> bytes:
    with server.wire() as wire:
        return wire.call("DEBUG", "DIGEST").value


def is_refused(server: Server) -> str | None:
    """Starts it. Nil if it serves, or else what it says."""
    server.start(wait=False)
    # It ends before it listens, or serves.
    while server.is_running():
        if server._answers():
            return None
    assert server.process.returncode == 1, f"status {server.process.returncode}"
    return server.log()


def check_going_on(server: Server) -> None:
    """What is written now, and what was there before, is there after the next start."""
    with server.wire() as wire:
        wire.ok("SELECT", 2)
        wire.ok("SET", "after", "x" * 100)
        wire.pipeline([("MULTI",), ("INCR", "count"), ("INCR", "count"), ("EXEC",)])
        before = wire.call("DEBUG", "DIGEST").value
    kill(server)
    server.start()
    assert digest(server) == before
    kill(server)


def test_every_cut_in_a_running_server(torn, seed, is_long):
    """By DEBUG LOADAOF, which is what a start does, without the rest of it. With the long profile
    it is every byte; otherwise those around the borders of all lines, and some others."""
    server, log = torn
    path = increment(server)
    dice = random.Random(f"cuts {seed}")
    lengths = range(log.tail, len(log.content) + 1)
    if not is_long:
        lengths = [*dice.sample(lengths, CUTS["ci"] // 4),
                   *dice.sample(log.near_borders(), CUTS["ci"])]
    with server.wire() as wire:
        for length in lengths:
            path.write_bytes(log.content[:length])
            loaded, found = wire.pipeline([("DEBUG", "LOADAOF"), ("DEBUG", "DIGEST")])
            assert loaded.value == b"OK", f"{length}: {loaded.text()}"
            kept, expected = log.whole(length)
            assert found.value == expected, f"cut at {length}"
            assert path.stat().st_size == kept, f"cut at {length}"


def test_cuts_and_starts(torn, seed, is_long):
    server, log = torn
    path = increment(server)
    kill(server)
    dice = random.Random(f"starts {seed}")
    count = STARTS["long" if is_long else "ci"]
    lengths = [*dice.choices(log.near_borders(), k=count // 2),
               *dice.choices(range(log.tail, len(log.content)), k=count // 2)]
    for length in lengths:
        path.write_bytes(log.content[:length])
        kept, expected = log.whole(length)
        if kept != length:
            server.options["aof-load-truncated"] = "no"
            said = is_refused(server)
            assert said and "Unexpected end of file reading the append only file" in said
            assert path.read_bytes() == log.content[:length]
        server.options["aof-load-truncated"] = "yes"
        server.start()
        assert digest(server) == expected, f"cut at {length}"
        assert path.read_bytes() == log.content[:kept]
        said = "loaded anyway because aof-load-truncated is enabled" in server.log()
        assert said == (kept != length)
        check_going_on(server)


def test_damages(torn, seed, is_long):
    """A file that cannot be told from one that was cut is cut; any other stays as it is."""
    server, log = torn
    path = increment(server)
    kill(server)
    dice = random.Random(f"damages {seed}")
    for _ in range(DAMAGES["long" if is_long else "ci"]):
        what, content = damaged(log, dice)
        path.write_bytes(content)
        said = is_refused(server)
        kept = longest(content)
        if said is not None:
            assert path.read_bytes() == content, what
            assert (BAD if kept is None else REFUSED).search(said), f"{what}: {said[-500:]}"
        else:
            assert kept is not None and path.read_bytes() == content[:kept], what
            check_going_on(server)


def data(server: Server) -> dict:
    return everything(server, fields=False, databases=3)


@pytest.mark.parametrize("oracle", [REDIS_7, REDIS_8])
def test_what_the_real_server_loads(torn, start, oracle, seed, is_long):
    """What it loads is loaded here, to the same data, if its own tool finds nothing to fix: its
    loader skips the two bytes behind a string unseen, whatever they are."""
    server, log = torn
    kill(server)
    real = start(oracle, ON)
    kill(real)
    dice = random.Random(f"beside {seed}")
    both_load = 0
    for _ in range(DAMAGES_BESIDE["long" if is_long else "ci"]):
        what, content = damaged(log, dice)
        if dice.random() < 0.3:
            what = "cut"
            content = log.content[: dice.randrange(log.tail, len(log.content))]
        is_whole = is_whole_to_tool(real, content)
        for each in (server, real):
            increment(each).write_bytes(content)
        refusals = [is_refused(each) for each in (server, real)]
        if refusals[1] is None:
            if refusals[0] is None and data(server) == data(real):
                both_load += 1
            else:
                assert not is_whole and what != "cut", f"{what}: {refusals[0]}"
        for each in (server, real):
            if each.is_running():
                kill(each)
    assert both_load


def is_whole_to_tool(server: Server, content: bytes) -> bool:
    increment(server).write_bytes(content)
    done = subprocess.run(
        [tool("redis-check-aof"), folder(server) / MANIFEST], capture_output=True, timeout=30)
    return done.returncode == 0
