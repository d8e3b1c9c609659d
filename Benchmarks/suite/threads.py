"""What the threads of a server cost."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Used:
    """Seconds of CPU since the process began."""

    engine: float  # the main thread, which executes commands
    total: float

    def since(self, earlier):
        return Used(self.engine - earlier.engine, self.total - earlier.total)


def used(pid):
    """By the scheduler's own account, in nanoseconds: a tick is too coarse for one thread."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                found[int(thread)] = int(file.read().split()[0]) / 1e9
        except FileNotFoundError:
            continue  # it has ended meanwhile
    return Used(found[pid], sum(found.values()))
