"""Where the subject differs from the real server on purpose.

An exception is one exact call (the text of a case after its alternatives are written out), what
each side answers, and why. It covers that pair of replies only. When the subject starts to agree,
`test_no_exception_is_unneeded` fails until the entry is removed. A number that the oracle answers
differently each time is written `:*`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from Support.binaries import REDIS_7, REDIS_8, VALKEY_9


class Known(NamedTuple):
    call: str
    subject: str
    oracle: str
    reason: str
    protocol: int | None = None


_CUTS_THE_LINE = "a NUL would go into the lines of CLIENT LIST; it is refused in SETNAME too"
_NO_FREQUENCY = "how often a key is used is kept once there is eviction that asks for it"
_NO_LFU = (
    "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
    "when switching between policies at runtime LRU and LFU data will take some time to adjust."
)
_LFU = (
    "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
    "switching between policies at runtime LRU and LFU data will take some time to adjust."
)
_WRAPS = "an offset is refused that, times the field's width, does not fit 64 bits; Redis wraps it"
_BAD_OFFSET = "-ERR bit offset is not an integer or out of range"
_KEYS = {
    "allkeys-lfu": ("str", "int", "raw", "empty", "ttl", "bin", "neg", "max"),
    "volatile-lfu": ("str", "int", "raw", "empty", "ttl"),
}

EXCEPTIONS: list[Known] = [
    *(
        Known(
            f'CLIENT SETINFO {option} "\\x00"',
            f"-ERR {option} cannot contain spaces, newlines or special characters.", "+OK",
            _CUTS_THE_LINE,
        )
        for option in ("LIB-NAME", "LIB-VER")
    ),
    *(
        Known(
            f"CONFIG SET maxmemory-policy {policy} ; OBJECT FREQ {key}", _NO_LFU, ":*",
            _NO_FREQUENCY,
        )
        for policy, keys in _KEYS.items()
        for key in keys
    ),
    *(
        Known(
            f"CONFIG SET maxmemory-policy allkeys-lfu ; OBJECT IDLETIME {key}", ":0", _LFU,
            "idle times are kept whatever the policy, until there is eviction",
        )
        for key in ("str", "ttl")
    ),
    *(
        Known(f"BITFIELD {key} GET {field} #2305843009213693952", _BAD_OFFSET, reply, _WRAPS)
        for key, field, reply in (
            ("str", "u8", "[:104]"), ("str", "i16", "[:26725]"),
            ("missing", "u8", "[:0]"), ("missing", "i16", "[:0]"),
        )
    ),
]


class Rule(NamedTuple):
    """A difference in calls that hypothesis makes up, where none can be named before. The sample
    shows that it is needed."""

    call: str
    subject: str
    oracle: str
    reason: str
    sample: str
    server: str


# Regular expressions, matched whole and without regard to case. That of the call may match the
# calls before it too, with ` ; ` between them.
RULES = [
    Rule(
        r"scan (-\d+|)( .*)?", "-ERR invalid cursor", ".*",
        "a cursor that the server never gave; Redis 8 refuses it too",
        "SCAN -1", REDIS_7,
    ),
    Rule(
        r"client list \S+ \S+ .+", ".*", "-ERR syntax error",
        "takes any number of filters, as Valkey does",
        "CLIENT LIST TYPE normal ID 1", REDIS_7,
    ),
    Rule(
        r"client setinfo lib-\w+ .*\\x00.*", "-ERR .* cannot contain spaces.*", r"\+OK",
        _CUTS_THE_LINE, "CLIENT SETINFO LIB-NAME \\x00a", REDIS_8,
    ),
    Rule(
        r"lset \S+ -?\d{10,} .*", "-ERR index out of range", r"\+OK",
        "Redis takes 32 bits of the index, which is another element's then",
        "RPUSH k a ; LSET k 4294967296 b", REDIS_8,
    ),
    Rule(
        r"z(count|range|rangestore|(rev|rem)?rangebyscore) .* \(?( |\\[tnr]|\\x0[bc]).*",
        ".*", "-ERR min or max is not a float",
        "bounds are numbers by `strtod`, as in 7.2: space before them is skipped",
        "ZCOUNT a \t1 2", REDIS_8,
    ),
    Rule(
        r"(.* ; )?set .* [ep]xat .* ; dbsize( .*)?", r":\d+|\[.*\]", r":\d+|\[.*\]",
        "a deadline that is past deletes at once; Redis counts the key until it is looked at",
        "SET a v EXAT 1 ; DBSIZE", REDIS_7,
    ),
    Rule(
        r"bitcount \S* \S*", ".*", "-ERR syntax error",
        "a range needs no end, as in Valkey", "BITCOUNT a 0", REDIS_8,
    ),
    Rule(
        r"sort \S+( .*)?", r"\[.*\]|:\d+",
        "-ERR One or more scores can't be converted into double",
        "numbers are read as in 7.2 and Redis 8.2: space before them is skipped",
        "RPUSH k \t1 ; SORT k", VALKEY_9,
    ),
    Rule(
        r"geo(search(store)?|radiusbymember) .*", "-ERR could not decode requested zset member",
        "-ERR member .* does not exist", "Valkey says which member it is",
        "GEOADD k 1 1 a ; GEOSEARCH k FROMMEMBER b BYRADIUS 1 M", VALKEY_9,
    ),
]


def find_rule(calls: list[str], subject: str, oracle: str) -> int | None:
    """`calls`: all of the sequence so far; what differs is the reply to the last."""

    def matches(pattern: str, text: str) -> bool:
        return re.fullmatch(pattern, text, re.I | re.S) is not None

    for index, rule in enumerate(RULES):
        is_call = matches(rule.call, calls[-1]) or matches(rule.call, " ; ".join(calls))
        if is_call and matches(rule.subject, subject) and matches(rule.oracle, oracle):
            return index
    return None


def find(call: str, protocol: int, subject: str, oracle: str) -> int | None:
    """The index of the exception that covers this difference."""
    for index, known in enumerate(EXCEPTIONS):
        if known.protocol not in (None, protocol) or (known.call, known.subject) != (call, subject):
            continue
        if known.oracle == oracle or (known.oracle == ":*" and oracle.startswith(":")):
            return index
    return None
