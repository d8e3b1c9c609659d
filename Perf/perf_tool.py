"""perf(1): whether it is there, what it may count here, and what it says when it may not."""

import math
import os
import shutil
import subprocess

PACKAGE = "linux-perf"
PARANOID = "/proc/sys/kernel/perf_event_paranoid"
# What the kernel and perf say to a user who may not look.
REFUSALS = ("perf_event_paranoid", "CAP_PERFMON", "Permission denied", "Operation not permitted")


class PerfFailure(Exception):
    """perf could not do it; the text is for the user."""


class Missing(PerfFailure):
    """There is no perf."""


class NotSupported(PerfFailure):
    """This machine cannot count the event: a virtual machine without counters, for instance."""


class Refused(PerfFailure):
    """The user may not count or sample."""


def path():
    found = shutil.which("perf")
    if found is None:
        raise Missing(f"perf is missing: Debian's package is {PACKAGE} "
                      f"(Scripts/install-packages {PACKAGE})")
    return found


def permission_advice():
    """What to set. 2 is upstream's default, 3 Debian's."""
    try:
        with open(PARANOID) as file:
            now = f"it is {file.read().strip()}"
    except OSError:
        now = "it cannot be read here, as in some containers"
    return (f"perf is refused. Run it as root, or set kernel.perf_event_paranoid ({now}): "
            "`sysctl kernel.perf_event_paranoid=1` allows your own processes with their share of "
            "the kernel, 2 without it; in a container it also takes --cap-add=PERFMON")


def was_refused(text):
    return any(sign in text for sign in REFUSALS)


def run(arguments, **keywords):
    return subprocess.run([path(), *arguments], stdin=subprocess.DEVNULL, text=True,
                          errors="replace", **keywords)


def last_lines(text, count=3):
    return " / ".join(text.strip().splitlines()[-count:]) or "perf said nothing"


def parse_count(text, event):
    """The count of the one event that `perf stat -x,` was asked for.

    A line holds value, unit, event, nanoseconds it was counted, percentage of the time, ...
    Processors with two kinds of cores give a line for each; a process on one core has one of them.
    """
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    failures, numbers = [], []
    for row in rows:
        if len(row) >= 5:
            try:
                numbers.append(count_of(*row[:5]))
            except PerfFailure as failure:
                failures.append(failure)
    if numbers:
        return sum(numbers)
    raise failures[0] if failures else PerfFailure(f"perf stat wrote no count of {event}")


def count_of(value, _, event, __, percentage):
    if value == "<not supported>":
        raise NotSupported(f"this machine does not count {event}")
    if value == "<not counted>":
        raise PerfFailure(f"perf did not count {event}: the process did not run, or all of the "
                          "machine's counters were taken")
    try:
        number, share = float(value), float(percentage)
    except ValueError:
        raise PerfFailure(f"perf's count of {event} cannot be read: {value!r}") from None
    # Some virtual machines have a counter that stands still.
    if number <= 0 or not math.isfinite(number):
        raise NotSupported(f"this machine's count of {event} is {value}")
    if share < 100:
        raise PerfFailure(f"perf counted {event} for {percentage} % of the time only: somebody "
                          "else uses the machine's counters")
    return number


def count(event, pid, command, output):
    """The event's count in a process while `command` runs. `output` is a file for perf's words."""
    target = ["-p", str(pid)] if pid else []
    done = run(["stat", "-x,", "-e", event, "-o", output, *target, "--", *command],
               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    if done.returncode:
        if was_refused(done.stderr):
            raise Refused(permission_advice())
        raise PerfFailure(f"perf stat failed: {last_lines(done.stderr)}")
    with open(output) as file:
        return parse_count(file.read(), event)
