"""What the results hold, asked for safely: a server may have died, a figure may be missing."""

import re
from dataclasses import dataclass, field

PROPER = {"apus": "Apus", "redis": "Redis", "valkey": "Valkey", "dragonfly": "Dragonfly",
          "keydb": "KeyDB", "jemalloc": "jemalloc"}
KINDS = ("throughput", "latency", "memory", "stall", "log", "readers", "snapshot")
# Many scenarios make a summary long; then those that have goals or several pipelines stand for all.
SUMMARY_MAX = 16
# No figure of a server is larger, and nobody compares so many servers.
NUMBER_MAX = 1e15
SERVERS_MAX = 32
# What neither XML nor UTF-8 can hold, and what commands a terminal.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Malformed(Exception):
    """What was given is not the suite's results."""


def written(value):
    """The same data with every text fit to be written on one line: names come from outside."""
    if isinstance(value, str):
        return " ".join(UNWRITABLE.sub("\ufffd", value).split())
    if isinstance(value, dict):
        return {written(key): written(entry) for key, entry in value.items()}
    return [written(entry) for entry in value] if isinstance(value, list) else value


def number(value):
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -NUMBER_MAX <= value <= NUMBER_MAX else None


def median(value):
    """Of a spread, its median; of a plain number, itself."""
    return number(value.get("median")) if isinstance(value, dict) else number(value)


def bounds(value):
    """(low, high) of a spread, or None."""
    if not isinstance(value, dict):
        return None
    low, high = number(value.get("low")), number(value.get("high"))
    return None if low is None or high is None else (low, high)


def named(name):
    """`redis-8.2+jemalloc` as people write it."""
    def word(text):
        first, hyphen, rest = text.partition("-")
        return f"{PROPER[first]} {rest}".strip() if first in PROPER else first + hyphen + rest
    return " + ".join(word(part) for part in name.split("+") if part) or name


@dataclass(frozen=True)
class Row:
    """One scenario."""

    data: dict
    subject: str
    peers: tuple

    @property
    def kind(self):
        return self.data["kind"]

    @property
    def title(self):
        return str(self.data.get("title", self.data.get("id", "?")))

    @property
    def group(self):
        return str(self.data.get("group", ""))

    @property
    def pipeline(self):
        return number(self.data.get("pipeline"))

    @property
    def goals(self):
        return self.data.get("goals") or {}

    @property
    def notes(self):
        return [str(note) for note in self.data.get("notes") or []]

    def server(self, name):
        return (self.data.get("servers") or {}).get(name) or {}

    def figure(self, name, key, inner=None):
        """A server's median, or None where it has none."""
        value = self.server(name).get(key)
        if inner is not None:
            value = value.get(inner) if isinstance(value, dict) else None
        return median(value)

    def ratio(self, peer, key):
        """Ours by theirs: a spread, a number, or None."""
        value = ((self.data.get("ratios") or {}).get(peer) or {}).get(key)
        return value if median(value) is not None else None

    def is_refused(self, peer):
        """Both were measured, but their throughputs are not comparable."""
        return (self.kind == "throughput" and self.ratio(peer, "rate") is None
                and self.figure(peer, "requests_per_second") is not None
                and self.figure(self.subject, "requests_per_second") is not None)

    @property
    def label(self):
        if self.kind in ("throughput", "log") and self.pipeline:
            return f"{self.title}, pipeline {self.pipeline}"
        if self.kind == "memory" and number(self.data.get("count")):
            return f"{self.title}, {self.data['count'] / 1e6:.1f} M {self.unit}s"
        return self.title

    @property
    def unit(self):
        return str(self.data.get("unit", "key"))


@dataclass(frozen=True)
class Results:
    data: dict
    subject: str
    peers: tuple
    rows: tuple
    labels: dict = field(default_factory=dict)

    @property
    def names(self):
        return (self.subject, *self.peers)

    @property
    def ours(self):
        return self.labels[self.subject]

    def of_kind(self, kind):
        return [row for row in self.rows if row.kind == kind]

    def summarised(self):
        if self.data.get("quick") or len(self.rows) <= SUMMARY_MAX:
            return list(self.rows)
        featured = {id(row) for row in self.featured()}
        return [row for row in self.rows
                if row.goals or row.kind not in ("throughput", "memory") or id(row) in featured]

    def featured(self):
        """Throughput scenarios that were measured at several pipelines; all, if there are none."""
        rows = self.of_kind("throughput")
        families = {}
        for row in rows:
            families.setdefault((row.group, row.title), []).append(row)
        several = [row for family in families.values() if len(family) > 1
                   and len({row.pipeline for row in family}) > 1 for row in family]
        return several or rows


def labels_of(names):
    """How the servers are called; the plain name where two would be called the same."""
    wanted = {name: named(name) for name in names}
    called = list(wanted.values())
    return {name: text if called.count(text) == 1 else name for name, text in wanted.items()}


# The parts that the reports look into: of the results, and of a scenario. A table of tables is
# named with a star.
PARTS = {"machine": dict, "generator": dict, "servers*": dict, "scenarios": list, "peers": list}
SCENARIO_PARTS = {"id": str, "kind": str, "servers*": dict, "ratios*": dict, "rounds": dict,
                  "goals": dict, "server": dict, "notes": list}


def check(where, data, parts):
    """What is there and not null has the type that the reports rely on."""
    for name, wanted in parts.items():
        part = data.get(name.rstrip("*"))
        is_right = part is None or isinstance(part, wanted)
        if is_right and part and name.endswith("*"):
            is_right = all(isinstance(inner or {}, dict) for inner in part.values())
        if not is_right:
            raise TypeError(f"{name.rstrip('*')} of {where}")


def checked(entry):
    check("a scenario", entry, SCENARIO_PARTS)
    peer = (entry.get("goals") or {}).get("peer")
    if peer is not None and not isinstance(peer, str):
        raise TypeError(f"the peer of the goals of {entry['id']}")
    return entry


def read(results):
    """Results in the shape that the reports ask for."""
    try:
        results = written(results)
        check("the results", results, PARTS)
        if len(results["peers"]) >= SERVERS_MAX:
            raise TypeError(f"{len(results['peers'])} peers")
        subject, peers = str(results["subject"]), tuple(str(name) for name in results["peers"])
        rows = tuple(Row(checked(entry), subject, peers) for entry in results["scenarios"]
                     if entry["kind"] in KINDS and entry["id"])
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"these are not results of Benchmarks/run: {error!r}") from error
    except RecursionError:
        raise Malformed("these are not results of Benchmarks/run: nested too deeply") from None
    return Results(results, subject, peers, rows, labels_of((subject, *peers)))
