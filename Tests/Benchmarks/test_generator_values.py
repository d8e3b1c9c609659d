"""The load generator's values, and loads that leave their core to others."""

from __future__ import annotations

import time
import zlib

import pytest

from Benchmarks.generator import measured, run
from Support.server import Server

# Measures, or pins processes that do.
pytestmark = pytest.mark.alone
KEY = "key:__rand_int__"
COUNT = 200


@pytest.fixture(scope="module")
def server():
    with Server() as server:
        yield server


def values(server, *options):
    """All that a load has written."""
    with server.wire() as wire:
        wire.call("FLUSHALL")
        measured("-p", server.port, "-n", COUNT, "-r", COUNT, "--keys", "sequential", "-P", 10,
                 *options, "SET", KEY, "__data__")
        return [wire.call("GET", f"key:{number:012}").value for number in range(COUNT)]


def compressed_share(found):
    return sum(len(zlib.compress(value)) for value in found) / sum(map(len, found))


@pytest.mark.parametrize("kind, low, high", [
    ("same", 0, 0.1), ("words", 0.2, 0.75), ("random", 1, 1.1)])
def test_values_compress_as_their_kind_says(server, kind, low, high):
    found = values(server, "-d", 256, "--data", kind)
    assert {len(value) for value in found} == {256}
    assert len(set(found)) == (1 if kind == "same" else COUNT)
    assert low <= compressed_share(found) <= high


def test_values_are_the_same_unless_asked_for(server):
    assert set(values(server, "-d", 8)) == {b"xxxxxxxx"}


def test_a_seed_gives_the_same_values_again(server):
    options = ("-d", 32, "--data", "random", "-c", 1)
    first = values(server, *options)
    assert values(server, *options) == first != values(server, *options, "--seed", 2)


@pytest.mark.parametrize("options, text", [
    (("--data", "noise", "PING"), "noise"),
    (("--data", "words", "-d", 8, "--expect", "data", "GET", "k"), "differ from each other"),
    (("--rate", 10, "--nap", -1, "PING"), "nap"),
    (("--rate", 10, "--nap", 1_000_001, "PING"), "a nap lasts at most a second"),
])
def test_what_cannot_be_done_is_said(server, options, text):
    result = run("-p", server.port, "-n", 10, *options)
    assert result.returncode != 0 and text in result.stderr


def test_a_napping_loop_sends_all_and_uses_less(server):
    """A spinning one uses all of its core, whatever the machine does beside."""
    def shares(*options):
        [result] = measured("-p", server.port, "--rate", 1000, "--duration", 1, "-c", 5, *options,
                            "PING")
        assert result["requests"] == 1000
        return sum(result["cpu_seconds"].values())

    assert shares("--nap", 1000) < shares() / 2


def test_a_nap_does_not_hold_up_what_is_due(server):
    started = time.monotonic()
    [result] = measured("-p", server.port, "--rate", 500, "-n", 500, "--nap", 1_000_000, "PING")
    assert result["requests"] == 500 and time.monotonic() - started < 30
