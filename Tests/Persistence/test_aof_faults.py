"""An fsync of the append-only file that fails: a library in front of the system's makes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from Persistence.aof import ON, everything, increment, keys, kill, names
from Persistence.dataset import contents, differences
from Persistence.waiting import persistence, until
from Support.binaries import SUBJECT
from Support.server import Server
from Support.wire import Silent

SOURCE = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fails for files whose name ends as the file FAULT says. */
int fdatasync(int descriptor) {
  char wanted[256] = "", name[4096] = "", link[64];
  FILE *fault = fopen(getenv("FAULT"), "r");
  if (fault) {
    if (!fgets(wanted, sizeof wanted, fault)) wanted[0] = 0;
    fclose(fault);
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t count = readlink(link, name, sizeof name - 1);
    size_t length = strlen(wanted);
    if (length && count >= (ssize_t)length && !strcmp(name + count - length, wanted)) {
      errno = EIO;
      return -1;
    }
  }
  return syscall(SYS_fdatasync, descriptor);
}
"""


@pytest.fixture
def fault(tmp_path, monkeypatch) -> Path:
    """The file that says which fsync fails, for servers that are started from now on."""
    (tmp_path / "fault.c").write_text(SOURCE)
    library = tmp_path / "fault.so"
    compiler = shutil.which("cc") or shutil.which("clang") or "/opt/swift/usr/bin/clang"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", library, tmp_path / "fault.c"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("FAULT", str(tmp_path / "fault"))
    return tmp_path / "fault"


@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_a_new_generation_makes_up_for_it(start, fault, policy):
    server = start(SUBJECT, ON | {"appendfsync": policy})
    with server.wire() as wire:
        keys(wire, 10)
        fault.write_text(increment(server).name)
        # With `always` the reply comes when the new generation is on the disk.
        wire.ok("SET", "during", "1")
        until(lambda: wire.info()["aof_rewrites"] == "1", "a rewrite")
        until(lambda: wire.info()["aof_last_write_status"] == "ok", "the end of the error")
        wire.ok("SET", "after", "1")
        before = contents(wire, databases=1)
    assert "Fail to fsync the AOF file: Input/output error" in server.log()
    assert names(server, "i") == ["appendonly.aof.2.incr.aof"]
    kill(server)
    server.start()
    assert not differences(before, everything(server, databases=1))


def shows_error(server: Server) -> bool:
    try:
        with server.wire(timeout=1) as wire:
            return wire.info("persistence")["aof_last_write_status"] == "err"
    except Silent:
        # It was asked before the error was known, and waits with the write.
        return False


def test_while_it_lasts_nothing_is_promised(start, fault):
    server = start(SUBJECT, ON | {"appendfsync": "always"})
    with server.wire() as wire:
        wire.ok("SET", "before", "1")
        # The log, and the base of any other.
        fault.write_text("aof")
        wire.send(b"*3\r\n$3\r\nSET\r\n$6\r\nduring\r\n$1\r\n1\r\n")
        until(lambda: shows_error(server), "the error")
        with server.wire() as other:
            assert other.call("SET", "a", "1").value.startswith(b"MISCONF Errors writing")
            assert other.call("PING").value.startswith(b"MISCONF Errors writing")
            assert not other.call("TTL", "before").is_error()
        until(lambda: int(persistence(server)["aof_rewrites"]) >= 2, "another attempt")
        assert wire.is_silent()
        fault.unlink()
        with server.wire() as other:
            until(lambda: not other.call("BGREWRITEAOF").is_error(), "a rewrite")
        assert wire.read().value == b"OK"
    until(lambda: persistence(server)["aof_last_write_status"] == "ok", "the end of the error")
