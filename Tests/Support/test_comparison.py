"""What compares servers must itself see differences: each loosening lets through only its own."""

from __future__ import annotations

import pytest

from Conformance import exceptions
from Conformance.casefile import BadCase, Macro, expand, split
from Conformance.compare import matches, same
from Conformance.differential import Entry, state_difference
from Support.resp import NULL, NULL_ARRAY, NULL_BULK, Reply

ONE, TWO = Reply("bulk", b"1"), Reply("bulk", b"2")


def array(*parts: Reply) -> Reply:
    return Reply("array", parts)


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
]

EQUAL = [
    ("exact", ONE, ONE),
    ("unordered", array(ONE, TWO), array(TWO, ONE)),
    ("pairs", array(ONE, TWO, TWO, ONE), array(TWO, ONE, ONE, TWO)),
    ("type", ONE, TWO),
    ("shape", array(ONE), array(TWO, ONE)),
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
    assert state_difference(mine, theirs) and state_difference(theirs, mine)
    assert not state_difference(mine, mine)


def test_state_allows_for_time():
    later = Entry(b"string", ONE, ENTRY.encoding, 4500)
    assert not state_difference({(0, b"k"): ENTRY}, {(0, b"k"): later})


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


def test_case_notation():
    assert expand("a {b|c}{|d}") == ["a b", "a bd", "a c", "a cd"]
    assert expand(r"{a\|b|c}") == ["a|b", "c"]
    assert split(r'a "b c\x00\n" <x*3> <now-5>') == (b"a", b"b c\x00\n", b"xxx", Macro("now", -5))
    with pytest.raises(BadCase):
        split('"a')
