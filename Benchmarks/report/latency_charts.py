"""Latency by percentile: a line for each server, the axis stretched towards the tail."""

import math

from . import drawing
from .model import number
from .palette import placeholder, series
from .words import microseconds

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 460, 300, 50, 12, 44
POINTS_MAX = 44  # of a line: more are not seen at this width
NINES_MAX = 5.0
PERCENTILES = (0, 50, 90, 99, 99.9, 99.99, 99.999)
LABEL_POINTS, LABEL_GAP, NAME_MAX = 6.2, 14, 20


def nines(percentile):
    """How many nines a percentile has: 90 is one, 99 is two."""
    return -math.log10(max(1 - percentile / 100, 1e-9))


def line(distribution):
    """Points (nines, microseconds) within the axis, at most POINTS_MAX."""
    found = []
    for entry in distribution if isinstance(distribution, list) else []:
        try:
            percentile, value = entry
        except (TypeError, ValueError):
            continue
        if number(percentile) is None or number(value) is None:
            continue
        if 0 <= percentile <= 100 and value > 0 and nines(percentile) <= NINES_MAX:
            found.append((nines(percentile), value))
    return thinned(sorted(found))


def thinned(points):
    """Evenly along the axis; first and last stay."""
    if len(points) <= POINTS_MAX:
        return points
    step = (points[-1][0] - points[0][0]) / (POINTS_MAX - 1)
    kept = [points[0]]
    for point in points[1:-1]:
        if point[0] - kept[-1][0] >= step:
            kept.append(point)
    return [*kept, points[-1]]


def charts(results):
    for row in results.of_kind("latency"):
        lines = {name: line(row.server(name).get("distribution")) for name in results.names}
        if any(lines.values()):
            yield chart(results, row, lines)


def chart(results, row, lines):
    figure, axes = drawing.canvas(WIDTH, HEIGHT)
    shown = [name for name in results.names if lines[name]]
    longest = max(min(len(results.labels[name]), NAME_MAX) for name in shown)
    drawing.place(figure, axes, LEFT, longest * LABEL_POINTS + 14, TOP, BOTTOM)
    for index, name in reversed(list(enumerate(results.names))):
        if lines[name]:
            axes.plot(*zip(*lines[name]), color=placeholder(index), linestyle=series(index).stroke,
                      linewidth=2.6 if index == 0 else 1.8, gid=f"mark-line-s{index}",
                      solid_capstyle="round")
    scales(axes, lines)
    ends = [(lines[name][-1][1], index) for index, name in enumerate(results.names)
            if lines[name]]
    direct_labels(figure, axes, results, ends)
    return drawing.finished(figure, f"latency-{row.data['id']}", row.title, note(row))


def note(row):
    rate = number(row.data.get("rate"))
    return f"{rate:,.0f} requests a second to every server." if rate else ""


def scales(axes, lines):
    values = [value for points in lines.values() for _, value in points]
    last = max(point[0] for points in lines.values() for point in points)
    axes.set_xlim(0, last)
    shown = [percent for percent in PERCENTILES if nines(percent) <= last + 1e-9]
    axes.set_xticks([nines(percent) for percent in shown], [f"{percent:g}" for percent in shown])
    axes.set_yscale("log")
    axes.set_ylim(min(values) / 1.15, max(values) * 1.15)
    ticks = [digit * 10.0**power for power in range(-3, 10) for digit in (1, 2, 5)]
    low, high = axes.get_ylim()
    ticks = [tick for tick in ticks if low <= tick <= high]
    if len(ticks) > 7:
        ticks = [tick for tick in ticks if f"{tick:e}"[0] == "1"]
    axes.set_yticks(ticks, [microseconds(tick).replace(".00", "").replace(".0 ", " ")
                            for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.grid(axis="both")
    axes.set_xlabel("percentile of requests (each step: ten times fewer are slower)")
    axes.tick_params(axis="y", labelsize=10)
    drawing.bare(axes)


def direct_labels(figure, axes, results, ends):
    """Each name beside the end of its line, moved apart where they would overlap."""
    height = figure.get_size_inches()[1] * drawing.POINTS
    to_points = axes.transData.transform
    scale = drawing.POINTS / figure.dpi
    wanted = sorted((to_points((0, value))[1] * scale, index) for value, index in ends)
    for y, index in zip(apart([y for y, _ in wanted], BOTTOM, height - TOP),
                        [index for _, index in wanted]):
        name = results.labels[results.names[index]]
        name = name if len(name) <= NAME_MAX else f"{name[:NAME_MAX - 1]}…"
        axes.annotate(name, (1, y / height), xycoords=("axes fraction", "figure fraction"),
                      xytext=(6, 0), textcoords="offset points", va="center",
                      color=placeholder(index), fontsize=11, weight=700 if index == 0 else 400,
                      annotation_clip=False)


def apart(places, low, high):
    """Rising places at least LABEL_GAP apart, pushed up and then down again from the top."""
    found = []
    for place in places:
        found.append(max(place, found[-1] + LABEL_GAP) if found else max(place, low))
    limit = high
    for number_, place in reversed(list(enumerate(found))):
        found[number_] = min(place, limit)
        limit = found[number_] - LABEL_GAP
    return found
