"""Every command the subject declares has enough cases, or says why its grammar has fewer."""

from __future__ import annotations

import pytest

from Conformance.casefile import ENOUGH, PARTS, load
from Support.binaries import SUBJECT
from Support.docs import Argument, command_names, declarations

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


# Has a free argument, but takes only what was recorded before.
RECORDED = {"LATENCY GRAPH"}


@pytest.fixture(scope="module")
def grammar(pool) -> dict[str, tuple[list[Argument], int]]:
    """Arguments and arity of each command; containers have no arguments."""
    with pool.get(SUBJECT).wire() as wire:
        arguments = declarations(wire)
        names = sorted(command_names(wire))
        infos = wire.call("COMMAND", "INFO", *names).value
    return {
        name.upper().replace("|", " "): (arguments.get(name, []), info.value[1].value)
        for name, info in zip(names, infos)
    }


def is_free(argument: Argument) -> bool:
    """Whether it can be given with endlessly many values."""
    if argument.parts:
        return any(is_free(part) for part in argument.parts)
    return argument.type != "pure-token"


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.fewer], ids=lambda block: block.command
)
def test_only_a_small_grammar_has_fewer(grammar, block):
    """Few valid calls: words at most. Few invalid ones: a list without end, or anything at all."""
    arguments, arity = grammar[block.command]
    if "valid" in block.fewer and block.command not in RECORDED:
        assert not any(is_free(argument) for argument in arguments), "has room for valid calls"
    if "invalid" in block.fewer:
        is_endless = not arguments or any(argument.multiple for argument in arguments)
        assert arity < 0 and is_endless, "has room for invalid calls"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.command)
def test_each_case_calls_its_command(block):
    command = block.command.removesuffix(block.part)
    others = [c.text for c in block.cases if not any(step.calls(command) for step in c.steps)]
    assert not others, f"no call of {command}: {others}"
