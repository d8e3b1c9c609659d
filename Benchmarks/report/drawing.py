"""What all charts share: a figure of the page's looks, and how it becomes part of the page."""

import io
import re
import warnings
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure

from . import svg
from .palette import INK, LINE, SOFT

POINTS = 72.0  # of an inch, so that a figure's size is that of its viewBox
SETTINGS = {
    "svg.fonttype": "none", "font.size": 11, "font.family": "DejaVu Sans",
    "text.color": INK, "axes.labelcolor": SOFT, "xtick.color": SOFT, "ytick.color": INK,
    "axes.edgecolor": LINE, "axes.facecolor": "none", "figure.facecolor": "none",
    "grid.color": LINE, "grid.linewidth": 0.8, "axes.axisbelow": True, "axes.linewidth": 0.8,
    "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
    "xtick.labelsize": 10, "axes.labelsize": 10, "path.simplify": False,
    # A name from outside is text, whatever dollar signs it holds.
    "text.parse_math": False,
}
# For the whole process, which draws nothing else: texts take their settings when they are made.
matplotlib.rcParams.update(SETTINGS)


@dataclass(frozen=True)
class Chart:
    """One figure of the page: its SVG and what it shows, in words."""

    identifier: str
    title: str
    note: str
    svg: str


def canvas(width, height):
    figure = Figure(figsize=(width / POINTS, height / POINTS))
    return figure, figure.add_axes((0, 0, 1, 1))


def place(figure, axes, left, right, top, bottom):
    """The axes by the points that they leave free at each side."""
    width, height = figure.get_size_inches() * POINTS
    axes.set_position((left / width, bottom / height, (width - left - right) / width,
                       (height - top - bottom) / height))


def bare(axes, *sides):
    """Without a frame, but for these sides."""
    for name, spine in axes.spines.items():
        spine.set_visible(name in sides)


def finished(figure, identifier, title, note=""):
    """The identifier may hold what was typed by someone; in the page it names elements."""
    identifier = re.sub(r"[^a-z0-9-]+", "-", identifier.lower())
    stream = io.StringIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": identifier}):
        # The browser has letters that matplotlib's font, which only measures, has not.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return Chart(identifier, title, note,
                 svg.inlined(stream.getvalue(), f"{identifier}-", f"{title}. {note}".strip()))
