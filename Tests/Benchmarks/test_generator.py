"""The load generator against the real server and against servers that answer wrongly."""

from __future__ import annotations

import csv
import json
import shlex
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from Benchmarks.generator import BINARY, always, answering, commands, measured, run
from Support.server import Server

# Measures, or pins processes that do.
pytestmark = pytest.mark.alone
KEY = "key:__rand_int__"


@pytest.fixture(scope="module")
def server():
    with Server(options={"unixsocket": "apus.sock", "requirepass": "secret"}) as server:
        yield server


@pytest.fixture
def wire(server):
    with server.wire() as wire:
        value(wire, "AUTH", "secret")
        value(wire, "FLUSHALL")
        value(wire, "CONFIG", "RESETSTAT")
        yield wire


@pytest.fixture
def access(server):
    return "-p", server.port, "-a", "secret"


def value(wire, *words):
    return wire.call(*words).value


def calls(wire, name):
    """How often the server has run a command."""
    stats = value(wire, "INFO", "commandstats").decode()
    line = next(line for line in stats.splitlines() if line.startswith(f"cmdstat_{name}:"))
    return int(line.partition("calls=")[2].partition(",")[0])


# --- What is sent


@pytest.mark.parametrize("load", [
    ("-c", 7, "-P", 16, "-n", 1003), ("-c", 50, "-P", 1, "-n", 20), ("-c", 1, "-P", 4000, "-n", 1),
])
def test_exactly_so_many_requests_are_sent(wire, access, load):
    [result] = measured(*access, *load, "INCR", "counter")
    assert result["requests"] == calls(wire, "incr") == load[-1]
    assert value(wire, "GET", "counter") == str(load[-1]).encode()


def test_sequential_keys_load_each_key_once(wire, access):
    measured(*access, "-n", 5000, "-r", 5000, "-P", 100, "-d", 64, "--keys", "sequential",
             "SET", KEY, "__data__")
    assert value(wire, "DBSIZE") == 5000
    assert value(wire, "GET", "key:000000004999") == b"x" * 64


def test_a_mix_has_the_proportions_asked_for(wire, access):
    [result] = measured(*access, "-n", 10_000, "-P", 10, "-r", 100, "-c", 5,
                        "--mix", f"9=GET {KEY}", "--mix", f"1=SET {KEY} __data__")
    assert (calls(wire, "get"), calls(wire, "set")) == (9000, 1000)
    assert [entry["weight"] for entry in result["commands"]] == [9, 1]


def test_transactions_stay_together(wire, access):
    [result] = measured(*access, "-n", 3000, "-P", 6, "-c", 5, "--in-order",
                        "--mix", "1=MULTI", "--mix", "1=INCR counter", "--mix", "1=EXEC")
    assert (calls(wire, "exec"), calls(wire, "incr")) == (1000, 1000)
    assert result["requests"] == 3000


def test_an_open_loop_sends_what_its_rate_says(wire, access):
    [result] = measured(*access, "--rate", 2000, "--duration", 0.5, "-c", 5, "INCR", "counter")
    assert result["requests"] == calls(wire, "incr") == 1000
    assert result["mode"] == "open"
    [result] = measured(*access, "--rate", 50_000, "-n", 1000, "-P", 10, "INCR", "other")
    assert result["requests"] == 1000


def test_what_is_sent_to_warm_up_is_not_counted(wire, access):
    for loop in ((), ("--rate", 10_000)):
        before = int(value(wire, "GET", "counter") or 0)
        [result] = measured(*access, *loop, "--warmup", 0.2, "-n", 500, "INCR", "counter")
        assert result["requests"] == 500
        assert int(value(wire, "GET", "counter")) > before + 500


def test_unix_socket_database_user_and_resp3(server, wire, access):
    value(wire, "SELECT", 5)
    path = server.folder / "apus.sock"
    measured("-s", path, "-a", "secret", "--user", "default", "--dbnum", 5, "-3",
             "-n", 10, "-r", 10, "--keys", "sequential", "SET", KEY, "v")
    assert value(wire, "DBSIZE") == 10


def test_tests_of_redis_benchmark_by_name(wire, access):
    results = measured(*access, "-t", "ping,set,get,incr,mset", "-n", 200, "-r", 50, "-d", 8)
    names = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET"]
    assert [result["name"] for result in results] == names
    assert calls(wire, "ping") == 400
    assert value(wire, "GET", "key:000000000001") == b"x" * 8


# --- What is answered


def test_values_longer_than_a_read(wire, access):
    value(wire, "SET", "large", "x" * 1_000_000)
    [result] = measured(*access, "-n", 100, "-P", 3, "-c", 4, "-d", 1_000_000,
                        "--expect", "data", "GET", "large")
    assert result["requests"] == 100


