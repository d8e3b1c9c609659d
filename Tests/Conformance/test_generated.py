"""Hundreds of thousands of generated calls: the same replies, and the same keyspace afterwards.

Runs in batches: a batch is one pipeline of calls to both servers, which start empty and with the
same thresholds; then replies and keyspaces are compared. A difference is reported with the fewest
calls that still show it. `--oracle` chooses another real server than Redis 8.2.
"""

from __future__ import annotations

import pytest

from Conformance.compare import same
from Conformance.differential import Side, clock, state_difference
from Conformance.exceptions import find_rule
from Conformance.generated import CallMaker
from Conformance.oracles import UNKNOWN, is_like_redis_8
from Conformance.test_sequences import TOLERANCE, mode_of, shown
from Support.binaries import SUBJECT, VALKEY_9
from Support.docs import declarations
from Support.resp import show

COMMON = "del expire persist rename copy ttl type exists"
# Family: its commands. Not here: what answers at random and changes what is there.
FAMILIES = {
    "strings": """
        append decr decrby get getdel getrange getset incr incrby incrbyfloat lcs mget mset
        msetnx set setnx setrange strlen substr""",
    "bitmaps": """
        setbit setbit getbit bitcount bitpos bitop bitfield bitfield_ro getrange append set""",
    "hyperloglogs": "pfadd pfadd pfadd pfcount pfmerge get strlen",
    "lists": """
        lpush rpush lpush rpush lpushx rpushx lpop rpop llen lindex lset linsert lrange ltrim
        lrem lpos lmove rpoplpush lmpop""",
    "sorting": """
        rpush lpush rpush sadd sadd set hset sort sort sort_ro sort_ro lrange""",
    "sets": """
        sadd sadd sadd srem sismember smismember scard smembers srandmember smove sinter sunion
        sdiff sinterstore sunionstore sdiffstore sintercard""",
    "hashes": """
        hset hset hset hsetnx hmset hget hmget hdel hlen hstrlen hexists hkeys hvals hgetall
        hincrby hincrbyfloat hrandfield""",
    "field expiry": """
        hset hset hget hgetall hlen hdel hexpire hpexpire hexpireat hpexpireat httl hpttl
        hexpiretime hpexpiretime hpersist hgetdel hgetex hsetex hincrby hkeys""",
    "sorted sets": """
        zadd zadd zadd zincrby zrem zcard zscore zmscore zrank zrevrank zcount zrange zrange
        zrangestore zrevrange zrangebyscore zrevrangebyscore zremrangebyrank zremrangebyscore
        zpopmin zpopmax zmpop zunion zinter zdiff zunionstore zinterstore zdiffstore zintercard
        zrandmember""",
    "sorted by name": """
        zadd zadd zadd zrem zcard zscore zrank zrange zrange zrangestore zlexcount zrangebylex
        zrevrangebylex zremrangebylex zpopmin""",
    "geo": """
        geoadd geoadd geoadd zrem geodist geohash geosearch geosearch geosearchstore georadius
        georadiusbymember zcard""",
}
# The order of names means nothing where scores differ, so all are the same there.
SAME_SCORES = "sorted by name"

BATCH = 400
CALLS = {"ci": 24_000, "long": 1_000_000}

# Small, so that each batch crosses them often; or as they are by default.
THRESHOLDS = {
    "hash-max-listpack-entries": (4, 512), "hash-max-listpack-value": (8, 64),
    "set-max-intset-entries": (4, 512), "set-max-listpack-entries": (5, 128),
    "set-max-listpack-value": (8, 64), "zset-max-listpack-entries": (4, 128),
    "zset-max-listpack-value": (8, 64), "list-max-listpack-size": (3, -2),
    "hll-sparse-max-bytes": (60, 3000),
}


# Answers at random, and changes nothing.
RANDOM = {b"srandmember", b"hrandfield", b"zrandmember"}


def looseness(call: list[bytes]) -> str:
    # What has no order, or equal weights, comes in any.
    if call[0].lower() in {b"sort", b"sort_ro"} and b"BY" in call:
        return "type" if {b"LIMIT", b"GET"} & set(call) else "unordered"
    return "type" if call[0].lower() in RANDOM else mode_of(call)


def has_repeated_fields(call: list[bytes]) -> bool:
    names = call[call.index(b"FIELDS") + 2 :: 2] if b"FIELDS" in call else []
    return len(set(names)) < len(names)


