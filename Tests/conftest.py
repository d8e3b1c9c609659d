"""Options, shared servers, and logs of the servers in the report of a failed test."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

from Conformance.casefile import WAITING  # noqa: E402
from Support.binaries import ORACLES, REDIS_8, SUBJECT, Missing, binary  # noqa: E402
from Support.server import Pool, Server  # noqa: E402

_quiet = dict(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
settings.register_profile("ci", max_examples=120, derandomize=True, database=None, **_quiet)
settings.register_profile("long", max_examples=2000, **_quiet)

_pool = Pool()


def pytest_addoption(parser):
    parser.addoption(
        "--profile", choices=("ci", "long"), default="ci",
        help="ci: bounded and the same every time; long: many more generated cases",
    )
    parser.addoption(
        "--seed", type=int, default=0, help="another number: other storms of commands",
    )
    parser.addoption(
        "--oracle", choices=ORACLES, default=REDIS_8, help="what generated calls are compared with",
    )


def pytest_configure(config):
    settings.load_profile(config.getoption("--profile"))


def pytest_sessionstart(session):
    """Nothing is skipped because a server is not there: the run fails before it starts."""
    try:
        for name in (SUBJECT, *ORACLES):
            binary(name)
    except Missing as missing:
        pytest.exit(str(missing), returncode=2)


def pytest_report_header():
    try:
        return [f"{name}: {binary(name)}" for name in (SUBJECT, *ORACLES)]
    except Missing:
        return []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server in Server.alive:
            report.sections.append((f"log of {server.kind} :{server.port}", server.logs()))


def pytest_terminal_summary(terminalreporter):
    """Cases that wait for a command the subject does not have yet are not silent."""
    if WAITING:
        terminalreporter.section("cases that wait for other commands")
        for text in sorted(WAITING):
            terminalreporter.write_line(text)


def pytest_unconfigure():
    for server in list(Server.alive):
        server.stop()


@pytest.fixture(scope="session")
def pool() -> Pool:
    return _pool


@pytest.fixture(scope="session")
def is_long(request) -> bool:
    return request.config.getoption("--profile") == "long"


@pytest.fixture(scope="session")
def seed(request) -> int:
    return request.config.getoption("--seed")


@pytest.fixture
def subject(pool) -> Server:
    return pool.get(SUBJECT)


@pytest.fixture
def start():
    """Starts servers of the test's own; they are stopped after it."""
    servers = []

    def starter(*arguments, **keywords) -> Server:
        servers.append(Server(*arguments, **keywords))
        return servers[-1]

    yield starter
    for server in servers:
        server.stop()


TEST_SECONDS = {"ci": 120, "long": 3600}


@pytest.fixture(autouse=True)
def in_time(request):
    """A server that hangs fails its test, not the whole run."""

    def late(*_):
        pytest.fail(f"not done after {seconds} s")

    seconds = TEST_SECONDS[request.config.getoption("--profile")]
    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)


@pytest.fixture(autouse=True)
def nobody_died(pool):
    yield
    for server in pool.dead():
        shown = server.logs(100)
        pool.bury(server)
        pytest.fail(f"{server.kind} exited with {server.process.returncode}\n{shown}")
