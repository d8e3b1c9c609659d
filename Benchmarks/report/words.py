"""Numbers as people read them, and what the data says in plain sentences."""

from .model import bounds, median, number

NONE = "–"


def plain(value):
    """Three digits that count."""
    value = number(value)
    if value is None:
        return NONE
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return f"{value:,.{decimals}f}"


def rate(value):
    value = number(value)
    if value is None:
        return NONE
    return f"{plain(value / 1e6)} M" if value >= 1e6 else f"{plain(value / 1e3)} k"


def microseconds(value):
    value = number(value)
    if value is None:
        return NONE
    return f"{plain(value / 1000)} ms" if value >= 1000 else f"{plain(value)} µs"


def ratio(value, spread=True):
    middle = median(value)
    if middle is None:
        return NONE
    limits = bounds(value)
    if not spread or limits is None:
        return f"{middle:.2f}"
    return f"{middle:.2f} ({limits[0]:.2f}–{limits[1]:.2f})"


def toughest(row, key, is_less_better=True):
    """The peer that we do worst against, and the ratio; (None, None) without any."""
    found = [(median(row.ratio(peer, key)), peer) for peer in row.peers
             if row.ratio(peer, key) is not None]
    if not found:
        return None, None
    value, peer = (max if is_less_better else min)(found)
    return peer, value


def of_possessive(label):
    return f"{label}’" if label.endswith("s") else f"{label}’s"


def share_of(value, label, what):
    """`0.45 of Valkey’s CPU`, `1.20 times Valkey’s CPU`, `as much CPU as Valkey`."""
    if f"{value:.2f}" == "1.00":
        return f"as much {what} as {label}"
    unit = "of" if value < 1 else "times"
    return f"{value:.2f} {unit} {of_possessive(label)} {what}"


def deepest(rows):
    """The scenario that stands for all: of the first title, the deepest pipeline."""
    rows = [row for row in rows if toughest(row, "cpu")[0]]
    if not rows:
        return None
    first = next((row for row in rows if row.title == "GET"), rows[0])
    same = [row for row in rows if (row.title, row.group) == (first.title, first.group)]
    return max(same, key=lambda row: row.pipeline or 0)


def headline(results):
    """One sentence about CPU, or of what else there is."""
    row = deepest(results.of_kind("throughput"))
    if row is not None:
        peer, value = toughest(row, "cpu")
        return (f"{results.ours} needs {share_of(value, results.labels[peer], 'CPU')} for "
                f"{row.label.replace(', pipeline', ' at pipeline')}")
    for find in (memory_sentence, latency_sentence, stall_sentence, log_sentence,
                 readers_sentence, save_sentence):
        sentence = find(results)
        if sentence:
            return sentence.rstrip(".")
    return f"{results.ours}: nothing could be compared"


def compared(results, kind, key):
    """(scenario, toughest peer, ratio) wherever there is a ratio."""
    found = [(row, *toughest(row, key, key != "rate")) for row in results.of_kind(kind)]
    return [entry for entry in found if entry[1]]


def standing(results, kind, key):
    """What stands for a kind in large digits: the scenario of the headline, or the hardest one."""
    found = compared(results, kind, key)
    if kind == "throughput":
        row = deepest([row for row, _, _ in found])
        return next((entry for entry in found if entry[0] is row), None)
    hardest = min if key == "rate" else max
    return hardest(found, key=lambda entry: entry[2]) if found else None


def counted(results, kind, key, what):
    """In how many scenarios we are ahead of every peer, and where we are furthest behind."""
    found = compared(results, kind, key)
    if not found:
        return None
    is_rate = key == "rate"
    ahead = sum(value > 1 if is_rate else value < 1 for _, _, value in found)
    row, peer, value = (min if is_rate else max)(found, key=lambda entry: entry[2])
    label = f"{row.label}: {value:.2f} of {of_possessive(results.labels[peer])}."
    better = "higher" if is_rate else "lower"
    if len(found) == 1:
        return f"{what} is {'' if ahead else 'not '}{better} than every peer’s in {label}"
    return (f"{what} is {better} than every peer’s in {ahead} of {len(found)} scenarios; "
            f"the hardest is {label}")


def cpu_sentence(results):
    return counted(results, "throughput", "cpu", "CPU for a command")


def is_all_refused(row):
    """No throughput is compared, and not because servers have none."""
    return not toughest(row, "rate")[0] and any(row.is_refused(peer) for peer in row.peers)


def rate_sentence(results):
    text = counted(results, "throughput", "rate", "Throughput")
    rows = results.of_kind("throughput")
    refused = sum(is_all_refused(row) for row in rows)
    if rows and refused == len(rows):
        return "Throughput is not compared: a core had time to spare in every scenario."
    if text and refused:
        return (f"{text} Where a core had time to spare, throughput is not compared "
                f"({refused} of {len(rows)} scenarios).")
    return text


def memory_sentence(results):
    return counted(results, "memory", "used", "Memory")


def latency_sentence(results):
    return counted(results, "latency", "p99.9", "Latency at the 99.9th percentile")


def stall_sentence(results):
    return counted(results, "stall", "stall", "The longest stall")


def log_sentence(results):
    return counted(results, "log", "cpu", "CPU for a command with the append-only file")


def readers_sentence(results):
    return counted(results, "readers", "p99", "The 99th percentile of reads beside writes")


def save_sentence(results):
    return counted(results, "snapshot", "save", "The time of SAVE")


def load_sentence(results):
    return counted(results, "snapshot", "load", "The time of loading a snapshot")


def sentences(results):
    found = [find(results) for find in (
        cpu_sentence, rate_sentence, latency_sentence, memory_sentence, stall_sentence,
        log_sentence, readers_sentence, save_sentence, load_sentence)]
    return [text for text in found if text]
