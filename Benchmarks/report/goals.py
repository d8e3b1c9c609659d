"""What Apus is held to, and whether it gets there."""

from dataclasses import dataclass

from .model import median, number
from .words import NONE, plain, ratio, toughest

# In place of a peer's name: the one that does best. And where a server is beside itself.
BEST, ITSELF = "best", "itself"


@dataclass(frozen=True)
class Goal:
    row: object
    peer: str
    asked: str
    reached: str
    is_met: bool | None  # None: there is nothing to judge by

    @property
    def verdict(self):
        return {True: "yes", False: "no", None: "not compared"}[self.is_met]


def judged(row, peer, asked, value, is_met, shown=None):
    if value is None:
        return Goal(row, peer, asked, NONE, None)
    return Goal(row, peer, asked, shown or ratio(value), is_met(median(value)))


def at_most(limit):
    return lambda value: value <= limit


def cpu(row, peer, limit):
    return judged(row, peer, f"CPU ≤ {plain(limit)}", row.ratio(peer, "cpu"), at_most(limit))


def rate(row, peer, limit):
    return judged(row, peer, f"throughput ≥ {plain(limit)}", row.ratio(peer, "rate"),
                  lambda value: value >= limit)


def used(row, peer, limit):
    return judged(row, peer, f"memory ≤ {plain(limit)}", row.ratio(peer, "used"), at_most(limit))


def accounting(row, peer, limit):
    """What we say we use beside what the allocator says."""
    said, allocated = (row.figure(row.subject, key) for key in ("used", "allocated"))
    off = None if not said or allocated is None else abs(allocated / said - 1)
    return judged(row, peer, f"used_memory within {limit:.0%} of allocated", off, at_most(limit),
                  None if off is None else f"{off:.1%} off")


def stall(row, peer, limit):
    """The peer's share, or a time that is short enough whatever the peer needs."""
    enough = number(row.goals.get("stall_ms")) or 0.0
    ours, theirs = (row.figure(name, "stall_ms") for name in (row.subject, peer))
    if ours is None or theirs is None:
        return judged(row, peer, f"longest stall ≤ {plain(limit)}", None, None)
    most = max(limit * theirs, enough)
    return judged(row, peer, f"longest stall ≤ {plain(most)} ms", ours, at_most(most),
                  f"{plain(ours)} ms")


def stall_ms(row, peer, limit):
    """On its own only: beside `stall` it is a part of that goal."""
    ours = row.figure(row.subject, "stall_ms")
    return judged(row, peer, f"longest stall ≤ {plain(limit)} ms", ours, at_most(limit),
                  f"{plain(ours)} ms")


def p999(row, peer, limit):
    return judged(row, peer, f"p99.9 ≤ {plain(limit)}", row.ratio(peer, "p99.9"), at_most(limit))


def p99(row, peer, limit):
    return judged(row, peer, f"p99 ≤ {plain(limit)}", row.ratio(peer, "p99"), at_most(limit))


OWN = {"log": "CPU of the engine’s thread", "readers": "p99"}


def own(row, peer, limit):
    """With the append-only file, by the same server without it."""
    value = row.server(row.subject).get("own")
    what = f"{OWN.get(row.kind, 'figure')} ≤ {plain(limit)} of that without a log"
    return judged(row, ITSELF, what, value if median(value) is not None else None, at_most(limit))


def save(row, peer, limit):
    return judged(row, peer, f"SAVE ≤ {plain(limit)}", row.ratio(peer, "save"), at_most(limit))


def load(row, peer, limit):
    return judged(row, peer, f"load ≤ {plain(limit)}", row.ratio(peer, "load"), at_most(limit))


JUDGES = {"cpu": cpu, "rate": rate, "used": used, "accounting": accounting, "stall": stall,
          "stall_ms": stall_ms, "p99": p99, "p99.9": p999, "own": own, "save": save,
          "load": load}


def rival(row, peer, key):
    """The peer by its name, or the one that is hardest to beat."""
    return toughest(row, key, key != "rate")[0] or peer if peer == BEST else peer


def goals(row):
    peer, found = row.goals.get("peer"), []
    for name, limit in row.goals.items():
        is_part = name == "stall_ms" and "stall" in row.goals
        if name in JUDGES and number(limit) is not None and not is_part:
            found.append(JUDGES[name](row, rival(row, peer, name), limit))
    return found


def all_goals(results):
    return [goal for row in results.rows for goal in goals(row)]
