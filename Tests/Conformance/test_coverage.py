"""Every command the subject declares has enough cases, or says why its grammar has fewer."""

from __future__ import annotations

import pytest

from Conformance.casefile import ENOUGH, PARTS, load
from Support.binaries import SUBJECT
from Support.docs import command_names

BLOCKS, _ = load()


@pytest.fixture(scope="module")
def declared(pool) -> set[str]:
    with pool.get(SUBJECT).wire() as wire:
        return {name.upper().replace("|", " ") for name in command_names(wire)}


def test_every_declared_command_has_cases(declared):
    missing = declared - {block.command for block in BLOCKS}
    assert not missing, f"no cases for: {', '.join(sorted(missing))}"


def test_every_block_is_of_a_declared_command(declared):
    unknown = {block.command for block in BLOCKS} - declared - PARTS.keys()
    assert not unknown, f"cases for commands that are not declared: {', '.join(sorted(unknown))}"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.command)
def test_enough_calls(block):
    counts = {"valid": block.count(True), "invalid": block.count(False)}
    short = [
        f"{count} {which} calls"
        for which, count in counts.items()
        if count < ENOUGH and which not in block.fewer and block.command not in PARTS
    ]
    assert not short, f"{block.command} has only {' and '.join(short)}, wanted {ENOUGH} of each"
    needless = [which for which in block.fewer if counts[which] >= ENOUGH]
    assert not needless, f"{block.command}: `fewer {needless[0]}` is no longer needed"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.command)
def test_each_case_calls_its_command(block):
    command = block.command.removesuffix(block.part)
    others = [c.text for c in block.cases if not any(step.calls(command) for step in c.steps)]
    assert not others, f"no call of {command}: {others}"
