"""CONFIG SET takes effect at once, and INFO counts what comes of it: on Apus as on Redis."""

from __future__ import annotations

import os
import subprocess
import time
from functools import cache

import pytest

from Support.binaries import REDIS_7, REDIS_8, SUBJECT
from Support.resp import Reply, encode
from Support.wire import Closed, Silent, Wire

KINDS = (SUBJECT, REDIS_7, REDIS_8)


@pytest.fixture(params=KINDS)
def server(start, request):
    return start(request.param)


def configure(server, *pairs: str) -> None:
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", *pairs)


def info(server, *names: str) -> list[float]:
    with server.wire() as wire:
        fields = wire.info()
    return [float(fields[name]) for name in names]


def is_closed(wire: Wire, seconds: float = 5) -> bool:
    try:
        wire.read_bytes_until_closed(seconds)
        return True
    except Silent:
        return False


def wait_until(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come"
        time.sleep(0.02)


# -- connections -------------------------------------------------------------------------------


def test_timeout(server):
    with server.wire() as idle:
        idle.call("PING")
        configure(server, "timeout", "1")
        assert is_closed(idle, 4)


def test_maxclients(server):
    with server.wire() as first, server.wire() as second:
        first.call("PING"), second.call("PING")
        first.ok("CONFIG", "SET", "maxclients", "2")
        with Wire(server.port) as third:
            assert third.read() == Reply("error", b"ERR max number of clients reached")
        first.ok("CONFIG", "SET", "maxclients", "3")
        with Wire(server.port) as third:
            assert third.call("PING").value == b"PONG"
        assert first.info("stats")["rejected_connections"] == "1"
        assert first.info("clients")["maxclients"] == "3"


def test_password_of_new_and_old_connections(server):
    with server.wire() as old:
        old.ok("CONFIG", "SET", "requirepass", "secret")
        assert old.call("PING").value == b"PONG"
        with Wire(server.port) as new:
            assert new.call("PING") == Reply("error", b"NOAUTH Authentication required.")
            new.ok("AUTH", "secret")
            assert new.call("PING").value == b"PONG"
        old.ok("CONFIG", "SET", "requirepass", "")
        with Wire(server.port) as new:
            assert new.call("PING").value == b"PONG"


@pytest.mark.parametrize("kind", (SUBJECT, REDIS_8))
def test_denied_passwords_are_counted(start, kind):
    server = start(kind, options={"requirepass": "secret"})
    with server.wire() as wire:
        for words in (["AUTH", "x"], ["HELLO", "3", "AUTH", "default", "x"], ["AUTH", "a", "b"]):
            assert wire.call(*words).value.startswith(b"WRONGPASS")
        wire.ok("AUTH", "secret")
        assert wire.info("stats")["acl_access_denied_auth"] == "3"
        wire.ok("CONFIG", "RESETSTAT")
        assert wire.info("stats")["acl_access_denied_auth"] == "3", "attacks are not forgotten"


def keepalive_timer(server, wire) -> str:
    """What the system shows of the server's end of the connection."""
    port = wire.socket.getsockname()[1]
    return subprocess.run(
        ["ss", "-tnoH", f"sport = :{server.port} and dport = :{port}"],
        capture_output=True, text=True,
    ).stdout


def test_keepalive_of_new_connections(server):
    configure(server, "tcp-keepalive", "0")
    with server.wire() as wire:
        wire.call("PING")
        time.sleep(0.1)
        assert "keepalive" not in keepalive_timer(server, wire)
    configure(server, "tcp-keepalive", "50")
    with server.wire() as wire:
        wire.call("PING")
        wait_until(lambda: "keepalive" in keepalive_timer(server, wire))
        assert "(keepalive,4" in keepalive_timer(server, wire)


def test_query_buffer_limit(server):
    configure(server, "client-query-buffer-limit", "1mb")
    with server.wire() as wire:
        wire.send(b"*2\r\n$4\r\nECHO\r\n$3000000\r\n" + b"x" * 2_500_000)
        assert is_closed(wire)
    if server.kind != REDIS_7:
        assert info(server, "client_query_buffer_limit_disconnections") == [1]


def test_bulk_length(server):
    configure(server, "proto-max-bulk-len", "1mb")
    with server.wire() as wire:
        wire.send(b"*2\r\n$4\r\nECHO\r\n$2000000\r\n")
        assert wire.read().value == b"ERR Protocol error: invalid bulk length"
    with server.wire() as wire:
        wire.ok("SET", "a", b"x" * (1 << 20))
        assert wire.call("APPEND", "a", "x").value == (
            b"ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        )


def test_output_buffer_limit(server):
    with server.wire() as wire:
        wire.ok("SET", "a", b"x" * 300_000)
        wire.ok("CONFIG", "SET", "client-output-buffer-limit", "normal 1 0 0")
        assert wire.call("PING").value == b"PONG"
        assert wire.call("ECHO", b"x" * 10_000).value == b"x" * 10_000
        wire.send(encode(["GET", "a"]))
        assert is_closed(wire)
    configure(server, "client-output-buffer-limit", "normal 0 0 0")
    with server.wire() as wire:
        assert len(wire.call("GET", "a").value) == 300_000
    if server.kind != REDIS_7:
        assert info(server, "client_output_buffer_limit_disconnections") == [1]


def test_memory_of_all_clients(server):
    """The largest goes first, and one that asked to stay never."""
    with server.wire() as spared, server.wire() as large, server.wire() as small:
        spared.ok("CLIENT", "NO-EVICT", "ON")
        for wire, count in ((spared, 4_000_000), (large, 3_000_000), (small, 100_000)):
            wire.ok("MULTI")
            assert wire.call("ECHO", b"x" * count).value == b"QUEUED"
        configure(server, "maxmemory-clients", "6mb")
        assert is_closed(large)
        assert spared.call("PING").value == small.call("PING").value == b"QUEUED"
    assert info(server, "evicted_clients") == [1]


# -- time --------------------------------------------------------------------------------------


def test_frequency(server):
    configure(server, "hz", "50")
    assert info(server, "hz", "configured_hz") == [50, 50]


def test_slow_log(server):
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "slowlog-log-slower-than", "0")
        for _ in range(5):
            wire.call("PING")
        assert wire.call("SLOWLOG", "LEN").value >= 5
        wire.ok("CONFIG", "SET", "slowlog-max-len", "2")
        wire.call("PING")
        assert wire.call("SLOWLOG", "LEN").value == 2
        wire.ok("CONFIG", "SET", "slowlog-log-slower-than", "-1")
        wire.ok("SLOWLOG", "RESET")
        wire.call("PING")
        assert wire.call("SLOWLOG", "LEN").value == 0


def test_latency_monitor(server):
    with server.wire() as wire:
        wire.call("DEBUG", "SLEEP", "0.02")
        assert wire.call("LATENCY", "LATEST").value == ()
        wire.ok("CONFIG", "SET", "latency-monitor-threshold", "5")
        wire.call("DEBUG", "SLEEP", "0.02")
        assert [entry.value[0].value for entry in wire.call("LATENCY", "LATEST").value] == [
            b"command"
        ]


def test_latency_tracking(server):
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "latency-tracking-info-percentiles", "12.5 99")
        wire.call("PING")
        shown = wire.info("latencystats")["latency_percentiles_usec_ping"]
        assert [part.split("=")[0] for part in shown.split(",")] == ["p12.5", "p99"]
        wire.ok("CONFIG", "SET", "latency-tracking", "no")
        assert not any(name.startswith("latency_per") for name in wire.info("latencystats"))


