"""Ours by theirs, a dot for each peer, a row for each scenario, by group."""

import math

from . import drawing
from .model import bounds, median
from .palette import INK, LINE, SOFT, placeholder, series
from .words import NONE, compared, is_all_refused

WIDTH, ROW_HEIGHT, TOP, BOTTOM, SIDE = 380, 34, 6, 40, 12
# Round numbers, from few to many: the first that give enough ticks are taken.
TICKS = (
    (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100),
    (0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4, 6, 8, 10),
    tuple(step / 10 for step in range(5, 21)), tuple(step / 20 for step in range(10, 41)))
TICKS_MIN = 3
MARGIN = 1.06
# Groups with more scenarios than this are drawn as several charts of about equal height.
ROWS_MAX = 14


def charts(results, kind, key, heading):
    """None where nothing could be compared: an empty chart tells nothing."""
    groups = {}
    for row in results.of_kind(kind):
        groups.setdefault(row.group, []).append(row)
    if not compared(results, kind, key):
        return
    # The only kind that shares its figures with another.
    name = f"log-{key}" if kind == "log" else key
    scale = limits(results.of_kind(kind), key)
    for number, (group, rows) in enumerate(groups.items()):
        pages = parts(rows)
        for part, some in enumerate(pages):
            title = f"{heading}: {group}" if kind == "throughput" else heading
            title += f", {part + 1} of {len(pages)}" if len(pages) > 1 else ""
            yield chart(results, some, key, scale, f"ratio-{name}-{number}-{part}", title, heading)


def parts(rows):
    count = math.ceil(len(rows) / ROWS_MAX)
    size = math.ceil(len(rows) / count)
    return [rows[start:start + size] for start in range(0, len(rows), size)]


def limits(rows, key):
    """One scale for all groups, with the line of equality and some space around it."""
    found = [0.9, 1.1]
    for row in rows:
        for peer in row.peers:
            value = row.ratio(peer, key)
            found += [limit for limit in (median(value), *(bounds(value) or ()))
                      if limit and limit > 0]
    return min(found) / MARGIN, max(found) * MARGIN


def ticks(scale):
    for some in TICKS:
        found = [tick for tick in some if scale[0] <= tick <= scale[1]]
        if len(found) >= TICKS_MIN:
            break
    return found


def chart(results, rows, key, scale, identifier, title, heading):
    figure, axes = drawing.canvas(WIDTH, TOP + BOTTOM + ROW_HEIGHT * len(rows))
    drawing.place(figure, axes, SIDE, SIDE + 4, TOP, BOTTOM)
    for place, row in enumerate(rows):
        draw_row(axes, results, row, key, place)
    places = range(len(rows))
    axes.vlines([1] * len(rows), [place - 0.17 for place in places],
                [place + 0.17 for place in places], color=SOFT, linewidth=1.5, zorder=1)
    axes.set_xscale("log")
    axes.set_xlim(*scale)
    axes.set_ylim(len(rows) - 0.35, -0.65)
    shown = ticks(scale)
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.grid(axis="x")
    drawing.bare(axes)
    better = "more" if key == "rate" else "less"
    axes.set_xlabel(f"{heading}, {results.ours} / peer (log; {better} is better, 1 is equal)")
    return drawing.finished(figure, identifier, title)


def draw_row(axes, results, row, key, place):
    name = row.label if row.kind != "throughput" else f"{row.title} · pipeline {row.pipeline}"
    label(axes, place, 0, name, "left", INK)
    label(axes, place, 1, value_text(row, key), "right", SOFT)
    axes.axhline(place, color=LINE, linewidth=3, zorder=0, solid_capstyle="round")
    for index, peer in enumerate(results.peers, 1):
        value = row.ratio(peer, key)
        if median(value) is None or median(value) <= 0:
            continue
        colour, limit = placeholder(index), bounds(value)
        if limit and limit[0] > 0:
            axes.plot(limit, (place, place), color=colour, linewidth=2, alpha=0.55, zorder=2)
        axes.plot([median(value)], [place], marker=series(index).marker, color=colour,
                  markersize=7.5, markeredgecolor="none", linestyle="none", zorder=3,
                  gid=f"mark-ratio-s{index}")


def label(axes, place, x, text, side, colour):
    axes.annotate(text, (x, place), xycoords=("axes fraction", "data"), xytext=(0, 7),
                  textcoords="offset points", ha=side, va="bottom", color=colour, fontsize=10.5)


def value_text(row, key):
    """The least and the greatest of the peers' ratios, or why there is none."""
    if key == "rate" and is_all_refused(row):
        return "not compared: core not busy"
    found = [median(row.ratio(peer, key)) for peer in row.peers
             if row.ratio(peer, key) is not None]
    if not found:
        return NONE
    ends = f"{min(found):.2f}", f"{max(found):.2f}"
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} – {ends[1]}"
