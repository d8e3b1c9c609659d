"""What the run is doing and how long it will take, on stderr."""

import sys
import time
from contextlib import suppress

from .shape import FRESH

START_SECONDS = 0.4  # of a server, and of a generator
KEYS_PER_SECOND = 700_000
# Of a sample with a fresh server, beside its keys: until all is written, and the disk looked at.
FRESH_SECONDS = 3.0


def load_seconds(load):
    return START_SECONDS + len(load.commands) * load.keys / KEYS_PER_SECOND if load else 0.0


def fresh_seconds(scenario):
    """Of one sample, with a server started and loaded for it."""
    keys = load_seconds(scenario.fill or scenario.preload)
    if scenario.kind == "snapshot":
        return 2 * START_SECONDS + 2.5 * keys
    once = FRESH_SECONDS + keys + scenario.duration_seconds
    if scenario.bgsave:
        # Larger values, and one time more to see what the server manages.
        return (once + keys) * (1 + 1 / scenario.rounds) + 5
    return once * (2 if scenario.without_log or scenario.kind == "readers" else 1)


def estimate_seconds(scenario, servers, is_ready=False):
    """Roughly; the ratio to what the scenarios before really took corrects it."""
    once = 0 if is_ready else START_SECONDS + load_seconds(scenario.preload)
    if scenario.kind == "memory":
        return servers * (2 + load_seconds(scenario.fill))
    if scenario.kind == "stall":
        return servers * scenario.rounds * (2 + load_seconds(scenario.fill))
    if scenario.kind in FRESH or scenario.bgsave:
        return servers * scenario.rounds * fresh_seconds(scenario)
    length = scenario.duration_seconds or (scenario.requests or 0) / KEYS_PER_SECOND
    each = START_SECONDS / 4 + length
    if scenario.preload_each_round:
        each += load_seconds(scenario.preload)
    if scenario.burst:
        each += scenario.burst.after_seconds
    return servers * (once + scenario.rounds * each)


def estimates(scenarios, servers):
    """Of each scenario in a run of all of them."""
    return [estimate_seconds(scenario, servers, keeps_servers(before, scenario))
            for before, scenario in zip([None, *scenarios], scenarios)]


def keeps_servers(before, scenario):
    """Whether a scenario goes on with the servers and the keys of the one before."""
    def lasts(found):
        return found.kind in ("throughput", "latency") and not found.bgsave

    return (before is not None and lasts(before) and lasts(scenario) and not before.changes_data
            and (before.preload, before.server) == (scenario.preload, scenario.server))


class Progress:
    def __init__(self, scenarios, servers, clock=time.monotonic, stream=None):
        self.estimates = estimates(scenarios, servers)
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


def disk_words(found):
    return (f"disk {found['disk_us']['p50']:,.0f} µs, "
            f"p99 {found['disk_us']['p99']:,.0f} µs")


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
        "log": lambda found: (
            f"{found['engine_us']['median']:.3f} µs CPU of the engine, "
            f"{found['cpu_us']['median']:.3f} of all, "
            f"{found['requests_per_second']['median']:,.0f}/s, busy {found['busy']:.0%} at least, "
            + (f"engine by its own without a log {found['own']['median']:.2f}, "
               if found.get("own") else "") + disk_words(found)),
        "readers": lambda found: (
            f"p99 {found['latency_us']['p99']:,.0f} µs, without a log "
            f"{found['without']['latency_us']['p99']:,.0f} µs; writes "
            f"{found['writes_per_second']['median']:,.0f}/s, without "
            f"{found['without']['writes_per_second']['median']:,.0f}/s; {disk_words(found)}"),
        "snapshot": lambda found: (
            f"save {found['save_seconds']['median']:.2f} s ({found['save_cpu_seconds']:.2f} CPU), "
            f"load {found['load_seconds']['median']:.2f} s ({found['load_cpu_seconds']:.2f} CPU), "
            f"{found['bytes'] / 1e6:.0f} MB; {disk_words(found)}"),
    }[entry["kind"]]
    width = max(map(len, entry["servers"]))
    return [f"{name:<{width}}  {shown(found)}" for name, found in entry["servers"].items()]
