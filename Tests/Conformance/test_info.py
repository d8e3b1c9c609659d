"""INFO: sections and fields by name, and the numbers that must be exact."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from Support.binaries import SUBJECT

DATA = Path(__file__).parent / "data"

with open(DATA / "info-fields.tsv") as file:
    FIELDS = list(csv.DictReader(file, delimiter="\t"))
ALWAYS = [row for row in FIELDS if row["shown"] == "always"]

# Fields that mean nothing in this server, each with the reason.
MEANINGLESS: dict[str, str] = {}


@pytest.fixture
def text(pool) -> str:
    with pool.get(SUBJECT).wire() as wire:
        wire.call("GET", "none")
        wire.call("NOSUCH")
        return wire.call("INFO", "everything").value.decode()


def sections(text: str) -> dict[str, list[str]]:
    found, name = {}, ""
    for line in text.split("\r\n"):
        if line.startswith("# "):
            name = line[2:]
            found[name] = []
        elif line:
            found[name].append(line.split(":", 1)[0])
    return found


@pytest.mark.parametrize("section", sorted({row["section"] for row in ALWAYS}))
def test_fields(text, section):
    wanted = {row["field"] for row in ALWAYS if row["section"] == section} - MEANINGLESS.keys()
    missing = wanted - set(sections(text).get(section, []))
    assert not missing, f"missing in {section}: {', '.join(sorted(missing))}"


def test_debug_section(pool):
    with pool.get(SUBJECT).wire() as wire:
        shown = wire.info("debug")
    missing = {row["field"] for row in FIELDS if row["section"] == "Debug"} - shown.keys()
    assert not missing


def test_layout(text):
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    for line in text.split("\r\n"):
        assert not line or line.startswith("# ") or ":" in line, line
    order = ["Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules",
             "Commandstats", "Errorstats", "Latencystats", "Cluster", "Keyspace"]
    assert [name for name in sections(text) if name in order] == [
        name for name in order if name in sections(text)
    ]


def test_versions(text):
    lines = text.split("\r\n")
    versions = [line for line in lines if re.match(r"[a-z_]*version:", line)]
    assert versions[0].startswith("redis_version:7.2.4")
    assert "server_name:apus" in lines
    assert any(line.startswith("apus_version:") for line in lines)
    assert "redis_mode:standalone" in lines


def test_run_id(text):
    assert re.search(r"^run_id:[0-9a-f]{40}\r?$", text, re.MULTILINE)


def test_sections_by_name(pool):
    with pool.get(SUBJECT).wire() as wire:
        for name in ("server", "CLIENTS", "Memory", "stats", "cpu", "keyspace", "replication"):
            found = sections(wire.call("INFO", name).value.decode())
            assert [n.lower() for n in found] == [name.lower()]
        two = sections(wire.call("INFO", "cpu", "server", "nosuch").value.decode())
        assert sorted(two) == ["CPU", "Server"]
        assert wire.call("INFO", "nosuch").value == b""
        default = sections(wire.call("INFO").value.decode())
        assert "Commandstats" not in default and "Latencystats" not in default
        assert "Commandstats" in sections(wire.call("INFO", "all").value.decode())


def test_counts_are_exact(start):
    server = start()
    with server.wire() as wire:
        wire.pipeline([["SET", "a", "b"]] * 7 + [["GET", "a"]] * 5 + [["GET", "none"]] * 3)
        wire.pipeline([["GET"], ["INCR", "a"], ["NOSUCH"], ["SET", "a"], ["OBJECT", "FREQ", "a"]])
        stats, commands = wire.info("stats"), wire.info("commandstats")
        errors = wire.info("errorstats")
    # OBJECT counts as a look-up, INCR does not.
    assert (stats["keyspace_hits"], stats["keyspace_misses"]) == ("6", "3")
    assert stats["total_error_replies"] == "5" and errors["errorstat_ERR"] == "count=5"
    shape = r"calls=(\d+),usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=(\d+),failed_calls=(\d+)"
    wanted = {"set": (7, 1, 0), "get": (8, 1, 0), "incr": (1, 0, 1), "object|freq": (1, 0, 1)}
    for name, numbers in wanted.items():
        found = re.fullmatch(shape, commands[f"cmdstat_{name}"])
        assert found, commands[f"cmdstat_{name}"]
        assert tuple(map(int, found.groups())) == numbers, name


def test_keyspace_line(start):
    server = start()
    with server.wire() as wire:
        wire.pipeline([["SET", "a", "1"], ["SET", "b", "1", "EX", "1000"], ["SELECT", "3"],
                       ["SET", "c", "1"]])
        lines = wire.info("keyspace")
    found = re.fullmatch(r"keys=2,expires=1,avg_ttl=(\d+)", lines["db0"].split(",subexpiry")[0])
    assert found and abs(int(found[1]) - 1_000_000) < 5000 or found[1] == "0"
    assert lines["db3"].startswith("keys=1,expires=0,avg_ttl=0")
    assert set(lines) == {"db0", "db3"}


def test_clients_and_connections_are_counted(start):
    server = start()
    wires = [server.wire() for _ in range(5)]
    for wire in wires:
        wire.call("PING")
    info = wires[0].info("everything")
    assert info["connected_clients"] == "5"
    assert int(info["total_connections_received"]) >= 5
    assert int(info["total_net_input_bytes"]) > 0 < int(info["total_net_output_bytes"])
    for wire in wires:
        wire.close()


def test_config_resetstat(start):
    server = start()
    with server.wire() as wire:
        wire.pipeline([["GET", "a"], ["NOSUCH"], ["CONFIG", "RESETSTAT"]])
        stats = wire.info("everything")
    assert stats["keyspace_misses"] == "0" and stats["total_error_replies"] == "0"
    assert "cmdstat_get" not in stats and "errorstat_ERR" not in stats


CLIENT_FIELDS = (
    "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem "
    "rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver"
).split()


def test_client_list_fields_of_7_2(subject):
    with subject.wire() as wire:
        line = wire.call("CLIENT", "INFO").value.decode()
        listed = wire.call("CLIENT", "LIST").value.decode()
    names = [word.split("=")[0] for word in line.split()]
    assert [name for name in names if name in CLIENT_FIELDS] == CLIENT_FIELDS
    assert line.endswith("\n") and listed.endswith("\n")
    assert "cmd=client|info" in line and " user=default " in line and " resp=2 " in line
