"""Start, stop, restart, and what a supervisor sees of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from Support.binaries import REDIS_7, SUBJECT, binary
from Support.process import run
from Support.resp import Reply
from Support.ports import free_port
from Support.wire import Closed, Wire

LOG_LINE = re.compile(
    r"\d+:[XCSM] \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d\.\d{3} [.\-*#] .+"
)


def test_log_lines_and_readiness(start):
    server = start()
    lines = [line for line in server.log().splitlines() if line.strip()]
    assert all(LOG_LINE.fullmatch(line) for line in lines), lines
    text = server.log()
    assert text.index("Server initialized") < text.index("Ready to accept connections")
    assert f"{server.pid}:M " in text


def test_logo_carries_the_pid(start):
    server = start(options={"always-show-logo": "yes"})
    assert f" PID: {server.pid}" in server.log()
    assert f"Port: {server.port}" in server.log()


def test_verbose_and_quiet_logs(start):
    loud, quiet = start(options={"loglevel": "debug"}), start(options={"loglevel": "warning"})
    for server in (loud, quiet):
        with server.wire() as wire:
            wire.call("PING")
    loud.wait_log("Accepted 127.0.0.1:")
    loud.wait_log("Client closed connection id=")
    wire = loud.wire()
    wire.call("PING")
    wire.abort()
    loud.wait_log("Reading from client: Connection reset by peer")
    assert "Ready to accept" not in quiet.log()


def test_log_file(start, tmp_path):
    path = tmp_path / "server.log"
    server = start(options={"logfile": str(path)})
    assert "Ready to accept" in path.read_text()
    assert server.log() == ""


@pytest.mark.parametrize("options", [["--version"], ["-v"]])
def test_version(options):
    mine, theirs = run(SUBJECT, *options), run(REDIS_7, *options)
    pattern = r"\w+ server v=\d+\.\d+\.\d+\S* sha=\w+:\d malloc=jemalloc-\S+ bits=64 build=\w+\n"
    assert re.fullmatch(pattern, theirs.out)
    assert re.fullmatch(pattern, mine.out), mine.out
    assert mine.status == 0


@pytest.mark.parametrize("options", [["--help"], ["-h"]])
def test_help(options):
    mine, theirs = run(SUBJECT, *options), run(REDIS_7, *options)
    assert mine.status == theirs.status
    assert "Usage:" in mine.out + mine.err
    assert bool(mine.out) == bool(theirs.out)


# -- stopping ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_stop_by_signal(start, number):
    server = start()
    server.process.send_signal(number)
    assert server.wait_exit(10) == 0
    text = server.log()
    name = "SIGTERM" if number == signal.SIGTERM else "SIGINT"
    assert f"Received {name}" in text
    assert "User requested shutdown" in text
    assert "ready to exit, bye bye" in text


def test_stop_with_busy_clients(start):
    server = start()
    wires = [server.wire() for _ in range(20)]
    for wire in wires:
        wire.send(b"*1\r\n$4\r\nPING\r\n" * 1000)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_exit(10) == 0
    for wire in wires:
        wire.close()


@pytest.mark.parametrize(
    "words", ["", "NOSAVE", "nosave", "NOSAVE NOW", "NOSAVE FORCE", "NOW", "FORCE", "NOW FORCE"]
)
def test_shutdown_command(start, words):
    server = start()
    with server.wire() as wire:
        wire.send(("SHUTDOWN " + words + "\r\n").encode())
        assert wire.read_bytes_until_closed() == b""
    assert server.wait_exit(10) == 0
    assert "User requested shutdown" in server.log()


def test_shutdown_answers_what_came_before_and_drops_the_rest(start):
    server = start()
    with server.wire() as wire:
        wire.send(b"SET a b\r\nGET a\r\nSHUTDOWN NOSAVE\r\nGET a\r\n")
        got = wire.read_bytes_until_closed()
    assert got in (b"+OK\r\n$1\r\nb\r\n", b"")
    assert server.wait_exit(10) == 0


def test_shutdown_abort_without_one(start):
    server = start()
    with server.wire() as wire:
        assert wire.call("SHUTDOWN", "ABORT") == Reply("error", b"ERR No shutdown in progress.")


def test_restart_on_the_same_port_at_once(start):
    server = start()
    wires = [server.wire() for _ in range(10)]
    for wire in wires:
        wire.call("PING")
    for _ in range(3):
        server.restart()
        with server.wire() as wire:
            assert wire.call("PING").value == b"PONG"
    for wire in wires:
        wire.close()


def test_hangup_and_pipe_are_ignored(start):
    server = start()
    for number in (signal.SIGHUP, signal.SIGPIPE):
        server.process.send_signal(number)
    time.sleep(0.05)
    with server.wire() as wire:
        assert wire.call("PING").value == b"PONG"


def test_no_noise_on_standard_error(start):
    server = start()
    with server.wire() as wire:
        wire.call("INFO")
    assert server.terminate() == 0
    assert server.errors() == ""


# -- crash reports -----------------------------------------------------------------------------

CRASHES = [
    ("SEGFAULT", lambda server, wire: wire.send(b"DEBUG SEGFAULT\r\n"), "crashed by signal: 11"),
    ("SIGSEGV", lambda server, wire: server.process.send_signal(signal.SIGSEGV), "signal: 11"),
    ("SIGABRT", lambda server, wire: server.process.send_signal(signal.SIGABRT), "signal: 6"),
    ("SIGILL", lambda server, wire: server.process.send_signal(signal.SIGILL), "signal: 4"),
    ("SIGTRAP", lambda server, wire: server.process.send_signal(signal.SIGTRAP), "signal: 5"),
    ("SIGBUS", lambda server, wire: server.process.send_signal(signal.SIGBUS), "signal: 7"),
    ("SIGFPE", lambda server, wire: server.process.send_signal(signal.SIGFPE), "signal: 8"),
]


@pytest.mark.parametrize("crash", CRASHES, ids=lambda crash: crash[0])
def test_crash_report(start, crash):
    _, cause, text = crash
    server = start(options={"crash-memcheck-enabled": "no"})
    with server.wire() as wire:
        wire.call("CLIENT", "SETNAME", "the-culprit")
        cause(server, wire)
        assert server.wait_exit(15) != 0
    log = server.log()
    for wanted in (
        "=== REDIS BUG REPORT START", text, "------ STACK TRACE", "------ INFO OUTPUT",
        "redis_version:", "------ CLIENT LIST OUTPUT", "the-culprit",
        "=== REDIS BUG REPORT END. Make sure to include from START to END. ===",
    ):
        assert wanted in log, f"{wanted!r} is missing"


def test_crash_report_names_the_command(start):
    server = start(options={"crash-memcheck-enabled": "no"})
    with server.wire() as wire:
        wire.send(b"DEBUG SEGFAULT\r\n")
        server.wait_exit(15)
    log = server.log()
    assert "------ CURRENT CLIENT INFO" in log
    assert "argv[0]: 'DEBUG'\nargv[1]: 'SEGFAULT'\n" in log


def test_crash_report_is_whole_and_tells_no_secret(start):
    server = start(options={"crash-memcheck-enabled": "no"})
    with server.wire() as other, server.wire() as wire:
        other.ok("CLIENT", "SETNAME", "bystander")
        other.ok("CONFIG", "SET", "requirepass", "top-secret")
        wire.ok("SET", "a", "b")
        wire.send(b"*5\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n"
                  b"$10\r\ntop-secret\r\n$1\r\nx\r\nDEBUG SEGFAULT\r\n")
        server.wait_exit(15)
    log = server.log()
    for section in ("Server", "Clients", "Memory", "Stats", "Replication", "CPU", "Keyspace"):
        assert f"\n# {section}\n" in log.replace("\r", "")
    assert "cmdstat_set:calls=1" in log and "db0:keys=1" in log
    assert "name=bystander" in log and " tot-mem=" in log
    assert "top-secret" not in log


def test_signal_kills_the_process_with_that_signal(start):
    server = start(options={"crash-memcheck-enabled": "no"})
    server.process.send_signal(signal.SIGSEGV)
    assert server.wait_exit(15) == -signal.SIGSEGV


# -- what the system sees ----------------------------------------------------------------------


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()


def test_process_title(start):
    server = start()
    assert f"127.0.0.1:{server.port}" in _command_line(server.pid)


def test_process_title_of_a_unix_socket(start, tmp_path):
    server = start(options={"port": "0", "unixsocket": str(tmp_path / "s")})
    assert f" unixsocket:{tmp_path / 's'}" in _command_line(server.pid)


def test_process_title_template(start):
    server = start(options={"proc-title-template": "hello {listen-addr} {port} {server-mode}"})
    wanted = f"hello 127.0.0.1:{server.port} {server.port}"
    assert _command_line(server.pid).startswith(wanted)


def test_file_descriptors_do_not_leak(start):
    server = start()
    folder = Path(f"/proc/{server.pid}/fd")
    with server.wire() as wire:
        wire.call("PING")
    time.sleep(0.1)
    before = len(list(folder.iterdir()))
    for _ in range(200):
        with server.wire() as wire:
            wire.call("PING")
    time.sleep(0.2)
    assert len(list(folder.iterdir())) <= before + 1


def test_daemonize_with_pidfile(tmp_path):
    port, pidfile = free_port(), tmp_path / "server.pid"
    started = subprocess.run(
        [str(binary(SUBJECT)), "--port", str(port), "--daemonize", "yes", "--pidfile", str(pidfile),
         "--dir", str(tmp_path), "--logfile", str(tmp_path / "log"), "--save", ""],
        timeout=10, capture_output=True,
    )
    assert started.returncode == 0
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                with Wire(port) as wire:
                    assert wire.call("PING").value == b"PONG"
                    pid = int(wire.info("server")["process_id"])
                break
            except OSError:
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.02)
        assert int(pidfile.read_text()) == pid
        assert os.getsid(pid) == pid, "not a session of its own"
        with Wire(port) as wire:
            wire.send(b"SHUTDOWN NOSAVE\r\n")
            wire.read_bytes_until_closed()
        while pidfile.exists() or Path(f"/proc/{pid}").exists():
            assert time.monotonic() < deadline + 10, "pid file or process is still there"
            time.sleep(0.02)
    finally:
        if pidfile.exists():
            os.kill(int(pidfile.read_text()), signal.SIGKILL)


def test_pidfile_in_the_foreground(start, tmp_path):
    pidfile = tmp_path / "server.pid"
    server = start(options={"pidfile": str(pidfile)})
    assert int(pidfile.read_text()) == server.pid
    server.terminate()
    assert not pidfile.exists()


def test_clients_are_told_nothing_after_close(start):
    server = start()
    wire = server.wire()
    wire.call("PING")
    server.terminate()
    with pytest.raises(Closed):
        wire.read()
    wire.close()


def test_supervised_systemd(start, tmp_path):
    """READY=1 on the socket that NOTIFY_SOCKET names."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(10)
        os.environ["NOTIFY_SOCKET"] = path
        try:
            start(options={"supervised": "systemd"})
        finally:
            del os.environ["NOTIFY_SOCKET"]
        got = b""
        while b"READY=1" not in got:
            got += notify.recv(4096)
