"""Blocked clients that end while others serve them: threats, class D (use after free).

What is asserted is that nothing is lost or doubled, that the server lives and keeps nothing; the
rest is the address sanitizer's (Tests/run-sanitized).
"""

from __future__ import annotations

import random

import pytest

from Hostile.nonce import assert_in_step
from Hostile.waiting import wait_until
from Support.memory import STEADY, assert_back, settled_bytes
from Support.resp import encode
from Support.wire import Closed, Silent

LARGE = b"L" * 40_000


def blocked_count(wire) -> int:
    return int(wire.info("clients")["blocked_clients"])


def block(server, control, *call, more: bytes = b""):
    """A connection in a blocking call, and its id. `more` is sent behind the call."""
    before = blocked_count(control)
    wire = server.wire()
    number = wire.call("CLIENT", "ID").value
    wire.send(encode(call) + more)
    wait_until(lambda: blocked_count(control) == before + 1, f"{call} does not block")
    return wire, number


def test_served_client_with_large_input_is_evicted(start):
    """2026-23479: a served call's client is freed for what it has sent behind the call."""
    server = start(options=STEADY)
    with server.wire() as control:
        for _ in range(5):
            behind = encode(["SET", "x", LARGE]) * 40
            block(server, control, "BLPOP", "k", "0", more=behind)
            control.pipeline([["MULTI"], ["CONFIG", "SET", "maxmemory-clients", "1mb"],
                              ["RPUSH", "k", "1"], ["EXEC"]])
            control.call("CONFIG", "SET", "maxmemory-clients", "0")
            wait_until(lambda: blocked_count(control) == 0, "still blocked")
            control.call("DEL", "k", "x")
        assert_in_step(control, "after evictions")


@pytest.mark.parametrize("victim", (0, 1, 2))
def test_next_in_line_is_evicted(start, victim):
    """Redis 15594, Valkey 4198: eviction frees the successor while the line is walked."""
    server = start(options=STEADY)
    with server.wire() as control:
        waiting = []
        for number in range(3):
            large = b"*2\r\n$4\r\nECHO\r\n$1500000\r\n" + b"x" * 1_499_000
            more = large if number == victim else b""
            waiting.append(block(server, control, "BLPOP", "k", "0", more=more)[0])
        wait_until(lambda: b"tot-net-in=1499" in control.call("CLIENT", "LIST").value,
                   "not yet received")
        control.send(encode(["CONFIG", "SET", "maxmemory-clients", "1mb"])
                     + encode(["RPUSH", "k", "1", "2", "3"]))
        control.read(), control.read()
        received = 0
        for wire in waiting:
            try:
                received += wire.read(5).kind == "array"
            except (Closed, Silent):
                pass
        assert received >= 2
        assert int(control.call("LLEN", "k").value) == 3 - received or received == 3
        assert_in_step(control, "after eviction")


def test_storms_of_ends(start, seed):
    """Blocked clients are served, killed, unblocked, timed out, evicted and hang up, at random."""
    generator = random.Random(seed)
    server = start(options=STEADY)
    before = None
    for _ in range(2):
        with server.wire() as control:
            run_storm(server, control, generator)
            wait_until(lambda: blocked_count(control) == 0, "somebody is still blocked")
            control.ok("FLUSHALL")
            info = control.info("clients")
            assert info["total_blocking_keys"] == info["clients_in_timeout_table"] == "0"
        before = before or settled_bytes(server)
    assert_back(server, before)


def run_storm(server, control, generator) -> None:
    keys = ["k1", "k2", "k3", LARGE]
    workers = []
    for _ in range(150):
        if len(workers) < 12:
            wire = server.wire()
            number = wire.call("CLIENT", "ID").value
            wire.send(worker_call(generator, keys) + worker_call(generator, keys)
                      + encode(["INCR", "n"]) * generator.randrange(40))
            workers.append((wire, number))
        wire, number = generator.choice(workers)
        what = generator.randrange(9)
        if what == 0:
            control.call("CLIENT", "KILL", "ID", str(number))
            workers.remove((wire, number))
        elif what == 1:
            wire.abort()
            workers.remove((wire, number))
        elif what == 2:
            control.call("CLIENT", "UNBLOCK", str(number), generator.choice(["ERROR", "TIMEOUT"]))
        elif what == 3:
            control.pipeline([["MULTI"], ["RPUSH", "k1", "a"], ["CLIENT", "KILL", "ID",
                              str(number)], ["LPUSH", "k2", LARGE], ["EXEC"]])
        elif what == 4:
            control.pipeline([["CLIENT", "PAUSE", "5", "WRITE"], ["CLIENT", "UNPAUSE"]])
        elif what == 5:
            control.pipeline([["SWAPDB", "0", "1"], ["SWAPDB", "1", "0"], ["FLUSHALL"]])
        else:
            control.call("RPUSH", generator.choice(keys), *["e"] * generator.randrange(1, 4))
    for wire, _ in workers:
        wire.abort()


def worker_call(generator, keys) -> bytes:
    first, second = generator.choice(keys), generator.choice(keys)
    timeout = generator.choice(["0", "0.001", "0.02", "100"])
    return encode(generator.choice([
        ["BLPOP", first, second, first, timeout], ["BRPOP", first, timeout],
        ["BLMOVE", first, second, "LEFT", "RIGHT", timeout], ["BRPOPLPUSH", first, first, timeout],
        ["BLMPOP", timeout, "2", first, second, "RIGHT", "COUNT", "2"],
    ]))


def test_many_wait_for_one_key(start):
    """A thousand in line are served in order, and whoever leaves costs nobody else anything."""
    server = start(options={"maxclients": "3000"})
    with server.wire() as control:
        waiting = []
        for _ in range(1000):
            wire = server.wire()
            wire.send(encode(["BLPOP", "k", "0"]))
            # The next one is to arrive after it.
            waiting.append(wire)
            if len(waiting) % 100 == 0:
                wait_until(lambda: blocked_count(control) == len(waiting), "not all wait")
        for wire in waiting[::2]:
            wire.abort()
        wait_until(lambda: blocked_count(control) == 500, "those that left still wait")
        control.call("RPUSH", "k", *map(str, range(500)))
        values = sorted(int(wire.read().value[1].value) for wire in waiting[1::2])
        assert values == list(range(500))
        assert control.call("EXISTS", "k").value == 0
        for wire in waiting[1::2]:
            wire.close()
