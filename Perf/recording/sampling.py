"""`perf record` of a process while a load runs, with the best event that this machine allows."""

import os
import subprocess
import tempfile

import perf_tool
from suite.failure import Failure

# Of the event, hardware cycles or the kernel's timer; prime, not to march with any other timer.
SAMPLES_PER_SECOND = 997
# Debian's libc and libuv have no frame pointers: chains that follow these end there. perf copies
# the top of the stack instead and unwinds it with the libraries' tables. libuv's uv__io_poll alone
# has 12 KiB on it, above which lies where the loop was entered.
STACK_BYTES = 20480
CYCLES, CLOCK = "cycles", "cpu-clock"


def has_counters(folder):
    try:
        perf_tool.count(f"{CYCLES}:u", None, ["true"], os.path.join(folder, "probe"))
        return True
    except perf_tool.NotSupported:
        return False


def options(event, pid, output):
    return ["record", "--quiet", "--event", event, "--freq", str(SAMPLES_PER_SECOND),
            "--call-graph", f"dwarf,{STACK_BYTES}", "--no-buildid", "--pid", str(pid),
            "--output", output]


def choose_event(pid):
    """Cycles where they can be counted, else the clock; without the kernel if that is refused."""
    with tempfile.TemporaryDirectory() as folder:
        event = CYCLES if has_counters(folder) else CLOCK
        for name in (event, f"{event}:u"):
            done = perf_tool.run(
                [*options(name, pid, os.path.join(folder, "probe")), "--", "true"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if done.returncode == 0:
                return name
            if not perf_tool.was_refused(done.stderr):
                raise Failure(f"perf record failed: {perf_tool.last_lines(done.stderr)}")
    raise perf_tool.Refused(perf_tool.permission_advice())


def describe(event):
    """What the reader must know about the event to judge the figures."""
    name, _, user_only = event.partition(":")
    text = {CYCLES: "cycles (hardware counter)",
            CLOCK: "cpu-clock (the kernel's timer; this machine has no hardware counters)"}[name]
    if user_only:
        text += f"; user part only, the kernel's is left out: {perf_tool.permission_advice()}"
    return text


def script(data):
    """perf's samples as text. Inlined functions are looked up later: perf takes minutes to."""
    with tempfile.TemporaryFile("w+", errors="replace") as words:
        process = subprocess.Popen(
            [perf_tool.path(), "script", "--no-inline", "--no-demangle", "--show-mmap-events",
             "--fields", "period,ip,sym,dso", "--input", data],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words, text=True,
            errors="replace")
        with process:
            yield from process.stdout
        if process.returncode:
            words.seek(0)
            raise Failure(f"perf script failed: {perf_tool.last_lines(words.read())}")
