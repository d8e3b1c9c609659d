"""The longest time a client waits while keys are inserted into an empty server."""

import json
import statistics
import subprocess
import sys
import time

from . import BENCHMARKS
from .failure import Failure
from .figures import spread
from .generator import PATIENCE_SECONDS, last_lines, load_options
from .rounds import interleaved

# A client that slept more was measuring little.
SLEPT_MAX = 0.05


def sample(fleet, name, scenario, notes):
    """Milliseconds of the longest stall, beside what the client saw and its own lateness."""
    with fleet.alone(name, scenario.server) as running:
        # One connection: the commands of more would be one long turn, which is no stall.
        options = load_options(scenario.fill, connections=1)
        command = fleet.generator.command(running.server, options)
        started = time.perf_counter()
        figures = ping(running.server.port, fleet.cores.load, command)
        seconds = time.perf_counter() - started
        fleet.check_count(running, scenario.fill)
    slept = figures["slept_ms"] / 1000 / seconds
    if slept > SLEPT_MAX:
        notes.append(f"{name}: the client slept through {slept:.0%} of the time")
    # Not judged by time that the host took: minutes always have some, and the client's is left out.
    return {**figures, "seconds": seconds, "steal": 0.0}


def ping(port, core, command):
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "suite.pinger", str(port),
         str(core), *command],
        cwd=BENCHMARKS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, errors="replace", start_new_session=True)
    try:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure(f"the stall was not measured in {PATIENCE_SECONDS} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        raise Failure(f"the stall could not be measured: {last_lines(errors)}")
    return json.loads(output)


def summary(rows):
    return {
        "stall_ms": spread([row["stall_ms"] for row in rows]),
        **{key: statistics.median(row[key] for row in rows)
           for key in ("idle_ms", "seen_ms", "late_ms", "slept_ms", "seconds")}}


def measure(fleet, scenario, subject, notes):
    fleet.stop()
    rows = interleaved(
        fleet.names, scenario.rounds,
        lambda name, number: sample(fleet, name, scenario, notes), notes, scenario.repeats)
    servers = {name: summary(found) for name, found in rows.items()}
    ours = servers[subject]["stall_ms"]["median"]
    return {
        "keys": scenario.fill.keys, "rounds": rows, "servers": servers,
        "ratios": {name: {"stall": ours / theirs["stall_ms"]["median"]}
                   for name, theirs in servers.items() if name != subject}}
