"""The figures as tables of text, which Markdown and HTML write each in its own way."""

from dataclasses import dataclass

from . import persistence
from .goals import all_goals
from .model import number
from .words import NONE, microseconds, plain, rate, ratio

REFUSED = "not compared"
# (heading, kind, key of the ratio, what better is)
RATIOS = (
    ("CPU for a command", "throughput", "cpu", "less is better"),
    ("Throughput", "throughput", "rate", "more is better"),
    ("Latency at the 99.9th percentile", "latency", "p99.9", "less is better"),
    ("Memory", "memory", "used", "less is better"),
    ("Longest stall", "stall", "stall", "less is better"),
    *persistence.RATIOS,
)
# The other kinds have one ratio.
ROUNDS = dict.fromkeys(("throughput", "latency", "log", "readers", "snapshot"),
                       "; median of the rounds (lowest–highest).")


@dataclass(frozen=True)
class Table:
    title: str
    header: list
    rows: list
    note: str = ""


def scenario_columns(row):
    if row.kind == "throughput":
        return [row.group, row.title, str(row.pipeline or NONE)]
    return [row.group, row.label]


def scenario_header(kind):
    return ["group", "scenario", "pipeline"] if kind == "throughput" else ["group", "scenario"]


def cell(row, peer, key):
    if key == "rate" and row.is_refused(peer):
        return REFUSED
    return ratio(row.ratio(peer, key))


def ratios(results):
    """A table for each kind: ours by theirs."""
    for heading, kind, key, better in RATIOS:
        rows = results.of_kind(kind)
        if rows:
            yield Table(
                f"{heading}, {results.ours} / peer",
                [*scenario_header(kind), *(f"/ {results.labels[peer]}" for peer in results.peers)],
                [[*scenario_columns(row), *(cell(row, peer, key) for peer in row.peers)]
                 for row in rows],
                better.capitalize() + ROUNDS.get(kind, ".")
                + (refusals(results) if key == "rate" else ""))


def refusals(results):
    if not any(row.is_refused(peer) for row in results.rows for peer in row.peers):
        return ""
    return (f" “{REFUSED}”: a server's core had time to spare, so that something else was the "
            "limit, such as the load generator.")


def goals(results):
    found = all_goals(results)
    met = sum(goal.is_met is True for goal in found)
    note = f"{met} of {len(found)} goals are met"
    unknown = sum(goal.is_met is None for goal in found)
    note += f"; {unknown} could not be judged." if unknown else "."
    return Table(
        "Goals", ["scenario", "beside", "goal", "reached", "met"],
        [[goal.row.label, results.labels.get(goal.peer, str(goal.peer)), goal.asked, goal.reached,
          goal.verdict] for goal in found], note)


def cpu_cell(row, name):
    parts = (row.figure(name, "cpu_us_user"), row.figure(name, "cpu_us_system"))
    if None in parts:
        return plain(row.figure(name, "cpu_us"))
    return f"{plain(row.figure(name, 'cpu_us'))} ({plain(parts[0])} + {plain(parts[1])})"


def rate_cell(row, name):
    busy = number(row.server(name).get("busy"))
    text = rate(row.figure(name, "requests_per_second"))
    return text if busy is None else f"{text} ({busy:.0%})"


def latency_cell(row, name):
    values = [row.figure(name, "latency_us", key) for key in ("p50", "p99", "p99.9", "max")]
    return NONE if set(values) == {None} else " / ".join(microseconds(value) for value in values)


def memory_cell(row, name):
    values = [row.figure(name, key) for key in ("used", "allocated", "resident")]
    return NONE if set(values) == {None} else " / ".join(plain(value) for value in values)


def stall_cell(row, name):
    value = row.server(name).get("stall_ms")
    seen = row.figure(name, "seen_ms")
    return NONE if value is None else f"{ratio(value)}, seen {plain(seen)}"


