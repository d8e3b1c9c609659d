"""Callgrind's files are read right, and the difference of two runs shows what a command calls."""

import importlib.util
import os
import sys
from importlib.machinery import SourceFileLoader

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PERF = os.path.join(ROOT, "Perf")
sys.path.insert(0, PERF)

import callgrind  # noqa: E402
import counting  # noqa: E402
from hotpath_rules import Rules  # noqa: E402


def load(name):
    loader = SourceFileLoader(name, os.path.join(PERF, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


instructions = load("instructions")

OUTPUT = """# callgrind format
events: Ir
summary: 1000

fn=turn
10 {n}
cfn=handler'2
calls={n} 0
10 900

fn=handler'2
20 5
cfn=0x0000000000034100
calls={n} 0
20 700

fn=0x0000000000034100
0 {n}
cfn=malloc
calls={n} 0
0 600

fn=timer
30 7
cfn=swift_retain
calls={n} 0
30 100

fn=malloc
40 1
"""

RULES = "root turn\nforbid swift_*\nforbid malloc\nallocate malloc\n"


@pytest.fixture
def difference(tmp_path):
    path = tmp_path / "out"
    profiles = []
    for count in (100, 300):
        path.write_text(OUTPUT.format(n=count))
        profiles.append(callgrind.read(path))
    return profiles[1].minus(profiles[0])


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "HOTPATH"
    path.write_text(RULES)
    return Rules(path)


def test_difference_counts_own_instructions_only(difference):
    assert difference.instructions == 400
    assert difference.by_function["turn"] == 200
    assert difference.by_function["handler"] == 0


def test_stub_of_a_library_is_not_a_caller(difference):
    assert difference.calls["handler", "malloc"] == 200


def test_runtime_calls_count_only_when_the_turn_makes_them(difference, rules):
    names = instructions.names_of(difference.functions())
    found = list(instructions.forbidden_calls(difference, rules, names, noise=1))
    assert found == [("handler", "malloc", 200)]


def test_allocations_are_found(difference, rules):
    names = instructions.names_of(difference.functions())
    found = list(instructions.allocations(difference, rules, names, noise=1))
    assert found == [("handler", "malloc", 200)]


def test_growth_below_noise_is_not_reported(difference, rules):
    names = instructions.names_of(difference.functions())
    assert not list(instructions.allocations(difference, rules, names, noise=200))


def test_instructions_fail_when_they_grew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        counting, "profile",
        lambda server, scenario, count: callgrind.Profile(instructions=1000 + 106 * count))
    path = tmp_path / "6.3.json"
    path.write_text('{"callgrind": {"GET": 100.0, "SET": 106.0}}')
    arguments = ["instructions", "--method", "callgrind", "--thresholds", str(path)]
    monkeypatch.setattr(sys, "argv", arguments)
    assert instructions.main() == 1
    assert "GET: 106.0 instructions per command\n  grew by 6.0%" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*arguments, "--update"])
    assert instructions.main() == 0
    monkeypatch.setattr(sys, "argv", arguments)
    assert instructions.main() == 0
