"""A pipeline whose middle changes, ends or blocks connections, its own or others'."""

from __future__ import annotations

import random
import re
import socket
import time

import pytest

from Hostile.nonce import assert_in_step, nonce
from Hostile.waiting import wait_until
from Support.binaries import REDIS_7
from Support.memory import STEADY, assert_back, settled_bytes
from Support.resp import encode
from Support.wire import Closed, Silent, Wire

HEAD = [["SET", "k", "0"], ["INCR", "k"]]
TAIL = [["INCR", "k"], ["INCR", "k"], ["ECHO", "end"]]

# Each in the middle of a pipeline; {id} is the connection's own id, {other} that of another.
MIDDLES = {
    "quit": [["QUIT"]],
    "quit inline": [["QUIT", "now"]],
    "reset": [["RESET"]],
    "reset in a transaction": [["MULTI"], ["SET", "k", "9"], ["RESET"]],
    "kill self": [["CLIENT", "KILL", "ID", "{id}", "SKIPME", "no"]],
    "kill self by default": [["CLIENT", "KILL", "ID", "{id}"]],
    "kill other": [["CLIENT", "KILL", "ID", "{other}"]],
    "kill all but me": [["CLIENT", "KILL", "SKIPME", "yes", "ID", "{other}"]],
    "kill normal": [["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no", "USER", "default"]],
    "kill nobody": [["CLIENT", "KILL", "ID", "999999999"]],
    "kill and go on": [["CLIENT", "KILL", "ID", "{other}"], ["CLIENT", "KILL", "ID", "{other}"]],
    "kill self in a transaction": [
        ["MULTI"], ["INCR", "k"], ["CLIENT", "KILL", "ID", "{id}", "SKIPME", "no"], ["INCR", "k"],
        ["EXEC"],
    ],
    "silence": [["CLIENT", "REPLY", "OFF"], ["INCR", "k"], ["CLIENT", "REPLY", "ON"]],
    "skip": [["CLIENT", "REPLY", "SKIP"], ["INCR", "k"]],
    "silence and kill": [["CLIENT", "REPLY", "OFF"], ["CLIENT", "KILL", "ID", "{id}"]],
    "pause": [["CLIENT", "PAUSE", "30", "ALL"]],
    "pause writes": [["CLIENT", "PAUSE", "30", "WRITE"]],
    "pause and unpause": [["CLIENT", "PAUSE", "100000", "WRITE"], ["CLIENT", "UNPAUSE"]],
    "open transaction": [["MULTI"]],
    "aborted transaction": [["MULTI"], ["NOSUCH"], ["INCR", "k"], ["EXEC"]],
    "watch": [["WATCH", "k"], ["INCR", "k"], ["MULTI"], ["INCR", "k"], ["EXEC"]],
    "hello": [["HELLO", "3"], ["CONFIG", "GET", "maxmemory"], ["HELLO", "2"]],
    "bad hello": [["HELLO", "7"], ["HELLO", "3", "AUTH", "x"]],
    "select": [["SELECT", "5"], ["INCR", "k"], ["SELECT", "99"], ["SELECT", "0"]],
    "flush": [["FLUSHALL"]],
    "flush async": [["FLUSHALL", "ASYNC"]],
    "swap": [["SWAPDB", "0", "1"], ["SWAPDB", "0", "1"]],
    "unblock self": [["CLIENT", "UNBLOCK", "{id}"]],
    "errors": [["GET"], ["NOSUCH", "\r\n"], ["SET", "k"], ["INCR", "k", "x"]],
    "monitor ends nothing": [["MONITOR"], ["RESET"]],
    "config set": [["CONFIG", "SET", "maxmemory-samples", "5"], ["CONFIG", "SET", "x", "y"]],
    "sleep": [["DEBUG", "SLEEP", "0.001"]],
}


def _fill(calls, own: int, other: int):
    return [[part.format(id=own, other=other) for part in call] for call in calls]


