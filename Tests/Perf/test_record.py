"""`Perf/record` from its options to its files, with perf and the load generator replaced by fakes,
and every way in which it cannot record."""

import json
import os
import socket
import subprocess
import sys

import pytest

# Measures, or pins processes that do.
pytestmark = pytest.mark.alone
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RECORD = os.path.join(ROOT, "Perf", "record")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fake_perf  # noqa: E402
from Support.binaries import SUBJECT, binary  # noqa: E402

GENERATOR = """#!{python}
import json, os, sys
arguments = sys.argv[1:]
if os.environ.get("FAKE_LOAD") == "wrong":
    sys.exit("expected $64, got $-1")
option = lambda name: arguments[arguments.index(name) + 1] if name in arguments else None
with open(os.environ["FAKE_LOAD_LOG"], "a") as log:
    log.write(" ".join(arguments) + "\\n")
test = {{"requests": int(option("-n") or 1000), "wrong": 0, "seconds": 2.0,
        "requests_per_second": 500.0}}
with open(option("--json"), "w") as file:
    json.dump({{"generator": {{"version": "1"}}, "tests": [test]}}, file)
"""

SCENARIOS = """
[preload.few]
command = "SET key:__rand_int__ __data__"
keys = 100

[[scenario]]
id = "get"
title = "GET"
group = "Strings"
kind = "throughput"
measures = "reading"
preload = "few"
commands = "GET key:__rand_int__"
pipeline = 16
duration_seconds = 1.5

[[scenario]]
id = "memory"
title = "a key"
group = "Memory"
kind = "memory"
measures = "bytes"
fill = { command = "SET key:__rand_int__ __data__", keys = 10 }
"""

SCRIPT = """
   100 
\tffffffff81e30d36 tcp_sendmsg ([kernel.kallsyms])
\tffffffff81e30d37 __x64_sys_sendto ([kernel.kallsyms])
\t 10aba4 __send (/usr/lib/libc.so.6)
\t    fa0a uv_run (/usr/lib/libuv.so.1.0.0)

   300 
\t    fa0a uv_run (/usr/lib/libuv.so.1.0.0)
"""


@pytest.fixture
def record(tmp_path, monkeypatch):
    fake_perf.install(tmp_path, monkeypatch, "unsupported")
    generator, out = tmp_path / "generator", tmp_path / "out"
    generator.write_text(GENERATOR.format(python=sys.executable))
    generator.chmod(0o755)
    (tmp_path / "scenarios.toml").write_text(SCENARIOS)
    (tmp_path / "script").write_text(SCRIPT)
    monkeypatch.setenv("FAKE_PERF_SCRIPT", str(tmp_path / "script"))
    monkeypatch.setenv("FAKE_LOAD_LOG", str(tmp_path / "loads"))

    def run(*arguments, server=binary(SUBJECT)):
        return subprocess.run(
            [sys.executable, "-B", RECORD, "--generator", str(generator), "--server", str(server),
             "--scenarios", str(tmp_path / "scenarios.toml"), "--out", str(out), *arguments],
            capture_output=True, text=True, timeout=100)

    return tmp_path, run


def failure(result):
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


def test_recording_writes_its_files(record):
    folder, run = record
    result = run("get", "--seconds", "2")
    assert result.returncode == 0, result.stderr
    out = folder / "out"
    assert (out / "summary.txt").read_text() in result.stdout
    assert "event: cpu-clock (the kernel's timer" in result.stdout
    assert "load: 500 requests a second for 2.0 s" in result.stdout
    assert "user 75.0%, kernel 25.0%" in result.stdout
    assert " 25.0%  kernel: send" in result.stdout
    assert (out / "stacks.txt").read_text().splitlines() == [
        "uv_run 300", "uv_run;__send;__x64_sys_sendto_[k];tcp_sendmsg_[k] 100"]
    assert "tcp_sendmsg (100 events, 25.00%)" in (out / "flame.svg").read_text()
    assert " 75.0%  100.0%  uv_run" in (out / "hottest.txt").read_text()
    assert (out / "perf.data").read_text() == "recorded cpu-clock"


