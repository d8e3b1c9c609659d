"""The report's modules, and its page taken apart."""

import os
import re
import sys
from html import unescape
from html.parser import HTMLParser

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for folder in (os.path.join(ROOT, "Benchmarks"), os.path.dirname(os.path.abspath(__file__))):
    sys.path.insert(0, folder)

import report_sample as sample  # noqa: E402
from report import cli, html, markdown, model, palette, words  # noqa: E402

FIGURE = re.compile(r'<figure id="([^"]*)">(.*?)</figure>', re.DOTALL)
MARK = re.compile(r'class="mark (\w+) s(\d+)')


def figures(page):
    """HTML of each chart by its id."""
    return dict(FIGURE.findall(page))


def marks(figure):
    """How many marks of each kind and series a chart has: {(kind, series): count}."""
    counted = {}
    for kind, series in MARK.findall(figure):
        counted[kind, int(series)] = counted.get((kind, int(series)), 0) + 1
    return counted


def cells(page, heading):
    """Rows of the Markdown table below a heading."""
    part = page.split(f"### {heading}\n", 1)[1]
    lines = part.split("\n| ", 1)[1].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines][2:]


class Text(HTMLParser):
    """Elements and attributes of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


__all__ = ["ROOT", "Text", "cells", "cli", "figures", "html", "markdown", "marks", "model",
           "palette", "sample", "unescape", "words"]