def transcript(server, middle) -> tuple[bytes, str, str]:
    """Everything one pipeline was answered, the other connection's fate, what is left of it."""
    with server.wire(timeout=5) as wire, server.wire(timeout=5) as other:
        other.call("PING")
        ids = wire.call("CLIENT", "ID").value, other.call("CLIENT", "ID").value
        calls = HEAD + _fill(middle, *ids) + TAIL
        wire.send(b"".join(encode(call) for call in calls))
        got = _until_end(wire)
        try:
            fate = other.call("PING").text()
        except (Closed, OSError):
            fate = "closed"
    with server.wire() as after:
        left = after.call("GET", "k").text()
        assert_in_step(after, "the batch")
    return got, fate, left


def _until_end(wire) -> bytes:
    data = b""
    try:
        while not data.endswith(b"$3\r\nend\r\n") and not data.endswith(b"+QUEUED\r\n" * 3):
            wire._receive(time.monotonic() + 1)
            data = wire.buffer[wire.at :]
    except Closed:
        return wire.buffer[wire.at :] + b"(closed)"
    except Silent:
        return wire.buffer[wire.at :] + b"(silent)"
    return data


_HELLO = re.compile(rb"[%*]\d+\r\n\$6\r\nserver\r\n.*?modules\r\n\*\d+\r\n", re.DOTALL)
_MONITORED = re.compile(rb"\+\d+\.\d+ \[[^\r]*\r\n")


def _normal(data: bytes) -> bytes:
    """Without what differs between servers: HELLO's map and the lines of MONITOR."""
    return _MONITORED.sub(b"", _HELLO.sub(b"(hello)\r\n", data))


@pytest.mark.parametrize("name", MIDDLES)
def test_same_as_redis(pool, subject, name):
    mine, theirs = (transcript(s, MIDDLES[name]) for s in (subject, pool.get(REDIS_7)))
    assert (_normal(mine[0]), *mine[1:]) == (_normal(theirs[0]), *theirs[1:])


def test_killed_while_its_own_batch_waits(start):
    """Many connections, all with work in the same turn, each killed by one of them."""
    server = start()
    killer, others = server.wire(), [server.wire() for _ in range(40)]
    ids = [wire.call("CLIENT", "ID").value for wire in others]
    for wire in others:
        wire.send(encode(["SET", "x", "y" * 100]) * 50)
    killer.send(b"".join(encode(["CLIENT", "KILL", "ID", number]) for number in ids))
    for wire in others:
        wire.send(encode(["GET", "x"]) * 50)
    assert [killer.read().value for _ in ids] == [1] * len(ids)
    for wire in others:
        wire.read_bytes_until_closed()
        wire.close()
    assert_in_step(killer, "killing everyone")
    killer.close()


def test_disconnect_with_an_open_transaction(start):
    server = start(options=STEADY)
    before = None
    for _ in range(2):
        for _ in range(50):
            wire = server.wire()
            queued = encode(["SET", "a", "b" * 1000]) * 20
            wire.send(encode(["WATCH", "a"]) + encode(["MULTI"]) + queued)
            wire.abort()
        with server.wire() as wire:
            assert wire.call("EXISTS", "a").value == 0
        before = before or settled_bytes(server)
    assert_back(server, before)


def test_half_closed_still_gets_its_replies(subject):
    with subject.wire() as wire:
        wire.send(encode(["SET", "half", "1"]) + encode(["INCR", "half"]) + encode(["DEL", "half"]))
        wire.socket.shutdown(1)
        data = wire.read_bytes_until_closed()
        assert data in (b"+OK\r\n:2\r\n:1\r\n", b""), data


@pytest.mark.parametrize("is_unix", (True, False), ids=("unix", "tcp"))
@pytest.mark.parametrize("last", (b"", b"x" * 30_000), ids=("short", "long"))
def test_what_came_before_the_end_is_run(start, tmp_path, is_unix, last):
    """The system may tell of the end together with the last bytes; those are run all the same."""
    path = tmp_path / "socket"
    server = start(options={"unixsocket": str(path)})
    address = str(path) if is_unix else server.port
    data = encode(["CLIENT", "REPLY", "OFF"]) + encode(["INCR", "n"]) * 100
    data += encode(["SET", "last", last]) + encode(["INCR", "n"])
    with server.wire() as admin:
        admin.send(encode(["DEBUG", "SLEEP", "0.3"]))
        for _ in range(50):
            wire = Wire(address)
            wire.send(data)
            wire.close()
        assert admin.read().value == b"OK"
        wait_until(lambda: admin.info("clients")["connected_clients"] == "1", "still connected")
        assert admin.call("GET", "n").value == b"5050"


