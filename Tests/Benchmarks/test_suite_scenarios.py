"""Mistakes in a file of scenarios are named before anything is measured."""

from __future__ import annotations

import re
import tomllib

import pytest

from Benchmarks.suite_run import SCENARIOS
from suite import scenarios, selection
from suite.failure import Failure
from suite.progress import Progress, estimates

GET = """[[scenario]]
id = "get"
title = "GET"
group = "Strings"
kind = "throughput"
measures = "reading"
preload = { command = "SET key:__rand_int__ 1", keys = 10 }
commands = "GET key:__rand_int__"
duration_seconds = 1
"""
# Each: what to replace in GET, by what, and what is said then.
MISTAKES = [
    ('id = "get"', "", "scenario number 1: id missing"),
    ('id = "get"', 'id = "Get it"', "an id is made of"),
    ('id = "get"', "id = 7", "id: must be text, not 7"),
    ('kind = "throughput"', 'kind = "speed"', "kind must be one of throughput, latency"),
    ('kind = "throughput"', 'kind = "memory"', "unknown field commands, duration_seconds, preload"),
    ('commands = "GET key:__rand_int__"', "", "commands missing"),
    ('commands = "GET key:__rand_int__"', "commands = []", "commands: must be a command, or a"),
    ('commands = "GET key:__rand_int__"', 'commands = [""]', "words missing"),
    ('commands = "GET key:__rand_int__"', "commands = [{ words = 'GET', wait = 1 }]",
     "unknown field wait"),
    ('commands = "GET key:__rand_int__"', "commands = [{ words = 'GET', weight = 0 }]",
     "weight: must be above 0"),
    ("duration_seconds = 1", "", "one of requests and duration_seconds is needed"),
    ("duration_seconds = 1", "duration_seconds = 1\nrequests = 1", "and only one"),
    ("duration_seconds = 1", "duration_seconds = true", "must be a number, not True"),
    ("duration_seconds = 1", "duration_seconds = 1\npipeline = 0", "pipeline: must be above 0"),
    ("duration_seconds = 1", "duration_seconds = 1\npipelin = 1", "unknown field pipelin"),
    ("duration_seconds = 1", "duration_seconds = 1\nkeys = 'random'", "keys must be one of"),
    ("duration_seconds = 1", "duration_seconds = 1\ngoals = { cpu = 0.5 }", "goals: peer missing"),
    ("duration_seconds = 1", "duration_seconds = 1\ngoals = { peer = 'x', used = 1 }",
     "goals: unknown field used"),
    ("duration_seconds = 1", "duration_seconds = 1\ngoals = { peer = 'x', cpu = '1' }",
     "cpu must be a number"),
    ("preload = { command = \"SET key:__rand_int__ 1\", keys = 10 }", "preload = 'some'",
     "there is no [preload.some]"),
    ("preload = { command = \"SET key:__rand_int__ 1\", keys = 10 }", "",
     "__rand_int__ needs a preload or a keyspace"),
    ("keys = 10", "keys = 0", "keys must be above 0"),
    ("keys = 10", "count = 10", "unknown field count"),
    (", keys = 10", "", "preload: keys missing"),
    ("keys = 10", "keys = 10, also = 'SET other 1'", "also: must be a list of commands"),
    ("keys = 10", "keys = 10, also = ['SET other 1']", "must hold __rand_int__"),
    ("keys = 10", "keys = 10, counted_by = 'SCARD \"'", "No closing quotation"),
    ("SET key:__rand_int__ 1", "SET key 1", "must hold __rand_int__"),
    ('commands = "GET key:__rand_int__"', "commands = 'GET \"key'", "No closing quotation"),
    ("SET key:__rand_int__ 1", "SET 'key:__rand_int__ 1", "No closing quotation"),
    ("duration_seconds = 1", "duration_seconds = 1\nexpect = 'nonsense'", "expect must be one of"),
    ("duration_seconds = 1", "duration_seconds = 1\nexpect = ''", "expect must be one of"),
    ("duration_seconds = 1", "duration_seconds = nan", "must be above 0 and at most"),
    ("duration_seconds = 1", "duration_seconds = inf", "must be above 0 and at most"),
    ("duration_seconds = 1", "requests = 99999999999999999999999", "must be above 0 and at most"),
    ("keys = 10", "keys = 99999999999999999999999", "keys must be above 0 and at most"),
    ('commands = "GET key:__rand_int__"', 'commands = "--help"', "--help would be an option"),
    ('commands = "GET key:__rand_int__"', "commands = ['SET k \"a b\"', 'PING']",
     "a mix is cut at blanks"),
    ("duration_seconds = 1", "duration_seconds = 1\nserver = { daemonize = 'yes' }",
     "server: daemonize must stay"),
    ('kind = "throughput"', "kind = []", "kind must be one of"),
    ("[[scenario]]", "[defaults]\nthroughput = 5\n[[scenario]]", "must be a table, not 5"),
    ("[[scenario]]", "preload = 5\n[[scenario]]", "must be a table, not 5"),
    ("duration_seconds = 1", "duration_seconds = 1\nvariants = [5]", "must be a table, not 5"),
    ("[[scenario]]", "[extra]\n[[scenario]]", "the file: unknown field extra"),
    ("[[scenario]]", "[defaults.speed]\n[[scenario]]", "unknown field speed"),
    ("[[scenario]]", "[quick]\nround = 1\n[[scenario]]", "[quick]: unknown field round"),
    ("[[scenario]]", "[scenario]", "in two pairs of brackets"),
    ("keys = 10", "keys = 10, data = 'noise'", "must be one of same, random, words"),
    ("duration_seconds = 1", "duration_seconds = 1\ndata = 'noise'", "must be one of same"),
    ("duration_seconds = 1", "duration_seconds = 1\nbgsave = true", "unknown field bgsave"),
    ('"throughput"', '"readers"', "rate, writes missing"),
    ('"throughput"', '"snapshot"', "unknown field commands"),
    ('"throughput"', '"log"\ngoals = { peer = "x", p99 = 1 }', "goals: unknown field p99"),
    ('"throughput"', '"readers"\nrate = 1\nwrites = { command = "PING" }', "keyspace missing"),
    ('"throughput"', '"readers"\nrate = 1\nwrites = { command = "", keyspace = 1 }',
     "writes: command missing"),
    ('"throughput"', '"latency"\nrate = 1\nbgsave = true\nburst = { command = "SET '
     '__rand_int__ __moment_ms__", keys = 1 }', "bgsave needs a preload and has no burst"),
]


