"""What compares servers must itself see differences: each loosening lets through only its own."""

from __future__ import annotations

import pytest

from Conformance import exceptions
from Conformance.casefile import BadCase, Block, Case, Macro, Step, expand, split
from Conformance.compare import matches, same
from Conformance.differential import Entry, state_difference
from Conformance.test_cases import Comparison
from Support.binaries import REDIS_7, VALKEY_9
from Support.resp import NULL, NULL_ARRAY, NULL_BULK, Reply

ONE, TWO = Reply("bulk", b"1"), Reply("bulk", b"2")


def array(*parts: Reply) -> Reply:
    return Reply("array", parts)


def hello(version: bytes, protocol: int) -> Reply:
    words = (b"server", b"redis", b"version", version, b"proto")
    return array(*(Reply("bulk", word) for word in words), integer(protocol))


def integer(value: int) -> Reply:
    return Reply("integer", value)


DIFFERENT = [
    ("exact", ONE, TWO),
    ("exact", ONE, Reply("simple", b"1")),
    ("exact", NULL_BULK, NULL_ARRAY),
    ("exact", array(ONE, TWO), array(TWO, ONE)),
    ("exact", ONE, None),
    ("unordered", array(ONE, ONE), array(ONE, TWO)),
    ("unordered", array(ONE), array(ONE, ONE)),
    ("unordered", array(ONE), Reply("set", (ONE,))),
    ("pairs", array(ONE, TWO), array(TWO, ONE)),
    ("pairs", array(ONE, TWO), array(ONE, ONE)),
    ("type", ONE, integer(1)),
    ("type", Reply("error", b"ERR a"), Reply("error", b"ERR b")),
    ("type", Reply("error", b"ERR a"), ONE),
    ("type", NULL, ONE),
    ("shape", array(ONE), array(integer(1))),
    ("shape", array(array(ONE)), array(ONE)),
    ("within", integer(5), integer(8)),
    ("within", integer(-1), integer(-2)),
    ("within", integer(-1), integer(0)),
    ("within", ONE, TWO),
    ("within", array(integer(1)), array(integer(1), integer(1))),
    ("fields", Reply("bulk", b"a=1 b=2\n"), Reply("bulk", b"a=1 c=2\n")),
    ("scan", array(ONE), array(TWO)),
    ("hello", hello(b"7", 2), hello(b"7", 3)),
    ("hello", array(hello(b"7", 2)), array(hello(b"7", 3))),
    ("hello", array(ONE, TWO), array(ONE, ONE)),
    ("hello", ONE, TWO),
]

EQUAL = [
    ("exact", ONE, ONE),
    ("unordered", array(ONE, TWO), array(TWO, ONE)),
    ("pairs", array(ONE, TWO, TWO, ONE), array(TWO, ONE, ONE, TWO)),
    ("type", ONE, TWO),
    ("shape", array(ONE), array(TWO, ONE)),
    ("hello", hello(b"7", 2), hello(b"8", 2)),
    ("hello", array(hello(b"7", 2)), array(hello(b"8", 2))),
    ("within", array(integer(5)), array(integer(7))),
    ("fields", Reply("bulk", b"a=1 b=2\n"), Reply("bulk", b"a=3 b=4\n")),
]


@pytest.mark.parametrize(("mode", "mine", "theirs"), DIFFERENT)
def test_differences_are_seen(mode, mine, theirs):
    assert not same(mode, 2, mine, theirs)
    assert not same(mode, 2, theirs, mine)


@pytest.mark.parametrize(("mode", "mine", "theirs"), EQUAL)
def test_equal_enough(mode, mine, theirs):
    assert same(mode, 2, mine, theirs)


ENTRY = Entry(b"string", ONE, Reply("bulk", b"raw"), 5000)


@pytest.mark.parametrize(
    "other",
    [
        Entry(b"list", ONE, ENTRY.encoding, 5000),
        Entry(b"string", TWO, ENTRY.encoding, 5000),
        Entry(b"string", ONE, Reply("bulk", b"int"), 5000),
        Entry(b"string", ONE, ENTRY.encoding, -1),
        Entry(b"string", ONE, ENTRY.encoding, 500_000),
        None,
    ],
)
def test_state_differences_are_seen(other):
    mine, theirs = {(0, b"k"): ENTRY}, {(0, b"k"): other} if other else {}
    for oracle in (REDIS_7, VALKEY_9):
        assert state_difference(mine, theirs, oracle) and state_difference(theirs, mine, oracle)
        assert not state_difference(mine, mine, oracle)


