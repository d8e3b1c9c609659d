"""The command line of `Benchmarks/render`."""

import argparse
import json
import os
import sys

from . import html, markdown
from .model import Malformed

DESCRIPTION = "Writes the report of a stored results.json again, as Markdown and as one HTML page."


class Failure(Exception):
    """Ends the command; the text is for the user."""


def parser():
    made = argparse.ArgumentParser(description=DESCRIPTION)
    made.add_argument("results", metavar="FILE.json")
    made.add_argument("--markdown", metavar="FILE", help="- is the standard output")
    made.add_argument("--html", metavar="FILE", help="- is the standard output; needs matplotlib")
    made.add_argument("--summary", action="store_true", help="print the short table")
    return made


def needs_charts(arguments=None):
    """Whether the options ask for the page, which needs libraries."""
    options = parser().parse_args(arguments)
    return any(render is html.render for render, _ in targets(options))


def targets(options):
    """What is asked for, or else both reports beside the results."""
    asked = [(markdown.render, options.markdown), (html.render, options.html),
             (markdown.summary, "-" if options.summary else None)]
    if any(path for _, path in asked):
        return [(render, path) for render, path in asked if path]
    base = os.path.join(os.path.dirname(os.path.abspath(options.results)), "report")
    return [(markdown.render, f"{base}.md"), (html.render, f"{base}.html")]


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise Failure(f"{path}: {error}") from error
    except RecursionError:
        raise Failure(f"{path}: nested too deeply to be results") from None


def write(path, text):
    if path == "-":
        print(text, end="")
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure(str(error)) from error
    print(f"{path} written", file=sys.stderr)


def main(arguments=None):
    options = parser().parse_args(arguments)
    try:
        results = read(options.results)
        for render, path in targets(options):
            write(path, render(results))
    except (Failure, Malformed, ImportError) as error:
        print(f"Benchmarks/render: {error}", file=sys.stderr)
        return 1
    return 0
