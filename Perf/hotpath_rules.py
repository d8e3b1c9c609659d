"""Perf/HOTPATH as data: see the head of that file."""

import re

KINDS = ("root", "cold", "allow", "forbid", "allocate")


class Rules:
    """The patterns of Perf/HOTPATH by kind."""

    def __init__(self, path):
        self.patterns = {kind: {} for kind in KINDS}  # kind -> pattern -> compiled
        self.used = set()
        with open(path) as file:
            for number, line in enumerate(file, 1):
                self._add(line, f"{path}:{number}")

    def _add(self, line, where):
        if not line.strip() or line.startswith("#"):
            return
        rule, _, reason = line.strip().partition(" -- ")
        kind, _, pattern = rule.partition(" ")
        pattern = pattern.strip()
        if kind not in KINDS or not pattern:
            raise SystemExit(f"{where}: expected a kind and a pattern")
        if kind in ("cold", "allow") and not reason.strip():
            raise SystemExit(f"{where}: {kind} needs a reason after ' -- '")
        expression = ".*".join(re.escape(part) for part in pattern.split("*"))
        self.patterns[kind][pattern] = re.compile(expression)

    def match(self, kind, names):
        matching = [
            (kind, pattern) for pattern, compiled in self.patterns[kind].items()
            if any(compiled.fullmatch(name) for name in names)]
        self.used.update(matching)
        return bool(matching)

    def forbids(self, names):
        return self.match("forbid", names) and not self.match("allow", names)

    def unused(self, kind):
        return [pattern for pattern in self.patterns[kind] if (kind, pattern) not in self.used]
