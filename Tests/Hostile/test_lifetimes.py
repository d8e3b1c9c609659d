"""Connections that end in every state, in every way, in the turn of others or between turns.

What each test asserts is little: the server lives, the others are in step, nothing is kept. The
rest is the address sanitizer's (Tests/run-sanitized).
"""

from __future__ import annotations

import random
import socket

import pytest

from Hostile.nonce import assert_in_step
from Hostile.waiting import wait_until
from Support.memory import STEADY, assert_back, settled_bytes
from Support.resp import encode
from Support.wire import Closed, Silent

LARGE = b"L" * 40_000  # over 32 KiB: read into a block that SET makes the value
HUGE = b"H" * (3 << 19)  # over the mebibyte that a claimed length may reserve


def _half(*call, missing: int) -> bytes:
    return encode(call)[:-missing]


# What a victim has sent when its end comes.
STATES = {
    "nothing": b"",
    "pipeline": (encode(["SET", "k", "v" * 100]) + encode(["GET", "k"])) * 100,
    "large pipeline": (encode(["SET", "k", LARGE]) + encode(["APPEND", "k", LARGE])) * 8,
    "large arguments": encode(["MSET", "a", LARGE, "b", LARGE, "a", LARGE, "c", "small"]) * 3,
    "half a count": b"*3",
    "half a command": _half("SET", "k", "value", missing=4),
    "half a pipeline": encode(["INCR", "n"]) * 40 + _half("SET", "k", "v" * 500, missing=200),
    "half a large argument": _half("SET", "k", LARGE, missing=15_000),
    "half a second large argument": _half("MSET", "a", LARGE, "b", LARGE, missing=15_000),
    "half a huge argument": encode(["INCR", "n"]) + _half("SET", "k", HUGE, missing=100_000),
    "half of many arguments": _half("EXISTS", *["some key"] * 5000, missing=30_000),
    "quoted line": b'SET "k" "a \\x41 value"\r\n' * 20,
    "transaction": encode(["MULTI"]) + encode(["SET", "k", LARGE]) * 3 + encode(["INCR", "n"]),
    "transaction with its end": encode(["WATCH", "k"]) + encode(["MULTI"])
    + encode(["SET", "k", LARGE]) * 2 + encode(["GET", "k"]) * 20 + encode(["EXEC"]),
    "watches": b"".join(encode(["WATCH", f"w{number}"]) for number in range(50)),
    "unread replies": encode(["GET", "big"]) * 12,
    "unread transaction": encode(["MULTI"]) + encode(["GET", "big"]) * 8 + encode(["EXEC"]),
    "monitor": encode(["MONITOR"]),
    "monitor of itself": encode(["MULTI"]) + encode(["MONITOR"]) + encode(["PING"]) * 5
    + encode(["EXEC"]) + encode(["SET", "k", LARGE]),
    "silence": encode(["CLIENT", "REPLY", "OFF"]) + encode(["GET", "big"]) * 8,
    "pause": encode(["CLIENT", "PAUSE", "60"]) + encode(["SET", "k", LARGE]) * 2,
    "pause of writes": encode(["CLIENT", "PAUSE", "60", "WRITE"])
    + encode(["SET", "k", LARGE]) * 2,
    "pause of a quoted line": encode(["CLIENT", "PAUSE", "60", "WRITE"])
    + b'SET "k" "a \\x41 value"\r\n',
    "pause of a transaction": encode(["CLIENT", "PAUSE", "60", "WRITE"]) + encode(["MULTI"])
    + encode(["SET", "k", LARGE]) + encode(["EXEC"]),
    "kill within": encode(["CLIENT", "KILL", "ID", "{own}", "SKIPME", "no"])
    + encode(["SET", "k", LARGE]) * 2,
    "kill within a transaction": encode(["MULTI"])
    + encode(["CLIENT", "KILL", "ID", "{own}", "SKIPME", "no"]) + encode(["SET", "k", LARGE]) * 2
    + encode(["EXEC"]) + encode(["GET", "k"]) * 20,
    "blocked": encode(["BLPOP", "none", LARGE, "0"]) + encode(["SET", "k", LARGE]) * 2,
    "blocked with a time": encode(["BLMOVE", "none", "k", "LEFT", "LEFT", "0.02"])
    + encode(["GET", "k"]) * 20,
    "blocked and served": encode(["BLPOP", "none", "list", "0"]) + encode(["GET", "big"]) * 4
    + encode(["BRPOP", "list", "0"]),
    "broken": encode(["SET", "k", LARGE]) + b"*1\r\n:broken\r\n" + encode(["INCR", "n"]) * 20,
}

MORE = encode(["SET", "k", LARGE]) + encode(["GET", "k"]) * 5

