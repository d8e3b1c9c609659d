"""The tuned configuration in docs/tuned is one that the server takes and acts upon."""

from __future__ import annotations

import re

import pytest

from Support.binaries import ROOT, SUBJECT
from Support.process import run
from Support.ports import free_port
from Support.wire import Wire

TUNED = ROOT / "docs/tuned"
PAGE = ROOT / "docs/tuning.md"


def directives(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def unit() -> dict[str, str]:
    lines = (TUNED / "apus.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]\w+=", line))


@pytest.fixture
def tuned(start, tmp_path):
    """The server with the file as it is, but for where it listens."""
    port, path = free_port(), tmp_path / "s"
    text = (TUNED / "apus.conf").read_text().replace("/run/apus/apus.sock", str(path))
    (tmp_path / "apus.conf").write_text(text)
    server = start(
        options={"port": str(port)}, arguments=["apus.conf", "--port", str(port)], folder=tmp_path)
    server.socket_path = path
    return server


def test_the_server_starts_with_it_and_has_its_values(tuned):
    wanted = directives((TUNED / "apus.conf").read_text())
    del wanted["port"], wanted["unixsocket"], wanted["maxclients"]  # the limit of files lowers it
    with tuned.wire() as wire:
        for name, value in wanted.items():
            shown = dict(zip(*[iter(wire.call("CONFIG", "GET", name).value)] * 2))
            got = next(reply.value for key, reply in shown.items()).decode()
            assert expected(name, value) in (got, f'"{got}"'), name


def expected(name: str, value: str) -> str:
    """As CONFIG GET shows it: bytes, all classes of clients."""
    if name == "client-output-buffer-limit":
        sizes = "268435456 67108864 60"
        assert value == "normal 256mb 64mb 60"
        return f"normal {sizes} slave 268435456 67108864 60 pubsub 33554432 8388608 60"
    return {"1gb": str(1 << 30)}.get(value, value)


def test_it_serves_by_both_ways(tuned):
    with tuned.wire() as by_tcp, Wire(str(tuned.socket_path)) as by_path:
        by_tcp.ok("SET", "k", "v")
        assert by_path.call("GET", "k").value == b"v"


def test_it_promises_nothing_that_is_not_in_force(tuned):
    assert "not in force" not in tuned.log()


def test_its_parts_fit_each_other():
    config, service = directives((TUNED / "apus.conf").read_text()), unit()
    kernel = dict(re.findall(r"^([\w.]+) = (\d+)$", (TUNED / "90-apus.conf").read_text(), re.M))
    assert int(kernel["net.core.somaxconn"]) >= int(config["tcp-backlog"])
    assert int(service["LimitNOFILE"]) == int(config["maxclients"]) + 32
    assert config["unixsocket"].startswith(f"/run/{service['RuntimeDirectory']}/")
    assert service["Type"] == "notify" and config["supervised"] in ("auto", "systemd")


def test_its_kernel_parameters_are_those_that_checks_ask_for():
    """Every parameter that a check may name is set, to a value that the check takes for good."""
    text = (TUNED / "90-apus.conf").read_text()
    source = "".join(
        file.read_text() for file in (ROOT / "Sources/Engine/Process/SystemChecks").glob("*.swift"))
    named = set(re.findall(r'\.parameter\("([\w.]+)"', source)) - {"fs.nr_open"}
    assert named == set(re.findall(r"^([\w.]+) =", text, re.M))
    for name, value in re.findall(r'\.parameter\("([\w.]+)", "(\d+)"\)', source):
        assert f"{name} = {value}\n" in text


def test_the_check_takes_it():
    """The unit does so before each start."""
    outcome = run(SUBJECT, "--check-system", str(TUNED / "apus.conf"))
    assert "tcp-backlog 4096" in outcome.out or "setting of 4096" in outcome.out
    assert "maxclients 20000" in outcome.out or "maxclients of 20000" in outcome.out


def test_the_page_names_what_is_there():
    text = PAGE.read_text()
    for file in TUNED.iterdir():
        assert file.name in text
    checks = re.findall(r"^\[([\w-]+)\]", run(SUBJECT, "--check-system").out, re.MULTILINE)
    section = text.split("## The machine")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE) == checks
