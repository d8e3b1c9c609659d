"""The Python libraries of the report, in a virtual environment of their own."""

import os
import shutil
import subprocess
import sys

from . import BENCHMARKS, ROOT
from .failure import Failure

REQUIREMENTS = os.path.join(BENCHMARKS, "report", "requirements.txt")
FOLDER = os.path.join(ROOT, ".build-report")


def enter(requirements=REQUIREMENTS, folder=FOLDER):
    """Runs this program again with the libraries, installed first if they are not those wanted."""
    if not os.path.exists(requirements) or os.path.realpath(sys.prefix) == os.path.realpath(folder):
        return
    python = os.path.join(folder, "bin", "python")
    stamp = os.path.join(folder, "requirements.txt")
    if text_of(stamp) != text_of(requirements):
        install(requirements, folder, python)
        shutil.copyfile(requirements, stamp)
    os.execv(python, [python, *sys.argv])


def install(requirements, folder, python):
    print("Benchmarks/run: installing the report's libraries into "
          f"{os.path.relpath(folder, ROOT)}", file=sys.stderr, flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "-r", requirements], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"the report's libraries could not be installed: {error} (on Debian, the "
                      "package python3-venv must be there); with --json FILE none are needed"
                      ) from error


def text_of(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None
