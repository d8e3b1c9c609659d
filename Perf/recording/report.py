"""The text files of a recording: the summary, and the hottest functions with their source."""

import os

from . import ROOT
from .symbols import KERNEL

HOTTEST = 30
ANNOTATED = 15
CALLERS = 4
# Lines of source around one that has samples.
CONTEXT = 2
SHARE_MIN = 0.002


def percent(share):
    return f"{share:6.1%}"


def summary(profile, phases, facts):
    kernel = profile.kernel_share()
    lines = [f"{name}: {text}" for name, text in facts.items()]
    lines += [
        f"samples: {len(profile.stacks):,}, of which {profile.complete_share():.1%} of the weight "
        "can be followed to the start",
        f"user {1 - kernel:.1%}, kernel {kernel:.1%}", "", "  share  phase"]
    lines += [f"{percent(profile.share(weight))}  {name}"
              for name, weight in phases.weights(profile).most_common()]
    return "\n".join(lines) + "\n"


def hottest(profile, finder):
    own, total, kinds = profile.by_self(), profile.with_children(), profile.kinds()

    def row(name):
        return (f"{percent(profile.share(own[name]))}  {percent(profile.share(total[name]))}  "
                f"{name}  ({kinds[name]})")

    parts = [
        ["Hottest functions by what ran in them alone. Inlined functions count as functions.", "",
         "  alone  with callees"], [row(name) for name, _ in own.most_common(HOTTEST)],
        ["", "Hottest functions with all that they called.", "", "  alone  with callees"],
        [row(name) for name, _ in total.most_common(HOTTEST)],
        ["", "Source of the hottest functions that have one; the share of all samples is left of "
         "each line."]]
    with_source = [name for name, _ in own.most_common()
                   if kinds[name] != KERNEL and profile.lines(name)]
    parts += [annotated(profile, name, own[name], finder) for name in with_source[:ANNOTATED]]
    return "\n".join(line for part in parts for line in part) + "\n"


def annotated(profile, name, weight, finder):
    """A function's lines that have samples, with those around them, and who called it."""
    text = ["", f"=== {name}  {percent(profile.share(weight)).strip()} alone"]
    for (caller, file, line), count in profile.callers(name).most_common(CALLERS):
        if profile.share(count) >= SHARE_MIN:
            text.append(f"    {percent(profile.share(count))} in {caller}, "
                        f"{finder.shown(file)}:{line}")
    by_file = {}
    for (file, line), count in profile.lines(name).items():
        by_file.setdefault(file, {})[line] = count
    for file, counts in by_file.items():
        text += annotated_file(profile, file, counts, finder)
    return text


def annotated_file(profile, file, counts, finder):
    hot = {line for line, count in counts.items() if profile.share(count) >= SHARE_MIN}
    if not hot:
        return []
    source = finder.lines(file)
    missing = ["            (there is no such file here)"] if source is None else []
    return ["", f"    {finder.shown(file)}", *missing,
            *listing(hot, counts, source or [], profile)]


def listing(hot, counts, source, profile):
    text, last = [], None
    for line in shown_lines(hot, len(source)):
        if last and line > last + 1:
            text.append("             ⋮")
        last = line
        share = percent(profile.share(counts[line])) if line in counts else " " * 6
        words = source[line - 1] if 0 < line <= len(source) else ""
        text.append(f"    {share} {line or '-':>5}  {words if line else '(no line)'}".rstrip())
    return text


def shown_lines(hot, count):
    near = {number for line in hot if line
            for number in range(line - CONTEXT, line + CONTEXT + 1) if 0 < number <= count}
    return sorted(near | hot)


class SourceFinder:
    """Source files by the paths the compiler wrote, also when it ran in another folder."""

    def __init__(self, root=ROOT):
        self._root = root
        self._found = {}

    def lines(self, path):
        place = self._place(path)
        if place is None:
            return None
        with open(os.path.join(self._root, place), errors="replace") as file:
            return file.read().splitlines()

    def shown(self, path):
        return self._place(path) or path

    def _place(self, path):
        if path not in self._found:
            parts = path.strip("/").split("/")
            candidates = ("/".join(parts[index:]) for index in range(len(parts)))
            self._found[path] = next(
                (place for place in candidates
                 if os.path.isfile(os.path.join(self._root, place))), None)
        return self._found[path]
