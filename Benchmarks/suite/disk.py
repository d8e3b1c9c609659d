"""What the disk does by itself: how long it takes to make a small write safe."""

import os
import time

from .figures import medians

PROBE_SECONDS = 0.3
BLOCK = b"\0" * 4096
PERCENTILES = {"p50": 0.50, "p99": 0.99}


def probe(folder, seconds=PROBE_SECONDS):
    """Microseconds of writing 4 KiB to the end of a file and fdatasync, one after another."""
    times = []
    path = os.path.join(folder, "probe")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        end = time.monotonic() + seconds
        while not times or time.monotonic() < end:
            started = time.perf_counter()
            os.write(file, BLOCK)
            os.fdatasync(file)
            times.append((time.perf_counter() - started) * 1e6)
    finally:
        os.close(file)
        os.unlink(path)
    times.sort()
    return {name: times[int(share * (len(times) - 1))] for name, share in PERCENTILES.items()}


def summary(rows):
    return medians([row["disk_us"] for row in rows])


def filesystem(folder):
    """The type of the file system that a folder is on."""
    path, best = os.path.realpath(folder), ("", "unknown")
    with open("/proc/self/mounts") as file:
        for line in file:
            _, place, kind = line.split()[:3]
            inside = path == place or path.startswith(place.rstrip("/") + "/")
            if inside and len(place) >= len(best[0]):
                best = place, kind
    return best[1]
