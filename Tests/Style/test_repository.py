"""The repository keeps every style rule."""

import pytest

from Style.rules import RULES
from Style.source import repository_sources

SOURCES = repository_sources()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_repository_keeps(rule):
    violations = [str(violation) for source in SOURCES for violation in rule(source)]
    assert not violations, "\n" + "\n".join(violations)
