"""How long reads wait while others write, with the append-only file and without it.

The writes are a closed loop, the reads an open one from a second load generator. Both loads share a
core, so the reads' generator naps between requests instead of spinning, and runs first when it
wakes: a server that answers slowly does not give it more of the core, nor the writes less.
"""

import shlex
from concurrent.futures import ThreadPoolExecutor

from . import cores, disk, log
from .figures import medians, ratio_spread, spread
from .generator import commands_as_options, request_options, write_options
from .latency import check_rates
from .rounds import interleaved

NAP_MICROSECONDS = 25
# The writes begin before the reads are measured, and end after them.
LEAD_SECONDS = 1.0
REST_SECONDS = 2.0
PERCENTILES = ("p50", "p99", "p99.9")


def sample(fleet, name, scenario, number):
    states = [("with", scenario.server), ("without", {**scenario.server, **log.OFF})]
    found = {state: single(fleet, name, scenario, options, number)
             for state, options in (states if number % 2 else states[::-1])}
    return {**found["with"], "without": found["without"],
            "steal": max(row["steal"] for row in found.values())}


def single(fleet, name, scenario, options, number):
    seconds, writes = scenario.duration_seconds, scenario.writes
    writing = [*write_options(writes), "--duration", str(LEAD_SECONDS + seconds + REST_SECONDS),
               *shlex.split(writes.command)]
    reading = [*request_options(scenario), "--rate", str(scenario.rate),
               "--nap", str(NAP_MICROSECONDS), "--seed", str(number + 1),
               "--warmup", str(LEAD_SECONDS), "--duration", str(seconds),
               *commands_as_options(scenario.commands)]
    with fleet.on_disk(name, scenario, options) as running:
        server = running.server
        disk_us, before = disk.probe(server.folder.name), log.length_of_log(running.client)
        core = cores.usage(fleet.cores.server)
        with ThreadPoolExecutor(1) as threads:
            written = threads.submit(fleet.generator.run, server, writing)
            read = fleet.generator.run(server, reading, scenario.socket)
            written = written.result()
        core = cores.usage(fleet.cores.server).since(core)
        log.check_log(options, before, log.length_of_log(running.client))
    return {
        "latency_us": read["latency_us"], "send_delay_us": read.get("send_delay_us"),
        "requests_per_second": read["requests_per_second"],
        "writes_per_second": written["requests_per_second"], "steal": core.steal_share,
        "disk_us": disk_us}


def figures(rows):
    return {"latency_us": medians([row["latency_us"] for row in rows]),
            "writes_per_second": spread([row["writes_per_second"] for row in rows])}


def values(rows, percentile):
    return [row["latency_us"][percentile] for row in rows]


def summary(rows):
    without = [row["without"] for row in rows]
    return {**figures(rows), "without": figures(without), "disk_us": disk.summary(rows),
            "own": ratio_spread(values(rows, "p99"), values(without, "p99"))}


def measure(fleet, scenario, subject, notes):
    fleet.stop()
    rows = interleaved(
        fleet.names, scenario.rounds,
        lambda name, number: sample(fleet, name, scenario, number), notes, scenario.repeats)
    check_rates(rows, scenario.rate, notes)
    check_rates({f"{name} without a log": [row["without"] for row in found]
                 for name, found in rows.items()}, scenario.rate, notes)
    return {
        "rate": scenario.rate, "connections": scenario.connections, "rounds": rows,
        "servers": {name: summary(found) for name, found in rows.items()},
        "ratios": {
            name: {percentile: ratio_spread(values(rows[subject], percentile),
                                            values(theirs, percentile))
                   for percentile in PERCENTILES}
            for name, theirs in rows.items() if name != subject}}
