"""redis-cli and redis-benchmark, run for real."""

from __future__ import annotations

import re
import subprocess

import pytest

from Clients.terminal import Terminal
from Support.binaries import tool
from Support.resp import encode


def cli(server, *arguments: str, stdin: bytes = b"", seconds: float = 30):
    done = subprocess.run(
        [tool("redis-cli"), "-p", str(server.port), *arguments], input=stdin,
        capture_output=True, timeout=seconds,
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()


def watched(server, *arguments: str, seconds: float) -> str:
    """Output of a mode that never ends, on a terminal."""
    with Terminal(tool("redis-cli"), "-p", str(server.port), *arguments) as terminal:
        shown = terminal.read_for(seconds)
        assert terminal.process.poll() is None, shown
    return shown


@pytest.fixture
def filled(start):
    server = start()
    with server.wire() as wire:
        wire.pipeline([["SET", f"key:{number}", "v" * number] for number in range(1, 500)])
        wire.pipeline([["SET", f"number:{number}", number] for number in range(500)])
    return server


def test_plain_commands(filled):
    assert cli(filled, "PING") == (0, "PONG\n", "")
    assert cli(filled, "GET", "key:3")[1] == "vvv\n"
    assert cli(filled, "GET", "none")[1] == "\n"
    assert cli(filled, "--no-raw", "GET", "none")[1] == "(nil)\n"
    assert cli(filled, "--no-raw", "DBSIZE")[1] == "(integer) 999\n"
    assert cli(filled, "-n", "3", "DBSIZE")[1] == "0\n"
    assert "ERR unknown command" in cli(filled, "nosuch")[1]
    status, _, errors = cli(filled, "-e", "nosuch")
    assert status == 1 and "ERR unknown command" in errors


def test_resp3(filled):
    assert cli(filled, "-3", "PING")[1] == "PONG\n"
    status, out, _ = cli(filled, "-3", "--no-raw", "CONFIG", "GET", "maxmemory")
    assert out == '1# "maxmemory" => "0"\n' and status == 0
    assert "1# " in cli(filled, "-3", "--no-raw", "HELLO")[1]


def test_csv_and_json(filled):
    assert cli(filled, "--csv", "MGET", "key:1", "none")[1] == '"v",NULL\n'
    assert cli(filled, "-3", "--json", "MGET", "key:1", "none")[1] == '["v",null]\n'


def test_standard_input_and_repeat(filled):
    assert cli(filled, stdin=b"SET a 1\nINCR a\nGET a\n")[1].split() == ["OK", "2", "2"]
    assert cli(filled, "-r", "5", "INCR", "again")[1].split() == ["1", "2", "3", "4", "5"]
    assert cli(filled, "-x", "SET", "stdin", stdin=b"from stdin")[1] == "OK\n"
    assert cli(filled, "GET", "stdin")[1] == "from stdin\n"


def test_bigkeys(filled):
    status, out, errors = cli(filled, "--bigkeys")
    assert (status, errors) == (0, "")
    assert "Sampled 999 keys in the keyspace!" in out
    assert re.search(r'Biggest string found .*"key:499"\'? has 499 bytes', out), out


def test_memkeys(filled):
    status, out, errors = cli(filled, "--memkeys")
    assert (status, errors) == (0, "")
    assert "Sampled 999 keys in the keyspace!" in out
    assert re.search(r"Biggest string found .*key:4\d\d.* has \d+ bytes", out), out


def test_hotkeys_needs_lfu(filled):
    status, _, errors = cli(filled, "--hotkeys")
    assert status != 0 and "LFU" in errors


def test_scan(filled):
    _, out, _ = cli(filled, "--scan", "--pattern", "key:1*")
    assert len(out.split()) == 111


def test_stat(filled):
    out = watched(filled, "--stat", "-i", "0.3", seconds=1.5)
    assert re.search(r"^999 +[\d.]+[KM] +\d+ +0 +\d+ \(\+\d+\) +\d+", out, re.MULTILINE), out


@pytest.mark.parametrize("mode", ("--latency", "--latency-history", "--latency-dist"))
def test_latency(filled, mode):
    assert watched(filled, mode, "-i", "1", seconds=1.5).strip()


def test_raw_latency(filled):
    status, out, _ = cli(filled, "--raw", "--latency", "-i", "1", seconds=10)
    assert status == 0 and len(out.split()) == 4


def test_pipe(start):
    server = start()
    data = b"".join(encode(["SET", f"k{number}", "v" * 50]) for number in range(20_000))
    status, out, _ = cli(server, "--pipe", stdin=data)
    assert status == 0 and "errors: 0, replies: 20000" in out
    with server.wire() as wire:
        assert wire.call("DBSIZE").value == 20_000


def test_pipe_counts_errors(start):
    server = start()
    data = (encode(["SET", "a", "text"]) + encode(["INCR", "a"])) * 100
    status, out, _ = cli(server, "--pipe", stdin=data)
    assert status == 1 and "errors: 100, replies: 200" in out


def test_interactive_reads_command_docs(start):
    """With a terminal, redis-cli asks for COMMAND DOCS to help with commands."""
    server = start()
    home = {"HOME": str(server.folder)}
    with Terminal(tool("redis-cli"), "-p", str(server.port), environment=home) as terminal:
        prompt = f"127.0.0.1:{server.port}>"
        terminal.read_until(prompt)
        terminal.type("help get\r")
        shown = terminal.read_until("since:")
        # What is typed before the next prompt is thrown away.
        terminal.forget_until("group:")
        terminal.read_until(prompt)
        terminal.type("set a b\r")
        terminal.forget_until("OK")
        terminal.read_until(prompt)
        terminal.type("quit\r")
        terminal.process.wait(10)
    assert "GET key" in shown and "summary:" in shown
    with server.wire() as wire:
        assert "cmdstat_command|docs" in wire.info("commandstats")


# -- redis-benchmark ---------------------------------------------------------------------------

TESTS = "ping,set,get,incr,mset"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-t", TESTS, "-n", "20000"],
        ["-t", TESTS, "-n", "40000", "-P", "16"],
        ["-t", TESTS, "-n", "20000", "-r", "100000", "-P", "128"],
        ["-t", "set,get", "-n", "20000", "-d", "10000", "-P", "16"],
        ["-t", "set,get", "-n", "5000", "-d", "100000", "-c", "10"],
        ["-t", TESTS, "-n", "20000", "-c", "500"],
        ["-t", TESTS, "-n", "20000", "-k", "0"],
        ["-t", "set,get", "-n", "20000", "-3"],
        ["-t", "set,get", "-n", "20000", "--threads", "2"],
    ],
    ids=" ".join,
)
def test_benchmark(start, arguments):
    server = start()
    if "-k" in arguments:
        arguments = [*arguments[:3], "3000", *arguments[4:]]
    done = subprocess.run(
        [tool("redis-benchmark"), "-p", str(server.port), "-q", *arguments],
        capture_output=True, timeout=120, text=True,
    )
    complaints = [line for line in done.stderr.splitlines() if "Keepalive disabled" not in line]
    assert done.returncode == 0 and not complaints
    assert "rror" not in done.stdout and "WARNING" not in done.stdout, done.stdout
    finals = re.findall(r"([A-Z_ ]+).*?: ([\d.]+) requests per second", done.stdout)
    assert finals and all(float(rate) > 0 for _, rate in finals)


def test_benchmark_counts_are_exact(start):
    """INFO's counters afterwards: every call was seen, none twice."""
    server = start()
    subprocess.run(
        [tool("redis-benchmark"), "-p", str(server.port), "-q", "-t", "set,get", "-n", "50000",
         "-P", "16", "-r", "1000"],
        capture_output=True, timeout=120, check=True,
    )
    with server.wire() as wire:
        stats = wire.info("commandstats")
        assert stats["cmdstat_set"].startswith("calls=50000,")
        assert stats["cmdstat_get"].startswith("calls=50000,")
        info = wire.info("stats")
        hits, misses = int(info["keyspace_hits"]), int(info["keyspace_misses"])
    assert hits + misses == 50_000
