"""The results as Markdown: ratios first, then what was measured, with what and on what."""

import re

from . import model, tables, words

SPECIAL = re.compile(r"([\\`*_\[\]|~])")
METHOD = (
    "Every server runs alone on one core, the load on another, with the same settings and an empty "
    "folder, without persistence unless the scenario says otherwise. The servers take turns, round "
    "by round; a ratio is taken within a round, and the median of the rounds is shown. CPU is the "
    "server process's own time for each command it executed, as the kernel counts it. Throughput "
    "is compared only where both servers kept their core busy. Latency is measured at a fixed rate "
    "and counted from the moment a request was planned, so that stalls are not hidden.")


def escaped(text):
    """As plain text: whatever a name holds, it is neither markup nor a link nor a second line."""
    text = " ".join(str(text).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # GitHub makes links of bare addresses, but not across a character that is written otherwise.
    text = text.replace("://", ":&#47;/").replace("www.", "www&#46;")
    return SPECIAL.sub(r"\\\1", text)


def table(made, is_aligned=False):
    rows = [[escaped(cell) for cell in row] for row in (made.header, *made.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows)] if is_aligned else None
    lines = [line(row, widths) for row in rows]
    rule = ["-" * width for width in widths] if is_aligned else ["---"] * len(made.header)
    lines.insert(1, line([part if len(part) >= 3 else "---" for part in rule], widths))
    return "\n".join(lines) + "\n"


def line(cells, widths):
    if widths:
        cells = [cell.ljust(max(width, 3)) for cell, width in zip(cells, widths)]
    return "| " + " | ".join(cells) + " |"


def section(made, level=3):
    parts = [f"{'#' * level} {escaped(made.title)}\n"]
    if made.note:
        parts.append(f"{escaped(made.note)}\n")
    return "\n".join([*parts, table(made)])


def bullets(texts):
    return "".join(f"- {escaped(text)}\n" for text in texts)


def warnings(results):
    """What a reader must know before the first figure."""
    found = []
    if results.data.get("error"):
        found.append(f"The run ended early, so scenarios are missing: {results.data['error']}")
    if results.data.get("quick"):
        found.append("A quick run: few and short rounds, which scatter more than a full one's.")
    if results.data.get("rounds"):
        found.append(f"A run of {results.data['rounds']} rounds of each scenario: fewer scatter "
                     "more than the scenarios' own number.")
    return found


def summary(data):
    """The short table, for the README and the terminal."""
    results = model.read(data)
    note = (f"First the figure of {results.ours}, then {results.ours} / peer: below 1 is better, "
            "for throughput above 1.")
    parts = [escaped(words.headline(results)) + ".\n",
             table(tables.summary(results), is_aligned=True), escaped(note) + "\n"]
    parts += [f"{escaped(text)}\n" for text in warnings(results)]
    return "\n".join(parts)


def render(data):
    results = model.read(data)
    parts = [f"# {escaped(results.data.get('title') or 'Benchmarks')}\n",
             f"**{escaped(words.headline(results))}.**\n"]
    parts += [f"> {escaped(text)}\n" for text in warnings(results)]
    parts += [bullets(words.sentences(results)), "## Ratios\n"]
    parts += [section(made) for made in tables.ratios(results)]
    goals = tables.goals(results)
    if goals.rows:
        parts.append(section(goals, level=2))
    parts += ["## Figures\n", *(section(made) for made in tables.figures(results))]
    notes = tables.notes(results)
    if notes:
        parts += ["## Notes\n", bullets(notes)]
    parts += ["## Machine and servers\n",
              bullets(f"{name}: {value}" for name, value in tables.machine(results)),
              table(tables.servers(results)), "## Method\n", METHOD + "\n",
              "`make bench` repeats a short comparison, `make bench-full` all of it.\n"]
    return "\n".join(parts)