# -- keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "commands"),
    [
        ("lazyfree-lazy-user-del", [["DEL", "a"]]),
        ("lazyfree-lazy-user-del", [["GETDEL", "a"]]),
        ("lazyfree-lazy-server-del", [["SET", "b", "1"], ["RENAME", "b", "a"]]),
        ("lazyfree-lazy-expire", [["PEXPIREAT", "a", "1"]]),
        ("lazyfree-lazy-user-flush", [["FLUSHALL"]]),
    ],
    ids=str,
)
def test_lazy_freeing(start, parameter, commands):
    """Redis hands strings over only with a whole database, so that this is of Apus alone."""
    server = start()
    for value, count in (("no", 0), ("yes", 1)):
        with server.wire() as wire:
            wire.ok("CONFIG", "SET", parameter, value)
            wire.ok("SET", "a", b"x" * (2 << 20))
            for command in commands:
                wire.call(*command)
            wait_until(lambda: wire.info("memory")["lazyfree_pending_objects"] == "0")
            assert int(wire.info("memory")["lazyfreed_objects"]) == count
            wire.ok("CONFIG", "RESETSTAT")
            assert wire.info("memory")["lazyfreed_objects"] == "0"


@pytest.mark.parametrize("kind", (SUBJECT, REDIS_7))
def test_lazy_flush(start, kind):
    """Redis 8 frees elsewhere even without being asked to, and waits."""
    server = start(kind)
    with server.wire() as wire:
        for value, count in (("no", 0), ("yes", 200)):
            wire.ok("CONFIG", "SET", "lazyfree-lazy-user-flush", value)
            wire.ok("MSET", *(part for n in range(200) for part in (f"k{n}", "v")))
            wire.ok("FLUSHALL")
            wait_until(lambda: wire.info("memory")["lazyfree_pending_objects"] == "0")
            assert int(wire.info("memory")["lazyfreed_objects"]) == count


