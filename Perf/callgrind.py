"""Reads what callgrind wrote: instructions in total and by function, calls by caller and callee."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Profile:
    instructions: int = 0
    by_function: Counter = field(default_factory=Counter)  # own instructions
    calls: Counter = field(default_factory=Counter)  # (caller, callee) -> count

    def minus(self, other):
        """What this run did more than `other`."""
        difference = Profile(self.instructions - other.instructions)
        difference.by_function = Counter(self.by_function)
        difference.by_function.subtract(other.by_function)
        difference.calls = Counter(self.calls)
        difference.calls.subtract(other.calls)
        return difference

    def reachable(self, starts, stops):
        """Functions called by those of `starts`, directly or not, but not through `stops`."""
        callees = {}
        for caller, callee in self.calls:
            callees.setdefault(caller, []).append(callee)
        seen = set(starts)
        pending = list(starts)
        while pending:
            for callee in callees.get(pending.pop(), ()):
                if callee not in seen and callee not in stops:
                    seen.add(callee)
                    pending.append(callee)
        return seen

    def without_stubs(self):
        """Nameless functions with one callee are jumps into libraries: their callers call it."""
        callees = {}
        for caller, callee in self.calls:
            callees.setdefault(caller, set()).add(callee)
        jumps = {name: targets.pop() for name, targets in callees.items()
                 if name.startswith("0x") and len(targets) == 1}
        direct = Counter()
        for (caller, callee), count in self.calls.items():
            if caller not in jumps:
                direct[caller, jumps.get(callee, callee)] += count
        self.calls = direct
        return self

    def functions(self):
        return set(self.by_function) | {name for edge in self.calls for name in edge}


def read(path):
    """REQUIRES: written with --compress-strings=no --compress-pos=no and one kind of event."""
    profile = Profile()
    function = callee = None
    after_call = False
    with open(path, errors="replace") as file:
        for line in file:
            line = line.rstrip("\n")
            key, separator, value = line.partition("=")
            if separator and key == "fn":
                function = plain(value)
            elif separator and key == "cfn":
                callee = plain(value)
            elif separator and key == "calls":
                profile.calls[function, callee] += int(value.split()[0])
                after_call = True
            elif line[:1].isdigit():
                # The line after `calls=` holds the callee's inclusive cost, which it counts itself.
                if not after_call:
                    profile.by_function[function] += int(line.split()[1])
                after_call = False
    profile.instructions = sum(profile.by_function.values())
    return profile.without_stubs()


def plain(name):
    """Without the mark of recursion (`name'2`) and the version of a library's symbol."""
    return name.split("'")[0].split("@")[0]