# (heading, kind, what a cell shows, how it is written)
FIGURES = (
    ("CPU for a command, µs", "throughput", cpu_cell, "Total (user + system), medians."),
    ("Throughput, requests a second", "throughput", rate_cell,
     "Medians; in parentheses how busy the server's core was at the least."),
    ("Latency", "latency", latency_cell,
     "p50 / p99 / p99.9 / longest, at a fixed rate, counted from the planned moment of sending."),
    ("Memory, bytes", "memory", memory_cell,
     "used_memory / what jemalloc counts / resident, for each key or member."),
    ("Longest stall, ms", "stall", stall_cell,
     "What the server ran while a PING waited: median (lowest–highest); and what the client saw."),
    *persistence.FIGURES,
)


def figures(results):
    """A table for each kind: what was measured."""
    for heading, kind, show, note in FIGURES:
        rows = results.of_kind(kind)
        if rows:
            yield Table(
                heading,
                [*scenario_header(kind), *(results.labels[name] for name in results.names)],
                [[*scenario_columns(row), *(show(row, name) for name in results.names)]
                 for row in rows], note)


def servers(results):
    known = results.data.get("servers") or {}
    keys = ("version", "built", "compiler", "flags", "allocator")
    return Table(
        "Servers", ["server", *keys],
        [[results.labels[name], *(text((known.get(name) or {}).get(key)) for key in keys)]
         for name in results.names])


def machine(results):
    """What it was measured on, as pairs of a word and a fact."""
    facts = results.data.get("machine") or {}
    kind = {True: " (virtual machine)", False: ""}.get(facts.get("virtual"), "")
    generator = (results.data.get("generator") or {}).get("version")
    found = [
        ("Processor", f"{text(facts.get('processor'))}{kind}"),
        ("Cores", cores(facts)), ("Memory", f"{text(facts.get('memory_gib'))} GiB"),
        ("System", f"{text(facts.get('system'))}, Linux {text(facts.get('kernel'))}"),
        ("Disk", text(facts.get("disk"))), ("Huge pages", text(facts.get("huge_pages"))),
        ("CPU frequency governor", text(facts.get("governor"))),
        ("Load before the run", text(facts.get("load_before"))),
        ("Load generator", f"apus-benchmark {text(generator)}"),
        ("Started", text(results.data.get("started"))),
    ]
    return found


def cores(facts):
    places = [f"{name} on {facts[key]}" for name, key in (
        ("server", "server_core"), ("load", "load_core")) if facts.get(key) is not None]
    return text(facts.get("cores")) + (f" ({', '.join(places)})" if places else "")


def text(value):
    return NONE if value in (None, "") else str(value)


def notes(results):
    return [f"{row.label}: {note}" for row in results.rows for note in row.notes]


def summary(results):
    """One line for each scenario that stands for others: our figure, and the ratios."""
    rows = []
    for row in results.summarised():
        rows += SUMMARIES[row.kind](row, results)
    return Table("Summary", ["", results.ours, *(
        f"/ {results.labels[peer]}" for peer in results.peers)], rows)


def summary_line(row, what, ours, key):
    return [what, ours, *(NONE if row.ratio(peer, key) is None else ratio(
        row.ratio(peer, key), spread=False) for peer in row.peers)]


def throughput_summary(row, results):
    cpu = row.figure(row.subject, "cpu_us")
    lines = [summary_line(row, f"CPU, {row.label}", f"{plain(cpu)} µs", "cpu")]
    if any(row.ratio(peer, "rate") is not None for peer in row.peers):
        rates = f"{rate(row.figure(row.subject, 'requests_per_second'))}/s"
        lines.append(summary_line(row, f"throughput, {row.label}", rates, "rate"))
    return lines


def latency_summary(row, results):
    ours = microseconds(row.figure(row.subject, "latency_us", "p99.9"))
    return [summary_line(row, f"p99.9, {row.label}", ours, "p99.9")]


def memory_summary(row, results):
    return [summary_line(row, f"memory, {row.label}", f"{plain(row.figure(row.subject, 'used'))} B",
                         "used")]


def stall_summary(row, results):
    ours = f"{plain(row.figure(row.subject, 'stall_ms'))} ms"
    return [summary_line(row, f"longest stall, {row.label}", ours, "stall")]


SUMMARIES = {"throughput": throughput_summary, "latency": latency_summary,
             "memory": memory_summary, "stall": stall_summary, **persistence.SUMMARIES}