def test_published_files_are_the_scenarios(record):
    folder, run = record
    assert run("get", "--publish", str(folder / "docs")).returncode == 0
    assert (folder / "docs/get.svg").read_text() == (folder / "out/flame.svg").read_text()
    summary = (folder / "out/summary.txt").read_text()
    shares = (folder / "docs/get.txt").read_text()
    assert shares == summary.replace("load: 500 requests a second for 2.0 s\n", "") != summary


def test_load_is_the_scenarios(record):
    folder, run = record
    assert run("get", "--seconds", "2").returncode == 0
    preload, warm_up, load = (folder / "loads").read_text().splitlines()
    assert "-n 100 " in preload and preload.endswith("SET key:__rand_int__ __data__")
    assert "--duration 0.5" in warm_up
    assert "-P 16" in load and "--duration 2.0" in load and load.endswith("GET key:__rand_int__")


def test_running_server_is_left_as_it_was_unless_preloaded(record, start):
    folder, run = record
    server = start(SUBJECT)
    assert run("get", "--port", str(server.port)).returncode == 0
    assert len((folder / "loads").read_text().splitlines()) == 2
    assert server.process.poll() is None
    assert run("get", "--port", str(server.port), "--preload").returncode == 0
    assert len((folder / "loads").read_text().splitlines()) == 5


def test_no_server_at_the_port(record):
    _, run = record
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = str(closed.getsockname()[1])
        assert f"there is no server at port {port}" in failure(run("get", "--port", port))


def test_old_recording_is_not_taken_for_the_new_one(record, monkeypatch):
    folder, run = record
    assert run("get").returncode == 0
    monkeypatch.setenv("FAKE_LOAD", "wrong")
    assert "expected $64, got $-1" in failure(run("get"))
    assert os.listdir(folder / "out") == []
    monkeypatch.delenv("FAKE_LOAD")
    (folder / "script").write_text("")
    assert "perf took no sample" in failure(run("get"))


def test_wrong_replies_of_a_running_server_hint_at_its_keys(record, start, monkeypatch):
    _, run = record
    server = start(SUBJECT)
    monkeypatch.setenv("FAKE_LOAD", "wrong")
    told = failure(run("get", "--port", str(server.port)))
    assert "expected $64, got $-1 (has the server the scenario's keys? --preload" in told


def test_refused_perf_says_what_to_set(record, monkeypatch):
    _, run = record
    monkeypatch.setenv("FAKE_PERF", "refused")
    assert "sysctl kernel.perf_event_paranoid=1" in failure(run("get"))


def test_kernel_that_may_not_be_seen_is_told(record, monkeypatch):
    folder, run = record
    monkeypatch.setenv("FAKE_PERF", "unsupported,kernel-refused")
    result = run("get")
    assert result.returncode == 0, result.stderr
    assert "user part only, the kernel's is left out" in (folder / "out/summary.txt").read_text()


def test_missing_perf_names_its_package(record, monkeypatch):
    folder, run = record
    (folder / "perf").unlink()
    tools = folder / "tools"
    tools.mkdir()
    for name in ("perl", "swift", "readelf"):
        found = subprocess.run(["which", name], capture_output=True, text=True).stdout.strip()
        (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    assert "Debian's package is linux-perf" in failure(run("get"))


@pytest.mark.parametrize("arguments, words", [
    (["memory"], "there is no throughput scenario memory; there are get"),
    (["get", "--cores", "0,0"], "two different cores"),
    (["get", "--server", "missing"], "there is no server missing"),
    (["get", "--generator", "missing"], "the load generator missing is missing"),
])
def test_what_is_not_there_is_named(record, arguments, words):
    _, run = record
    assert words in failure(run(*arguments))


def test_folder_that_cannot_be_written(record):
    folder, run = record
    (folder / "out").write_text("a file")
    assert "File exists" in failure(run("get"))


def test_options_that_need_a_running_server(record):
    _, run = record
    result = run("get", "--preload")
    assert result.returncode == 2 and "--port is needed too" in result.stderr


def test_scenarios_are_listed(record):
    _, run = record
    result = run("--list")
    assert result.stdout == "get              GET: reading\n"


def test_figures_of_the_load_are_kept(record):
    folder, run = record
    assert run("get").returncode == 0
    figures = json.loads((folder / "out/load.json").read_text())
    assert figures["tests"][0]["requests_per_second"] == 500.0
