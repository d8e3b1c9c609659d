"""Hypothesis strategies that make calls from a command's declared arguments.

Keys come from a tiny pool so that calls meet; values are ordinary or extreme; now and then a call
is spoilt as a bad client would: an argument lost, doubled, swapped, replaced, a keyword misspelt.
Expiries are either past or far away, because two servers do not expire at the same instant.
"""

from __future__ import annotations

from hypothesis import strategies as st

from Support.docs import Argument

KEYS = [b"a", b"b", b"c", b"a", b"b", b"", b"\x00k"]
VALUES = [
    b"", b"v", b"hello", b"10", b"-1", b"0", b"3.5", b"9223372036854775807", b"1e3", b" 1", b"01",
    b"x" * 44, b"x" * 45, b"y" * 300, b"z" * 40_000, b"\x00\xff\r\n", b"nan", b"inf",
]
SMALL = [b"0", b"1", b"-1", b"2", b"5", b"10", b"100", b"-100"]
EXTREME = [
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808",
    b"-9223372036854775809", b"2147483648", b"-2147483649", b"4294967296",
    b"18446744073709551616", b"", b"a", b"1.5", b" 1", b"1 ", b"+1", b"-0", b"0x1", b"1e3",
]
FAR = [b"0", b"-1", b"1000000", b"100000000", b"-100000"]
DATES = [b"0", b"-1", b"1", b"1000", b"4102444800", b"4102444800000", b"33177117420000"]
FLOATS = [b"0", b"1.5", b"-0.1", b"1e10", b"3", b"1e-5", b"-2", b"inf", b"nan", b"a", b"1e400"]
PATTERNS = [b"*", b"a", b"[ab]", b"?", b"", b"[^a]", b"\\*", b"[", b"*b*"]
ENCODINGS = [b"u8", b"i8", b"u1", b"i5", b"u63", b"i64", b"i17", b"u64", b"u0", b"i"]
# Not 2147483648, with which SETBIT makes a string of 256 MB.
OFFSETS = [*SMALL, b"7", b"#0", b"#1", b"#3", b"4000", b"100000"]
JUNK = [b"", b"foo", b"NX", b"XX", b"GET", b"KEEPTTL", b"EX", b"COUNT", b"\x00", b"-1", b"0"]


def _numbers(name: str) -> list[bytes]:
    if "seconds" in name:
        return FAR
    return OFFSETS if name == "offset" else SMALL


def _words(argument: Argument) -> st.SearchStrategy[list[bytes]]:
    """One use of an argument, without its token."""
    kind = argument.type
    if kind == "oneof":
        return st.one_of([_use(part) for part in argument.parts])
    if kind == "block":
        return st.tuples(*[_maybe(part) for part in argument.parts]).map(_joined)
    if kind == "pure-token":
        return st.just([])
    pools = {
        "key": KEYS, "string": VALUES, "double": FLOATS, "unix-time": DATES, "pattern": PATTERNS,
        "integer": _numbers(argument.name),
    }
    if argument.name == "encoding":
        return st.sampled_from(ENCODINGS).map(lambda value: [value])
    usual = st.sampled_from(pools.get(kind, VALUES))
    if kind in ("integer", "unix-time"):
        rare = EXTREME if kind == "integer" else EXTREME + DATES
        if argument.name == "offset":
            rare = [number for number in EXTREME if number != b"2147483648"]
        usual = st.one_of(usual, usual, usual, st.sampled_from(rare))
    return usual.map(lambda value: [value])


def _joined(parts) -> list[bytes]:
    return [word for part in parts for word in part]


def _use(argument: Argument) -> st.SearchStrategy[list[bytes]]:
    words = _words(argument)
    if argument.token is not None:
        token = argument.token.encode()
        spelt = st.sampled_from([token, token, token.lower(), token.capitalize()])
        words = st.tuples(spelt, words).map(lambda pair: [pair[0], *pair[1]])
    if argument.multiple:
        words = st.lists(words, min_size=1, max_size=3).map(_joined)
    return words


def _maybe(argument: Argument) -> st.SearchStrategy[list[bytes]]:
    if not argument.optional:
        return _use(argument)
    return st.one_of(st.just([]), st.just([]), _use(argument))


@st.composite
def _spoilt(draw, words: list[bytes]) -> list[bytes]:
    how = draw(st.sampled_from(["lose", "last", "double", "swap", "replace", "append"]))
    at = draw(st.integers(1, max(1, len(words) - 1)))
    words = list(words)
    if how == "last":
        return words[:-1] or words
    if how == "append" or at >= len(words):
        return [*words, draw(st.sampled_from(JUNK))]
    if how == "lose":
        del words[at]
    elif how == "double":
        words.insert(at, words[at])
    elif how == "swap":
        words[at], words[-1] = words[-1], words[at]
    else:
        words[at] = draw(st.sampled_from(JUNK + EXTREME))
    return words


@st.composite
def calls(draw, name: str, arguments: st.SearchStrategy[list[bytes]]) -> list[bytes]:
    words = [word.encode() for word in name.split("|")]
    if draw(st.integers(0, 9)) == 0:
        words[0] = words[0].upper()
    words += draw(arguments)
    if draw(st.integers(0, 4)) == 0:
        words = draw(_spoilt(words))
    return words


def sequences(grammar: dict[str, list[Argument]], names: list[str], seeds: list[str]):
    """Some calls of the family, mixed with calls that give it something to work on."""
    # Made once: hypothesis takes longer to make and check a strategy than to draw from it.
    made = {
        name: calls(name, st.tuples(*[_maybe(argument) for argument in grammar[name]]).map(_joined))
        for name in {*names, *seeds}
    }
    family = st.sampled_from(sorted(names)).flatmap(made.get)
    seed = st.sampled_from(sorted(seeds)).flatmap(made.get)
    return st.lists(st.one_of(family, family, family, seed), min_size=1, max_size=12)
