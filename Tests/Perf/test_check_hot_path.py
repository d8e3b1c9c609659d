"""`Perf/check-hot-path` finds a retain however deep it is, and nothing where there is none."""

import os
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECK = os.path.join(ROOT, "Perf", "check-hot-path")

SAMPLE = """
final class Box { var value = 1 }
nonisolated(unsafe) var boxes: [Box] = []

@inline(never) func clean(_ a: Int) -> Int { double(a) &+ 1 }
@inline(never) func double(_ a: Int) -> Int { a &* 2 }

@inline(never) func dirty(_ a: Int) -> Int { middle(a) &+ 1 }
@inline(never) func middle(_ a: Int) -> Int { keep(Box(), a) }
@inline(never) func keep(_ box: Box, _ a: Int) -> Int {
  boxes.append(box)
  return boxes.count &+ a
}
print(clean(CommandLine.argc.hashValue), dirty(2))
"""

FORBID = "forbid swift_*\nforbid malloc\n"


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    source = folder / "main.swift"
    source.write_text(SAMPLE)
    subprocess.run(
        ["swiftc", "-O", "-module-name", "Sample", str(source), "-o", str(folder / "sample"),
         "-Xlinker", "--defsym=twin_of_double=$s6Sample6doubleyS2iF"],
        check=True)
    return folder / "sample"


def check(binary, tmp_path, rules):
    path = tmp_path / "HOTPATH"
    path.write_text(FORBID + rules)
    return subprocess.run(
        [CHECK, str(binary), "--rules", str(path), "--list"], capture_output=True, text=True)


def test_clean_path_passes(binary, tmp_path):
    result = check(binary, tmp_path, "root clean(_:)\n")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "reached: double(_:)" in result.stdout
    assert "2 functions checked, 0 forbidden calls" in result.stdout


def test_forbidden_call_fails_with_its_chain(binary, tmp_path):
    result = check(binary, tmp_path, "root dirty(_:)\n")
    assert result.returncode == 1
    lines = [line.strip() for line in result.stdout.splitlines()]
    start = lines.index("swift_retain can be reached from the hot path:")
    assert lines[start + 1] == "dirty(_:)"
    assert "swift_retain" in lines[start + 2:]


ASSEMBLY = """
    .text
    .type root, @function
root:
    call named
    ret
    .size root, .-root
unnamed:
    call malloc
    ret
    .globl main
    .type main, @function
main:
    ret
    .size main, .-main
    .type other, @function
other:
    call unnamed
    ret
    .size other, .-other
    .type named, @function
named:
    ret
    .size named, .-named
"""


@pytest.fixture(scope="module")
def nameless(tmp_path_factory):
    """A program with a function whose name was not kept."""
    folder = tmp_path_factory.mktemp("assembly")
    (folder / "main.s").write_text(ASSEMBLY)
    subprocess.run(["clang", folder / "main.s", "-o", folder / "main"], check=True)
    subprocess.run(["strip", "--strip-symbol=unnamed", folder / "main"], check=True)
    return folder / "main"


def test_code_behind_a_function_is_not_that_function(nameless, tmp_path):
    assert check(nameless, tmp_path, "root root\n").returncode == 0


def test_code_without_a_name_is_followed(nameless, tmp_path):
    result = check(nameless, tmp_path, "root other\n")
    assert result.returncode == 1
    assert "code behind root" in result.stdout


def test_mangled_root_matches_too(binary, tmp_path):
    assert check(binary, tmp_path, "root $s6Sample5clean*\n").returncode == 0


def test_cold_exit_is_not_followed(binary, tmp_path):
    rules = "root dirty(_:)\ncold middle(_:) -- the sample's cold path\n"
    result = check(binary, tmp_path, rules)
    assert result.returncode == 0, result.stdout


def test_root_that_matches_nothing_fails(binary, tmp_path):
    result = check(binary, tmp_path, "root clean(_:)\nroot gone(_:)\n")
    assert result.returncode == 1
    assert "no function matches the root: gone(_:)" in result.stdout


def test_root_is_found_by_each_of_its_names(binary, tmp_path):
    result = check(binary, tmp_path, "root twin_of_double\nroot double(_:)\n")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("rules", ["", "cold middle(_:)\n", "warm middle(_:)\n"])
def test_rules_that_say_nothing_are_refused(binary, tmp_path, rules):
    assert check(binary, tmp_path, rules).returncode not in (0, None)
