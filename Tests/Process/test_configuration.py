"""Command line and configuration file: every way to say the same thing."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import time

import pytest

from Support.resp import Reply
from Support.ports import free_port
from Support.wire import Wire


def value(server, name: str) -> str:
    with server.wire() as wire:
        reply = wire.call("CONFIG", "GET", name)
    return reply.value[1].value.decode()


@pytest.fixture
def with_file(start, tmp_path):
    def make(text: str, *arguments: str, stdin: bool = False):
        port = free_port()
        text = f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\nsave ''\n" + text
        path = tmp_path / "test.conf"
        path.write_text(text)
        first = "-" if stdin else str(path)
        return start(
            arguments=[first, *arguments], options={"port": str(port)},
            stdin=text.encode() if stdin else None,
        )

    return make


def test_file(with_file, tmp_path):
    server = with_file("timeout 7\n\n# comment\n   hz   20  \nMAXCLIENTS 99\n")
    assert [value(server, n) for n in ("timeout", "hz", "maxclients")] == ["7", "20", "99"]
    with server.wire() as wire:
        assert wire.info("server")["config_file"] == str(tmp_path / "test.conf")


def test_standard_input(with_file):
    server = with_file("timeout 8\n", stdin=True)
    assert value(server, "timeout") == "8"


def test_standard_input_and_arguments(with_file):
    server = with_file("timeout 8\nhz 20\n", "--timeout", "9", stdin=True)
    assert [value(server, n) for n in ("timeout", "hz")] == ["9", "20"]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('requirepass "a b"', "a b"), ("requirepass 'a b'", "a b"), ('requirepass ""', ""),
        (r'requirepass "a\x41\n"', "aA\n"), (r'requirepass "a\"b"', 'a"b'),
        (r"requirepass 'a\'b'", "a'b"), (r"requirepass 'a\x41'", r"a\x41"),
        ("requirepass a#b", "a#b"), ('proc-title-template "{title} x"', "{title} x"),
    ],
)
def test_quotes(with_file, line, wanted):
    server = with_file(line + "\n")
    name = line.split()[0]
    with server.wire() as wire:
        if name == "requirepass" and wanted:
            wire.ok("AUTH", wanted)
        assert wire.call("CONFIG", "GET", name).value[1].value.decode() == wanted


def test_include(with_file, tmp_path):
    (tmp_path / "a.conf").write_text("timeout 11\n")
    (tmp_path / "b-1.conf").write_text("hz 21\n")
    (tmp_path / "b-2.conf").write_text("maxclients 77\n")
    server = with_file(f"include {tmp_path}/a.conf\ninclude {tmp_path}/b-*.conf\n")
    assert [value(server, n) for n in ("timeout", "hz", "maxclients")] == ["11", "21", "77"]


def test_later_lines_win(with_file):
    assert value(with_file("timeout 1\ntimeout 2\n"), "timeout") == "2"


def test_arguments_after_the_file_win(with_file):
    assert value(with_file("timeout 1\n", "--timeout", "5"), "timeout") == "5"


@pytest.mark.parametrize(
    ("arguments", "name", "wanted"),
    [
        (["--timeout", "5"], "timeout", "5"),
        (["--timeout 5"], "timeout", "5"),
        (["--timeout", "5", "--hz", "20"], "hz", "20"),
        (["--client-output-buffer-limit", "normal 1 2 3", "--timeout", "3"], "timeout", "3"),
        (["--client-output-buffer-limit", "normal", "1mb", "2mb", "3"],
         "client-output-buffer-limit",
         "normal 1048576 2097152 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60"),
        (["--save", "100", "1", "--save", "50", "2"], "save", "100 1 50 2"),
        (["--save", "100 1 50 2"], "save", "100 1 50 2"),
        (["--save", ""], "save", ""),
        (["--save", "--timeout", "4"], "timeout", "4"),
        (["--save", "--timeout", "4"], "save", ""),
        (["--slave-priority", "33"], "replica-priority", "33"),
        (["--hash-max-ziplist-entries", "33"], "hash-max-listpack-entries", "33"),
        (["--requirepass", ""], "requirepass", ""),
        (["--maxmemory-policy", "ALLKEYS-LRU"], "maxmemory-policy", "allkeys-lru"),
        (["--client-query-buffer-limit", "2MB"], "client-query-buffer-limit", "2097152"),
        (["--proto-max-bulk-len", "2m"], "proto-max-bulk-len", "2000000"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else None,
)
def test_command_line(start, arguments, name, wanted):
    port = str(free_port())
    server = start(arguments=["--port", port, *arguments], options={"port": port})
    assert value(server, name) == wanted


def test_defaults(start):
    """Started with nothing: port 6379 aside, what Redis answers."""
    port = str(free_port())
    server = start(arguments=["--port", port], options={"port": port})
    wanted = {
        "bind": "* -::*", "protected-mode": "yes", "timeout": "0", "databases": "16",
        "tcp-keepalive": "300", "maxclients": "10000", "loglevel": "notice", "hz": "10",
        "save": "3600 1 300 100 60 10000", "appendonly": "no", "maxmemory": "0",
    }
    assert {name: value(server, name) for name in wanted} == wanted


# -- addresses ---------------------------------------------------------------------------------


def _reaches(address) -> bool:
    try:
        with Wire(address, timeout=2) as wire:
            return wire.call("PING") == Reply("simple", b"PONG")
    except OSError:
        return False


def test_several_addresses(start):
    server = start(options={"bind": "127.0.0.1 127.0.0.2"})
    assert _reaches(("127.0.0.1", server.port)) and _reaches(("127.0.0.2", server.port))
    assert not _reaches(("127.0.0.3", server.port))


def test_optional_address(start):
    server = start(options={"bind": "127.0.0.1 -203.0.113.1"})
    assert _reaches(("127.0.0.1", server.port))


def test_ipv6(start):
    server = start(options={"bind": "127.0.0.1 ::1"})
    assert _reaches(("::1", server.port)) and _reaches(("127.0.0.1", server.port))
    with Wire(("::1", server.port)) as wire:
        assert f"addr=[::1]:{wire.socket.getsockname()[1]} " in (
            wire.call("CLIENT", "INFO").value.decode()
        )


def test_port_zero_and_unix_socket(start, tmp_path):
    path = str(tmp_path / "s")
    server = start(options={"port": "0", "unixsocket": path, "unixsocketperm": "700"})
    with Wire(path) as wire:
        assert wire.call("PING").value == b"PONG"
        assert f"addr={path}:0 " in wire.call("CLIENT", "INFO").value.decode()
    server.terminate()
    assert not os.path.exists(path)


@pytest.mark.parametrize("mode", ("700", "770", "777", "600"))
def test_unix_socket_permissions(start, tmp_path, mode):
    path = str(tmp_path / "s")
    start(options={"unixsocket": path, "unixsocketperm": mode})
    assert stat.S_IMODE(os.stat(path).st_mode) == int(mode, 8)


def test_left_over_unix_socket_is_replaced(start, tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(path)
    start(options={"unixsocket": path})
    assert _reaches(path)


def _own_address() -> str | None:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def test_protected_mode(start):
    address = _own_address()
    assert address, "no address besides loopback: give this machine one to test protected mode"
    server = start(options={"bind": "*"})
    with Wire((address, server.port)) as wire:
        assert wire.read_bytes_until_closed().startswith(b"-DENIED Redis is running in protected")
    assert _reaches(("127.0.0.1", server.port))
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "requirepass", "secret")
    with Wire((address, server.port)) as wire:
        assert wire.call("PING").value.startswith(b"NOAUTH")
    with server.wire() as wire:
        wire.ok("AUTH", "secret")
        wire.ok("CONFIG", "SET", "requirepass", "")
        wire.ok("CONFIG", "SET", "protected-mode", "no")
    assert _reaches((address, server.port))


def test_requirepass(start):
    server = start(options={"requirepass": "secret"})
    with server.wire() as wire:
        assert wire.call("GET", "a") == Reply("error", b"NOAUTH Authentication required.")
        assert wire.call("AUTH", "wrong").value.startswith(b"WRONGPASS")
        wire.ok("AUTH", "secret")
        assert wire.call("GET", "a").value is None


def test_bind_at_run_time(start):
    server = start()
    assert not _reaches(("127.0.0.2", server.port))
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2")
        assert _reaches(("127.0.0.2", server.port))
        wire.ok("CONFIG", "SET", "bind", "127.0.0.1")
        assert not _reaches(("127.0.0.2", server.port))
        assert wire.call("PING").value == b"PONG"


def test_port_at_run_time(start):
    server, port = start(), free_port()
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "port", str(port))
        assert _reaches(port) and not _reaches(server.port)
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            reply = wire.call("CONFIG", "SET", "port", str(busy.getsockname()[1]))
            assert reply.is_error() and b"Unable to listen on this port" in reply.value
        assert _reaches(port)


def test_tcp_keepalive_and_nodelay_are_set(start):
    """Seen from outside: an idle connection has a keepalive timer."""
    server = start(options={"tcp-keepalive": "100"})
    with server.wire() as wire:
        wire.call("PING")
        port = wire.socket.getsockname()[1]
        deadline = time.monotonic() + 2
        while True:
            shown = subprocess.run(
                ["ss", "-tno", f"sport = :{server.port} and dport = :{port}"],
                capture_output=True, text=True,
            ).stdout
            if "keepalive" in shown:
                break
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