def test_misses_are_counted(wire, access):
    value(wire, "SET", "key:000000000003", "v")
    [result] = measured(*access, "-n", 100, "-r", 10, "--keys", "sequential", "GET", KEY)
    assert result["misses"] == 90


@pytest.mark.parametrize("piece", [1, 2, 7])
def test_replies_may_come_in_any_pieces(piece):
    with answering(always(b"*2\r\n$3\r\nabc\r\n:12\r\n", piece)) as port:
        [result] = measured("-p", port, "-n", 200, "-P", 8, "-c", 3, "--expect", "array", "X")
    assert result["requests"] == 200


@pytest.mark.parametrize("reply, load, message", [
    (b"HELLO WORLD\r\n", ("GET", "k"), "this is no reply: 'HELLO WORLD\\r\\n'"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", ("SET", "k", "v"), "this is no reply: 'HTTP/1.1"),
    (b"$5\r\nabc\r\n$5\r\nab", ("GET", "k"), "this is no reply: '$5"),
    (b"-ERR unknown command\r\n", ("GET", "k"), "wrong reply to GET k: '-ERR unknown command"),
    (b"!3\r\nERR\r\n", ("GET", "k"), "wrong reply to GET k: '!3"),
    (b"+OK\r\n", ("GET", "k"), "wrong reply to GET k: '+OK"),
    (b":1\r\n", ("SET", "k", "v"), "wrong reply to SET k v: ':1"),
    (b"+PONK\r\n", ("PING",), "wrong reply to PING: '+PONK"),
    (b"$3\r\nxxy\r\n", ("--expect", "data", "GET", "k"), "wrong reply to GET k: '$3"),
    (b"$3\r\nxxx\r\n", ("--expect", "$64", "GET", "k"), "wrong reply to GET k: '$3"),
    (b"$-1\r\n", ("--expect", "data", "GET", "k"), "wrong reply to GET k: '$-1"),
    (b"$1\r\na\r\n$1\r\na\r\n", ("GET", "k"), "a reply that nothing asked for: '$1"),
    (b"+FOO\r\n", ("SET", "k", "v"), "wrong reply to SET k v: '+FOO"),
    (b"+OK\n", ("SET", "k", "v"), "this is no reply: '+OK"),
    (b"$5\r\nhello\r\n", ("SET", "k", "v"), "wrong reply to SET k v: '$5"),
    (b"$-1\r\n", ("SET", "k", "v"), "wrong reply to SET k v: '$-1"),
    (b"*2\r\n+OK\r\n-ERR a\r\n", ("EXEC",), "wrong reply to EXEC: '*2"),
    (b":7\r\n", ("-3", "INCR", "k"), "HELLO was answered ':7"),
    (b"+\xffx\n", ("-3", "INCR", "k"), "HELLO was answered '+"),
    (b"*0\r\n", ("--dbnum", 1, "INCR", "k"), "SELECT was answered '*0"),
    (b"$536870913\r\nx", ("GET", "k"), "this is no reply: '$536870913"),
])
def test_a_wrong_reply_is_an_error(reply, load, message):
    with answering(always(reply)) as port:
        result = run("-p", port, "-n", 10, "-c", 1, "--csv", *load)
    assert result.returncode == 1
    assert message in result.stderr
    assert result.stdout == ""


def test_one_wrong_reply_among_many_is_an_error():
    def answer(client):
        for number, _ in enumerate(commands(client)):
            client.sendall(b"+OK\r\n" if number != 700 else b"-LOADING wait\r\n")

    with answering(answer) as port:
        result = run("-p", port, "-n", 1000, "-c", 1, "-P", 10, "SET", "k", "v")
    assert result.returncode == 1
    assert "wrong reply to SET k v: '-LOADING wait" in result.stderr


@pytest.mark.parametrize("setup", [(), ("--dbnum", 1)], ids=["none", "setup"])
def test_pushes_answer_nothing(setup):
    with answering(always(b">2\r\n+message\r\n+x\r\n+OK\r\n")) as port:
        [result] = measured("-p", port, "-n", 50, "-P", 5, "-c", 2, *setup, "SET", "k", "v")
    assert result["requests"] == 50


def test_a_null_that_is_expected_is_a_miss(wire, access):
    [result] = measured(*access, "-n", 50, "--expect", "$-1\\r\\n", "GET", "nobody")
    assert result["misses"] == 50
    done = run(*access, "-q", "-n", 50, "GET", "nobody")
    assert "50 replies without a value" in done.stdout


def test_an_endless_reply_is_kept_up_to_a_bound():
    def answer(client):
        client.recv(65536)
        client.sendall(b"$500000000\r\n")
        while True:
            client.sendall(b"x" * 65536)

    with answering(answer) as port:
        done = run("-p", port, "-c", 500, "-n", 500, "GET", "k")
    assert done.returncode == 1
    assert "the most that each of 500 connections keeps" in done.stderr


def test_an_answer_before_the_request_was_read_is_an_error():
    """Most of the request is still to be written when its answer comes."""
    def answer(client):
        client.recv(10)
        for _ in range(5):
            time.sleep(0.1)
            client.sendall(b"+OK\r\n")
        while client.recv(1 << 20):
            pass

    with answering(answer) as port:
        result = run("-p", port, "-n", 50, "-c", 1, "-d", 20_000_000, "SET", "k", "__data__")
    assert result.returncode == 1
    assert "answered a request that it had not read" in result.stderr


def test_a_peer_that_goes_while_a_request_is_written_is_an_error():
    def answer(client):
        client.recv(10)
        time.sleep(0.3)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with answering(answer) as port:
        result = run("-p", port, "-n", 50, "-c", 1, "-d", 20_000_000, "SET", "k", "__data__")
    assert result.returncode == 1
    assert "apus-benchmark: " in result.stderr


@pytest.mark.parametrize("flood", [b">1\r\n+x\r\n", b"*1\r\n" * 1000, b"$2\r\nab" * 1])
def test_what_is_no_answer_does_not_keep_a_run_alive(flood):
    def answer(client):
        while True:
            client.sendall(flood)
            time.sleep(0.01)

    with answering(answer) as port:
        result = run("-p", port, "-c", 1, "--timeout", 0.6, "GET", "k")
    assert result.returncode == 1
    assert "no reply for 0.6 seconds" in result.stderr or "this is no reply" in result.stderr


def test_an_attribute_belongs_to_its_reply():
    with answering(always(b"|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n")) as port:
        [result] = measured("-p", port, "-n", 50, "-P", 5, "-c", 2, "GET", "k")
    assert result["requests"] == 50


def test_a_closed_connection_is_an_error():
    def answer(client):
        client.recv(10)

    with answering(answer) as port:
        result = run("-p", port, "SET", "k", "v")
    assert result.returncode == 1
    assert "the server closed a connection" in result.stderr


@pytest.mark.parametrize("load", [(), ("--rate", 100)])
def test_a_server_that_says_nothing_is_an_error(load):
    with answering(lambda client: [None for _ in commands(client)]) as port:
        result = run("-p", port, "--timeout", 0.5, *load, "SET", "k", "v")
    assert result.returncode == 1
    assert "no reply for 0.5 seconds" in result.stderr


def test_no_server_is_an_error():
    with answering(always(b"")) as port:
        pass
    result = run("-p", port, "PING")
    assert result.returncode == 1
    assert f"cannot connect to 127.0.0.1:{port}: connection refused" in result.stderr
    result = run("-s", "/nowhere/at/all", "PING")
    assert result.returncode == 1
    assert "cannot connect to /nowhere/at/all: no such file or directory" in result.stderr


def test_a_wrong_password_is_an_error(server):
    result = run("-p", server.port, "-a", "wrong", "PING")
    assert result.returncode == 1
    assert "AUTH was answered '-WRONGPASS" in result.stderr
    result = run("-p", server.port, "PING")
    assert "wrong reply to PING: '-NOAUTH" in result.stderr


# --- Latency


def test_an_open_loop_shows_the_stall_that_a_closed_loop_hides():
    """A stall of 100 ms in 2 s: in a closed loop one request of thousands sees it."""
    with Server() as server:
        closed, opened = (stalled(server, load) for load in ((), ("--rate", 1000)))
    assert closed["latency_us"]["max"] >= 100_000
    assert closed["latency_us"]["p99.9"] < 50_000
    assert 90_000 < opened["latency_us"]["p99.9"]
    assert opened["latency_us"]["p50"] < 50_000


def test_requests_that_leave_late_are_told(access):
    """Stopped for a while, the generator owes many requests: all of them left late."""
    process = subprocess.Popen(
        [str(BINARY), *map(str, access), "--rate", "20000", "--duration", "1", "-c", "5",
         "--json", "-", "PING"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    process.send_signal(signal.SIGCONT)
    output, _ = process.communicate(timeout=30)
    [result] = json.loads(output)["tests"]
    assert result["requests"] == 20_000
    assert result["send_delay_us"]["max"] > 150_000
    assert result["send_delay_us"]["p90"] > 50_000
    assert result["latency_us"]["p90"] >= result["send_delay_us"]["p90"]


def stalled(server, load):
    def stall():
        time.sleep(0.7)
        with server.wire() as wire:
            value(wire, "DEBUG", "SLEEP", "0.1")

    thread = threading.Thread(target=stall)
    thread.start()
    [result] = measured("-p", server.port, *load, "-c", 1, "--duration", 2, "PING")
    thread.join()
    return result


def test_percentiles_rise_and_the_distribution_ends_with_the_longest(server, access):
    [result] = measured(*access, "-n", 20_000, "-P", 4, "PING")
    latency = result["latency_us"]
    order = ("min", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max")
    assert [latency[name] for name in order] == sorted(latency[name] for name in order)
    assert latency["min"] <= latency["mean"] <= latency["max"]
    percentages, values = zip(*result["distribution"])
    assert percentages[-1] == 100 and values[-1] == latency["max"]
    assert list(percentages) == sorted(percentages) and list(values) == sorted(values)


# --- How it is told


def test_csv_has_the_columns_of_redis_benchmark(access):
    result = run(*access, "--csv", "-t", "set,get", "-n", 100)
    header, *rows = csv.reader(result.stdout.splitlines())
    assert header == [
        "test", "rps", "avg_latency_ms", "min_latency_ms", "p50_latency_ms", "p95_latency_ms",
        "p99_latency_ms", "max_latency_ms"]
    assert [row[0] for row in rows] == ["SET", "GET"]
    assert all(float(value) > 0 for row in rows for value in row[1:])


def test_text_tells_throughput_and_latency(access):
    result = run(*access, "-n", 100, "GET", "nothing")
    assert "====== GET nothing ======" in result.stdout
    assert "100 requests completed" in result.stdout
    assert "replies without a value: 100" in result.stdout
    quiet = run(*access, "-q", "-n", 100, "-t", "set")
    assert quiet.stdout.startswith("SET: ") and "requests per second" in quiet.stdout


def test_help_and_version():
    for arguments in (("--help",), ("-t", "get", "--help")):
        result = run(*arguments)
        assert result.returncode == 0
        assert "USAGE: apus-benchmark" in result.stdout and "--rate" in result.stdout
    assert run("--version").stdout.strip() == "1.0.0"


@pytest.mark.parametrize("form", [(), ("-q",), ("--csv",), ("--json", "-")])
def test_results_that_cannot_be_written_are_an_error(access, form):
    command = [str(BINARY), *map(str, access), *form, "-n", "10", "PING"]
    with open("/dev/full", "w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=20)
    assert result.returncode == 1
    assert b"cannot write to standard output" in result.stderr
    shell = " ".join(map(shlex.quote, command)) + " >&-"
    result = subprocess.run(shell, shell=True, stderr=subprocess.PIPE, timeout=20)
    assert result.returncode == 1
    assert b"standard output is closed" in result.stderr


def test_a_measurement_of_nothing_is_an_error():
    """The server answers more slowly than the time that is measured after the warm-up."""
    def answer(client):
        for _ in commands(client):
            time.sleep(0.15)
            client.sendall(b"+PONG\r\n")

    with answering(answer) as port:
        result = run("-p", port, "-c", 1, "--warmup", 0.2, "--duration", 0.05, "PING")
    assert result.returncode == 1
    assert "no request was answered in the time that was measured" in result.stderr


@pytest.mark.parametrize("load, message", [
    (("-n", 0, "PING"), "there must be 1 to"),
    (("-n", 2**63 - 1, "-P", 2, "--rate", 1, "PING"), "there must be 1 to"),
    (("-d", 300_000_000, "-t", "mset"), "at most 1 GiB"),
    (("-d", 200_000_000, "-c", 20, "SET", "k", "__data__"), "at most 2 GiB together"),
    (("-t", ""), "-t names no test"),
    (("-t", ",,"), "-t names no test"),
    (("-c", 0, "PING"), "connections"),
    (("-P", 0, "PING"), "pipeline"),
    (("-P", 10**15, "PING"), "pipeline"),
    (("--rate", 0, "PING"), "rate"),
    (("--rate", "nan", "PING"), "rate"),
    (("--duration", "inf", "PING"), "duration"),
    (("-n", 1, "--duration", 1, "PING"), "one of them"),
    (("-t", "get", "PING"), "one of them"),
    (("-t", "nothing"), "unknown test 'nothing'"),
    (("-r", 0, "PING"), "key space"),
    (("--keys", "sometimes", "PING"), "keys"),
    (("--mix", "GET x"), "WEIGHT=COMMAND"),
    (("--mix", "99999999999=PING"), "weights"),
    (("--expect", "nothing", "PING"), "unknown expectation"),
    (("-p", 0, "PING"), "-p"),
    (("--user", "x", "PING"), "--user needs -a"),
    (("--wrong", "PING"), "Unknown option '--wrong'"),
    (("-x",), "Unknown option '-x'"),
    (("--json", "/nowhere/at/all", "--duration", 500, "PING"), "cannot write /nowhere/at/all"),
    (("--json", "/tmp", "--duration", 500, "PING"), "cannot write /tmp: Is a directory"),
])
def test_impossible_wishes_get_a_clear_message(access, load, message):
    access = () if load[0] == "--user" else access
    result = run(*access, *load)
    assert result.returncode not in (0, -4, -5, -11)
    assert message in result.stderr
