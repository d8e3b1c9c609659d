"""Where Redis 7.0 and Valkey 9.1 differ from Redis 8.2, which generated calls leave out.

Each function says whether a call means the same to that server.
"""

from __future__ import annotations

import re

from Conformance.generated import MEMBERS
from Support.binaries import REDIS_7, REDIS_8, VALKEY_9

# What an oracle does not know, by name.
UNKNOWN = {
    REDIS_7: """hexpire hpexpire hexpireat hpexpireat httl hpttl hexpiretime hpexpiretime hpersist
        hgetdel hgetex hsetex""",
    REDIS_8: "",
    VALKEY_9: "",
}

_INTEGER = re.compile(rb"-?[1-9]\d{0,17}|0")
_LOWEST = b"-9223372036854775808"
# Where the range begins.
_BITS = {b"bitcount": 2, b"bitpos": 3}
# With thresholds made small: longer than a packed element, more than packed elements.
_LONG = {member for member in MEMBERS if len(member) > 8}
_PACKED_MAX = 4
# As sums and products they stay integers or halves of few digits.
_EVEN = re.compile(rb"-?\d{1,4}(\.5)?")


def _has_wrong_range(call: list[bytes]) -> bool:
    """Whether BITCOUNT's or BITPOS's range will be refused."""
    start = _BITS.get(call[0].lower())
    if start is None:
        return False
    numbers, unit = call[start : start + 2], call[start + 2 :]
    is_whole = len(numbers) != 1 or call[0].lower() == b"bitpos"
    return not is_whole or unit not in ([], [b"BIT"], [b"BYTE"]) or not all(
        _INTEGER.fullmatch(number) for number in (*call[2:start], *numbers))


def _is_like_redis_7(call: list[bytes], family: str) -> bool:
    name = call[0].lower()
    # 7.0 looks for the key before it reads the range.
    if _has_wrong_range(call):
        return False
    # 7.0 takes the lowest number for another one, or refuses what is behind it first.
    if name in (b"lrem", b"lpos") and _LOWEST in call:
        return False
    # WITHSCORE came with 7.2, and with it another error for one argument too many.
    if name in (b"zrank", b"zrevrank") and len(call) > 3:
        return False
    # 7.2 looks at how many there will be before it chooses a form.
    if name in (b"hset", b"hmset", b"zadd", b"geoadd") and len(call) > 2 + 2 * _PACKED_MAX:
        return False
    # 7.0 prints scores with 17 digits, 7.2 with as many as it takes.
    if name[:1] == b"z" and any(_is_uneven(word) for word in call[1:]):
        return False
    return not (family == "geo" and b"STOREDIST" in call)


def _is_uneven(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return _EVEN.fullmatch(word) is None and word not in (b"inf", b"-inf", b"+inf")


def _is_like_valkey(call: list[bytes], family: str) -> bool:
    name = call[0].lower()
    # Which of two things that are wrong it says.
    if _has_wrong_range(call):
        return False
    # A field's deadline out of range is another error, and none where there is no field.
    if name in _FIELD_DEADLINES and any(re.fullmatch(rb"-\d+|\d{14,}", word) for word in call):
        return False
    # A negative offset is none at all.
    if b"LIMIT" in call and re.match(rb"-\d", b" ".join(call[call.index(b"LIMIT") + 1 :])):
        return False
    # It does not take an empty string for the number 0, nor what SORT stores of missing keys.
    if family == "sorting" and (b"" in call or {b"GET", b"STORE"} <= set(call)):
        return False
    # It looks at the length of members that are not added, too, before it chooses a form.
    return not (name in (b"zadd", b"geoadd") and _LONG & set(call))


_FIELD_DEADLINES = {b"hexpire", b"hpexpire", b"hexpireat", b"hpexpireat", b"hgetex", b"hsetex"}
_IS_LIKE = {REDIS_7: _is_like_redis_7, VALKEY_9: _is_like_valkey}


def is_like_redis_8(call: list[bytes], family: str, oracle: str) -> bool:
    """Whether the call means to `oracle` what it means to Redis 8.2."""
    return oracle == REDIS_8 or _IS_LIKE[oracle](call, family)
