"""The results as one HTML page that needs nothing beside itself: no network, no script."""

import os
from html import escape

from . import model, palette, svg, tables, words
from .markdown import METHOD, warnings
from .words import NONE

LIBRARIES = ("the charts need matplotlib: python3 -m pip install -r "
             "Benchmarks/report/requirements.txt, in a virtual environment")
with open(os.path.join(os.path.dirname(__file__), "page.css"), encoding="utf-8") as file:
    CSS = file.read()


def drawers():
    """The modules that draw. Only they need matplotlib."""
    try:
        from . import bar_charts, latency_charts, ratio_charts
    except ImportError as error:
        if (error.name or "").split(".")[0] == "report":
            raise
        raise ImportError(f"{error}; {LIBRARIES}") from error
    return ratio_charts, bar_charts, latency_charts


def element(tag, text, **attributes):
    """`text` is already HTML."""
    written = "".join(f' {name.rstrip("_")}="{escape(str(value))}"'
                      for name, value in attributes.items())
    return f"<{tag}{written}>{text}</{tag}>\n"


def paragraph(text, **attributes):
    return element("p", escape(text), **attributes)


def table(made):
    """Text to the left, figures to the right. Without end tags that HTML does not ask for."""
    columns = list(zip(made.header, *made.rows))
    kinds = ["num" if is_numeric(column[1:]) else "txt" for column in columns]
    head = "".join(f'<th scope="col"{side(kind)}>{escape(cell)}'
                   for cell, kind in zip(made.header, kinds))
    body = "".join("<tr>" + "".join(
        f"<td{side(verdict(cell, name) or kind)}>{escape(cell)}"
        for cell, kind, name in zip(row, kinds, made.header)) + "\n" for row in made.rows)
    title = element("h3", escape(made.title)) if made.title else ""
    note = paragraph(made.note, class_="note") if made.note else ""
    return title + note + element(
        "div", f"<table><thead><tr>{head}</thead>\n<tbody>{body}</tbody></table>",
        class_="wide", tabindex=0)


def side(kind):
    return "" if kind == "num" else f" class={kind}"


def is_numeric(column):
    return all(cell in (NONE, tables.REFUSED) or cell[:1].isdigit() for cell in column)


def verdict(cell, name):
    return {"yes": "yes", "no": "no"}.get(cell, "") if name == "met" else ""


def figure(chart, classes):
    note = paragraph(chart.note, class_="note") if chart.note else ""
    return element("figure", element("figcaption", escape(chart.title))
                   + svg.shared_styles(chart.svg, classes) + note,
                   id=chart.identifier)


class Grids:
    """Places charts beside each other, and collects the styles that they share."""

    def __init__(self):
        self.classes = {}

    def __call__(self, charts, size):
        figures = "".join(figure(chart, self.classes) for chart in charts)
        return element("div", figures, class_=f"grid {size}") if figures else ""

    def css(self):
        return "".join(f".{name}{{{style}}}\n" for style, name in self.classes.items())


def legend(results):
    """Shape and colour of each peer, as in the charts of ratios."""
    shapes = {"o": "●", "s": "■", "D": "◆", "^": "▲", "v": "▼", "P": "✚", "X": "✖"}
    chips = "".join(
        f'<li><span class="t{index % len(palette.SERIES)}" aria-hidden="true">'
        f"{shapes[palette.series(index).marker]}</span> {escape(results.labels[name])}</li>"
        for index, name in enumerate(results.peers, 1))
    return element("ul", chips, class_="legend")


def section(identifier, title, text, *parts):
    if not any(parts):
        return ""
    return element("section", element("h2", escape(title)) + paragraph(text, class_="lead")
                   + "".join(parts), id=identifier)


def tiles(results):
    """The hardest peer's ratio of each kind of figure, in large digits."""
    found = []
    for heading, kind, key, _ in tables.RATIOS:
        entry = words.standing(results, kind, key)
        if entry is None:
            continue
        row, peer, value = entry
        is_ahead = value > 1 if key == "rate" else value < 1
        colour = "" if f"{value:.2f}" == "1.00" else " good" if is_ahead else " bad"
        found.append(element("div", element("p", escape(heading), class_="what") + element(
            "p", f"{value:.2f}", class_=f"big{colour}") + paragraph(
                f"of {words.of_possessive(results.labels[peer])}: {row.label}", class_="where"),
            class_="tile"))
    return element("div", "".join(found), class_="tiles")