def parse(text):
    return scenarios.parse(tomllib.loads(text))


@pytest.mark.parametrize("old, new, text", MISTAKES, ids=[text for _, _, text in MISTAKES])
def test_mistakes(old, new, text):
    assert old in GET
    with pytest.raises(Failure, match=re.escape(text)):
        parse(GET.replace(old, new))


def test_twice():
    with pytest.raises(Failure, match="the id get is there twice"):
        parse(GET + GET)


def test_nothing():
    with pytest.raises(Failure, match="holds no"):
        parse("")


def test_not_toml(tmp_path):
    path = tmp_path / "file.toml"
    path.write_text("[[scenario")
    with pytest.raises(Failure, match="file.toml"):
        scenarios.read(path)


@pytest.mark.parametrize("text", [b"\xff", b"x = " + b"[" * 3000], ids=["not text", "deep"])
def test_what_cannot_be_read(tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_bytes(text)
    with pytest.raises(Failure, match="bad.toml"):
        scenarios.read(str(path))


def test_defaults_and_variants():
    text = "[defaults.throughput]\nrounds = 9\nduration_seconds = 4\n" + GET.replace(
        'id = "get"', "").replace("duration_seconds = 1\n", "") + """variants = [
      { id = "one", pipeline = 1 }, { id = "many", pipeline = 128, rounds = 2, requests = 5 }]"""
    one, many = parse(text).scenarios
    assert (one.id, one.pipeline, one.rounds, one.duration_seconds) == ("one", 1, 9, 4)
    # The scenario's own choice replaces the default that excludes it.
    assert (many.id, many.pipeline, many.rounds, many.requests) == ("many", 128, 2, 5)
    assert many.duration_seconds is None


def test_bursts_expire():
    burst = "burst = { command = 'SET __rand_int__ 1', keys = 1 }\nrate = 5\n"
    text = GET.replace('"throughput"', '"latency"') + burst
    with pytest.raises(Failure, match="must hold __moment_ms__"):
        parse(text)
    assert parse(text.replace(" 1'", " 1 PXAT __moment_ms__'")).scenarios[0].burst.keys == 1


def test_a_goal_beside_itself_needs_no_peer():
    log = GET.replace('"throughput"', '"log"') + "goals = { own = 1.25 }\n"
    assert parse(log).scenarios[0].goals == {"own": 1.25}
    with pytest.raises(Failure, match="peer missing"):
        parse(log.replace("own", "cpu"))


def test_the_repositorys_own():
    suite = scenarios.read()
    assert len(selection.choose(suite, None, quick=True)) < len(suite.scenarios)
    kinds = {scenario.kind for scenario in selection.choose(suite, None, quick=True)}
    # What takes long is left to the full run.
    assert kinds == set(scenarios.KINDS) - {"readers", "snapshot"}


def test_choice():
    suite = parse(SCENARIOS)
    assert [found.id for found in selection.choose(suite, "second,PING", False)] == ["ping", "get"]
    assert [found.id for found in selection.choose(suite, "Second", True)] == ["get"]
    assert selection.choose(suite, None, True) == []
    with pytest.raises(Failure, match="called nosuch"):
        selection.choose(suite, "get,nosuch", False)


def test_quick_is_shorter():
    suite = scenarios.read()
    by_id = {found.id: found for found in selection.choose(suite, None, True)}
    assert by_id["get-p1"].rounds == suite.quick.rounds
    assert by_id["get-p1"].duration_seconds == suite.quick.duration_seconds
    assert by_id["fill"].fill.keys == suite.quick.keys
    # Bytes a key depend on the number of keys: that stays.
    assert by_id["memory-16-16-700k"].fill.keys == 700_000


def test_runs_take_as_long_as_promised():
    suite = scenarios.read()
    assert sum(estimates(selection.choose(suite, None, True), 2)) < 5 * 60
    # 27 minutes of them are those of persistence, whose servers are loaded for each sample.
    assert sum(estimates(suite.scenarios, 5)) < 97 * 60


def test_servers_that_stay_are_not_loaded_again():
    one, two = GET.replace('"get"', '"one"'), GET.replace('"get"', '"two"')
    first, second = estimates(parse(one + two).scenarios, 2)
    assert second < first
    for change in ("changes_data = true\n", "server = { maxclients = 99 }\n"):
        first, second = estimates(parse(one + change + two).scenarios, 2)
        assert second == first


def test_time_left_follows_what_was_measured():
    now = [0.0]
    parsed = parse(SCENARIOS).scenarios
    progress = Progress(parsed, 2, clock=lambda: now[0])
    expected = progress.left_seconds()
    first, second = progress.estimates
    assert expected == pytest.approx(first + second)
    now[0] = 3 * first
    progress.done = 1
    assert progress.left_seconds() == pytest.approx(3 * second)
