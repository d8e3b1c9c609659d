"""What the run is doing and how long it will take, on stderr."""

import sys
import time
from contextlib import suppress

START_SECONDS = 0.4  # of a server, and of a generator
KEYS_PER_SECOND = 700_000


def load_seconds(load):
    return START_SECONDS + len(load.commands) * load.keys / KEYS_PER_SECOND if load else 0.0


def estimate_seconds(scenario, servers):
    """Roughly; the ratio to what the scenarios before really took corrects it."""
    once = START_SECONDS + load_seconds(scenario.preload)
    if scenario.kind == "memory":
        return servers * (2 + load_seconds(scenario.fill))
    if scenario.kind == "stall":
        return servers * scenario.rounds * (2 + load_seconds(scenario.fill))
    length = scenario.duration_seconds or (scenario.requests or 0) / KEYS_PER_SECOND
    each = START_SECONDS / 4 + length
    if scenario.preload_each_round:
        each += load_seconds(scenario.preload)
    if scenario.burst:
        each += scenario.burst.after_seconds
    return servers * (once + scenario.rounds * each)


class Progress:
    def __init__(self, scenarios, servers, clock=time.monotonic, stream=None):
        self.estimates = [estimate_seconds(scenario, servers) for scenario in scenarios]
        self.clock = clock
        self.stream = stream or sys.stderr
        self.started = clock()
        self.done = 0

    def left_seconds(self):
        ahead, behind = sum(self.estimates[self.done:]), sum(self.estimates[:self.done])
        elapsed = self.clock() - self.started
        return ahead * (elapsed / behind if behind else 1.0)

    def say(self, text):
        with suppress(OSError, ValueError):
            print(text, file=self.stream, flush=True)

    def begin(self, scenario):
        self.say(f"[{self.done + 1}/{len(self.estimates)}] {scenario.id}: {scenario.measures} "
                 f"({in_words(self.left_seconds())} left)")

    def end(self, entry):
        self.done += 1
        for line in brief(entry):
            self.say(f"    {line}")
        for note in entry["notes"]:
            self.say(f"    note: {note}")


def in_words(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def brief(entry):
    """One line for each server."""
    shown = {
        "throughput": lambda found: (
            f"{found['cpu_us']['median']:.3f} µs CPU, "
            f"{found['requests_per_second']['median']:,.0f}/s, busy {found['busy']:.0%} at least"),
        "latency": lambda found: ", ".join(
            f"{name} {found['latency_us'][name]:,.0f}" for name in ("p50", "p99", "p99.9", "max")
        ) + f" µs at {entry['rate']:,}/s",
        "memory": lambda found: f"{found['used']:.1f} bytes a {entry['unit']}",
        "stall": lambda found: f"{found['stall_ms']['median']:.2f} ms",
    }[entry["kind"]]
    width = max(map(len, entry["servers"]))
    return [f"{name:<{width}}  {shown(found)}" for name, found in entry["servers"].items()]