def test_what_valkey_embeds():
    embedded = Entry(b"string", ONE, Reply("bulk", b"embstr"), 5000)
    mine, theirs = {(0, b"k"): ENTRY}, {(0, b"k"): embedded}
    assert state_difference(mine, theirs, REDIS_7)
    assert not state_difference(mine, theirs, VALKEY_9)


def test_state_allows_for_time():
    later = Entry(b"string", ONE, ENTRY.encoding, 4500)
    assert not state_difference({(0, b"k"): ENTRY}, {(0, b"k"): later}, REDIS_7)


def test_written_expectations():
    assert matches(":1", integer(1)) and not matches(":1", integer(2))
    assert matches('"1"', ONE) and not matches('"1"', Reply("simple", b"1"))
    assert matches("nil", NULL) and matches("nil", NULL_BULK) and not matches("nil", ONE)
    assert matches("error", Reply("error", b"x")) and not matches("error", None)


def test_exceptions_cover_only_their_pair(monkeypatch):
    known = exceptions.Known("GET a", "+x", "+y", "because", 2)
    monkeypatch.setattr(exceptions, "EXCEPTIONS", [known])
    assert exceptions.find("GET a", 2, "+x", "+y") == 0
    for other in (("GET b", 2, "+x", "+y"), ("GET a", 3, "+x", "+y"), ("GET a", 2, "+z", "+y"),
                  ("GET a", 2, "+x", "+z")):
        assert exceptions.find(*other) is None


def test_any_number_is_a_number(monkeypatch):
    monkeypatch.setattr(exceptions, "EXCEPTIONS", [exceptions.Known("GET a", "+x", ":*", "")])
    assert exceptions.find("GET a", 2, "+x", ":17") == 0
    assert exceptions.find("GET a", 2, "+x", "+y") is None


def test_rules_cover_whole_texts(monkeypatch):
    rule = exceptions.Rule("(.* ; )?set a ; get a", r"\+x", r"\+y", "because", "", "")
    monkeypatch.setattr(exceptions, "RULES", [rule])
    assert exceptions.find_rule(["PING", "SET a", "GET a"], "+x", "+y") == 0
    assert exceptions.find_rule(["SET a", "PING", "GET a"], "+x", "+y") is None
    assert exceptions.find_rule(["SET a", "GET a"], "+xx", "+y") is None
    assert exceptions.find_rule(["SET a", "GET a"], "+x", "+z") is None


def block(command: str, *texts: str) -> Block:
    steps = [Step(1, True, split(text)) for text in texts]
    cases = [Case("", (step,), True, None, "exact", 0, "", None, "") for step in steps]
    return Block(command, "", cases=cases)


def test_spelling_makes_no_other_call():
    assert block("GET", "GET a", "get a", "GET A", "GET b").count(True) == 2
    assert block("SET", "SET a b", "SET a B").count(True) == 2
    assert block("CLIENT ID", "client id", "CLIENT Id").count(True) == 1
    assert block("GET", "GET a", "GET a").count(False) == 0


def test_an_error_must_be_the_blocks_own():
    error, queued = Reply("error", b"ERR"), Reply("simple", b"QUEUED")
    mine, other, execute = (Step(1, True, split(text)) for text in ("get a", "NOSUCH", "EXEC"))
    comparison = Comparison.__new__(Comparison)
    comparison.block = Block("GET", "")
    own = comparison._is_its_own_error
    assert own([mine], [(mine, error)])
    assert own([execute], [(mine, queued), (execute, error)])
    assert not own([other], [(mine, ONE), (other, error)])
    assert not own([other, execute], [(mine, queued), (other, error), (execute, error)])
    assert not own([execute], [(mine, ONE), (execute, error)])


def test_case_notation():
    assert expand("a {b|c}{|d}") == ["a b", "a bd", "a c", "a cd"]
    assert expand(r"{a\|b|c}") == ["a|b", "c"]
    assert split(r'a "b c\x00\n" <x*3> <now-5>') == (b"a", b"b c\x00\n", b"xxx", Macro("now", -5))
    with pytest.raises(BadCase):
        split('"a')


def test_deadlines_may_be_as_far_apart_as_the_servers_were_asked():
    early, late = (
        {(0, b"k"): Entry(b"string", ONE, Reply("bulk", b"int"), ttl)} for ttl in (100_000, 94_500))
    assert state_difference(early, late, REDIS_7, 1.4)
    assert not state_difference(early, late, REDIS_7, 1.6)
