"""Every parameter of Redis 7.2: there, settable to its own value, kept by CONFIG REWRITE."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from Support.binaries import REDIS_7, REDIS_8
from Support.docs import as_dict
from Support.ports import free_port
from Support.wire import Wire

with open(Path(__file__).parent / "data" / "config-parameters.tsv") as file:
    PARAMETERS = list(csv.DictReader(file, delimiter="\t"))
NAMES = {row[kind] for row in PARAMETERS for kind in ("name", "alias") if row[kind]}
HIDDEN = {row["name"] for row in PARAMETERS if row["hidden"] == "yes"}
MUTABLE = [row["name"] for row in PARAMETERS if row["mutable"] == "yes"]

# Values that are a server's own: identity, paths, and what the harness sets.
OWN = {"port", "dir", "bind", "logfile", "pidfile", "save", "enable-debug-command",
       "proc-title-template", "dbfilename", "appenddirname", "appendfilename"}

# Defaults that differ on purpose: name to (ours, reason).
DEFAULTS: dict[str, tuple[str, str]] = {}


def everything(wire: Wire, pattern: str = "*") -> dict[str, str]:
    found = as_dict(wire.call("CONFIG", "GET", pattern))
    return {name: value.value.decode() for name, value in found.items()}


def test_the_list_is_whole(pool):
    """What both neighbours of Redis 7.2 have, 7.2 has; nothing is listed that neither has."""
    with pool.get(REDIS_7).wire() as wire:
        older = everything(wire)
    with pool.get(REDIS_8).wire() as wire:
        newer = everything(wire)
    missing = older.keys() & newer.keys() - NAMES
    assert not missing, ", ".join(sorted(missing))
    assert not NAMES - HIDDEN - older.keys() - newer.keys()
    assert len(NAMES) > 190 and len(MUTABLE) > 140 and HIDDEN
    with pool.get(REDIS_8).wire() as wire:
        words = [(name, ("CONFIG", "SET", name, newer.get(name, "?"))) for name in newer]
        replies = wire.pipeline([call for _, call in words])
    fixed = {n for (n, _), reply in zip(words, replies) if b"immutable config" in _error(reply)}
    assert not fixed & set(MUTABLE), "listed as mutable, immutable in Redis"
    unsure = {row["name"] for row in PARAMETERS if row["mutable"] == "no"} & newer.keys()
    assert unsure <= fixed, "listed as immutable, mutable in Redis"


def _error(reply) -> bytes:
    return reply.value if reply.is_error() else b""


def test_every_parameter_is_listed(subject):
    with subject.wire() as wire:
        shown = everything(wire)
    missing = NAMES - HIDDEN - shown.keys()
    assert not missing, ", ".join(sorted(missing))
    assert not HIDDEN & shown.keys(), "hidden parameters match no pattern"


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_hidden_parameters_answer_to_their_names(subject, name):
    with subject.wire() as wire:
        assert list(everything(wire, name)) == [name]


def test_defaults(subject, pool):
    """As in Redis 7.0, or 8.2 where a default changed in between."""
    with subject.wire() as wire:
        mine = everything(wire)
    real = []
    for kind in (REDIS_7, REDIS_8):
        with pool.get(kind).wire() as wire:
            real.append(everything(wire))
    differences = [
        f"{name}: {mine[name]!r}, Redis {[values.get(name) for values in real]}"
        for name in sorted(NAMES & mine.keys() - OWN)
        if mine[name] not in [values.get(name) for values in real]
        and DEFAULTS.get(name, ("",))[0] != mine[name]
    ]
    assert not differences, "\n".join(differences)


def test_setting_each_to_its_own_value(start):
    server = start(options={"enable-protected-configs": "yes"})
    with server.wire() as wire:
        before = everything(wire)
        failed = []
        for name in MUTABLE:
            value = everything(wire, name)[name]
            reply = wire.call("CONFIG", "SET", name, value)
            if reply.is_error():
                failed.append(f"{name} {value!r}: {reply.text()}")
        assert not failed, "\n".join(failed)
        assert everything(wire) == before


def test_setting_all_at_once(start):
    server = start(options={"enable-protected-configs": "yes"})
    with server.wire() as wire:
        before = everything(wire)
        shown = [name for name in MUTABLE if name not in HIDDEN]
        words = [word for name in shown for word in (name, before[name])]
        wire.ok("CONFIG", "SET", *words)
        assert everything(wire) == before


def test_immutable_ones_refuse(subject):
    with subject.wire() as wire:
        for row in PARAMETERS:
            if row["mutable"] == "no" and row["hidden"] == "no":
                value = everything(wire, row["name"])[row["name"]]
                reply = wire.call("CONFIG", "SET", row["name"], value)
                wanted = f"possibly related to argument '{row['name']}'"
                assert reply.is_error() and wanted in reply.value.decode(), row["name"]
                assert b"can't set immutable config" in reply.value


# -- CONFIG REWRITE ----------------------------------------------------------------------------

CHANGED = {
    "timeout": "17", "hz": "23", "maxclients": "321", "slowlog-max-len": "7", "loglevel": "verbose",
    "client-output-buffer-limit": "normal 1048576 524288 7", "notify-keyspace-events": "AKE",
    "requirepass": 'a "quoted" \\ pass\tword', "lfu-decay-time": "3",
    "list-max-listpack-size": "-1",
    "client-query-buffer-limit": "2097152", "proc-title-template": "{title} {listen-addr}",
    "latency-tracking-info-percentiles": "50 75.5", "activerehashing": "no", "save": "",
    "oom-score-adj-values": "0 100 200", "tcp-keepalive": "77", "bind": "127.0.0.1",
    "hash-max-ziplist-entries": "77", "slave-priority": "55",
}


def _start_from_file(start, tmp_path, text: str):
    port = free_port()
    path = tmp_path / "server.conf"
    path.write_text(f"port {port}\ndir {tmp_path}\nenable-debug-command yes\n" + text)
    return start(arguments=[str(path)], options={"port": str(port)}), path


def _authenticated(server) -> Wire:
    wire = server.wire()
    wire.call("AUTH", CHANGED["requirepass"])
    return wire


def _without_users(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("user ")]


def test_rewrite_and_restart(start, tmp_path):
    text = "# a comment to keep\nsave ''\nbind 127.0.0.1\n\ntimeout 3\nslave-priority 44\n"
    server, path = _start_from_file(start, tmp_path, text)
    with server.wire() as wire:
        for name, value in CHANGED.items():
            wire.ok("CONFIG", "SET", name, value)
        before = everything(wire)
        assert NAMES - HIDDEN <= before.keys()
        unset = {n: before[n] for n in CHANGED if CHANGED[n] not in before[n]}
        assert not unset, unset
        wire.ok("CONFIG", "REWRITE")
        assert everything(wire) == before
    server.restart()
    with _authenticated(server) as wire:
        after = everything(wire)
        differing = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
        assert not differing, {n: (before.get(n), after.get(n)) for n in differing}
        first = path.read_text()
        wire.ok("CONFIG", "REWRITE")
    assert _without_users(path.read_text()) == _without_users(first), "a second rewrite differs"
    assert "# a comment to keep" in first and "timeout 17" in first


def test_rewrite_of_everything(start, tmp_path):
    """DEBUG CONFIG-REWRITE-FORCE-ALL writes the defaults too."""
    server, path = _start_from_file(start, tmp_path, "save ''\nbind 127.0.0.1\n")
    with server.wire() as wire:
        wire.ok("DEBUG", "CONFIG-REWRITE-FORCE-ALL")
        before = everything(wire)
        assert NAMES - HIDDEN <= before.keys()
    server.restart()
    with server.wire() as wire:
        assert everything(wire) == before
    assert len(path.read_text().splitlines()) > 100


def test_rewrite_keeps_includes(start, tmp_path):
    (tmp_path / "more.conf").write_text("timeout 5\n")
    server, path = _start_from_file(
        start, tmp_path, f"bind 127.0.0.1\nsave ''\ninclude {tmp_path}/more.conf\n"
    )
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "hz", "33")
        wire.ok("CONFIG", "REWRITE")
    assert f"include {tmp_path}/more.conf" in path.read_text()
    assert (tmp_path / "more.conf").read_text() == "timeout 5\n"
    server.restart()
    with server.wire() as wire:
        assert everything(wire, "hz")["hz"] == "33"


def test_rewrite_is_atomic_about_permissions(start, tmp_path):
    server, path = _start_from_file(start, tmp_path, "bind 127.0.0.1\nsave ''\n")
    mode = path.stat().st_mode
    with server.wire() as wire:
        wire.ok("CONFIG", "SET", "hz", "33")
        wire.ok("CONFIG", "REWRITE")
    assert path.stat().st_mode == mode
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == ["server.conf"], left


def test_rewrite_without_a_file(subject):
    with subject.wire() as wire:
        reply = wire.call("CONFIG", "REWRITE")
    assert reply.value == b"ERR The server is running without a config file"


def test_no_line_can_be_smuggled_in(start, tmp_path):
    """A value with a line break stays one value after REWRITE and restart."""
    server, path = _start_from_file(start, tmp_path, "bind 127.0.0.1\nsave ''\n")
    with server.wire() as wire:
        reply = wire.call("CONFIG", "SET", "requirepass", "a\nmaxclients 1")
        if not reply.is_error():
            wire.ok("CONFIG", "REWRITE")
    server.restart()
    with server.wire() as wire:
        wire.call("AUTH", "a\nmaxclients 1")
        assert everything(wire, "maxclients")["maxclients"] != "1"


def test_failed_set_changes_nothing(subject):
    with subject.wire() as wire:
        before = everything(wire)
        for words in (
            ["timeout", "7", "hz", "x"], ["timeout", "7", "nosuch", "1"],
            ["timeout", "7", "maxclients", "0"], ["timeout", "7", "port", "70000"],
            ["timeout", "7", "timeout", "8"], ["timeout", "7", "databases", "2"],
        ):
            assert wire.call("CONFIG", "SET", *words).is_error(), words
        assert everything(wire) == before


@pytest.mark.parametrize("name", ("dir", "dbfilename"))
def test_protected_parameters(start, name, tmp_path):
    closed = start(options={"enable-protected-configs": "no"})
    opened = start(options={"enable-protected-configs": "yes"})
    value = str(tmp_path) if name == "dir" else "other.rdb"
    with closed.wire() as wire:
        assert b"can't set protected config" in wire.call("CONFIG", "SET", name, value).value
    with opened.wire() as wire:
        wire.ok("CONFIG", "SET", name, value)
