"""Results as Benchmarks/run writes them, made up: small, but with all that may be in them."""

import math
import random

SUBJECT = "apus"
PEERS = ("redis-7.0", "valkey", "valkey+jemalloc", "my-peer")
NAMES = (SUBJECT, *PEERS)
# The server that died in one scenario.
DEAD = "my-peer"
FACTORS = {"apus": 1.0, "redis-7.0": 3.1, "valkey": 2.1, "valkey+jemalloc": 1.9, "my-peer": 1.4}
PERCENTILES = ("min", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")


def spread(value, share=0.04):
    return {"median": value, "low": value * (1 - share), "high": value * (1 + share)}


def latencies(base):
    shape = (0.4, 1.1, 1.0, 1.6, 3.0, 9.0, 20.0, 41.0)
    return {name: base * factor for name, factor in zip(PERCENTILES, shape)}


def distribution(base, points=110):
    """Percentiles denser towards the tail, as an HDR histogram gives them."""
    found = []
    for number in range(points):
        beyond = 10 ** (-5 * number / (points - 1))
        found.append([100 * (1 - beyond), base * (0.5 + 1.6 * (-math.log10(beyond)) ** 2)])
    return [*found, [100.0, found[-1][1] * 1.2]]


def throughput(identifier, title, pipeline, cpu, group="Strings", is_busy=True, **more):
    servers, ratios = {}, {}
    for name in NAMES:
        used = cpu * FACTORS[name] ** (0.1 if pipeline == 1 else 0.9)
        servers[name] = {
            "cpu_us": spread(used), "cpu_us_user": used * 0.4, "cpu_us_system": used * 0.6,
            "requests_per_second": spread(1e6 / used), "latency_us": latencies(50 * pipeline),
            "busy": 0.99 if is_busy or name != SUBJECT else 0.71}
    for name in PEERS:
        share = servers[SUBJECT]["cpu_us"]["median"] / servers[name]["cpu_us"]["median"]
        ratios[name] = {"cpu": spread(share), "rate": spread(1 / share) if is_busy else None}
    notes = [] if is_busy else [
        "throughput of apus is not compared: its core was busy for 71% only, the load generator "
        "was the limit"]
    return {"id": identifier, "group": group, "title": title, "kind": "throughput",
            "measures": f"{title} of random keys", "server": {}, "pipeline": pipeline,
            "connections": 50, "rounds": {}, "servers": servers, "ratios": ratios,
            "goals": {}, "notes": notes, **more}


def memory(identifier, title, count, used):
    servers = {
        name: {"used": used + 4 * place, "allocated": None if name == "redis-7.0" else
               used + 4 * place + 0.3, "resident": used * 1.08 + 5 * place}
        for place, name in enumerate(NAMES)}
    ratios = {name: {key: servers[SUBJECT][key] / servers[name][key]
                     for key in ("used", "resident")} for name in PEERS}
    return {"id": identifier, "group": "Memory", "title": title, "kind": "memory",
            "measures": "bytes of a key", "server": {}, "unit": "key", "count": count,
            "servers": servers, "ratios": ratios, "notes": [],
            "goals": {"peer": "valkey+jemalloc", "used": 1.0, "accounting": 0.01}}


def latency(identifier, title, share, base):
    servers = {name: {"latency_us": latencies(base * FACTORS[name]),
                      "distribution": distribution(base * FACTORS[name])} for name in NAMES}
    ratios = {name: {key: spread(1 / FACTORS[name], 0.2) for key in ("p50", "p99", "p99.9")}
              for name in PEERS}
    return {"id": identifier, "group": "Latency", "title": title, "kind": "latency",
            "measures": "waiting for a GET at a fixed rate", "server": {}, "rate": 61_500,
            "share_of_capacity": share, "connections": 50, "pipeline": 1, "rounds": {},
            "servers": servers, "ratios": ratios, "goals": {}, "notes": []}


def stall():
    times = dict(zip(NAMES, (1.04, 2.5, 1.96, 1.88, 61.0)))
    return {"id": "fill", "group": "Stalls", "title": "Fill from empty", "kind": "stall",
            "measures": "the longest wait of a PING while keys are inserted", "server": {},
            "keys": 10_000_000, "rounds": {}, "notes": ["valkey: the client itself was late"],
            "servers": {name: {"stall_ms": spread(time, 0.3), "idle_ms": 0.1, "seen_ms": 0.4,
                               "seconds": 12.0} for name, time in times.items()},
            "ratios": {name: {"stall": times[SUBJECT] / times[name]} for name in PEERS},
            "goals": {"peer": "valkey+jemalloc", "stall": 0.5, "stall_ms": 2.0}}


def without(scenario, name):
    """As it is when a server died in it."""
    for part in ("servers", "ratios", "rounds"):
        scenario[part].pop(name, None)
    scenario["notes"].append(f"{name}: the server died: signal 11")
    return scenario


def strings():
    goal = {"peer": "valkey+jemalloc"}
    return [
        throughput("get-p1", "GET", 1, 8.4, is_busy=False, goals={**goal, "cpu": 0.92, "rate": 2}),
        throughput("get-p16", "GET", 16, 0.61, goals={**goal, "cpu": 0.75}),
        throughput("get-p128", "GET", 128, 0.20, goals={**goal, "cpu": 0.50, "rate": 2.0}),
        throughput("set-p1", "SET", 1, 8.1), throughput("set-p16", "SET", 16, 0.60),
        throughput("set-p128", "SET", 128, 0.21),
        without(throughput("mset", "MSET of ten", 128, 1.27), DEAD)]


def results(quick=False):
    built = {"version": "9.1.2", "built": "build 0123456789abcdef", "compiler": "gcc 12.2.0",
             "flags": "not told by the server", "allocator": "jemalloc-5.3.0"}
    return {
        "title": "Apus and its peers", "quick": quick, "subject": SUBJECT, "peers": list(PEERS),
        "started": "2026-05-01T10:00:00Z", "error": None, "generator": {"version": "1.0.0"},
        "machine": {"processor": "A processor", "cores": 4, "memory_gib": 15, "virtual": True,
                    "kernel": "6.1.0", "system": "Debian GNU/Linux 12 (bookworm)",
                    "huge_pages": "madvise", "governor": "none", "server_core": 0,
                    "load_core": 1, "load_before": 0.1},
        "servers": {name: dict(built) for name in NAMES},
        "scenarios": [
            *strings(), memory("memory-16-16-700k", "string of 16 B, key of 16 B", 700_000, 60.2),
            memory("memory-16-16-1m", "string of 16 B, key of 16 B", 1_000_000, 64.8), stall(),
            latency("latency-50", "GET at 50 % of the slower server's capacity", 0.5, 90),
            latency("latency-expiry", "GET while a million keys expire at once", 0.5, 140)],
    }


def full():
    """As many servers and scenarios as a full run has, with figures that scatter."""
    made, dice = results(), random.Random(1)
    commands = [(f"COMMAND{number}", "Strings" if number % 3 else "Keys") for number in range(32)]
    made["scenarios"] = [
        *(throughput(f"{title.lower()}-p{pipeline}", title, pipeline, cpu * dice.uniform(0.9, 1.1))
          for title in ("GET", "SET", "90 % GET, 10 % SET")
          for pipeline, cpu in ((1, 8.4), (16, 0.6), (128, 0.2))),
        *(throughput(title.lower(), title, 128, dice.uniform(0.2, 3), group)
          for title, group in commands),
        *(memory(f"memory-{size}-{count}", f"string of {size} B, key of 16 B", count, size + 44)
          for size in (4, 16, 64, 200, 400, 1024, 4096) for count in (700_000, 1_000_000)), stall(),
        *(latency(f"latency-{share}", f"GET at {share} % of the slower server's capacity",
                  share / 100, share * dice.uniform(0.9, 1.1)) for share in (50, 70, 90)),
        latency("latency-expiry", "GET while a million keys expire at once", 0.5, 140)]
    add_server(made, "redis-8.2", "valkey")
    return made


def add_server(made, name, like):
    made["peers"].append(name)
    made["servers"][name] = made["servers"][like]
    for scenario in made["scenarios"]:
        for part in ("servers", "ratios"):
            scenario[part][name] = scenario[part][like]
