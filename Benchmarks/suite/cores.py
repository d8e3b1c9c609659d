"""One core for the server, one for the load: keeping others away, and seeing who used them."""

import os
import re
import signal
from contextlib import contextmanager
from dataclasses import astuple, dataclass

from . import interrupts

TICKS = os.sysconf("SC_CLK_TCK")
# The kernel looks once a tick what runs on a core, but measures what a process used.
SAMPLING_TICKS = 5
SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


@dataclass(frozen=True)
class Cores:
    server: int
    load: int


def choose(text, count=None):
    """`SERVER,LOAD` as the user gave it, or the first core and one that is not its twin."""
    count = count or os.cpu_count()
    if count < 2:
        raise ValueError("two cores are needed, one for the server and one for the load")
    if text:
        if not re.fullmatch(r"\d+,\d+", text):
            raise ValueError(f"two core numbers are needed, as 0,1, not {text!r}")
        server, load = map(int, text.split(","))
        if server == load or not {server, load} <= set(range(count)):
            raise ValueError(f"two different cores below {count} are needed")
        return Cores(server, load)
    twins = siblings(0)
    return Cores(0, next((core for core in range(1, count) if core not in twins), 1))


def siblings(core):
    """The hardware threads of the same core."""
    try:
        with open(SIBLINGS.format(core)) as file:
            text = file.read().strip()
    except OSError:
        return {core}
    ranges = (part.partition("-") for part in text.split(","))
    return {number for first, _, last in ranges
            for number in range(int(first), int(last or first) + 1)}


def threads():
    """Ids of all threads of the machine."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            yield from map(int, os.listdir(f"/proc/{process}/task"))
        except FileNotFoundError:
            continue


def affinities():
    found = {}
    for thread in threads():
        try:
            found[thread] = frozenset(os.sched_getaffinity(thread))
        except OSError:
            continue
    return found


def move(thread, cores):
    try:
        os.sched_setaffinity(thread, cores)
        return True
    except OSError:
        return False


@contextmanager
def cleared(core):
    """Moves what can be moved to the other cores, and back at the end.

    Kernel threads that look after memory run for milliseconds at a time, and would be measured as
    the server's stalls. Needs root; yields how many threads were moved.
    """
    known, moved = {}, {}
    try:
        with uninterrupted():
            known.update(affinities())
            moved.update(
                {thread: cores for thread, cores in known.items()
                 if core in cores and len(cores) > 1 and move(thread, cores - {core})})
        yield len(moved)
    finally:
        with uninterrupted():
            restore(core, known, moved)


def restore(core, known, moved):
    for thread, cores in moved.items():
        move(thread, cores)
    # What a moved thread started meanwhile has inherited its narrower set.
    for thread, cores in affinities().items():
        if thread not in known and cores | {core} in moved.values():
            move(thread, cores | {core})


@contextmanager
def uninterrupted():
    """Half of the machine's threads must not stay where they were put: an interrupt waits."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts.NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class Usage:
    """Ticks of one core since the machine started."""

    programs: int
    interrupts: int
    steal: int
    total: int

    def since(self, earlier):
        return Usage(*(late - early for late, early in zip(astuple(self), astuple(earlier))))

    def share_of_others(self, seconds):
        """What programs used of the core beyond the `seconds` of the one that is measured."""
        others = self.programs - seconds * TICKS - SAMPLING_TICKS
        return max(0.0, others) / self.total if self.total else 0.0

    @property
    def steal_share(self):
        return self.steal / self.total if self.total else 0.0


def usage(core):
    with open("/proc/stat") as file:
        line = next(line for line in file if line.startswith(f"cpu{core} "))
    # user nice system idle iowait irq softirq steal; guest time is in user already.
    fields = [int(field) for field in line.split()[1:9]]
    return Usage(sum(fields[:3]), fields[5] + fields[6], fields[7], sum(fields))
