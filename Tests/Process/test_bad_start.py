"""Starts that must fail, and with the words that supervisors and test suites look for."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess

import pytest

from Support.binaries import REDIS_7, REDIS_8, SUBJECT, binary
from Support.process import run, without_version
from Support.ports import free_port

BAD_ARGUMENTS = [
    ["--foo", "bar"],
    ["--foo"],
    ["--port"],
    ["--port", "--bla"],
    ["--port", "a"],
    ["--port", "1", "2"],
    ["--port", "65536"],
    ["--port", "-1"],
    ["--port", ""],
    ["--port", "1.5"],
    ["--loglevel", "foo"],
    ["--loglevel"],
    ["--appendfsync", "foo"],
    ["--appendonly", "maybe"],
    ["--maxmemory", "1.5gb"],
    ["--maxmemory", "10tb"],
    ["--maxmemory-policy", "foo"],
    ["--databases", "0"],
    ["--databases", "-1"],
    ["--hz", "a"],
    ["--timeout", "-1"],
    ["--save", "a"],
    ["--save", "1"],
    ["--save", "0 1"],
    ["--save", "1 -1"],
    ["--client-output-buffer-limit", "normal", "0", "0"],
    ["--client-output-buffer-limit", "foo", "0", "0", "0"],
    ["--notify-keyspace-events", "foo"],
    ["--daemonize", "x"],
    ["--supervised", "foo"],
    ["--unixsocketperm", "foo"],
    ["--unixsocketperm", "9999"],
    ["--tcp-backlog", "-1"],
    ["--lfu-log-factor", "-1"],
    ["--include", "/nonexistent/file"],
    ["--rename-command", "get"],
    ["--rename-command", "nosuch", "x"],
    ["--loadmodule"],
    ["--replicaof", "127.0.0.1", "abc"],
    ["--replicaof", "127.0.0.1"],
    ["--dir", "/nonexistent/folder"],
    ["--logfile", "/nonexistent/folder/log"],
    ["--proc-title-template", "{foo}"],
    ["--maxmemory-samples", "0"],
    ["--bind", *["127.0.0.1"] * 17],
    ["--oom-score-adj", "x"],
    ["--oom-score-adj-values", "1", "2"],
    ["--latency-tracking-info-percentiles", "101"],
    ["--cluster-announce-port", "65536"],
    ["--port", "1", "--foo", "bar"],
    ["/nonexistent.conf"],
    ["/nonexistent.conf", "--port", "1"],
]

BAD_FILES = [
    "foo bar\n",
    "port\n",
    "port a\n",
    "port 1 2\n",
    "# comment\n\nport 99999\n",
    "port \"\n",
    "port '1\n",
    "port \"1\"2\n",
    "requirepass \"a\\xZ\n",
    "loglevel foo\n",
    "include\n",
    "include /nonexistent/file\n",
    "save 1\n",
    "rename-command a\n",
    "\nhz 10\nhz a\n",
    "slave-priority x\n",
    "maxmemory 1x\n",
    "appendonly y\n",
    "PORT a\n",
    "  port   b  \n",
    "client-output-buffer-limit normal\n",
    "unixsocketperm 8\n",
    "foo\n" * 3,
]


def _reference(text: str) -> str:
    """The server whose words count: `nothing` came to the list of log levels with 7.2."""
    return REDIS_8 if "loglevel" in text else REDIS_7


@pytest.mark.parametrize("arguments", BAD_ARGUMENTS, ids=lambda a: " ".join(a)[:50])
def test_bad_arguments(arguments):
    reference = _reference(arguments[0])
    mine, theirs = (run(kind, *arguments) for kind in (SUBJECT, reference))
    assert theirs.status != 0
    assert (mine.status, without_version(mine.err)) == (theirs.status, without_version(theirs.err))


@pytest.mark.parametrize("config", BAD_FILES, ids=repr)
def test_bad_file(config):
    mine, theirs = (run(kind, config=config) for kind in (SUBJECT, _reference(config)))
    assert theirs.status != 0
    assert (mine.status, without_version(mine.err)) == (theirs.status, without_version(theirs.err))


def test_bad_configuration_on_standard_input():
    mine, theirs = (run(kind, "-", stdin="port abc\n") for kind in (SUBJECT, REDIS_7))
    assert (mine.status, without_version(mine.err)) == (theirs.status, without_version(theirs.err))


# -- what promises durability, a limit or security and does not work yet -----------------------

NOT_YET = [
    ["--maxmemory", "100mb"],
    ["--user", "alice", "on", ">secret", "~*", "+@all"],
    ["--tls-port", "7443"],
    ["--rename-command", "CONFIG", "x"],
    ["--cluster-enabled", "yes"],
    ["--replicaof", "127.0.0.1", "7000"],
]


@pytest.mark.parametrize("arguments", NOT_YET, ids=lambda a: " ".join(a))
def test_what_does_not_work_yet_is_refused(arguments):
    """An operator who asks for safety must not get a server without it. Each line goes when its
    feature comes."""
    outcome = run(SUBJECT, "--port", str(free_port()), *arguments)
    assert outcome.status == 1
    assert arguments[0][2:] in outcome.err


# -- ports, sockets, files ---------------------------------------------------------------------


def test_busy_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        arguments = ["--port", port, "--bind", "127.0.0.1"]
        mine, theirs = (run(kind, *arguments) for kind in (SUBJECT, REDIS_7))
    assert mine.status == theirs.status == 1
    for text in ("Address already in use", f"Failed listening on port {port}"):
        assert text in theirs.out
        assert text in mine.out
    assert "already in use" not in mine.out.splitlines()[0]


def test_unknown_address():
    arguments = ["--port", str(free_port()), "--bind", "203.0.113.1"]
    mine, theirs = (run(kind, *arguments) for kind in (SUBJECT, REDIS_7))
    assert mine.status == theirs.status == 1
    assert "Could not create server TCP listening socket 203.0.113.1" in mine.out


def test_unix_socket_in_a_folder_that_is_not_there():
    arguments = ["--port", "0", "--unixsocket", "/nonexistent/folder/s"]
    mine, theirs = (run(kind, *arguments) for kind in (SUBJECT, REDIS_7))
    assert mine.status == theirs.status == 1
    text = ": bind: No such file or directory"
    assert text in theirs.out
    assert text in mine.out


def test_no_listener_at_all():
    mine, theirs = (run(kind, "--port", "0") for kind in (SUBJECT, REDIS_7))
    assert mine.status == theirs.status == 1
    assert "Configured to not listen anywhere, exiting." in mine.out


@pytest.fixture
def other_user(tmp_path):
    """Permissions do not bind root: the server runs as nobody, from a folder it can enter."""
    if os.getuid() != 0:
        return None
    for path in (tmp_path, *tmp_path.parents[:3]):
        os.chmod(path, os.stat(path).st_mode | stat.S_IRWXU | 0o055)
    return 65534


def _outcome_as(user, kind, folder, *arguments):
    program = folder / "redis-server"
    if not program.exists():
        shutil.copy(binary(kind).resolve(), program)
        program.chmod(0o755)
    done = subprocess.run(
        [str(program), *arguments], user=user, group=user, cwd=folder, timeout=10,
        extra_groups=[] if user else None, capture_output=True, text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("option", "name", "text"),
    [
        ("--unixsocket", "s", ": bind: Permission denied"),
        ("--logfile", "log", "Can't open the log file: Permission denied"),
        ("--dir", "", "Permission denied"),
    ],
)
def test_no_permission(tmp_path, other_user, option, name, text):
    forbidden = tmp_path / "forbidden"
    forbidden.mkdir(mode=0o700 if other_user else 0o500)
    if option == "--dir" and not other_user:
        forbidden.chmod(0)
    arguments = ["--port", "0" if option == "--unixsocket" else str(free_port()),
                 option, str(forbidden / name)]
    for kind in (SUBJECT, REDIS_7):
        folder = tmp_path / kind
        folder.mkdir(mode=0o755)
        status, output = _outcome_as(other_user, kind, folder, *arguments)
        assert status == 1, f"{kind}: {output}"
        assert text in output, f"{kind}: {output}"


def test_unwritable_pidfile_is_only_logged(start):
    server = start(options={"pidfile": "/nonexistent/folder/pid"})
    with server.wire() as wire:
        assert wire.call("PING").value == b"PONG"
    # Before 7.2 Redis did not say it at all.
    with start(REDIS_8, options={"pidfile": "/nonexistent/folder/pid"}) as real:
        wanted = [line for line in real.log().splitlines() if "pid file" in line.lower()]
    got = [line for line in server.log().splitlines() if "pid file" in line.lower()]
    assert [line.split(" ", 6)[6:] for line in got] == [line.split(" ", 6)[6:] for line in wanted]
