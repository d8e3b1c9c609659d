"""Requests a second in a closed loop, and the server's CPU for each command."""

import statistics

from . import cores
from .failure import Failure
from .figures import medians, ratio_spread, spread
from .generator import commands_as_options, request_options
from .rounds import interleaved
from .servers import calls, misses

# A server that had less of its core to do was waiting for the load generator.
BUSY_MIN = 0.95
WARM_UP_SECONDS = 0.5
WARM_UP_SHARE = 0.2


def amount(scenario, share=1.0):
    if scenario.requests:
        return ["-n", str(max(int(scenario.requests * share), scenario.connections))]
    return ["--duration", str(scenario.duration_seconds)]


def warm_up(fleet, name, scenario):
    """Not measured. Not for loads that are gone when they have been run once."""
    if scenario.preload_each_round:
        return
    some = (amount(scenario, WARM_UP_SHARE) if scenario.requests
            else ["--duration", str(WARM_UP_SECONDS)])
    options = [*request_options(scenario), *some, *commands_as_options(scenario.commands)]
    with fleet.on(name) as running:
        fleet.generator.run(running.server, options, scenario.socket)


def sample(fleet, name, scenario, number):
    """One server's figures of one round."""
    if scenario.preload_each_round:
        fleet.load(name, scenario)
    options = [*request_options(scenario), *amount(scenario), "--seed", str(number + 1),
               *commands_as_options(scenario.commands)]
    names = {command.name for command in scenario.commands}
    with fleet.on(name) as running:
        called, missed = calls(running.client, names), misses(running.client)
        before, core = running.server.cpu_seconds(), cores.usage(fleet.cores.server)
        test = fleet.generator.run(running.server, options, scenario.socket)
        core = cores.usage(fleet.cores.server).since(core)
        user, system = (late - early for early, late in
                        zip(before, running.server.cpu_seconds()))
        called = calls(running.client, names) - called
        check_counts(scenario, test, called, misses(running.client) - missed)
    return row(test, called, user, system, core)


def row(test, called, user_seconds, system_seconds, core):
    scale = 1e6 / called
    # The core's interrupts are the server's work too: its packets arrive by them.
    used = user_seconds + system_seconds + core.interrupts / cores.TICKS
    return {
        "requests_per_second": test["requests_per_second"],
        "cpu_us": (user_seconds + system_seconds) * scale,
        "cpu_us_user": user_seconds * scale, "cpu_us_system": system_seconds * scale,
        "busy": min(1.0, used / test["seconds"]), "steal": core.steal_share,
        "others": core.share_of_others(user_seconds + system_seconds),
        "generator_busy": sum(test["cpu_seconds"].values()) / test["seconds"],
        "latency_us": test["latency_us"],
    }


def check_counts(scenario, test, counted, missed):
    """The server's own statistics say that it did what was asked, neither more nor less."""
    # Replies to what was under way when the time was over do not count as requests.
    limit = test["requests"] + scenario.connections * scenario.pipeline
    if not test["requests"] <= counted <= limit:
        raise Failure(f"INFO counted {counted} calls for {test['requests']} requests")
    if missed and not scenario.misses:
        raise Failure(f"{missed} of the keys asked for were not there")


def summary(rows):
    cpu = spread([row["cpu_us"] for row in rows])
    # The parts of the median, not the medians of the parts: those need not add up to it.
    user_share = statistics.median(
        row["cpu_us_user"] / row["cpu_us"] if row["cpu_us"] else 0.0 for row in rows)
    return {
        "requests_per_second": spread([row["requests_per_second"] for row in rows]),
        "cpu_us": cpu,
        "cpu_us_user": cpu["median"] * user_share,
        "cpu_us_system": cpu["median"] * (1 - user_share),
        "busy": min(row["busy"] for row in rows),
        "latency_us": medians([row["latency_us"] for row in rows]),
    }


def without_latency(row):
    """Of a closed loop only the medians of latency are worth keeping."""
    return {key: value for key, value in row.items() if key != "latency_us"}


def idlers(rows, notes):
    """The servers whose core had time to spare: their throughput is the load generator's."""
    found = set()
    for name, of_server in rows.items():
        idlest = min(of_server, key=lambda row: row["busy"])
        if idlest["busy"] < BUSY_MIN:
            found.add(name)
            notes.append(f"throughput of {name} is not compared: it used {idlest['busy']:.0%} of "
                         f"its core, others {idlest['others']:.0%}; the load generator used "
                         f"{idlest['generator_busy']:.0%} of its own")
    return found


def ratios(rows, subject, notes):
    """Ours by theirs; no throughput where one of the two had time to spare."""
    idle = idlers(rows, notes)
    result = {}
    for name, theirs in rows.items():
        if name == subject:
            continue
        result[name] = {
            figure: ratio_spread([row[key] for row in rows[subject]], [row[key] for row in theirs])
            for figure, key in (("cpu", "cpu_us"), ("rate", "requests_per_second"))}
        if {subject, name} & idle:
            result[name]["rate"] = None
    return result


def measure(fleet, scenario, subject, notes):
    with fleet.ready(scenario):
        for name in fleet.names:
            warm_up(fleet, name, scenario)
        rows = interleaved(
            fleet.names, scenario.rounds,
            lambda name, number: sample(fleet, name, scenario, number), notes, scenario.repeats)
    return {
        "pipeline": scenario.pipeline, "connections": scenario.connections,
        "rounds": {name: [without_latency(row) for row in found] for name, found in rows.items()},
        "servers": {name: summary(found) for name, found in rows.items()},
        "ratios": ratios(rows, subject, notes)}
