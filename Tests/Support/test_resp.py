"""The decoder the other tests trust: it keeps types apart and refuses what is not RESP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from Support.resp import Incomplete, Malformed, Reply, decode, encode, show

GOOD = {
    b"+OK\r\n": Reply("simple", b"OK"),
    b"-ERR x\r\n": Reply("error", b"ERR x"),
    b":-12\r\n": Reply("integer", -12),
    b"$2\r\nab\r\n": Reply("bulk", b"ab"),
    b"$0\r\n\r\n": Reply("bulk", b""),
    b"$-1\r\n": Reply("null-bulk", None),
    b"*-1\r\n": Reply("null-array", None),
    b"_\r\n": Reply("null", None),
    b"*0\r\n": Reply("array", ()),
    b"~1\r\n:1\r\n": Reply("set", (Reply("integer", 1),)),
    b">1\r\n+a\r\n": Reply("push", (Reply("simple", b"a"),)),
    b"%1\r\n+a\r\n:1\r\n": Reply("map", ((Reply("simple", b"a"), Reply("integer", 1)),)),
    b",1.5\r\n": Reply("double", b"1.5"),
    b"#t\r\n": Reply("boolean", True),
    b"(123\r\n": Reply("big-number", b"123"),
    b"=6\r\ntxt:ab\r\n": Reply("verbatim", b"txt:ab"),
    b"!5\r\nERR x\r\n": Reply("bulk-error", b"ERR x"),
}

BAD = [
    b"\r\n", b"OK\r\n", b"+a\nb\r\n", b":01\r\n", b":+1\r\n", b":\r\n", b":1.0\r\n", b"$-2\r\n",
    b"$1\r\nab\r\n", b"$2\r\nabXY", b"*01\r\n", b"#x\r\n", b"+OK\n", b"+a\rb\r\n", b":--1\r\n",
]


@pytest.mark.parametrize("data", GOOD, ids=repr)
def test_good(data):
    assert decode(data) == (GOOD[data], len(data))
    for end in range(len(data)):
        with pytest.raises(Incomplete):
            decode(data[:end])


@pytest.mark.parametrize("data", BAD, ids=repr)
def test_bad(data):
    with pytest.raises((Malformed, ValueError)):
        decode(data)


def test_kinds_with_equal_values_differ():
    strings = [Reply(kind, b"a") for kind in ("simple", "bulk", "error", "verbatim", "double")]
    assert len(set(strings)) == len(strings)
    assert len({show(reply) for reply in strings}) == len(strings)
    assert len({Reply("null", None), Reply("null-bulk", None), Reply("null-array", None)}) == 3


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_requests_are_arrays_of_bulk_strings(words):
    reply, end = decode(encode(words))
    assert reply == Reply("array", tuple(Reply("bulk", word) for word in words))
    assert end == len(encode(words))
