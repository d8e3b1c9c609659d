"""A `perf` that does as it is told by FAKE_PERF, for machines without counters or permission.

It is written into a folder as an executable; the words of the real perf 6.1 are kept.
"""

import sys

STAT_REFUSED = """Error:
Access to performance monitoring and observability operations is limited.
Consider adjusting /proc/sys/kernel/perf_event_paranoid setting to open
access to performance monitoring and observability operations for processes
without CAP_PERFMON, CAP_SYS_PTRACE or CAP_SYS_ADMIN Linux capability.
"""

PROGRAM = """#!{python}
import os, subprocess, sys
arguments = sys.argv[1:]
mode = os.environ["FAKE_PERF"].split(",")
command = arguments[arguments.index("--") + 1:] if "--" in arguments else []
option = lambda *names: next(
    (arguments[index + 1] for index, word in enumerate(arguments) if word in names), "")
event = option("-e", "--event")
def refuse():
    sys.stderr.write({refused!r})
    sys.exit(255)
if arguments[0] == "script":
    sys.stdout.write(open(os.environ["FAKE_PERF_SCRIPT"]).read())
    sys.exit(0)
if "refused" in mode or ("kernel-refused" in mode and not event.endswith(":u")):
    refuse()
if "no-process" in mode:
    sys.stderr.write("Problems finding threads of monitor\\n")
    sys.exit(129)
if arguments[0] == "record":
    open(option("-o", "--output"), "w").write("recorded " + event)
    sys.exit(subprocess.run(command).returncode)
status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
count = int(command[-1]) if command[-1].isdigit() else 1000
lines = {{
    "counted": "%d,,%s,405764,100.00,,\\n" % (int(os.environ.get("FAKE_PERF_EACH", 900)) * count
                                             + 123456, event),
    "unsupported": "<not supported>,,%s,0,100.00,,\\n" % event,
    "uncounted": "<not counted>,,%s,0,0.00,,\\n" % event,
}}
with open(option("-o"), "w") as file:
    file.write("# started on Sat Nov 21 13:00:00 2026\\n\\n")
    file.write(next(lines[name] for name in mode if name in lines))
sys.exit(status)
"""


def install(folder, monkeypatch, mode):
    """Puts the fake in front of PATH."""
    path = folder / "perf"
    path.write_text(PROGRAM.format(python=sys.executable, refused=STAT_REFUSED))
    path.chmod(0o755)
    monkeypatch.setenv("FAKE_PERF", mode)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
