"""Server CPU per command and throughput, under redis-benchmark's load."""

import csv
import os
import statistics
import subprocess

from .scenarios import CONNECTIONS, KEYS, LOAD_CORE
from .servers import load

TICKS = os.sysconf("SC_CLK_TCK")
EXACT_COMMANDS = 100_000


def calls(client, name):
    fields = client.info("commandstats").get(f"cmdstat_{name}", "calls=0")
    return int(dict(part.split("=") for part in fields.split(","))["calls"])


def misses(client):
    return int(client.info("stats")["keyspace_misses"])


def benchmark(port, scenario, requests):
    """Runs redis-benchmark. Returns its requests per second."""
    command = [
        "taskset", "--cpu-list", str(LOAD_CORE), "redis-benchmark", "-p", str(port), "--csv",
        "-c", str(CONNECTIONS), "-r", str(KEYS), "-P", str(scenario.pipeline),
        "-n", str(requests), *scenario.command]
    result = subprocess.run(command, capture_output=True, text=True)
    rows = list(csv.reader(result.stdout.splitlines()))
    if result.returncode or len(rows) < 2:
        raise SystemExit(f"redis-benchmark failed: {result.stdout}{result.stderr}")
    return float(rows[-1][1])


def sample(server, client, scenario, requests):
    before, user, system = calls(client, scenario.statistic), *server.cpu_ticks()
    rate = benchmark(server.port, scenario, requests)
    user_after, system_after = server.cpu_ticks()
    count = calls(client, scenario.statistic) - before
    # The load stops in the middle of its last pipelines; the server has answered more, not less.
    if not requests <= count <= requests + 2 * CONNECTIONS * scenario.pipeline:
        raise SystemExit(f"{scenario.name}: {count} calls counted for {requests} requests")
    scale = 1e6 / TICKS / count
    return {
        "user": (user_after - user) * scale, "system": (system_after - system) * scale,
        "cpu": (user_after + system_after - user - system) * scale, "rate": rate,
    }


def prepare(client, scenario):
    """Loads the keys of a scenario, unless those of the one before are the same."""
    if client.command("DBSIZE") != KEYS or not client.command("EXISTS", scenario.keys % 0):
        client.command("FLUSHALL", "SYNC")
        load(client, scenario.keys, scenario.value, KEYS)


def measure(running, scenario, rounds, share):
    """Interleaved rounds over `running`, a dictionary of (server, client) by name."""
    requests = int(scenario.requests * share)
    samples = {name: [] for name in running}
    missed = {}
    for name, (server, client) in running.items():
        prepare(client, scenario)
        missed[name] = misses(client)
        benchmark(server.port, scenario, requests // 5)
    for _ in range(rounds):
        for name, (server, client) in running.items():
            samples[name].append(sample(server, client, scenario, requests))
    for name, (_, client) in running.items():
        if misses(client) != missed[name]:
            raise SystemExit(f"{name}: {scenario.name} asked for keys that are not there")
        if client.command("DBSIZE") != KEYS:
            raise SystemExit(f"{name}: {scenario.name} changed the number of keys")
    return samples


def summary(scenario, samples, subject):
    """Medians of each server, and the median over rounds of the ratio of each pair."""
    result = {"name": scenario.name, "pipeline": scenario.pipeline, "samples": samples,
              "cpu_goal": scenario.cpu_goal, "rate_goal": scenario.rate_goal,
              "servers": {}, "ratios": {}}
    for name, rows in samples.items():
        result["servers"][name] = {
            key: statistics.median(row[key] for row in rows) for key in rows[0]}
        if name != subject:
            result["ratios"][name] = {
                key: sorted(ours[key] / theirs[key] for ours, theirs in zip(samples[subject], rows))
                for key in ("cpu", "rate")}
    return result


def counts_are_exact(client):
    """Whether the statistics count each of a known number of commands, neither more nor less."""
    client.command("CONFIG", "RESETSTAT")
    load(client, "exact:%010d", "v", EXACT_COMMANDS)
    counted = calls(client, "set")
    client.command("FLUSHALL", "SYNC")
    return counted == EXACT_COMMANDS
