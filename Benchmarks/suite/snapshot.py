"""How long a snapshot takes: SAVE, and a start that loads it, until the server answers."""

import os
import time

from server_process import ErrorReply

from . import cores, disk
from .failure import Failure
from .figures import medians, ratio_spread, spread
from .rounds import interleaved

FILE = "dump.rdb"
LOAD_SECONDS_MAX = 300
POLL_SECONDS = 0.005
FIGURES = ("save_seconds", "load_seconds")


def sample(fleet, name, scenario, number):
    """Both on the server's core; the disk is asked first how it is."""
    options = {**scenario.server, "dbfilename": FILE}
    with fleet.folder() as folder:
        with fleet.alone(name, options, folder) as running:
            fleet.generator.load(running.server, scenario.fill)
            fleet.check_count(running, scenario.fill)
            disk_us = disk.probe(folder)
            core = cores.usage(fleet.cores.server)
            saved = timed(running.server, lambda: save(running.client))
            steals = [cores.usage(fleet.cores.server).since(core).steal_share]
        count = os.path.getsize(os.path.join(folder, FILE))
        os.sync()
        core = cores.usage(fleet.cores.server)
        loaded = start(fleet, name, scenario, options, folder)
        steals.append(cores.usage(fleet.cores.server).since(core).steal_share)
    return {"save_seconds": saved[0], "save_cpu_seconds": saved[1], "load_seconds": loaded[0],
            "load_cpu_seconds": loaded[1], "bytes": count, "disk_us": disk_us,
            "steal": max(steals)}


def timed(server, work):
    """(seconds, seconds of CPU) that the server needs for something."""
    before, started = sum(server.cpu_seconds()), time.perf_counter()
    work()
    return time.perf_counter() - started, sum(server.cpu_seconds()) - before


def save(client):
    reply = client.command("SAVE")
    if reply != "OK":
        raise Failure(f"SAVE was answered {reply!r}")


def start(fleet, name, scenario, options, folder):
    """From the start of the process until PING is answered without LOADING."""
    started = time.perf_counter()
    with fleet.alone(name, options, folder) as running:
        wait_until_loaded(running.client)
        seconds = time.perf_counter() - started
        cpu = sum(running.server.cpu_seconds())
        fleet.check_count(running, scenario.fill)
    return seconds, cpu


def wait_until_loaded(client):
    deadline = time.monotonic() + LOAD_SECONDS_MAX
    while True:
        try:
            client.command("PING")
            return
        except ErrorReply as error:
            if not str(error).startswith("LOADING"):
                raise
        if time.monotonic() > deadline:
            raise Failure(f"still loading after {LOAD_SECONDS_MAX} s")
        time.sleep(POLL_SECONDS)


def summary(rows):
    found = {key: spread([row[key] for row in rows]) for key in FIGURES}
    others = ("save_cpu_seconds", "load_cpu_seconds", "bytes")
    return {**found, **medians([{key: row[key] for key in others} for row in rows]),
            "disk_us": disk.summary(rows)}


def ratios(rows, subject):
    return {
        name: {figure: ratio_spread([row[key] for row in rows[subject]],
                                    [row[key] for row in theirs])
               for figure, key in (("save", "save_seconds"), ("load", "load_seconds"))}
        for name, theirs in rows.items() if name != subject}


def measure(fleet, scenario, subject, notes):
    fleet.stop()
    rows = interleaved(
        fleet.names, scenario.rounds,
        lambda name, number: sample(fleet, name, scenario, number), notes, scenario.repeats)
    return {"keys": scenario.fill.keys, "data": scenario.fill.data, "rounds": rows,
            "servers": {name: summary(found) for name, found in rows.items()},
            "ratios": ratios(rows, subject)}