def test_the_thread_that_frees_does_not_interrupt_the_engine(start):
    server = start(SUBJECT)
    with server.wire() as wire:
        wire.call("SETRANGE", "large", 1 << 22, "x")
        wire.call("UNLINK", "large")
        wait_until(lambda: wire.info("memory")["lazyfreed_objects"] == "1")
    threads = [int(name) for name in os.listdir(f"/proc/{server.process.pid}/task")]
    policies = {thread: os.sched_getscheduler(thread) for thread in threads}
    assert policies.pop(server.process.pid) == os.SCHED_OTHER
    assert os.SCHED_BATCH in policies.values()


def test_nothing_expires_while_clients_are_paused(server):
    with server.wire() as wire:
        wire.ok("SET", "a", "b", "PX", "30")
        wire.ok("CLIENT", "PAUSE", "100000", "WRITE")
        time.sleep(0.3)
        assert wire.call("GET", "a").value is None
        assert wire.call("EXISTS", "a").value == 0
        assert wire.call("DBSIZE").value == 1
        assert wire.info("stats")["expired_keys"] == "0"
        wire.ok("CLIENT", "UNPAUSE")
        wait_until(lambda: wire.call("DBSIZE").value == 0)
        assert wire.info("stats")["expired_keys"] == "1"


@pytest.mark.parametrize("kind", (SUBJECT, REDIS_8))
def test_a_hash_that_ends_with_its_fields_counts_as_fields(start, kind):
    with start(kind).wire() as wire:
        end_a_hash_and_a_key(wire)
        # Redis looks at a hash without live fields no more than at others.
        if kind == SUBJECT:
            wire.ok("DEBUG", "SET-ACTIVE-EXPIRE", "0")
            wire.ok("CONFIG", "RESETSTAT")
            end_a_hash_and_a_key(wire)


def end_a_hash_and_a_key(wire: Wire) -> None:
    for key in ("fields", "key"):
        wire.call("HSET", key, "a", "1", "b", "2", "c", "3")
    wire.call("HPEXPIRE", "fields", "20", "FIELDS", "3", "a", "b", "c")
    wire.call("HPEXPIRE", "key", "90000", "FIELDS", "1", "a")
    wire.call("PEXPIRE", "key", "20")
    wait_until(lambda: wire.call("EXISTS", "fields", "key").value == 0)
    wait_until(lambda: wire.call("DBSIZE").value == 0)
    statistics = wire.info("stats")
    assert (statistics["expired_subkeys"], statistics["expired_keys"]) == ("3", "1")


def test_watching_and_blocked_clients(server):
    with server.wire() as wire, server.wire() as writer:
        wire.ok("WATCH", "a")
        if server.kind != REDIS_7:
            assert info(server, "watching_clients") == [1]
        wire.ok("CLIENT", "PAUSE", "100000", "WRITE")
        writer.send(encode(["SET", "a", "b"]))
        wait_until(lambda: info(server, "blocked_clients") == [1])
        wire.ok("CLIENT", "UNPAUSE")
        assert writer.read() == Reply("simple", b"OK")
        assert info(server, "blocked_clients") == [0]


@cache
def short_lived_keys() -> list[bytes]:
    """400,000 in pipelines that end with an ECHO; made once for all servers."""
    return [
        b"".join(encode(["SET", f"key:{n}", "v", "PX", "1"]) for n in range(start, start + 10_000))
        + encode(["ECHO", "end"])
        for start in range(0, 400_000, 10_000)
    ]


def test_cycles_of_expiry_are_counted(server):
    """Keys enough for more than one share of a tick."""
    names = ("expired_stale_perc", "expired_time_cap_reached_count")
    with server.wire() as wire:
        wire.ok("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        assert [float(wire.info("stats")[name]) for name in names] == [0, 0]
        for calls in short_lived_keys():
            wire.send(calls)
            assert wire.read_bytes_until(b"end\r\n") == b"+OK\r\n" * 10_000 + b"$3\r\nend\r\n"
        wire.ok("DEBUG", "SET-ACTIVE-EXPIRE", "1")
        wait_until(lambda: wire.call("DBSIZE").value == 0, 30)
        stats = wire.info("stats")
        assert float(stats["expired_stale_perc"]) > 0
        assert int(stats["expire_cycle_cpu_milliseconds"]) > 0
        wire.ok("CONFIG", "RESETSTAT")
        assert int(wire.info("stats")["expired_time_cap_reached_count"]) == 0


def test_log_level(server):
    configure(server, "loglevel", "verbose")
    with server.wire() as wire:
        wire.call("PING")
    server.wait_log("Accepted 127.0.0.1:")
    configure(server, "loglevel", "warning")
    time.sleep(0.1)
    before = server.log().count("Accepted")
    with server.wire() as wire:
        with pytest.raises(Closed):
            wire.call("QUIT")
            wire.read()
    assert server.log().count("Accepted") == before
