"""Keeping the server's core for the server."""

import os
from contextlib import contextmanager

from .scenarios import SERVER_CORE


def threads():
    """Ids of all threads of the machine."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            yield from map(int, os.listdir(f"/proc/{process}/task"))
        except FileNotFoundError:
            continue


@contextmanager
def cleared():
    """Moves what can be moved to the other cores, and back at the end.

    Kernel threads that look after memory run for milliseconds at a time, and would be measured as
    the server's stalls. Needs root; yields how many threads were moved.
    """
    before = {}
    for thread in threads():
        try:
            cores = os.sched_getaffinity(thread)
            if SERVER_CORE in cores and len(cores) > 1:
                os.sched_setaffinity(thread, cores - {SERVER_CORE})
                before[thread] = cores
        except OSError:
            continue
    try:
        yield len(before)
    finally:
        for thread, cores in before.items():
            try:
                os.sched_setaffinity(thread, cores)
            except OSError:
                continue
