"""The shape of what is measured: fields of scenarios, their types, and which kind has which."""

import re
import shlex
from dataclasses import dataclass, field

from .rounds import REPEATS

NUMBER = "__rand_int__"
MOMENT = "__moment_ms__"
DATA = ("same", "random", "words")
DISTRIBUTIONS = ("uniform", "sequential", "zipfian")
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True)
class Command:
    words: str
    weight: int = 1

    @property
    def name(self):
        return shlex.split(self.words)[0].lower()


@dataclass(frozen=True)
class Load:
    """Keys, or members of one key, number 0 up to `keys`: written once each by `command`, and once
    each by every command of `also`. What `counted_by` answers is `keys` then."""

    command: str
    keys: int
    value_bytes: int = 64
    also: tuple = ()
    counted_by: str = "DBSIZE"
    data: str = "same"  # what __data__ holds

    @property
    def commands(self):
        return (self.command, *self.also)


@dataclass(frozen=True)
class Burst(Load):
    """A load whose keys all expire in one moment, that many seconds after loading begins."""

    after_seconds: float = 10.0


@dataclass(frozen=True)
class Writes:
    """A closed loop that runs beside the requests of a scenario, from a load of its own."""

    command: str
    keyspace: int
    connections: int = 50
    pipeline: int = 1
    value_bytes: int = 64
    data: str = "same"


@dataclass(frozen=True)
class Scenario:
    id: str
    title: str
    group: str
    kind: str
    measures: str
    quick: bool = False
    rounds: int = 3
    repeats: int = REPEATS  # of a round that was disturbed; not in the file
    goals: dict = field(default_factory=dict)
    server: dict = field(default_factory=dict)  # options: parameter and value
    preload: Load = None
    changes_data: bool = False
    preload_each_round: bool = False
    commands: tuple = ()
    in_order: bool = False
    pipeline: int = 1
    connections: int = 50
    socket: bool = False
    keys: str = "uniform"
    keyspace: int = None
    value_bytes: int = None
    expect: str = None
    misses: bool = False
    requests: int = None
    duration_seconds: float = None
    rate: int = None
    share_of_capacity: float = None
    burst: Burst = None
    bgsave: bool = False
    without_log: bool = False
    writes: Writes = None
    data: str = None
    fill: Load = None
    unit: str = "key"


COMMON = {"id", "title", "group", "kind", "measures", "quick", "goals", "server"}
REQUESTS = {"preload", "commands", "in_order", "pipeline", "connections", "socket", "keys",
            "keyspace", "value_bytes", "data", "expect", "misses", "rounds", "duration_seconds"}
# kind -> (fields that it may have, fields that it must have, goals that it may have)
KINDS = {
    "throughput": (
        REQUESTS | {"requests", "changes_data", "preload_each_round"}, {"commands"},
        {"cpu", "rate"}),
    "latency": (
        REQUESTS | {"rate", "share_of_capacity", "burst", "bgsave"},
        {"commands", "duration_seconds"},
        {"p50", "p99", "p99.9"}),
    "memory": ({"fill", "unit"}, {"fill"}, {"used", "accounting"}),
    "stall": ({"fill", "rounds"}, {"fill"}, {"stall", "stall_ms"}),
    "log": (
        REQUESTS | {"without_log"}, {"commands", "preload", "duration_seconds"},
        {"own", "cpu", "rate"}),
    "readers": (
        REQUESTS | {"rate", "writes"},
        {"commands", "preload", "duration_seconds", "rate", "writes"}, {"own"}),
    "snapshot": ({"fill", "rounds"}, {"fill"}, {"save", "load"}),
}
# Kinds whose servers are started and loaded anew for each sample.
FRESH = ("log", "readers", "snapshot")
# Of these a scenario has one, never both.
ALTERNATIVES = {
    "throughput": ("requests", "duration_seconds"), "latency": ("rate", "share_of_capacity")}
TYPES = {
    "id": str, "title": str, "group": str, "kind": str, "measures": str, "quick": bool,
    "rounds": int, "goals": dict, "server": dict, "changes_data": bool,
    "preload_each_round": bool, "in_order": bool, "pipeline": int, "connections": int,
    "socket": bool, "keys": str, "keyspace": int, "value_bytes": int, "expect": str,
    "misses": bool, "requests": int, "duration_seconds": float, "rate": int,
    "share_of_capacity": float, "unit": str, "command": str, "after_seconds": float,
    "weight": int, "words": str, "counted_by": str, "bgsave": bool, "without_log": bool,
    "data": str,
}
EXPECTATIONS = (None, "ok", "int", "bulk", "array", "any", "data")
REPLY_TYPES = "+-!:$=*~%>|_,#("
# More of anything would not be measured in a lifetime.
LARGEST = 1_000_000_000
# Goals of a server beside itself, for which no peer is needed.
OWN_GOALS = {"own"}
# In place of a peer's name: the one that does best.
BEST = "best"
# Options by which the suite finds its server and stops it again.
OWN_OPTIONS = {"port", "unixsocket", "dir", "daemonize"}
LOAD_TYPES = {"keys": int}  # elsewhere `keys` is how they are chosen
QUICK_TYPES = {"rounds": int, "fresh_rounds": int, "duration_seconds": float, "keys": int}
POSITIVE = {"rounds", "fresh_rounds", "pipeline", "connections", "keyspace", "value_bytes",
            "requests", "duration_seconds", "rate", "share_of_capacity", "after_seconds", "weight"}
