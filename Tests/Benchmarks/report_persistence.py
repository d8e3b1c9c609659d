"""Made-up results of scenarios with persistence, as report_sample makes those of the others."""

from Benchmarks.report_parts import sample


def own(factor):
    return sample.spread(1.1 * factor, 0.1)


def entry(identifier, title, kind, servers, ratios, **more):
    return {"id": identifier, "group": "Persistence", "title": title, "kind": kind,
            "measures": title, "server": {"appendonly": "yes"}, "rounds": {}, "notes": [],
            "goals": {}, "servers": servers, "ratios": ratios, **more}


def log():
    servers = {
        name: {"requests_per_second": sample.spread(600_000 / factor), "busy": 0.98,
               "engine_us": sample.spread(1.2 * factor), "cpu_us": sample.spread(1.5 * factor),
               "without": {"engine_us": 1.1 * factor, "cpu_us": 1.1 * factor,
                           "requests_per_second": 700_000 / factor},
               "own": own(1), "disk_us": {"p50": 412.0, "p99": 4500.0}}
        for name, factor in sample.FACTORS.items()}
    ratios = {name: {"cpu": sample.spread(1 / sample.FACTORS[name]),
                     "rate": sample.spread(sample.FACTORS[name])} for name in sample.PEERS}
    goals = {"peer": "valkey+jemalloc", "own": 1.25, "cpu": 0.6}
    return entry("log", "SET, everysec", "log", servers, ratios, pipeline=16, goals=goals)


def always():
    made = log()
    for server in made["servers"].values():
        del server["own"], server["without"]
    return {**made, "id": "always", "title": "SET, always", "pipeline": 1,
            "goals": {"peer": "best", "rate": 1.3}}


def readers():
    servers = {
        name: {"latency_us": sample.latencies(300 * factor), "own": own(factor),
               "writes_per_second": sample.spread(20_000 / factor),
               "without": {"latency_us": sample.latencies(200 * factor),
                           "writes_per_second": sample.spread(40_000)},
               "disk_us": {"p50": 412.0, "p99": 4500.0}}
        for name, factor in sample.FACTORS.items()}
    ratios = {name: {key: sample.spread(1 / sample.FACTORS[name])
                     for key in ("p50", "p99", "p99.9")} for name in sample.PEERS}
    return entry("readers", "GET beside SETs", "readers", servers, ratios, rate=20_000,
                 goals={"own": 1.25})


def snapshot():
    servers = {
        name: {"save_seconds": sample.spread(0.7 * factor),
               "load_seconds": sample.spread(0.6 * factor), "save_cpu_seconds": 0.5 * factor,
               "load_cpu_seconds": 0.4 * factor, "bytes": 168_000_000,
               "disk_us": {"p50": 412.0, "p99": 4500.0}}
        for name, factor in sample.FACTORS.items()}
    ratios = {name: {"save": sample.spread(1 / sample.FACTORS[name]),
                     "load": sample.spread(0.9 / sample.FACTORS[name])} for name in sample.PEERS}
    return entry("snapshot", "2 M strings", "snapshot", servers, ratios, keys=2_000_000,
                 goals={"peer": "valkey+jemalloc", "save": 0.5, "load": 0.55})


def bgsave():
    return {**sample.latency("bgsave", "GET during BGSAVE", 0.5, 400),
            "goals": {"peer": "best", "p99.9": 1.0, "p99": 0.5}}


def alone():
    """Of nothing else."""
    made = sample.results()
    return {**made, "scenarios": [log(), always(), readers(), snapshot(), bgsave()]}


def results():
    made = sample.results()
    return {**made, "scenarios": [*made["scenarios"], *alone()["scenarios"]]}
