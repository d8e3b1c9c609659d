"""Runs the scenarios one by one and keeps what was measured, whatever happens."""

import json
import os

from . import latency, log, memory, readers, snapshot, stall, throughput
from .contestants import identity, is_on_libc
from .failure import Failure
from .figures import rounded
from .shape import BEST, OWN_GOALS


def introduce(contestants, start):
    """Each contestant started once: (contestants, identities by name).

    The installed Redis gets its version into its name, and a server on libc's malloc a twin on
    jemalloc, ours and theirs then differing in the server alone. `start` gives a client.
    """
    lineup, identities = [], {}
    pending = list(contestants)
    while pending:
        contestant = pending.pop(0)
        with start(contestant) as client:
            found = identity(client, contestant)
            on_libc = is_on_libc(client)
        contestant = contestant.known_as(found["version"])
        if contestant.name in identities:
            raise Failure(f"two servers have the name {contestant.name}")
        identities[contestant.name] = found
        lineup.append(contestant)
        if on_libc and not contestant.environment and not contestant.is_subject:
            pending.insert(0, contestant.on_jemalloc())
    return lineup, identities


class Runner:
    def __init__(self, fleet, results, path, progress):
        self.fleet = fleet
        self.results = results
        self.path = path
        self.progress = progress
        self.capacities = latency.Capacities()
        self.measures = {
            "throughput": throughput.measure, "memory": memory.measure, "stall": stall.measure,
            "log": log.measure, "readers": readers.measure, "snapshot": snapshot.measure,
            "latency": lambda *arguments: latency.measure(*arguments, self.capacities)}

    def run(self, scenarios):
        """Leaves the results saved: complete, or those before the failure and what it was."""
        self.save()
        try:
            for scenario in scenarios:
                self.progress.begin(scenario)
                self.results["scenarios"].append(self.measured(scenario))
                self.save()
                self.progress.end(self.results["scenarios"][-1])
        except Failure as failure:
            self.results["error"] = f"{scenario.id}: {failure}"
            raise Failure(self.results["error"]) from failure
        except KeyboardInterrupt:
            self.results["error"] = f"{scenario.id}: interrupted"
            raise
        else:
            self.results["error"] = None
        finally:
            self.save()

    def measured(self, scenario):
        notes = []
        figures = self.measures[scenario.kind](
            self.fleet, scenario, self.results["subject"], notes)
        goals = judgeable(scenario.goals, self.results["peers"])
        return {
            "id": scenario.id, "group": scenario.group, "title": scenario.title,
            "kind": scenario.kind, "measures": scenario.measures, "server": scenario.server,
            **figures, "goals": goals, "notes": list(dict.fromkeys(notes))}

    def save(self):
        self.results["generator"]["version"] = self.fleet.generator.version
        text = json.dumps(rounded(self.results), separators=(",", ":"))
        # A line for each scenario: a difference between two files can be read.
        write(self.path, text.replace(',{"id":', ',\n{"id":') + "\n")


def judgeable(goals, peers):
    """Without those whose peer is not there."""
    if goals.get("peer") in (BEST, *peers):
        return goals
    return {name: limit for name, limit in goals.items() if name in OWN_GOALS}


def write(path, text):
    """The whole file or, if it fails, the one that was there."""
    part = f"{path}.part"
    try:
        with open(part, "w") as file:
            file.write(text)
        os.replace(part, path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error}") from error


