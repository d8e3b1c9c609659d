"""Every rule finds what it is for: each has a sample that breaks it."""

import pytest

from Style.rules import RULES
from Style.samples import SAMPLES, TREE
from Style.source import Source


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_has_a_sample_that_breaks_it_and_one_that_keeps_it(rule):
    counts = [count for _, _, count in SAMPLES[rule.__name__]]
    assert 0 in counts and any(counts)


@pytest.mark.parametrize(
    "rule, path, text, count",
    [
        pytest.param(rule, *sample, id=f"{rule.__name__}-{number}")
        for rule in RULES
        for number, sample in enumerate(SAMPLES[rule.__name__])
    ])
def test_rule_finds_exactly_the_violations(rule, path, text, count):
    violations = list(rule(Source(path, text.encode(), TREE)))
    assert len(violations) == count, [str(violation) for violation in violations]


def test_samples_name_existing_rules():
    assert set(SAMPLES) == {rule.__name__ for rule in RULES}
