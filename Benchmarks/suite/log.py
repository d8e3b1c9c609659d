"""What the append-only file costs: throughput, and CPU of the engine's thread and of all.

Each server is fresh for each sample, so that its log is as short as that of the others and the disk
does not fill. With `without_log` it is measured a second time in the same round with its log off:
the quotient is the log's price, whatever else differs between two servers.
"""

from . import cores, disk, threads, throughput
from .failure import Failure
from .figures import medians, ratio_spread, spread
from .generator import commands_as_options, request_options
from .rounds import interleaved
from .servers import calls, misses

# A load generator that used more of its core was the limit, not the server or its disk.
GENERATOR_BUSY_MAX = 0.95
FIGURES = ("requests_per_second", "cpu_us", "engine_us")
OFF = {"appendonly": "no"}


def sample(fleet, name, scenario, number):
    """One server's figures of one round, `without` its log too where the scenario says so."""
    states = [("with", scenario.server)]
    if scenario.without_log:
        states.append(("without", {**scenario.server, **OFF}))
    found = {state: single(fleet, name, scenario, options, number)
             for state, options in (states if number % 2 else states[::-1])}
    row = found.pop("with")
    worst = {key: max(row[key], *(other[key] for other in found.values())) if found else row[key]
             for key in ("steal", "others")}
    return {**row, **worst, **found}


def single(fleet, name, scenario, options, number):
    requests = [*request_options(scenario), *commands_as_options(scenario.commands)]
    length = ["--duration", str(scenario.duration_seconds), "--seed", str(number + 1)]
    names = {command.name for command in scenario.commands}
    with fleet.on_disk(name, scenario, options) as running:
        server, client = running.server, running.client
        disk_us = disk.probe(server.folder.name)
        before_load = length_of_log(client)
        fleet.generator.run(
            server, ["--duration", str(throughput.WARM_UP_SECONDS), *requests], scenario.socket)
        called, missed = calls(client, names), misses(client)
        before, core = threads.used(server.process.pid), cores.usage(fleet.cores.server)
        test = fleet.generator.run(server, [*length, *requests], scenario.socket)
        core = cores.usage(fleet.cores.server).since(core)
        used = threads.used(server.process.pid).since(before)
        called = calls(client, names) - called
        throughput.check_counts(scenario, test, called, misses(client) - missed)
        check_log(options, before_load, length_of_log(client))
    return {**row(test, called, used, core), "disk_us": disk_us}


def length_of_log(client):
    """Bytes, or None where there is no log."""
    found = client.info("persistence")
    return int(found["aof_current_size"]) if found.get("aof_enabled") == "1" else None


def check_log(options, before, after):
    """That the log was written, or that there was none: an option may be misspelt."""
    if options.get("appendonly") != "yes":
        if after is not None:
            raise Failure("there is an append-only file that was not asked for")
    elif before is None or after is None or after <= before:
        raise Failure("the append-only file did not grow")


def row(test, called, used, core):
    scale = 1e6 / called
    seen = used.total + core.interrupts / cores.TICKS
    return {
        "requests_per_second": test["requests_per_second"],
        "cpu_us": used.total * scale, "engine_us": used.engine * scale,
        "busy": min(1.0, seen / test["seconds"]), "steal": core.steal_share,
        "others": core.share_of_others(used.total),
        "generator_busy": sum(test["cpu_seconds"].values()) / test["seconds"],
    }


def summary(rows):
    found = {key: spread([row[key] for row in rows]) for key in FIGURES}
    found |= {"busy": min(row["busy"] for row in rows), "disk_us": disk.summary(rows)}
    if "without" in rows[0]:
        found["without"] = medians([{key: row["without"][key] for key in FIGURES} for row in rows])
        found["own"] = ratio_spread([row["engine_us"] for row in rows],
                                    [row["without"]["engine_us"] for row in rows])
    return found


def limited(rows, notes):
    """The servers whose throughput is the load generator's."""
    found = set()
    for name, of_server in rows.items():
        busiest = max(row["generator_busy"] for row in of_server)
        if busiest > GENERATOR_BUSY_MAX and min(row["busy"] for row in of_server) < 0.95:
            found.add(name)
            notes.append(f"throughput of {name} is not compared: the load generator used "
                         f"{busiest:.0%} of its core")
    return found


def ratios(rows, subject, notes):
    found, refused = {}, limited(rows, notes)
    for name, theirs in rows.items():
        if name != subject:
            found[name] = {
                figure: ratio_spread([row[key] for row in rows[subject]],
                                     [row[key] for row in theirs])
                for figure, key in (("cpu", "cpu_us"), ("rate", "requests_per_second"))}
            if {subject, name} & refused:
                found[name]["rate"] = None
    return found


def measure(fleet, scenario, subject, notes):
    fleet.stop()
    rows = interleaved(
        fleet.names, scenario.rounds,
        lambda name, number: sample(fleet, name, scenario, number), notes, scenario.repeats)
    return {
        "pipeline": scenario.pipeline, "connections": scenario.connections, "rounds": rows,
        "servers": {name: summary(found) for name, found in rows.items()},
        "ratios": ratios(rows, subject, notes)}
