"""Instructions are counted by `perf stat` where it can, by callgrind where it cannot, and a machine
that cannot count is never taken for one where commands cost nothing."""

import importlib.util
import json
import os
import sys
from importlib.machinery import SourceFileLoader

import pytest

# Measures, or pins processes that do.
pytestmark = pytest.mark.alone
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PERF = os.path.join(ROOT, "Perf")
sys.path[:0] = [PERF, os.path.dirname(os.path.abspath(__file__))]

import counting  # noqa: E402
import fake_perf  # noqa: E402
import perf_tool  # noqa: E402
from Support.binaries import SUBJECT, binary  # noqa: E402

EVENT = "instructions:u"


def load(name):
    loader = SourceFileLoader(name, os.path.join(PERF, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


instructions = load("instructions")


def test_count_is_the_first_field():
    text = "# started on Sat Nov 21 13:00:00 2026\n\n45123456,,instructions:u,40576,100.00,,\n"
    assert perf_tool.parse_count(text, EVENT) == 45123456


def test_of_two_kinds_of_cores_the_one_that_ran_counts():
    text = ("<not counted>,,cpu_atom/instructions:u/,0,0.00,,\n"
            "777,,cpu_core/instructions:u/,40576,100.00,,\n")
    assert perf_tool.parse_count(text, EVENT) == 777


@pytest.mark.parametrize("line, kind, words", [
    ("<not supported>,,instructions:u,0,100.00,,", perf_tool.NotSupported, "does not count"),
    ("0,,instructions:u,4057,100.00,,", perf_tool.NotSupported, "instructions:u is 0"),
    ("<not counted>,,instructions:u,0,0.00,,", perf_tool.PerfFailure, "did not run"),
    ("500,,instructions:u,4057,61.20,,", perf_tool.PerfFailure, "for 61.20 % of the time"),
    ("many,,instructions:u,4057,100.00,,", perf_tool.PerfFailure, "cannot be read: 'many'"),
    ("", perf_tool.PerfFailure, "wrote no count of instructions:u"),
])
def test_what_is_no_count_is_a_failure(line, kind, words):
    with pytest.raises(kind, match=words):
        perf_tool.parse_count(line + "\n", EVENT)


def test_permission_is_told_from_other_failures(tmp_path, monkeypatch):
    output = str(tmp_path / "count")
    fake_perf.install(tmp_path, monkeypatch, "refused")
    with pytest.raises(perf_tool.Refused, match="sysctl kernel.perf_event_paranoid=1"):
        perf_tool.count(EVENT, None, ["true"], output)
    monkeypatch.setenv("FAKE_PERF", "no-process")
    with pytest.raises(perf_tool.PerfFailure, match="Problems finding threads"):
        perf_tool.count(EVENT, 1, ["true"], output)


def test_missing_perf_names_its_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(perf_tool.Missing, match="linux-perf"):
        perf_tool.path()
    assert counting.choose_method()[0] == counting.CALLGRIND


@pytest.mark.parametrize("mode, method, words", [
    ("counted", counting.PERF, "perf stat"),
    ("unsupported", counting.CALLGRIND, "this machine does not count instructions:u"),
    ("uncounted", counting.CALLGRIND, "did not run"),
    ("refused", counting.CALLGRIND, "perf_event_paranoid"),
])
def test_method_is_what_the_machine_allows(tmp_path, monkeypatch, mode, method, words):
    fake_perf.install(tmp_path, monkeypatch, mode)
    chosen, why = counting.choose_method()
    assert chosen == method and words in why


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs `Perf/instructions` with counters that count `each` for a command; no callgrind."""
    fake_perf.install(tmp_path, monkeypatch, "counted")
    monkeypatch.setattr(instructions, "has_valgrind", lambda: False)
    path = tmp_path / "6.3.json"

    def runner(each, *arguments):
        monkeypatch.setenv("FAKE_PERF_EACH", str(each))
        monkeypatch.setattr(sys, "argv", [
            "instructions", "--server", str(binary(SUBJECT)), "--commands", "160",
            "--thresholds", str(path), *arguments])
        return instructions.main(), capsys.readouterr().out

    return path, runner


def test_counters_count_a_running_server(run):
    path, runner = run
    path.write_text('{"callgrind": {"GET": 1.0}}')
    status, output = runner(900, "--update")
    assert status == 0
    assert "counted by perf: the processor's counters" in output
    assert "GET: 900.0 instructions per command" in output
    assert "runtime and allocations are not looked at" in output
    assert json.loads(path.read_text()) == {
        "callgrind": {"GET": 1.0}, "perf": {"GET": 900.0, "SET": 900.0}}


def test_thresholds_are_the_methods_own(run):
    path, runner = run
    path.write_text('{"callgrind": {"GET": 1.0, "SET": 1.0}, "perf": {"GET": 900, "SET": 900}}')
    assert runner(945)[0] == 0
    status, output = runner(946)
    assert status == 1 and "grew by 5.1% from 900" in output


def test_scenario_without_threshold_says_so(run):
    path, runner = run
    path.write_text('{"callgrind": {"GET": 1.0, "SET": 1.0}}')
    status, output = runner(900)
    assert status == 0 and "no threshold for this compiler and perf" in output
