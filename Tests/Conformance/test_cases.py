"""Every hand-written case, to the subject and to the real server that knows the command."""

from __future__ import annotations

import pytest

from Conformance.casefile import WAITING, Block, Case, Step, load
from Conformance.compare import matches, same
from Conformance.differential import Side, clock, state_difference
from Conformance.exceptions import find
from Support.binaries import SUBJECT
from Support.docs import command_names
from Support.resp import Reply, show

BLOCKS, DATA = load()


class Comparison:
    """One block in one protocol; collects what differs instead of stopping at the first."""

    def __init__(self, pool, block: Block, protocol: int):
        self.block = block
        self.protocol = protocol
        self.pool = pool
        self.sides: dict[str, Side] = {}
        self.differences: list[str] = []
        self.used: set[int] = set()
        self.declared = command_names(self.side(SUBJECT).control)

    def side(self, kind: str) -> Side:
        if kind not in self.sides:
            self.sides[kind] = Side(self.pool.get(kind), self.protocol)
        return self.sides[kind]

    def close(self) -> None:
        for side in self.sides.values():
            side.close()

    def restart_servers(self) -> None:
        """A case that was left half way may leave a password or a paused server behind."""
        for side in self.sides.values():
            self.pool.bury(side.server)

    def check(self, case: Case) -> None:
        if case.needs and case.needs not in self.declared:
            WAITING.add(f"{case.text} (for {case.needs.upper()})")
            return
        now = clock()
        mine = self._run(SUBJECT, case, now)
        if case.oracle is None:
            self._check_written(case, mine[0])
            return
        theirs = self._run(case.oracle, case, now)
        self._check_class(case, theirs[0], case.oracle)
        self._check_replies(case, mine[0], theirs[0])
        # A machine that stands still between the two must not decide.
        for line in state_difference(mine[1], theirs[1], case.oracle, clock() - now):
            self._differs(case, f"afterwards {line}")

    def _run(self, kind: str, case: Case, now: float):
        side = self.side(kind)
        side.prepare(DATA[self.block.data], now)
        replies = side.run(case, now)
        state = side.state()
        side.after(self.block.after)
        return replies, state

    def _check_class(self, case: Case, replies: list[Reply | None], whose: str) -> None:
        if case.is_valid is None:
            return
        answered = [step for step in case.steps if step.answered]
        answers = [(step, reply) for step, reply in zip(answered, replies) if reply is not None]
        failed = [step for step, reply in answers if reply.holds_error()]
        is_as_listed = not failed if case.is_valid else self._is_its_own_error(failed, answers)
        if not is_as_listed:
            shown = [show(reply) for reply in replies]
            listed = "valid" if case.is_valid else "invalid"
            self._differs(case, f"is listed as {listed}, but {whose} answered {shown}")

    def _is_its_own_error(self, failed: list[Step], answers: list[tuple[Step, Reply]]) -> bool:
        """An invalid call is one of the block's command, or EXEC passes on that it failed."""
        command = self.block.command.removesuffix(self.block.part)
        if any(step.calls(command) for step in failed):
            return True
        is_queued = any(
            step.calls(command) and reply.value == b"QUEUED" for step, reply in answers
        )
        return is_queued and bool(failed) and all(step.calls("EXEC") for step in failed)

    def _check_written(self, case: Case, mine: list[Reply | None]) -> None:
        expected = case.expected[self.protocol - 2]
        if not matches(expected, mine[-1]):
            self._differs(case, f"expected {expected}, got {show(mine[-1])}")
        self._check_class(case, mine, "the subject")

    def _check_replies(self, case: Case, mine: list, theirs: list) -> None:
        for number, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            if same(case.mode, case.tolerance, a, b):
                continue
            index = find(case.text, self.protocol, show(a), show(b))
            if index is not None:
                self.used.add(index)
                continue
            self._differs(case, f"reply {number + 1}: subject {show(a)}, {case.oracle} {show(b)}")

    def _differs(self, case: Case, what: str) -> None:
        self.differences.append(f"{case.place}: {case.text[:160]}\n    {what}")


USED: set[int] = set()
SEEN: set[str] = set()


@pytest.mark.parametrize("protocol", (2, 3))
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.command)
def test_cases(pool, block, protocol):
    comparison = Comparison(pool, block, protocol)
    try:
        for case in block.cases:
            comparison.check(case)
            SEEN.add(case.text)
    except BaseException:
        comparison.restart_servers()
        raise
    finally:
        comparison.close()
    USED.update(comparison.used)
    count = len(comparison.differences)
    assert not count, f"{count} differences\n" + "\n".join(comparison.differences[:40])


def test_no_exception_is_unneeded():
    """Looks at the exceptions whose calls ran before it in this session."""
    from Conformance.exceptions import EXCEPTIONS

    unneeded = [
        f"{known.call} (RESP{known.protocol or '2 and 3'}): {known.reason}"
        for index, known in enumerate(EXCEPTIONS)
        if known.call in SEEN and index not in USED
    ]
    assert not unneeded, "no longer needed:\n" + "\n".join(unneeded)


def test_every_exception_names_a_case():
    from Conformance.exceptions import EXCEPTIONS

    texts = {case.text for block in BLOCKS for case in block.cases}
    unknown = [known.call for known in EXCEPTIONS if known.call not in texts]
    assert not unknown, f"exceptions for calls that no case makes: {unknown}"
