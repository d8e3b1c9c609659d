"""The command line of `Perf/record`."""

import argparse
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace

import perf_tool
from suite import cores, interrupts, scenarios
from suite.failure import Failure
from suite.generator import (
    BINARY, Generator, commands_as_options, ending, last_lines, request_options)
from suite.throughput import WARM_UP_SECONDS, amount

from . import ROOT, flame_graph, sampling, targets
from .phases import Phases
from .report import SourceFinder, hottest, summary
from .samples import read
from .stacks import Profile, Stack
from .symbols import Resolver

DESCRIPTION = """Records a server with perf under a scenario of Benchmarks/scenarios.toml. Writes

  flame.svg     a flame graph; open it with a browser, click to zoom, Ctrl-F to search
  hottest.txt   the hottest functions and their source, with the share of each line
  summary.txt   user and kernel, what a command's time goes to, which event was used
  stacks.txt    the stacks, folded; perf.data is what perf wrote"""


FILES = ("flame.svg", "hottest.txt", "summary.txt", "stacks.txt", "perf.data", "load.json")


def positive(text):
    number = float(text)
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError("above 0 and at most 3600")
    return number


def parser():
    made = argparse.ArgumentParser(
        description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("scenario", metavar="SCENARIO", nargs="?",
                      help="id of a throughput scenario: get-p16; --list shows them")
    made.add_argument("--seconds", type=positive, default=10.0, help="default: 10")
    made.add_argument("--out", metavar="FOLDER", help="default: .build-perf/SCENARIO")
    made.add_argument("--publish", metavar="FOLDER",
                      help="also write SCENARIO.svg and SCENARIO.txt, the shares, there")
    made.add_argument("--server", metavar="PATH",
                      default=os.path.join(ROOT, ".build/release/apus-server"))
    made.add_argument("--port", type=int, help="record a server that runs at this port")
    made.add_argument("--pid", type=int, help="its process, if it does not tell")
    made.add_argument("--preload", action="store_true",
                      help="with --port: write the scenario's keys into that server first")
    made.add_argument("--cores", metavar="SERVER,LOAD", help="default: 0 and another")
    made.add_argument("--generator", default=BINARY, metavar="PATH")
    made.add_argument("--scenarios", default=scenarios.PATH, metavar="FILE")
    made.add_argument("--list", action="store_true", help="show the scenarios and end")
    return made


def say(text):
    print(text, file=sys.stderr, flush=True)


def recordable(path):
    """Scenarios that are one load, of any length."""
    return {scenario.id: scenario for scenario in scenarios.read(path).scenarios
            if scenario.kind == "throughput"}


def chosen(options):
    known = recordable(options.scenarios)
    if options.scenario not in known:
        raise Failure(f"there is no throughput scenario {options.scenario}; there are "
                      f"{', '.join(known)}")
    found = known[options.scenario]
    if found.requests is None:
        found = replace(found, duration_seconds=options.seconds)
    return found


@dataclass(frozen=True)
class Recording:
    data: str
    event: str
    figures: dict


def record(options, scenario, target, generator, folder):
    event = sampling.choose_event(target.pid)
    say(f"event: {sampling.describe(event)}")
    if scenario.preload and (options.port is None or options.preload):
        say(f"loading {scenario.preload.keys:,} keys")
        generator.load(target, scenario.preload)
    data = os.path.join(folder, "perf.data")
    figures = os.path.join(folder, "load.json")
    with hinting(options):
        warm_up(scenario, target, generator)
        say(f"recording {scenario.id}")
        options_of_perf = sampling.options(event, target.pid, data)
        run_load(scenario, target, generator, figures, options_of_perf)
    return Recording(data, event, generator.figures(figures))


def requests_of(scenario):
    return [*request_options(scenario), *commands_as_options(scenario.commands)]


def warm_up(scenario, target, generator):
    if not scenario.preload_each_round:
        generator.run(target, ["--duration", str(WARM_UP_SECONDS), *requests_of(scenario)],
                      scenario.socket)


def run_load(scenario, target, generator, figures, perf_options):
    """perf records just as long as the load runs, from the load's core."""
    load = generator.command(
        target, ["--json", figures, *amount(scenario), *requests_of(scenario)], scenario.socket)
    output, status = generator.wait(
        ["taskset", "--cpu-list", str(generator.core), perf_tool.path(), *perf_options, "--",
         *load])
    if status:
        raise Failure(f"the load or perf failed ({ending(status)}): {last_lines(output)}")


def cleared(folder):
    """The folder, without what an earlier recording left: a failure must not show old pictures."""
    os.makedirs(folder, exist_ok=True)
    for name in FILES:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.remove(path)
    return folder


@contextmanager
def hinting(options):
    try:
        yield
    except Failure as failure:
        if options.port is None or options.preload:
            raise
        raise Failure(f"{failure} (has the server the scenario's keys? --preload writes them)"
                      ) from None


def profile_of(recording, binary):
    samples, mappings = read(sampling.script(recording.data))
    if not samples:
        raise Failure("perf took no sample: the process did not run, or not in what may be seen")
    resolver = Resolver(samples, mappings, binary)
    return Profile(Stack(sample.weight, resolver.functions(sample)) for sample in samples)


def facts(scenario, target, recording):
    figures = recording.figures
    return {
        "scenario": f"{scenario.id}: {scenario.title}, pipeline {scenario.pipeline}, "
                    f"{scenario.connections} connections",
        "server": f"{os.path.basename(target.binary)}, {target.place}",
        "event": sampling.describe(recording.event),
        "load": f"{figures['requests_per_second']:,.0f} requests a second for "
                f"{figures['seconds']:.1f} s",
    }


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def run(options):
    scenario = chosen(options)
    drawing = flame_graph.install()
    perf_tool.path()
    place = cores.choose(options.cores)
    generator = Generator(place.load, options.generator)
    folder = cleared(options.out or os.path.join(flame_graph.FOLDER, scenario.id))
    opened = (targets.started(options.server, place.server, scenario) if options.port is None
              else targets.attached(options.port, options.pid, scenario))
    with opened as target:
        recording = record(options, scenario, target, generator, folder)
        profile = profile_of(recording, target.binary)
    told = facts(scenario, target, recording)
    folded = profile.folded()
    svg = flame_graph.draw(
        drawing, folded, f"{scenario.title}, pipeline {scenario.pipeline}", told["event"])
    phases = Phases.read()
    text = summary(profile, phases, told)
    for name, content in (
            ("stacks.txt", "\n".join(folded) + "\n"), ("flame.svg", svg), ("summary.txt", text),
            ("hottest.txt", hottest(profile, SourceFinder()))):
        write(folder, name, content)
    if options.publish:
        os.makedirs(options.publish, exist_ok=True)
        write(options.publish, f"{scenario.id}.svg", svg)
        # Shares hold on other machines, throughput does not.
        lasting = {name: fact for name, fact in told.items() if name != "load"}
        write(options.publish, f"{scenario.id}.txt", summary(profile, phases, lasting))
    print(text, end="")
    print(f"written: {os.path.relpath(folder)}/flame.svg, hottest.txt, summary.txt")


def main(arguments=None):
    made = parser()
    options = made.parse_args(arguments)
    if not options.scenario and not options.list:
        made.error("a SCENARIO is needed; --list shows them")
    if options.port is None and (options.pid or options.preload):
        made.error("--pid and --preload are for a running server: --port is needed too")
    interrupts.catch()
    try:
        if options.list:
            for scenario in recordable(options.scenarios).values():
                print(f"{scenario.id:<16} {scenario.title}: {scenario.measures}")
        else:
            run(options)
        return 0
    except (Failure, perf_tool.PerfFailure, ValueError, OSError) as failure:
        say(f"Perf/record: {failure}")
    except KeyboardInterrupt:
        say("Perf/record: interrupted")
    return 1
