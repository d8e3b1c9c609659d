"""`--check-system` on this machine: what it says, in what shape, and for which configuration."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

from Support.binaries import REDIS_7, SUBJECT
from Support.process import run, without_version
from Support.ports import free_port

NAMES = [
    "slow-clocksource", "overcommit", "THP", "THP-defrag", "backlog", "syn-backlog", "open-files",
    "cpu-frequency", "swap", "memory-limit", "zone-reclaim",
]

# More descriptors than any kernel lets a process have, and more than any queue holds.
TOO_MANY_CLIENTS = str(2**32 - 1)
TOO_LONG_BACKLOG = str(2**31 - 1)


def results(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\[([\w-]+)\]\.\.\.(OK|WARNING|skipped)", text, re.MULTILINE))


def paragraph(text: str, name: str) -> str:
    """What is said about one check."""
    found = re.search(rf"^\[{name}\]\.\.\.(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1]


def content(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def test_the_checks_that_redis_has_come_to_the_same():
    """Redis does not look at whether the server leaves huge pages by itself."""
    mine = run(SUBJECT, "--check-system", "--disable-thp", "no")
    theirs = run(REDIS_7, "--check-system")
    assert list(results(mine.out)) == NAMES
    for name in ("overcommit", "THP"):
        assert results(mine.out)[name] == results(theirs.out)[name]
    assert mine.err == ""


def test_the_status_tells_whether_anything_hurts():
    outcome = run(SUBJECT, "--check-system")
    assert outcome.status == int("WARNING" in results(outcome.out).values()), outcome.out
    assert run(SUBJECT, "--check-system", "--maxclients", TOO_MANY_CLIENTS).status == 1


def test_values_are_those_of_the_machine():
    """With a backlog of none, so that the queue's length is always shown as fine."""
    text = run(SUBJECT, "--check-system", "--tcp-backlog", "0").out
    for name, path in {
        "overcommit": "/proc/sys/vm/overcommit_memory",
        "zone-reclaim": "/proc/sys/vm/zone_reclaim_mode",
        "backlog": "/proc/sys/net/core/somaxconn",
        "slow-clocksource": "/sys/devices/system/clocksource/clocksource0/current_clocksource",
    }.items():
        value = content(path)
        if value is None:
            assert results(text)[name] == "skipped"
        else:
            assert re.search(rf"\b{value}\b", paragraph(text, name)), paragraph(text, name)


def test_what_is_not_there_is_not_taken_for_good():
    text = run(SUBJECT, "--check-system").out
    if not list(Path("/sys/devices/system/cpu/cpufreq").glob("policy*/scaling_governor")):
        assert paragraph(text, "cpu-frequency").startswith("skipped: ")


def test_options_and_files_count():
    options = ["--tcp-backlog", TOO_LONG_BACKLOG, "--maxclients", TOO_MANY_CLIENTS]
    config = f"tcp-backlog {TOO_LONG_BACKLOG}\nmaxclients {TOO_MANY_CLIENTS}\n"
    by_option = run(SUBJECT, "--check-system", *options)
    by_input = run(SUBJECT, "--check-system", "-", stdin=config)
    for outcome in (by_option, by_input):
        assert f"sysctl -w net.core.somaxconn={TOO_LONG_BACKLOG}\n" in outcome.out
        needed = int(TOO_MANY_CLIENTS) + 32
        assert f"ulimit -n {needed}\n" in outcome.out
        assert f"LimitNOFILE={needed}" in outcome.out


def test_a_file_counts_and_options_win(tmp_path):
    file = tmp_path / "redis.conf"
    file.write_text(f"tcp-backlog {TOO_LONG_BACKLOG}\nmaxclients {TOO_MANY_CLIENTS}\n")
    outcome = run(SUBJECT, "--check-system", str(file), "--maxclients", "1")
    assert results(outcome.out)["backlog"] == "WARNING"
    assert results(outcome.out)["open-files"] == "OK"


def test_a_limit_that_the_server_would_raise_is_fine():
    """As the server does when it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        outcome = run(SUBJECT, "--check-system", "--maxclients", "300")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert paragraph(outcome.out, "open-files").startswith("OK: 332, maxclients 300")


def test_a_bad_configuration_is_told_as_at_start():
    for arguments in (["--foo", "bar"], ["--port", "a"], ["/nonexistent.conf"]):
        checked, started = run(SUBJECT, "--check-system", *arguments), run(SUBJECT, *arguments)
        assert checked.status == started.status == 1
        assert without_version(checked.err) == without_version(started.err)
        assert "[" not in checked.out


def test_nothing_is_served_or_left_behind(tmp_path):
    """Root checks, another user serves: a log that root made could not be written."""
    options = ["--port", str(free_port()), "--logfile", "log", "--pidfile", "pid",
               "--unixsocket", "socket", "--daemonize", "yes"]
    outcome = run(SUBJECT, "--check-system", *options, folder=tmp_path)
    assert list(results(outcome.out)) == NAMES
    assert os.listdir(tmp_path) == []


def test_the_log_warns_in_the_same_words(start):
    server = start(options={"tcp-backlog": TOO_LONG_BACKLOG})
    text = run(SUBJECT, "--check-system", "--tcp-backlog", TOO_LONG_BACKLOG).out
    what = paragraph(text, "backlog").splitlines()[1]
    assert f"WARNING {what}" in server.log()
    for name in ("overcommit", "THP"):
        if results(text)[name] == "WARNING":
            assert f"WARNING {paragraph(text, name).splitlines()[1]}" in server.log()


def test_help_names_it():
    assert "--check-system [/path/to/redis.conf] [options]" in run(SUBJECT, "--help").err
