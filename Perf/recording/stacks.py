"""Samples as weighted stacks: shares by function and line, and folded for a flame graph."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from .symbols import INLINED, KERNEL, LIBRARY, OWN

# What lies above the loop in every stack, from `_start` on, tells nothing.
ROOT = "uv_run"
# The suffixes by which flamegraph.pl's palette `java` tells kinds apart.
MARKS = {KERNEL: "_[k]", INLINED: "_[i]", OWN: "_[j]", LIBRARY: ""}


@dataclass(frozen=True)
class Stack:
    weight: int
    functions: tuple  # innermost first

    @property
    def leaf(self):
        return self.functions[0]


class Profile:
    def __init__(self, stacks):
        self.stacks = list(stacks)
        self.weight = sum(stack.weight for stack in self.stacks)

    def share(self, weight):
        return weight / self.weight if self.weight else 0.0

    def kernel_share(self):
        return self.share(sum(stack.weight for stack in self.stacks if stack.leaf.kind == KERNEL))

    def complete_share(self):
        """Stacks that could be followed to the loop or the program's start."""
        ends = {ROOT, "_start", "clone3", "__clone3", "start_thread", "ret_from_fork_asm"}
        return self.share(sum(stack.weight for stack in self.stacks
                              if any(function.name in ends for function in stack.functions)))

    def by_self(self):
        """Weight by name, of the functions that were running, inlined ones as functions too."""
        weights = Counter()
        for stack in self.stacks:
            weights[stack.leaf.name] += stack.weight
        return weights

    def with_children(self):
        weights = Counter()
        for stack in self.stacks:
            for name in {function.name for function in stack.functions}:
                weights[name] += stack.weight
        return weights

    def lines(self, name):
        """(file, line) -> weight of what ran in a function itself."""
        weights = Counter()
        for stack in self.stacks:
            leaf = stack.leaf
            if leaf.name == name and leaf.file:
                weights[leaf.file, leaf.line] += stack.weight
        return weights

    def callers(self, name):
        """(function, file, line) -> weight of a function alone, by the place that called it.

        A small function is inlined in many places; which of them is slow is what matters."""
        weights = Counter()
        for stack in self.stacks:
            if stack.leaf.name == name:
                caller = next((function for function in stack.functions
                               if function.name != name and function.line), None)
                if caller:
                    weights[caller.name, caller.file, caller.line] += stack.weight
        return weights

    def kinds(self):
        kinds = defaultdict(Counter)
        for stack in self.stacks:
            for function in stack.functions:
                kinds[function.name][function.kind] += 1
        return {name: counts.most_common(1)[0][0] for name, counts in kinds.items()}

    def folded(self):
        """Lines as flamegraph.pl reads them: functions from the outermost on, and their weight."""
        weights = Counter()
        for stack in self.stacks:
            outermost_first = from_root([function for function in reversed(stack.functions)])
            weights[";".join(map(label, outermost_first))] += stack.weight
        return [f"{line} {weight}" for line, weight in sorted(weights.items())]


def from_root(functions):
    names = [function.name for function in functions]
    return functions[names.index(ROOT):] if ROOT in names else functions


def label(function):
    return re.sub(r"[;\n]", ":", function.name) + MARKS[function.kind]