def is_comparable(call: list[bytes], family: str, oracle: str) -> bool:
    """Without calls that mean nothing, and those that Redis answers wrongly and acts on."""
    if b"BYLEX" in call and family != SAME_SCORES:
        return False
    if call[0].lower() == b"sort" and b"BY" in call and b"STORE" in call:
        return False
    # Redis sees the elements that it sorts as C strings, which end at a NUL.
    if family == "sorting" and any(b"\0" in word for word in call):
        return False
    # Redis 8 keeps a string with its key, whose length then decides what it calls embstr.
    if any(len(word) > 60 for word in call[1:2]):
        return False
    # Whether a deadline is later than one of the same length depends on the millisecond.
    if call[0].lower().endswith(b"expire") and {b"GT", b"LT"} & set(call):
        return False
    # AGGREGATE COUNT came with Redis 8.8.
    if any(pair == (b"AGGREGATE", b"COUNT") for pair in zip(call, call[1:])):
        return False
    # Redis 8 prints coordinates with fewer digits than 7.2.
    if b"WITHCOORD" in call:
        return False
    # A string of 256 MiB takes longer than it is worth.
    if family == "bitmaps" and b"2147483648" in call:
        return False
    # Redis gives the hash the form that it would have with a field that is past at once.
    if call[0] == b"hsetex" and {b"0", b"-1", b"1", b"1000"} & set(call):
        return False
    # Valkey counts the fields that are new before it gives the hash a form, Redis all that come.
    if call[0] == b"hsetex" and oracle == VALKEY_9 and has_repeated_fields(call):
        return False
    # A negative count asks for so many elements, whatever there are.
    if call[0].lower() in RANDOM and len(call) > 2 and call[2][:1] == b"-" and len(call[2]) > 4:
        return False
    # Redis takes the index modulo 2^32.
    if call[0] == b"lset" and len(call) > 2 and len(call[2]) > 9:
        return False
    return is_like_redis_8(call, family, oracle)


class Batches:
    def __init__(self, pool, oracle: str, protocol: int):
        self.sides = [Side(pool.get(kind), protocol) for kind in (SUBJECT, oracle)]
        self.oracle = oracle

    def close(self) -> None:
        for side in self.sides:
            side.hang_up()
            side.control.pipeline(self._settings(1))
            side.close()

    @staticmethod
    def _settings(which: int) -> list[tuple]:
        return [("CONFIG", "SET", name, pair[which]) for name, pair in THRESHOLDS.items()]

    def begin(self, which: int) -> None:
        for side in self.sides:
            side.hang_up()
            replies = side.control.pipeline(
                [("SELECT", 0), ("FLUSHALL",), ("FUNCTION", "FLUSH"), *self._settings(which)])
            del replies

    def difference(self, calls: list[list[bytes]], which: int) -> str | None:
        """Runs the calls on empty servers; what differs first, or None."""
        started = clock()
        self.begin(which)
        mine, theirs = (side._wire(1).pipeline(calls) for side in self.sides)
        # A machine that stands still between the two must not decide.
        tolerance = TOLERANCE + 1000 * (clock() - started)
        for number, (call, a, b) in enumerate(zip(calls, mine, theirs, strict=True)):
            if same(looseness(call), tolerance, a, b):
                continue
            before = [shown(one) for one in calls[: number + 1]]
            if find_rule(before[-1:], show(a), show(b)) is None:
                return f"{before[-1]}\n  subject {show(a)}\n  {self.oracle} {show(b)}"
        states = [side.state() for side in self.sides]
        lines = state_difference(*states, self.oracle, clock() - started)
        return "\n".join(lines) or None

    def smallest(self, calls: list[list[bytes]], which: int) -> list[list[bytes]]:
        """Takes calls out, in smaller and smaller pieces, as long as something differs."""
        piece = len(calls) // 2
        while piece:
            at = 0
            while at < len(calls):
                fewer = calls[:at] + calls[at + piece :]
                if fewer and self.difference(fewer, which):
                    calls = fewer
                else:
                    at += piece
            piece //= 2
        return calls


@pytest.mark.parametrize("family", FAMILIES)
def test_generated(pool, request, seed, family):
    text, oracle = FAMILIES[family], request.config.getoption("--oracle")
    with pool.get(oracle).wire() as wire:
        grammar = declarations(wire)
    names = sorted(f"{text} {text} {COMMON}".split())
    unknown = set(names) - grammar.keys()
    assert unknown <= set(UNKNOWN[oracle].split()), sorted(unknown)
    names = [name for name in names if name not in unknown]
    keys = [family[:1].encode() + b"%d" % number for number in range(4)]
    maker = CallMaker(grammar, names, keys, [b"other", b""], seed)
    if family == SAME_SCORES:
        maker.pools["score"] = [b"0"]
    if family in (SAME_SCORES, "field expiry"):
        maker.spoilt_share = 0
    count = CALLS[request.config.getoption("--profile")]
    for protocol in (2, 3):
        batches = Batches(pool, oracle, protocol)
        try:
            for number in range(count // BATCH // 2):
                calls = (maker.call() for _ in range(BATCH))
                wanted = [call for call in calls if is_comparable(call, family, oracle)]
                check(batches, wanted, number % 3 == 0)
        finally:
            batches.close()


def check(batches: Batches, calls: list[list[bytes]], has_defaults: bool) -> None:
    which = 1 if has_defaults else 0
    found = batches.difference(calls, which)
    if found is None:
        return
    smallest = batches.smallest(calls, which)
    again = batches.difference(smallest, which) or f"once, and not again: {found}"
    script = "\n".join(shown(call) for call in smallest[-40:])
    pytest.fail(f"{again}\nafter, with {'default' if which else 'small'} sizes:\n{script}")
