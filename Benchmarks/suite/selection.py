"""Which scenarios run: --only and --quick."""

from .failure import Failure


def choose(suite, only, quick):
    """--only beats the mark `quick`; --quick shortens in any case."""
    scenarios = suite.scenarios
    if only:
        scenarios = matching(scenarios, [word.strip() for word in only.split(",") if word.strip()])
    elif quick:
        scenarios = [scenario for scenario in scenarios if scenario.quick]
    return [suite.quick.shortened(scenario) for scenario in scenarios] if quick else scenarios


def names_of(scenario):
    return {scenario.id.lower(), scenario.group.lower(), scenario.kind.lower()}


def matching(scenarios, words):
    wanted = {word.lower() for word in words}
    known = set().union(*(names_of(scenario) for scenario in scenarios))
    unknown = sorted(wanted - known)
    if unknown:
        raise Failure(f"--only: no id, group or kind is called {', '.join(unknown)}; "
                      "--list shows them")
    return [scenario for scenario in scenarios if wanted & names_of(scenario)]


def listing(scenarios):
    return "\n".join(
        f"{scenario.id:<26} {scenario.group:<14} {scenario.kind:<11} "
        f"{'quick' if scenario.quick else '':<6} {title(scenario)}" for scenario in scenarios)


def title(scenario):
    """Unlike what they measure, the titles tell variants apart."""
    if scenario.kind != "throughput":
        return scenario.title
    return f"{scenario.title}, pipeline {scenario.pipeline}"
