"""Which part of a command's way a sample belongs to, by the rules of `Perf/phases.toml`."""

import os
import re
import tomllib
from collections import Counter

from suite.failure import Failure

from . import PERF
from .symbols import KERNEL

PATH = os.path.join(PERF, "phases.toml")
OTHER_KERNEL, OTHER = "kernel: everything else", "everything else"


class Phases:
    def __init__(self, document, where="phases"):
        self._rules = []
        for phase in document.get("phase", []):
            if phase.keys() != {"name", "functions"}:
                raise Failure(f"{where}: a phase has a name and functions, nothing else: {phase}")
            # Only `*` is special: names are full of brackets.
            expression = "|".join(".*".join(map(re.escape, pattern.split("*")))
                                  for pattern in phase["functions"])
            self._rules.append((phase["name"], re.compile(expression)))
        self._known = {}

    @classmethod
    def read(cls, path=PATH):
        try:
            with open(path, "rb") as file:
                return cls(tomllib.load(file), os.path.basename(path))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise Failure(f"{path}: {error}") from error

    def of_name(self, name):
        if name not in self._known:
            self._known[name] = next(
                (phase for phase, pattern in self._rules if pattern.fullmatch(name)), None)
        return self._known[name]

    def of(self, stack):
        for function in stack.functions:
            phase = self.of_name(function.name)
            if phase:
                return phase
        return OTHER_KERNEL if stack.leaf.kind == KERNEL else OTHER

    def weights(self, profile):
        weights = Counter()
        for stack in profile.stacks:
            weights[self.of(stack)] += stack.weight
        return weights
