"""What is measured, as data: reads and checks `Benchmarks/scenarios.toml`.

Benchmarks/README.md explains the fields. Nothing is guessed: an unknown field, a missing one, one
that does not belong to the kind, or an id that is there twice ends the run before it starts.
"""

import os
import shlex
import tomllib
from dataclasses import MISSING, dataclass, fields, replace

from . import BENCHMARKS
from .failure import Failure
from .shape import (
    ALTERNATIVES, COMMON, DATA, DISTRIBUTIONS, EXPECTATIONS, FRESH, IDENTIFIER, KINDS, LARGEST,
    LOAD_TYPES, MOMENT, NUMBER, OWN_GOALS, OWN_OPTIONS, POSITIVE, QUICK_TYPES, REPLY_TYPES, TYPES,
    Burst, Command, Load, Scenario, Writes)

PATH = os.path.join(BENCHMARKS, "scenarios.toml")
@dataclass(frozen=True)
class Quick:
    """What --quick makes of the scenarios that are marked `quick`: at most this much."""

    rounds: int = 3
    fresh_rounds: int = 1  # where each sample has a server of its own
    duration_seconds: float = 1.0
    keys: int = 1_000_000  # of a burst, and of a fill that is watched for stalls

    def shortened(self, scenario):
        rounds = self.fresh_rounds if scenario.kind in FRESH else self.rounds
        changes = {"rounds": min(scenario.rounds, rounds)}
        if scenario.duration_seconds and not scenario.burst:
            changes["duration_seconds"] = min(scenario.duration_seconds, self.duration_seconds)
        for name in ("burst", "fill"):
            load = getattr(scenario, name)
            if load and scenario.kind != "memory":
                changes[name] = replace(load, keys=min(load.keys, self.keys))
        return replace(scenario, **changes)


@dataclass(frozen=True)
class Suite:
    scenarios: list
    quick: Quick


def read(path=PATH):
    """The whole file: all scenarios, in its order."""
    try:
        with open(path, "rb") as file:
            return parse(tomllib.load(file))
    except (OSError, ValueError) as error:  # bad TOML and bad UTF-8 are ValueErrors
        raise Failure(f"{path}: {error}") from error
    except RecursionError:
        raise Failure(f"{path}: nested too deeply") from None
    except Failure as failure:
        raise Failure(f"{os.path.basename(path)}: {failure}") from None


def parse(document):
    known("the file", document, {"defaults", "preload", "quick", "scenario"})
    known("[quick]", document.get("quick", {}), {item.name for item in fields(Quick)})
    quick = Quick(**{name: typed(f"[quick], {name}", name, value, QUICK_TYPES[name])
                     for name, value in document.get("quick", {}).items()})
    defaults = document.get("defaults", {})
    known("[defaults]", defaults, KINDS)
    for kind, entry in defaults.items():
        table(f"[defaults.{kind}]", entry)
    table("[preload]", document.get("preload", {}))
    preloads = {name: load(f"[preload.{name}]", entry)
                for name, entry in document.get("preload", {}).items()}
    entries = document.get("scenario", [])
    if not isinstance(entries, list):
        raise Failure("each scenario begins with [[scenario]], in two pairs of brackets")
    found = {}
    for number, entry in enumerate(entries, 1):
        table(f"scenario number {number}", entry)
        for variant in variants(entry, number):
            scenario = build(variant, number, defaults, preloads)
            if scenario.id in found:
                raise Failure(f"the id {scenario.id} is there twice")
            found[scenario.id] = scenario
    if not found:
        raise Failure("it holds no [[scenario]]")
    return Suite(list(found.values()), quick)


def variants(entry, number):
    """The scenario itself, or each of its variants with what they have in common."""
    entry = dict(entry)
    changes = entry.pop("variants", None)
    if changes is None:
        return [entry]
    if not isinstance(changes, list) or not changes:
        raise Failure(f"scenario {number}: variants must be a list of tables")
    for change in changes:
        table(f"scenario {number}, variants", change)
    return [{**entry, **change} for change in changes]


def build(entry, number, defaults, preloads):
    where = f"scenario {entry.get('id', f'number {number}')}"
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Failure(f"{where}: kind must be one of {', '.join(KINDS)}, not {kind!r}")
    allowed, needed, goals = KINDS[kind]
    entry = {**defaults_for(entry, defaults.get(kind, {})), **entry}
    known(where, entry, COMMON | allowed, f"which {kind} scenarios may have")
    missing = sorted((needed | required(Scenario)) - entry.keys())
    if missing:
        raise Failure(f"{where}: {', '.join(missing)} missing")
    for name, value in entry.items():
        entry[name] = converted(f"{where}, {name}", name, value, preloads)
    scenario = Scenario(**entry)
    check(where, scenario, goals)
    return scenario


def defaults_for(entry, defaults):
    """Without a default that the scenario's own choice between two fields replaces."""
    excluded = {name for pair in ALTERNATIVES.values() if entry.keys() & set(pair) for name in pair}
    return {name: value for name, value in defaults.items() if name not in excluded}


def converted(where, name, value, preloads):
    if name == "preload":
        return preload(where, value, preloads)
    if name == "fill":
        return load(where, value)
    if name == "burst":
        return load(where, value, Burst)
    if name == "writes":
        return writes(where, value)
    if name == "commands":
        return commands(where, value)
    return typed(where, name, value)


def preload(where, value, preloads):
    if not isinstance(value, str):
        return load(where, value)
    if value not in preloads:
        raise Failure(f"{where}: there is no [preload.{value}]")
    return preloads[value]


