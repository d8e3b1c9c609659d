"""Thresholds of instructions per command: a file for each compiler, in it a table a method.

The compiler decides how many instructions there are, and the two ways of counting differ a
little: a library picks other code under valgrind than on the processor itself."""

import json
import os
import re
import subprocess
import tempfile

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Thresholds")


def default_path():
    with tempfile.TemporaryDirectory() as folder:  # where swift leaves one of its own
        version = subprocess.run(["swift", "--version"], capture_output=True, text=True,
                                 env={**os.environ, "TMPDIR": folder}).stdout
    found = re.search(r"Swift version (\d+\.\d+)", version)
    return os.path.join(FOLDER, f"{found[1] if found else 'unknown'}.json")


def read(path):
    """method -> scenario -> instructions."""
    if not os.path.exists(path):
        return {}
    try:
        with open(path) as file:
            tables = json.load(file)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path}: {error}") from error
    entries = tables.values() if isinstance(tables, dict) else [None]
    if not all(isinstance(entry, dict) for entry in entries):
        raise SystemExit(f"{path}: expected a table of scenarios for each method")
    return tables


def update(path, method, measured):
    """Replaces the method's table and leaves the others."""
    tables = read(path)
    tables[method] = measured
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(tables, file, indent=2)
        file.write("\n")
