"""Bars from zero: CPU for a command, throughput, memory, stalls."""

from matplotlib.ticker import MaxNLocator

from . import drawing
from .model import bounds, median, number
from .palette import INK, SOFT, placeholder
from .words import plain

WIDTH, BAR_HEIGHT, TOP, BOTTOM, VALUE_WIDTH = 380, 24, 4, 38, 78
NAME_POINTS, NAME_MAX = 6.4, 22
PALE = 0.45  # of the part of a bar that is the kernel's
FEATURED_MAX = 12
BUSY_MIN = 0.95  # as in suite/throughput.py, which does not compare below


def shortened(text):
    return text if len(text) <= NAME_MAX else f"{text[:NAME_MAX - 1]}…"


class Bars:
    """One chart being drawn: a bar for each server that has the figure."""

    def __init__(self, results, label):
        self.results = results
        self.names = [shortened(results.labels[name]) for name in results.names]
        self.count = len(self.names)
        self.figure, self.axes = drawing.canvas(WIDTH, TOP + BOTTOM + BAR_HEIGHT * self.count)
        left = max(map(len, self.names)) * NAME_POINTS + 10
        drawing.place(self.figure, self.axes, left, VALUE_WIDTH, TOP, BOTTOM)
        self.axes.set_xlabel(label)

    def bar(self, index, kind, start, end, **style):
        shape = self.axes.barh(index, end - start, left=start, height=0.62,
                               **{"color": placeholder(index), **style})
        shape.patches[0].set_gid(f"mark-{kind}-s{index}")

    def spread(self, index, limits):
        if limits and limits[0] < limits[1]:
            self.axes.plot(limits, (index, index), color=INK, linewidth=1.2, zorder=3)

    def say(self, index, x, text, colour=INK):
        self.axes.annotate(text, (x, index), xytext=(5, 0), textcoords="offset points",
                           va="center", color=colour, fontsize=10.5)

    def finished(self, identifier, title, note=""):
        axes = self.axes
        axes.set_ylim(self.count - 0.5, -0.5)
        axes.set_yticks(range(self.count), self.names)
        axes.set_xlim(0, axes.dataLim.x1 if axes.dataLim.x1 > 0 else 1)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axes.grid(axis="x")
        drawing.bare(axes, "left")
        return drawing.finished(self.figure, identifier, title, note)


def featured(results):
    return results.featured()[:FEATURED_MAX]


def cpu(results):
    for row in featured(results):
        bars = Bars(results, "µs of CPU for a command")
        for index, name in enumerate(results.names):
            total = row.figure(name, "cpu_us")
            user, system = (row.figure(name, f"cpu_us_{part}") for part in ("user", "system"))
            if total is None:
                bars.say(index, 0, "no figure", SOFT)
                continue
            if user is None or system is None:
                bars.bar(index, "cpu", 0, total)
            else:
                bars.bar(index, "user", 0, user)
                bars.bar(index, "system", user, user + system, alpha=PALE)
            limits = bounds(row.server(name).get("cpu_us"))
            bars.spread(index, limits)
            end = max(total, (user or 0) + (system or 0), *(limits or ()))
            bars.say(index, end, plain(total))
        yield bars.finished(f"cpu-{row.data['id']}", row.label)


def throughput(results):
    for row in featured(results):
        unit, scale = rate_unit(row, results)
        bars = Bars(results, f"{unit} requests a second")
        for index, name in enumerate(results.names):
            value = row.figure(name, "requests_per_second")
            if value is None:
                bars.say(index, 0, "no figure", SOFT)
                continue
            is_limit = is_idle(row, name)
            style = {"facecolor": "none", "edgecolor": placeholder(index), "linewidth": 1.4}
            bars.bar(index, "rate", 0, value / scale, **(style if is_limit else {}))
            limits = bounds(row.server(name).get("requests_per_second"))
            limits = tuple(limit / scale for limit in limits or ())
            bars.spread(index, limits)
            busy = f", {row.server(name)['busy']:.0%} busy" if is_limit else ""
            bars.say(index, max(value / scale, *limits, 0), plain(value / scale) + busy)
        note = "" if not any(is_idle(row, name) for name in results.names) else (
            "An empty bar: the core had time to spare, something else was the limit; "
            "no comparison.")
        yield bars.finished(f"rate-{row.data['id']}", row.label, note)


def is_idle(row, name):
    """Whose spare time made the suite refuse."""
    busy = number(row.server(name).get("busy"))
    is_refused = any(row.is_refused(peer) for peer in row.peers)
    return is_refused and busy is not None and busy < BUSY_MIN


def rate_unit(row, results):
    values = [row.figure(name, "requests_per_second") or 0 for name in results.names]
    return ("million", 1e6) if max(values) >= 1e6 else ("thousand", 1e3)


def memory(results):
    for row in results.of_kind("memory"):
        bars = Bars(results, f"bytes of used_memory a {row.unit}; │ resident")
        for index, name in enumerate(results.names):
            used, resident = row.figure(name, "used"), row.figure(name, "resident")
            if used is None:
                bars.say(index, 0, "no figure", SOFT)
                continue
            bars.bar(index, "used", 0, used)
            if resident is not None:
                bars.axes.plot((resident, resident), (index - 0.36, index + 0.36), color=INK,
                               linewidth=1.4)
            bars.say(index, max(used, resident or 0), plain(used))
        yield bars.finished(f"memory-{row.data['id']}", row.label)


def stall(results):
    for row in results.of_kind("stall"):
        bars = Bars(results, "server time in a wait, ms (median; line: lowest to highest)")
        for index, name in enumerate(results.names):
            value = row.server(name).get("stall_ms")
            if median(value) is None:
                bars.say(index, 0, "no figure", SOFT)
                continue
            limits = bounds(value)
            bars.bar(index, "stall", 0, median(value))
            bars.spread(index, limits)
            bars.say(index, max(median(value), *(limits or (0,))), plain(median(value)))
        yield bars.finished(f"stall-{row.data['id']}", row.label, str(row.data.get("measures", "")))
