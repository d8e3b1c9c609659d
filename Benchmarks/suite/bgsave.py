"""Latency while a snapshot is written by BGSAVE, one server at a time in memory.

The child runs on the server's core, as everything of a server does: the load has the other one, and
spins there. The data is large, so that the snapshot lasts as long as what is measured.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from . import cores
from .failure import Failure
from .generator import commands_as_options, request_options
from .rounds import interleaved

CAPACITY_SECONDS = 3.0
WARM_UP_SECONDS = 1.0
START_SECONDS = 0.2  # of the load generator, with its connections
POLL_SECONDS = 0.25
SNAPSHOT_SECONDS_MAX = 600
COVERED_MIN = 0.9


def capacity(fleet, name, scenario):
    """Requests a second that the server manages in a closed loop, with all of its data."""
    options = [*request_options(scenario), "--duration", str(CAPACITY_SECONDS),
               *commands_as_options(scenario.commands)]
    with fleet.on_disk(name, scenario, scenario.server) as running:
        return fleet.generator.run(running.server, options, scenario.socket)["requests_per_second"]


def planned_rate(fleet, scenario):
    if scenario.rate:
        return scenario.rate
    lowest = min(capacity(fleet, name, scenario) for name in fleet.names)
    return round(lowest * scenario.share_of_capacity)


def sample(fleet, name, scenario, rate, number):
    options = [*request_options(scenario), "--warmup", str(WARM_UP_SECONDS),
               "--duration", str(scenario.duration_seconds), "--rate", str(rate),
               "--seed", str(number + 1), *commands_as_options(scenario.commands)]
    with fleet.on_disk(name, scenario, scenario.server) as running:
        core = cores.usage(fleet.cores.server)
        with ThreadPoolExecutor(1) as threads:
            load = threads.submit(fleet.generator.run, running.server, options, scenario.socket)
            time.sleep(START_SECONDS + WARM_UP_SECONDS)
            seconds = snapshot(running.client)
            test = load.result()
        core = cores.usage(fleet.cores.server).since(core)
    return {
        "latency_us": test["latency_us"], "distribution": test["distribution"],
        "requests_per_second": test["requests_per_second"], "steal": core.steal_share,
        "send_delay_us": test.get("send_delay_us"), "snapshot_seconds": seconds}


def snapshot(client):
    """Has one written, and says how long it took."""
    started = time.monotonic()
    client.command("BGSAVE")
    while True:
        time.sleep(POLL_SECONDS)
        found, seconds = client.info("persistence"), time.monotonic() - started
        if found["rdb_bgsave_in_progress"] == "0":
            break
        if seconds > SNAPSHOT_SECONDS_MAX:
            raise Failure(f"BGSAVE did not end in {SNAPSHOT_SECONDS_MAX} s")
    if found["rdb_last_bgsave_status"] != "ok":
        raise Failure("BGSAVE failed")
    return seconds


def check_snapshots(rows, scenario, notes):
    """Says where part of what was measured was after the snapshot."""
    for name, of_server in rows.items():
        shortest = min(row["snapshot_seconds"] for row in of_server)
        longest = max(row["snapshot_seconds"] for row in of_server)
        notes.append(f"{name}: the snapshot took {shortest:.1f} to {longest:.1f} s")
        if shortest < COVERED_MIN * scenario.duration_seconds:
            notes.append(f"{name}: the snapshot had ended before the measurement of "
                         f"{scenario.duration_seconds} s")


def measured(fleet, scenario, notes):
    """(requests a second, rows by server)"""
    fleet.stop()
    rate = planned_rate(fleet, scenario)
    rows = interleaved(
        fleet.names, scenario.rounds,
        lambda name, number: sample(fleet, name, scenario, rate, number), notes, scenario.repeats)
    check_snapshots(rows, scenario, notes)
    return rate, rows
