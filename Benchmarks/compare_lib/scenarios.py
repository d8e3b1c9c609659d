"""What is measured, as data: speed, memory and stalls, with the goals against Valkey."""

from dataclasses import dataclass

KEYS = 1_000_000
CONNECTIONS = 50
VALUE = "v" * 64
RANDOM = "__rand_int__"  # redis-benchmark puts twelve digits below KEYS here
SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True)
class Speed:
    name: str
    pipeline: int
    command: tuple  # as redis-benchmark takes it
    requests: int
    cpu_goal: float  # server CPU per command, ours by theirs, at most
    rate_goal: float = None  # throughput, ours by theirs, at least
    keys: str = "key:%012d"  # what is loaded before; must hold every key that is asked for
    value: str = VALUE
    rounds: int = 5

    @property
    def statistic(self):
        return self.command[0].lower()


GET = ("GET", f"key:{RANDOM}")
SET = ("SET", f"key:{RANDOM}", VALUE)
SET_EX = (*SET, "EX", "100000")
MSET = ("MSET", *(f"key:{RANDOM}", VALUE) * 10)
INCR = ("INCR", f"counter:{RANDOM}")

SPEED = [
    Speed("GET", 128, GET, 8_000_000, cpu_goal=0.50, rate_goal=2.0),
    Speed("SET", 128, SET, 6_000_000, cpu_goal=0.45, rate_goal=2.0),
    Speed("GET", 16, GET, 3_000_000, cpu_goal=0.75),
    Speed("SET", 16, SET, 3_000_000, cpu_goal=0.75),
    Speed("GET", 1, GET, 300_000, cpu_goal=0.92, rounds=11),
    Speed("SET", 1, SET, 300_000, cpu_goal=0.92, rounds=11),
    Speed("MSET of ten", 128, MSET, 600_000, cpu_goal=0.50),
    Speed("INCR", 128, INCR, 6_000_000, cpu_goal=0.50, keys="counter:%012d", value="0"),
    # Last, because it leaves an expiry on every key.
    Speed("SET with EX", 128, SET_EX, 4_000_000, cpu_goal=0.50),
]


@dataclass(frozen=True)
class Memory:
    key_bytes: int
    value_bytes: int
    count: int


MEMORY = [
    Memory(key, value, count)
    for key, value in ((16, 16), (16, 64), (20, 200))
    for count in (700_000, 1_000_000)
]


@dataclass(frozen=True)
class Stall:
    keys: int = 10_000_000
    runs: int = 5
    interval_seconds: float = 0.001
    goal_ratio: float = 0.5
    goal_milliseconds: float = 2.0


STALL = Stall()
