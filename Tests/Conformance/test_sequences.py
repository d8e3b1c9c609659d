"""Generated sequences: same replies, and the same keyspace afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given, note, settings

from Conformance.compare import same
from Conformance.differential import Side, clock, state_difference
from Conformance.exceptions import RULES, find_rule
from Conformance.strategies import sequences
from Support.binaries import REDIS_7, REDIS_8, SUBJECT, VALKEY_9
from Support.docs import declarations
from Support.resp import encode, show
from Support.wire import Closed, Silent

STRINGS = """append decr decrby get getdel getex getrange getset incr incrby incrbyfloat lcs mget
    mset msetnx psetex set setex setnx setrange strlen substr"""
KEYS = """copy del exists expire expireat expiretime keys move persist pexpire pexpireat pexpiretime
    pttl randomkey rename renamenx scan touch ttl type unlink object|encoding object|refcount
    object|freq object|idletime object|help dbsize flushall flushdb swapdb select"""
TRANSACTIONS = "multi exec discard watch unwatch multi exec reset"
CONNECTION = """ping echo auth hello reset quit select client|id client|getname client|setname
    client|list client|info client|unblock client|no-evict client|help client|unpause"""
SERVER = """info time lolwut command command|count command|docs command|getkeys
    command|getkeysandflags command|info command|list command|help config|get config|set
    config|resetstat config|rewrite config|help slowlog|get slowlog|len slowlog|reset slowlog|help
    latency|doctor latency|graph latency|help latency|histogram latency|history latency|latest
    latency|reset memory|doctor memory|help memory|malloc-stats memory|purge memory|stats
    memory|usage"""
LISTS = """lpush rpush lpushx rpushx lpop rpop llen lindex lrange lpos linsert lrem ltrim lmove
    rpoplpush lmpop lset"""
SETS = """sadd srem sismember smismember scard smembers smove sinter sunion sdiff sinterstore
    sunionstore sdiffstore sintercard sscan"""
SORTED_SETS = """zadd zincrby zrem zcard zscore zmscore zrank zrevrank zcount zlexcount zrange
    zrangestore zrevrange zrangebyscore zrevrangebyscore zremrangebyrank zremrangebyscore zpopmin
    zpopmax zmpop zunion zinter zdiff zunionstore zinterstore zdiffstore zintercard zrandmember
    zscan"""
HYPERLOGLOG = "pfadd pfcount pfmerge pfdebug"
BITMAPS = "setbit getbit bitcount bitpos bitop bitfield bitfield_ro"
HASHES = """hset hset hsetnx hmset hget hmget hdel hlen hstrlen hexists hkeys hvals hgetall hincrby
    hincrbyfloat hscan"""
FIELD_DEADLINES = """hexpire hpexpire hexpireat hpexpireat httl hpttl hexpiretime hpexpiretime
    hpersist hgetdel hgetex hsetex"""
GEO = """geoadd geodist geohash geopos geosearch geosearchstore georadius georadius_ro
    georadiusbymember georadiusbymember_ro"""
SEEDS = "set mset incr expire del"

# Family: its commands, what is mixed in, the oracle.
FAMILIES = {
    "strings": (STRINGS, SEEDS, REDIS_7),
    "keys": (KEYS, SEEDS, REDIS_7),
    "strings and keys": (STRINGS + KEYS, SEEDS, REDIS_7),
    "transactions": (TRANSACTIONS, STRINGS + " rename copy expire flushall swapdb", REDIS_7),
    "connection": (CONNECTION, SEEDS, REDIS_7),
    "server": (SERVER, SEEDS, REDIS_7),
    "hyperloglog": (HYPERLOGLOG, SEEDS + " pfadd copy rename get object|encoding", REDIS_7),
    "hashes": (HASHES, "hset hset set expire del copy rename object|encoding", REDIS_8),
    "field deadlines": (
        FIELD_DEADLINES + " hget hlen hdel hincrby", SEEDS + " hset hset copy rename persist",
        REDIS_8),
    "geo": (GEO, SEEDS + " geoadd geoadd zadd geoadd", REDIS_7),
    "7.2": ("client|setinfo client|no-touch", "client|info", REDIS_8),
    # Redis 8 calls other lengths of what SET and APPEND store raw than 7 does.
    "bitmaps": (BITMAPS, "setbit bitfield setrange incr expire del", REDIS_8),
    "bits of strings": ("setbit getbit bitfield bitfield_ro", STRINGS, REDIS_7),
    "lists": (LISTS, "rpush lpush rpush incr del copy rename object|encoding", REDIS_8),
    "sets": (SETS, "sadd sadd set del copy rename sunionstore", REDIS_8),
    "sorted sets": (
        SORTED_SETS, "zadd zadd zadd del copy rename sadd set object|encoding", REDIS_8,
    ),
    # GETEX EX 0 of a missing key is an error in Valkey.
    "valkey": ("set msetex delifeq set", STRINGS.replace(" getex ", " "), VALKEY_9),
}

# Commands no family calls: they have cases and tests of their own.
ELSEWHERE = {
    "blmove": "may wait for ever", "blmpop": "may wait for ever", "blpop": "may wait for ever",
    "brpop": "may wait for ever", "brpoplpush": "may wait for ever",
    "bzmpop": "might wait for ever: cases and client tests",
    "bzpopmax": "might wait for ever: cases and client tests",
    "bzpopmin": "might wait for ever: cases and client tests",
    "client|kill": "would close the test's own connections",
    "client|pause": "stops everything",
    "client|reply": "answers would be missing",
    "debug": "stops and crashes on purpose",
    "bgrewriteaof": "the child of one would be in the way of the next: Persistence",
    "bgsave": "the child of one would be in the way of the next: Persistence",
    "dump": "compressed otherwise: Persistence",
    "lastsave": "a time: cases",
    "restore": "takes bytes with a checksum: cases, Persistence and a fuzzer",
    "save": "writes a file each time: Persistence",
    "delex": "no real server at hand knows it",
    "digest": "no real server at hand knows it",
    "hrandfield": "random: cases and unit tests",
    "monitor": "answers come by themselves",
    "pfselftest": "takes seconds in a real server",
    "shutdown": "ends the server",
    "sort": "makes a small sorted set a skiplist in Redis: generated calls",
    "sort_ro": "makes a small sorted set a skiplist in Redis: generated calls",
    "spop": "what stays is random: cases and unit tests",
    "srandmember": "random: cases and unit tests",
    "zrangebylex": "means something with equal scores only",
    "zremrangebylex": "means something with equal scores only",
    "zrevrangebylex": "means something with equal scores only",
}

# How replies are compared where not exactly.
LOOSE = {
    "randomkey": "type", "scan": "type", "time": "shape", "lolwut": "type", "info": "type",
    "hello": "shape", "object|refcount": "type", "keys": "unordered", "config|get": "type",
    "client|id": "type", "client|list": "type", "client|info": "type", "ttl": "within",
    "smembers": "unordered", "sinter": "unordered", "sunion": "unordered", "sdiff": "unordered",
    "sscan": "type",
    "zrandmember": "type", "zscan": "type",
    "pttl": "within", "httl": "within", "hpttl": "within", "hexpiretime": "within",
    "hpexpiretime": "within", "hscan": "type", "hgetall": "pairs",
    "hkeys": "unordered", "hvals": "unordered", "expiretime": "within", "pexpiretime": "within",
    "object|idletime": "within",
}
LOOSE_FAMILIES = {"command": "type", "slowlog": "type", "latency": "type", "memory": "type"}
EXACT = {"command|getkeys", "command|getkeysandflags", "memory|purge", "latency|reset"}
TOLERANCE = 4000


def mode_of(call: list[bytes]) -> str:
    words = [word.decode(errors="replace").lower() for word in call[:2]]
    full = "|".join(words)
    if full.endswith("|help"):
        return "type"
    if full in EXACT:
        return "exact"
    return LOOSE.get(full) or LOOSE.get(words[0]) or LOOSE_FAMILIES.get(words[0], "exact")


def shown(call: list[bytes]) -> str:
    return " ".join(repr(word)[2:-1] if len(word) < 60 else f"<{len(word)} bytes>" for word in call)


class Pair:
    """The subject and an oracle, both put back to the start before each sequence."""

    def __init__(self, pool, oracle: str, protocol: int):
        self.mine = Side(pool.get(SUBJECT), protocol)
        self.theirs = Side(pool.get(oracle), protocol)

    def close(self) -> None:
        self.mine.close()
        self.theirs.close()

    def begin(self) -> None:
        for side in (self.mine, self.theirs):
            side.hang_up()
            side.control.pipeline(
                [("CONFIG", "SET", "requirepass", ""), ("SELECT", 0), ("FLUSHALL",)]
            )

    @staticmethod
    def ask(side: Side, call: list[bytes]):
        wire = side._wire(1)
        wire.send(encode(call))
        try:
            return wire.read()
        except Closed:
            return None
        except Silent:
            raise AssertionError(f"{side.server.kind} did not answer {shown(call)}") from None

    def run(self, sequence: list[list[bytes]]) -> None:
        started = clock()
        self.begin()
        queued: list[str] = []
        for number, call in enumerate(sequence, 1):
            mine, theirs = self.ask(self.mine, call), self.ask(self.theirs, call)
            note(f"{shown(call)}  ->  {show(theirs)}")
            mode = _mode_in_transaction(call, theirs, queued)
            if not same(mode, TOLERANCE, mine, theirs):
                self.differs(sequence[:number], show(mine), show(theirs))
            if theirs is None:
                break
        self.compare_states(clock() - started)

    def differs(self, calls: list[list[bytes]], mine: str, theirs: str) -> None:
        rule = find_rule([shown(call) for call in calls], mine, theirs)
        kind = self.theirs.server.kind
        assert rule is not None, f"{shown(calls[-1])}: subject {mine}, {kind} {theirs}"

    def compare_states(self, apart_seconds: float) -> None:
        mine, theirs = self.mine.state(), self.theirs.state()
        differences = state_difference(mine, theirs, self.theirs.server.kind, apart_seconds)
        assert not differences, "\n".join(differences)


def _mode_in_transaction(call, reply, queued: list[str]) -> str:
    """EXEC is compared as loosely as the loosest of what was queued."""
    mode = mode_of(call)
    if reply is not None and reply.value == b"QUEUED":
        queued.append(mode)
        return "exact"
    if call and call[0].lower() == b"exec":
        loosest = [mode for mode in queued if mode != "exact"]
        queued.clear()
        return "type" if loosest else "exact"
    return mode


def _names(text: str, grammar) -> list[str]:
    return [name for name in text.split() if name in grammar]


@pytest.fixture(scope="module")
def declared(pool) -> set[str]:
    with pool.get(SUBJECT).wire() as wire:
        return set(declarations(wire))


@pytest.mark.parametrize("protocol", (2, 3))
@pytest.mark.parametrize("family", FAMILIES)
def test_family(pool, declared, family, protocol):
    text, seeds, oracle = FAMILIES[family]
    with pool.get(oracle).wire() as wire:
        grammar = {n: a for n, a in declarations(wire).items() if n in declared}
    names, pair = _names(text, grammar), Pair(pool, oracle, protocol)
    assert names, f"the subject declares none of: {text}"

    @settings(max_examples=settings.default.max_examples)
    @given(sequences(grammar, names, _names(seeds, grammar)))
    def check(sequence):
        pair.run(sequence)

    try:
        check()
    finally:
        pair.close()


@pytest.mark.parametrize("number", range(len(RULES)))
def test_rule_is_needed(pool, number):
    calls = [
        text.encode().replace(rb"\x00", b"\0").split(b" ")
        for text in RULES[number].sample.split(" ; ")
    ]
    replies = []
    for kind in (SUBJECT, RULES[number].server):
        with pool.get(kind).wire() as wire:
            wire.call("FLUSHALL")
            replies.append(show(wire.pipeline(calls)[-1]))
    assert replies[0] != replies[1], "no longer needed"
    assert find_rule([shown(call) for call in calls], *replies) == number


def test_every_command_is_in_a_family(declared):
    families = {name for text, _, _ in FAMILIES.values() for name in text.split()}
    missing = declared - families - ELSEWHERE.keys()
    assert not missing, sorted(missing)