def title_of(results):
    return str(results.data.get("title") or "Benchmarks")


def header(results):
    parts = [paragraph(title_of(results), class_="kicker"),
             element("h1", escape(words.headline(results)) + ".")]
    parts += [paragraph(text, class_="warning") for text in warnings(results)]
    parts += [tiles(results), paragraph(
        "Ours by that of the peer that does best: below 1 is less, which is better (for "
        "throughput above 1). CPU and throughput are of the headline’s scenario, the others of "
        "the hardest one; all are medians of the rounds’ ratios, not quotients of medians.",
        class_="note")]
    found = "".join(element("li", escape(text)) for text in words.sentences(results))
    return element("header", "".join(parts) + (element("ul", found, class_="found")))


def ratio_section(results, ratio_charts, grid):
    charts = [chart for heading, kind, key, _ in tables.RATIOS
              for chart in ratio_charts.charts(results, kind, key, heading)]
    return section(
        "ratios", f"{results.ours} by its peers",
        "A mark is the median of the rounds, the line through it reaches from the lowest to the "
        "highest; at 1 both servers are equal. The numbers at the right are those of the first "
        "and the last mark, or of the only one.", legend(results) if charts else "",
        grid(charts, "small"))


def chart_sections(results, bar_charts, latency_charts, grid):
    yield section(
        "cpu", "CPU for a command",
        "The server's own time on its core for each command: dark what it computes itself (user), "
        "pale what the kernel does for it (system). Each chart has its own scale. Shown is what "
        "was measured at several pipelines; everything is in the tables.",
        grid(bar_charts.cpu(results), "small"))
    yield section(
        "throughput", "Throughput",
        "With one core for the server and one for the load. It is compared only where both "
        "servers kept their core busy; elsewhere something else was the limit, such as the load "
        "generator.",
        grid(bar_charts.throughput(results), "small"))
    yield section(
        "latency", "Latency",
        "At a rate that does not slow down when a server does, counted from the moment at which a "
        "request was planned: a stall shows in all requests that it holds up.",
        grid(latency_charts.charts(results), "large"))
    yield section(
        "memory", "Memory", "What one more key takes.", grid(bar_charts.memory(results), "small"))
    yield section(
        "stalls", "Longest stall",
        "How long the server ran at the most while a client waited. What the client saw, with what "
        "the machine took from both, stands in the table.",
        grid(bar_charts.stall(results), "small"))


def about(results):
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
                    for name, value in tables.machine(results))
    return section(
        "method", "How it was measured", METHOD, element("dl", facts),
        table(tables.servers(results)), element("h3", "Repeat it"),
        "<p><code>make bench</code> compares with the installed redis-server in a few minutes and "
        "writes this page; <code>make bench-full</code> fetches the other servers and measures "
        "everything. <code>Benchmarks/run --help</code> tells what else there is.</p>")


def numbers(results):
    goals = tables.goals(results)
    notes = "".join(element("li", escape(text)) for text in tables.notes(results))
    return "".join([
        section("goals", "Goals", f"What {results.ours} is held to.", table(
            tables.Table("", goals.header, goals.rows, goals.note)) if goals.rows else ""),
        section("numbers", "All numbers", "Ratios first, then what was measured.",
                *(table(made) for made in tables.ratios(results)),
                *(table(made) for made in tables.figures(results))),
        section("notes", "Notes", "What the suite noticed while it measured.",
                element("ul", notes) if notes else "")])


def render(data):
    ratio_charts, bar_charts, latency_charts = drawers()
    results, grid = model.read(data), Grids()
    body = "".join([
        header(results), "<main>\n", ratio_section(results, ratio_charts, grid),
        *chart_sections(results, bar_charts, latency_charts, grid), numbers(results),
        about(results), "</main>\n"])
    colours = "".join(f".t{index} {{ color: var(--s{index}) }}\n"
                      for index in range(len(palette.SERIES)))
    css = palette.css() + CSS + colours + grid.css()
    title = escape(title_of(results))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{css}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n")