def test_end_behind_more_than_one_turn_can_answer(subject):
    """A client gets its replies in shares, turn by turn; its end waits for what it has sent."""
    with subject.wire() as admin:
        admin.ok("SET", "big", "x" * (2 << 20))
        wire = subject.wire()
        wire.send(encode(["GET", "big"]) * 10 + encode(["INCR", "after"]))
        wire.socket.shutdown(socket.SHUT_WR)
        wait_until(lambda: admin.info("clients")["connected_clients"] == "1", "still connected")
        wire.close()
        assert admin.call("GET", "after").value == b"1"
        admin.call("DEL", "big", "after")


# -- storms ------------------------------------------------------------------------------------


class Storm:
    """Some connections sending random pipelines, among them what kills, mutes and pauses."""

    def __init__(self, server, seed: int):
        self.server = server
        self.random = random.Random(seed)
        self.wires = [server.wire() for _ in range(8)]
        self.ids = [wire.call("CLIENT", "ID").value for wire in self.wires]

    def call(self) -> list:
        choose = self.random.choice
        some_id = str(choose(self.ids))
        key = choose(["a", "b", "c"])
        return choose(
            [
                ["SET", key, "v" * choose([1, 100, 40_000])], ["GET", key], ["INCR", "n"],
                ["DEL", key], ["MULTI"], ["EXEC"], ["DISCARD"], ["WATCH", key], ["RESET"],
                ["CLIENT", "KILL", "ID", some_id],
                ["CLIENT", "KILL", "ID", some_id, "SKIPME", "no"],
                ["CLIENT", "REPLY", choose(["ON", "OFF", "SKIP"])], ["CLIENT", "PAUSE", "2"],
                ["CLIENT", "PAUSE", "2", "WRITE"], ["CLIENT", "UNPAUSE"], ["CLIENT", "LIST"],
                ["CLIENT", "UNBLOCK", some_id], ["FLUSHALL"], ["FLUSHALL", "ASYNC"], ["NOSUCH"],
                ["HELLO", choose(["2", "3", "9"])], ["SWAPDB", "0", "1"], ["KEYS", "*"],
                ["CLIENT", "NO-EVICT", "ON"], ["MONITOR"], ["GET"], ["SELECT", choose("019")],
            ]
        )

    def blow(self) -> None:
        for _ in range(30):
            index = self.random.randrange(len(self.wires))
            wire = self.wires[index]
            data = b"".join(encode(self.call()) for _ in range(self.random.randrange(1, 40)))
            action = self.random.random()
            if action < 0.05:
                data += b"*x\r\n"
            elif action < 0.1:
                data = data[: self.random.randrange(len(data))]
            wire.send(data)
            if self.random.random() < 0.15:
                wire.abort()
                self.wires[index] = self.server.wire()
                self.ids[index] = index + 1

    def end(self) -> None:
        for wire in self.wires:
            wire.abort()


def test_storms(start, is_long, seed):
    server = start(options=STEADY | {"loglevel": "warning"})
    survivor = server.wire()
    survivor.call("CLIENT", "SETNAME", "survivor")
    before = None
    for number in range(1000 if is_long else 50):
        storm = Storm(server, 1000 * seed + number)
        storm.blow()
        storm.end()
        with server.wire() as wire:
            wire.ok("CLIENT", "UNPAUSE")
            wire.ok("FLUSHALL")
            assert_in_step(wire, f"storm {number}")
        if before is None and number >= 9:
            survivor.abort()
            before = settled_bytes(server)
    assert_back(server, before)


def test_nonces_stay_in_order_under_load(subject):
    """Many connections, deep pipelines: each gets its own replies, in its own order."""
    wires = [subject.wire() for _ in range(20)]
    sent = []
    for _ in range(20):
        for wire in wires:
            tokens = [nonce() for _ in range(25)]
            wire.send(b"".join(encode(["ECHO", token]) for token in tokens))
            sent.append((wire, tokens))
    for wire, tokens in sent:
        assert [wire.read().value for _ in tokens] == tokens
    for wire in wires:
        wire.close()
