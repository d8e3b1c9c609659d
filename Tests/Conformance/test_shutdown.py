"""SHUTDOWN in every form: each call ends its own server, in the same way as the real one."""

from __future__ import annotations

from itertools import permutations

import pytest

from Conformance.casefile import ENOUGH
from Support.binaries import REDIS_7, SUBJECT
from Support.resp import encode, show
from Support.server import Server
from Support.wire import Closed

# SAVE is for the tests of the process: there are no snapshots yet, and it is refused.
FORMS = sorted(
    {
        tuple(words)
        for count in range(4)
        for words in permutations(("NOSAVE", "NOW", "FORCE"), count)
    }
    | {("nosave",), ("Now",), ("fOrCe",), ("NOSAVE", "NOSAVE"), ("NOW", "NOW"), ("FORCE", "FORCE")}
)


def outcome(kind: str, words: tuple[str, ...]) -> tuple[str, int]:
    """What the connection sees and the process's exit status."""
    server = Server(kind)
    try:
        with server.wire() as wire:
            wire.ok("SET", "a", "b")
            wire.send(encode(["SHUTDOWN", *words]))
            try:
                answer = show(wire.read())
            except Closed:
                answer = "closed"
        return answer, server.wait_exit(5)
    finally:
        server.stop()


def test_there_are_enough():
    assert len(FORMS) >= ENOUGH


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_form(words):
    assert outcome(SUBJECT, words) == outcome(REDIS_7, words) == ("closed", 0)
