"""What the tables show of servers that keep their data on a disk."""

from .model import number
from .words import NONE, microseconds, plain, rate, ratio

RATIOS = (
    ("CPU for a command with the append-only file", "log", "cpu", "less is better"),
    ("Throughput with the append-only file", "log", "rate", "more is better"),
    ("Reads beside writes, 99th percentile", "readers", "p99", "less is better"),
    ("Time of SAVE", "snapshot", "save", "less is better"),
    ("Time of loading a snapshot", "snapshot", "load", "less is better"),
)


def seconds(value):
    return NONE if value is None else f"{plain(value)} s"


def inner(row, name, part, key, percentile=None):
    """A figure of `without`, or of another table inside a server's."""
    value = (row.server(name).get(part) or {}).get(key)
    if percentile:
        value = value.get(percentile) if isinstance(value, dict) else None
    return number(value.get("median")) if isinstance(value, dict) else number(value)


def disk_cell(row, name):
    found = [row.figure(name, "disk_us", key) for key in ("p50", "p99")]
    return NONE if None in found else " / ".join(microseconds(value) for value in found)


def log_cpu_cell(row, name):
    engine, total = (row.figure(name, key) for key in ("engine_us", "cpu_us"))
    text = f"{plain(engine)} / {plain(total)}"
    if "without" not in row.server(name):
        return text
    before = [plain(inner(row, name, "without", key)) for key in ("engine_us", "cpu_us")]
    own = ratio(row.server(name).get("own"), spread=False)
    return f"{text}, without {' / '.join(before)}: {own}"


def log_rate_cell(row, name):
    busy = number(row.server(name).get("busy"))
    share = "" if busy is None else f" ({busy:.0%})"
    return f"{rate(row.figure(name, 'requests_per_second'))}{share}, disk {disk_cell(row, name)}"


def readers_cell(row, name):
    found = [microseconds(row.figure(name, "latency_us", key)) for key in ("p50", "p99", "p99.9")]
    bare = [microseconds(inner(row, name, "without", "latency_us", key))
            for key in ("p50", "p99", "p99.9")]
    return (f"{' / '.join(found)}, without {' / '.join(bare)}: "
            f"{ratio(row.server(name).get('own'), spread=False)}")


def writes_cell(row, name):
    return (f"{rate(row.figure(name, 'writes_per_second'))}, without "
            f"{rate(inner(row, name, 'without', 'writes_per_second'))}, "
            f"disk {disk_cell(row, name)}")


def save_cell(row, name):
    count = row.figure(name, "bytes")
    size = NONE if count is None else f"{plain(count / 1e6)} MB"
    return (f"{seconds(row.figure(name, 'save_seconds'))} "
            f"({seconds(row.figure(name, 'save_cpu_seconds'))}), {size}")


def load_cell(row, name):
    return (f"{seconds(row.figure(name, 'load_seconds'))} "
            f"({seconds(row.figure(name, 'load_cpu_seconds'))})")


FIGURES = (
    ("CPU for a command with the append-only file, µs", "log", log_cpu_cell,
     "The thread that executes commands / all threads, medians; without: the same server with its "
     "log off, and the quotient of the first thread."),
    ("Throughput with the append-only file, requests a second", "log", log_rate_cell,
     "Medians; in parentheses how busy the server's core was at the least. Disk: the time to write "
     "4 KiB and fdatasync in the same folder, p50 / p99."),
    ("Reads beside writes", "readers", readers_cell,
     "p50 / p99 / p99.9 of reads at a fixed rate; without: the same server with its log off, and "
     "the quotient of p99."),
    ("Writes beside reads, requests a second", "readers", writes_cell,
     "Of the closed loop of writes, medians; disk as above."),
    ("SAVE", "snapshot", save_cell, "Time (CPU), size of the file; medians."),
    ("Loading a snapshot", "snapshot", load_cell,
     "From the start of the process until PING is answered (CPU); medians."),
)


def line(row, what, ours, key):
    return [what, ours, *(ratio(row.ratio(peer, key), spread=False) for peer in row.peers)]


def log_summary(row, results):
    found = [line(row, f"CPU, {row.label}", f"{plain(row.figure(row.subject, 'cpu_us'))} µs",
                  "cpu")]
    if any(row.ratio(peer, "rate") is not None for peer in row.peers):
        found.append(line(row, f"throughput, {row.label}",
                          f"{rate(row.figure(row.subject, 'requests_per_second'))}/s", "rate"))
    return found


def readers_summary(row, results):
    ours = microseconds(row.figure(row.subject, "latency_us", "p99"))
    return [line(row, f"p99, {row.label}", ours, "p99")]


def snapshot_summary(row, results):
    return [line(row, f"{what}, {row.label}", seconds(row.figure(row.subject, f"{key}_seconds")),
                 key) for what, key in (("SAVE", "save"), ("load", "load"))]


SUMMARIES = {"log": log_summary, "readers": readers_summary, "snapshot": snapshot_summary}