def fitting(where, entry, shape):
    """A table with the fields of a shape, and with all that it needs."""
    known(where, entry, {item.name for item in fields(shape)})
    missing = sorted(required(shape) - entry.keys())
    if missing:
        raise Failure(f"{where}: {', '.join(missing)} missing")
    return dict(entry)


def writes(where, entry):
    entry = fitting(where, entry, Writes)
    found = Writes(**{name: typed(f"{where}, {name}", name, value)
                      for name, value in entry.items()})
    if not split(where, found.command):
        raise Failure(f"{where}: command missing")
    return found


def load(where, entry, shape=Load):
    entry = fitting(where, entry, shape)
    also = texts(f"{where}, also", entry.pop("also", []))
    values = {name: typed(f"{where}, {name}", name, value, LOAD_TYPES.get(name))
              for name, value in entry.items()} | {"also": also}
    loaded = shape(**values)
    if not 0 < loaded.keys <= LARGEST:
        raise Failure(f"{where}: keys must be above 0 and at most {LARGEST:,}")
    for command in loaded.commands:
        split(where, command)
        if NUMBER not in command:
            raise Failure(f"{where}: the command must hold {NUMBER}, the number of the key")
    split(where, loaded.counted_by)
    if shape is Burst and MOMENT not in loaded.command:
        raise Failure(f"{where}: the command must hold {MOMENT}, when its keys expire")
    return loaded


def texts(where, value):
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise Failure(f"{where}: must be a list of commands")
    return tuple(value)


def commands(where, value):
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        raise Failure(f"{where}: must be a command, or a list of commands or of tables "
                      "{ weight = 9, words = \"GET key\" }")
    found = []
    for entry in value:
        if isinstance(entry, str):
            entry = {"words": entry}
        table(where, entry)
        known(where, entry, {"words", "weight"})
        checked = {name: typed(f"{where}, {name}", name, value) for name, value in entry.items()}
        if not split(where, checked.get("words", "")):
            raise Failure(f"{where}: words missing")
        found.append(Command(**checked))
    return tuple(found)


def split(where, command):
    """The words of a command as a shell would cut them."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Failure(f"{where}: {error}: {command!r}") from None
    if words and words[0].startswith("-"):
        raise Failure(f"{where}: {words[0]} would be an option of the load generator")
    return words


def check(where, scenario, goals):
    known(f"{where}, goals", scenario.goals, goals | {"peer"})
    if scenario.goals.keys() - OWN_GOALS and not isinstance(scenario.goals.get("peer"), str):
        raise Failure(f"{where}, goals: peer missing")
    for name, value in scenario.goals.items():
        if name != "peer" and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise Failure(f"{where}, goals: {name} must be a number")
    if not IDENTIFIER.fullmatch(scenario.id):
        raise Failure(f"{where}: an id is made of small letters, digits, dots and hyphens")
    if scenario.keys not in DISTRIBUTIONS:
        raise Failure(f"{where}: keys must be one of {', '.join(DISTRIBUTIONS)}")
    if scenario.unit not in ("key", "member"):
        raise Failure(f"{where}: unit must be key or member")
    expected = scenario.expect
    if expected not in EXPECTATIONS and not (expected and expected[0] in REPLY_TYPES):
        raise Failure(f"{where}: expect must be one of {', '.join(filter(None, EXPECTATIONS))}, "
                      f"or the beginning of a reply such as $64, not {expected!r}")
    if len(scenario.commands) > 1 or any(command.weight > 1 for command in scenario.commands):
        for command in scenario.commands:
            if split(where, command.words) != command.words.split():
                raise Failure(f"{where}: a mix is cut at blanks, without quotes: {command.words!r}")
    refused = sorted(scenario.server.keys() & OWN_OPTIONS)
    if refused:
        raise Failure(f"{where}, server: {', '.join(refused)} must stay as the suite sets them")
    exactly_one(where, scenario, ALTERNATIVES.get(scenario.kind, ()))
    if scenario.bgsave and (scenario.burst or not scenario.preload):
        raise Failure(f"{where}: bgsave needs a preload and has no burst")
    if scenario.preload_each_round and not scenario.preload:
        raise Failure(f"{where}: preload_each_round needs a preload")
    numbered = any(NUMBER in command.words for command in scenario.commands)
    if numbered and not (scenario.preload or scenario.keyspace):
        raise Failure(f"{where}: {NUMBER} needs a preload or a keyspace")


def exactly_one(where, scenario, names):
    given = [name for name in names if getattr(scenario, name) is not None]
    if names and len(given) != 1:
        raise Failure(f"{where}: one of {' and '.join(names)} is needed, and only one")


def required(shape):
    return {item.name for item in fields(shape)
            if item.default is MISSING and item.default_factory is MISSING}


def table(where, value):
    if not isinstance(value, dict):
        raise Failure(f"{where}: must be a table, not {value!r}")


def known(where, entry, allowed, explanation=None):
    table(where, entry)
    unknown = sorted(set(entry) - set(allowed))
    if unknown:
        raise Failure(f"{where}: unknown field {', '.join(unknown)}; the fields "
                      f"{explanation or 'are'}: {', '.join(sorted(allowed))}")


def typed(where, name, value, kind=None):
    kind = kind or TYPES[name]
    accepted = (int, float) if kind is float else kind
    # A bool is an int to Python, not to us.
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        words = {str: "text", int: "a whole number", float: "a number", bool: "true or false",
                 dict: "a table"}
        raise Failure(f"{where}: must be {words[kind]}, not {value!r}")
    if name == "data" and value not in DATA:
        raise Failure(f"{where}: must be one of {', '.join(DATA)}, not {value!r}")
    if name in POSITIVE and not 0 < value <= LARGEST:
        raise Failure(f"{where}: must be above 0 and at most {LARGEST:,}, not {value!r}")
    return value