# What ends it; called with the scene, and to be followed by whatever its end may disturb.
ENDS = {
    "killed": lambda scene: scene.admin.send(encode(["CLIENT", "KILL", "ID", scene.id])),
    "killed with all": lambda scene: scene.admin.send(
        encode(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]) * 2),
    "killed in a transaction": lambda scene: scene.admin.send(
        encode(["MULTI"]) + encode(["GET", "k"]) + encode(["CLIENT", "KILL", "ID", scene.id])
        + encode(["SET", "k", "after"]) + encode(["EXEC"])),
    "unblocked and killed": lambda scene: scene.admin.send(
        encode(["CLIENT", "UNBLOCK", scene.id, "ERROR"])
        + encode(["CLIENT", "KILL", "ID", scene.id])),
    "killed and let go": lambda scene: scene.admin.send(
        encode(["CLIENT", "KILL", "ID", scene.id]) + encode(["CLIENT", "UNPAUSE"])),
    "let go and killed": lambda scene: scene.admin.send(
        encode(["CLIENT", "UNPAUSE"]) + encode(["CLIENT", "KILL", "ID", scene.id])),
    "evicted": lambda scene: scene.evict(),
    "over its output limit": lambda scene: scene.admin.send(
        encode(["CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0"])
        + encode(["CLIENT", "LIST"])),
    "over its query limit": lambda scene: scene.admin.send(
        encode(["CONFIG", "SET", "client-query-buffer-limit", "1mb"])),
    "flushed": lambda scene: scene.admin.send(
        encode(["FLUSHALL", "ASYNC"]) + encode(["SWAPDB", "0", "1"]) + encode(["RESET"])),
    "aborted": lambda scene: scene.victim.abort(),
    "closed": lambda scene: scene.victim.close(),
    "half closed": lambda scene: scene.victim_sends(b"", is_last=True),
}


class Scene:
    """A victim, an administrator who ends it, and a bystander who works all the time."""

    def __init__(self, server):
        self.server = server
        self.admin, self.victim = server.wire(), server.wire()
        self.sleeper, self.bystander = server.wire(), server.wire()
        self.victim.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.id = self.victim.call("CLIENT", "ID").value
        for wire in (self.admin, self.sleeper, self.bystander):
            wire.ok("CLIENT", "NO-EVICT", "on")
        self.admin.ok("SET", "big", "x" * 300_000)

    def play(self, state: bytes, end, is_same_turn: bool) -> None:
        self.victim.socket.settimeout(2)
        if is_same_turn:
            # The server finds all of it when it wakes.
            self.sleeper.send(encode(["DEBUG", "SLEEP", "0.02"]))
        own = b"%d" % self.id
        state = state.replace(b"$5\r\n{own}", b"$%d\r\n%b" % (len(own), own))
        self.victim_sends(state)
        if not is_same_turn:
            self.sleeper.call("DEBUG", "SLEEP", "0.001")
        self.bystander.send(encode(["SET", "k", LARGE]) + encode(["GET", "k"]) * 3)
        end(self)
        self.victim_sends(MORE)
        self.bystander.send(encode(["MSET", "k", LARGE, "l", LARGE]) + encode(["DEL", "k", "l"]))

    def victim_sends(self, data: bytes, is_last: bool = False) -> None:
        try:
            self.victim.send(data)
            if is_last:
                self.victim.socket.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            pass  # it is closed, or the server takes nothing more from it

    def evict(self) -> None:
        """Clients are evicted by the server's next tick."""
        self.admin.ok("CONFIG", "SET", "maxmemory-clients", "1")
        wait_until(
            lambda: not self.admin.call("CLIENT", "LIST", "ID", self.id).value, "not evicted")

    def leave(self) -> None:
        for wire in (self.victim, self.sleeper, self.bystander):
            wire.abort()
        for call in (
            ["DISCARD"], ["CLIENT", "UNPAUSE"], ["CONFIG", "SET", "maxmemory-clients", "0"],
            ["CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0"],
            ["CONFIG", "SET", "client-query-buffer-limit", "1gb"],
            ["FLUSHALL"], ["ECHO", "the end"],
        ):
            self.admin.send(encode(call))
        self.admin.read_bytes_until(b"the end\r\n")
        assert_in_step(self.admin, "a lifetime")
        self.admin.abort()


@pytest.mark.parametrize("is_same_turn", (True, False), ids=("same turn", "turns"))
def test_lifetimes(start, seed, is_same_turn):
    """Every state with every end, twice; the second time nothing grows any more."""
    server = start(options=STEADY | {"loglevel": "warning"})
    scenes = [(state, end) for state in STATES for end in ENDS]
    random.Random(seed).shuffle(scenes)
    before = None
    # With each seed another half of them, for the sake of time.
    scenes = scenes[: len(scenes) // 2]
    for _ in range(2):
        for state, end in scenes:
            scene = Scene(server)
            scene.play(STATES[state], ENDS[end], is_same_turn)
            try:
                scene.leave()
            except (Closed, Silent) as failure:
                pytest.fail(f"{state}, {end}: {failure!r}\n{server.errors()}")
        with server.wire() as wire:
            wait_until(
                lambda: wire.info("clients")["connected_clients"] == "1", "connections are left")
            # What a bystander's last call wrote after the scene's own FLUSHALL.
            wire.ok("FLUSHALL")
        before = before or settled_bytes(server)
    assert_back(server, before)


def test_monitored_arguments_outlive_their_command(start):
    """MONITOR shows arguments after the command has run, those that became values among them."""
    server = start()
    with server.wire() as wire, server.wire() as watcher:
        watcher.ok("MONITOR")
        for call in (
            ["SET", "k", LARGE], ["SET", "k", LARGE, "EXAT", "1"], ["GETSET", "k", LARGE],
            ["MSET", "k", LARGE, "k", LARGE], ["MSETNX", "x", LARGE, "x", LARGE],
            ["SET", "k", LARGE, "GET"], ["PSETEX", "k", "1", LARGE], ["SETRANGE", "k", "0", LARGE],
            ["APPEND", "k", LARGE], ["SET", LARGE, LARGE], ["DEL", LARGE],
        ):
            assert wire.call(*call).kind != "error", call[0]
            shown = watcher.read().value
            assert shown.count(b"L" * 40_000) == call.count(LARGE), call[0]
