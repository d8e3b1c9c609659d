"""The table of what is logged is what Redis 8.2 logs; the engine's tests compare Apus with it."""

from __future__ import annotations

import pytest

from Conformance.propagation import Recorder, is_like, read_cases

CASES = read_cases()


@pytest.fixture(scope="module")
def recorder():
    with Recorder() as recorder:
        yield recorder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_redis_logs_this(case, recorder):
    logged = recorder.record(case)
    assert is_like(logged, case.logged), "\n".join(" ".join(command) for command in logged)


def test_the_table_is_well_formed():
    names = [case.name for case in CASES]
    assert len(names) > 100
    assert len(set(names)) == len(names)
    for case in CASES:
        kinds = [line[0] for line in case.lines]
        assert set(kinds) <= set("?>2~=!#"), case.name
        # Every difference has its reason, and nothing else has.
        assert ("!" in kinds) == (kinds[-1] == "#"), case.name
