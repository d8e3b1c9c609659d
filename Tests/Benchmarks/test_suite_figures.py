"""Rounds, ratios, and what is refused: pure functions of the suite."""

from __future__ import annotations

from collections import Counter

import pytest

from Benchmarks.suite_run import SCENARIOS
from suite import cores, figures, generator, latency, rounds, throughput
from suite.contestants import Contestant, swift_flags
from suite.failure import Failure
from suite.scenarios import Burst, Command, Load, tomllib, parse

NAMES = ["a", "b", "c"]


def test_servers_take_turns():
    orders = [rounds.order(NAMES, number) for number in range(6)]
    assert orders[:3] == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]
    assert Counter(order[0] for order in orders) == dict.fromkeys(NAMES, 2)
    followers = Counter(pair for order in orders for pair in zip(order, order[1:]))
    assert len(followers) == 6 and set(followers.values()) == {2}
    assert {tuple(rounds.order(NAMES[:2], number)) for number in range(4)} == {
        ("a", "b"), ("b", "a")}


def test_rounds_are_interleaved():
    seen = []

    def sample(name, number):
        seen.append((number, name))
        return {"steal": 0.0, "number": number}

    notes = []
    rows = rounds.interleaved(NAMES, 2, sample, notes)
    assert seen == [(0, "a"), (0, "b"), (0, "c"), (1, "b"), (1, "c"), (1, "a")]
    assert [row["number"] for row in rows["c"]] == [0, 1]
    assert notes == []


def test_a_round_with_stolen_time_is_repeated_whole():
    steals = iter([0.0, 0.05, 0.0, 0.0])
    notes = []
    rows = rounds.interleaved(["a", "b"], 1, lambda *_: {"steal": next(steals)}, notes)
    assert rows == {"a": [{"steal": 0.0}], "b": [{"steal": 0.0}]}
    assert notes == ["round 1: 5.0% of the time was stolen by the machine's host; repeated"]


def test_repeating_ends():
    calls, notes = [], []

    def sample(name, _):
        calls.append(name)
        return {"steal": 0.02}

    rows = rounds.interleaved(["a", "b"], 1, sample, notes)
    assert len(calls) == 2 * (1 + rounds.REPEATS) and len(rows["a"]) == 1
    assert notes[-1].endswith("kept after repeating it")


def test_repeating_can_be_left_out():
    notes = []
    rounds.interleaved(["a"], 1, lambda *_: {"steal": 0.02}, notes, 0)
    assert notes == ["round 1: 2.0% of the time was stolen by the machine's host; kept"]


def test_results_are_kept_without_digits_that_mean_nothing():
    results = {"requests": 123456, "cpu_us": 0.123456, "rates": [1234567.8], "none": None,
               "distribution": [[99.999023, 1234.5678]]}
    assert figures.rounded(results) == {
        "requests": 123456, "cpu_us": 0.1235, "rates": [1235000.0], "none": None,
        "distribution": [[99.999023, 1234.5678]]}


def test_spread_and_ratio():
    assert figures.spread([3, 1, 2]) == {"median": 2, "low": 1, "high": 3}
    # Pair by pair: 0.5, 0.9, 0.5. The ratio of the medians would be 1 / 3.
    assert figures.ratio_spread([1.0, 9.0, 1.0], [2.0, 10.0, 2.0]) == {
        "median": 0.5, "low": 0.5, "high": 0.9}
    assert figures.ratio_spread([1.0], [0.0]) is None
    with pytest.raises(ValueError):
        figures.ratio_spread([1.0], [1.0, 2.0])
    assert figures.medians([{"x": 1}, {"x": 5}, {"x": 2}]) == {"x": 2}
    assert figures.middle_row([4, 1, 3], lambda row: row) == 3


def row(cpu_us=1.0, rate=100.0, busy=1.0):
    return {"requests_per_second": rate, "cpu_us": cpu_us, "cpu_us_user": cpu_us,
            "cpu_us_system": 0.0, "busy": busy, "others": 0.03,
            "generator_busy": 0.5, "latency_us": {"p50": 1.0}}


def test_throughput_ratios():
    notes = []
    rows = {"apus": [row(1, 200), row(1, 300)], "peer": [row(2, 100), row(2, 100)]}
    found = throughput.ratios(rows, "apus", notes)
    assert found["peer"]["cpu"] == {"median": 0.5, "low": 0.5, "high": 0.5}
    assert found["peer"]["rate"] == {"median": 2.5, "low": 2.0, "high": 3.0}
    assert notes == []


@pytest.mark.parametrize("idle", ["apus", "peer"])
def test_throughput_of_an_idle_core_is_not_compared(idle):
    rows = {"apus": [row(), row()], "peer": [row(), row()], "other": [row(), row()]}
    rows[idle][1]["busy"] = 0.94
    notes = []
    found = throughput.ratios(rows, "apus", notes)
    assert found["peer"]["rate"] is None
    assert found["peer"]["cpu"] is not None
    assert (found["other"]["rate"] is None) == (idle == "apus")
    note, = notes
    assert f"throughput of {idle} is not compared: it used 94% of its core, others 3%; " in note
    assert throughput.summary(rows[idle])["busy"] == 0.94


def test_a_round_with_others_on_the_core_is_repeated():
    shares, notes = [0.2, 0.01], []
    found = rounds.interleaved(
        ["apus"], 1, lambda name, number: {"steal": 0.0, "others": shares.pop(0)}, notes)
    assert found == {"apus": [{"steal": 0.0, "others": 0.01}]}
    assert notes == ["round 1: other programs used 20% of the server's core; repeated"]


def test_others_are_what_the_server_did_not_use_of_its_core():
    usage = cores.Usage(programs=180, interrupts=0, steal=0, total=200)
    used = (100 - cores.SAMPLING_TICKS) / cores.TICKS
    assert usage.share_of_others(used) == pytest.approx(0.4)
    assert usage.share_of_others(used + 0.8) == 0
    assert cores.Usage(5, 4, 3, 20).since(cores.Usage(1, 1, 1, 10)) == cores.Usage(4, 3, 2, 10)


@pytest.mark.parametrize("own, is_compared", [(10.0, True), (49.0, True), (60.0, False)])
def test_latency_that_is_the_generators_own_is_not_compared(own, is_compared):
    def rows(delay):
        return [{"latency_us": dict.fromkeys(latency.PERCENTILES, 100.0),
                 "requests_per_second": 10.0,
                 "send_delay_us": dict.fromkeys(latency.PERCENTILES, delay)}] * 3
    notes = []
    found = {"apus": rows(1.0), "peer": rows(own), "other": rows(1.0)}
    latency.check_rates(found, 10, notes)
    ratios = latency.ratios(found, "apus")
    assert (ratios["peer"]["p99.9"] is not None) == is_compared
    assert ratios["other"]["p99.9"]["median"] == 1.0
    assert any("so that it is not compared" in note for note in notes) == (not is_compared)


def test_cpu_is_of_the_commands_that_the_server_counted():
    test = {"requests": 900, "requests_per_second": 450.0, "seconds": 2.0,
            "cpu_seconds": {"user": 0.5, "system": 0.5}, "latency_us": {}}
    usage = cores.Usage(programs=90, interrupts=cores.TICKS // 2, steal=1, total=100)
    found = throughput.row(test, 1000, 1.0, 0.25, usage)
    assert found["cpu_us"] == 1250.0 and found["cpu_us_user"] == 1000.0
    assert found["busy"] == pytest.approx(0.875)
    assert found["steal"] == 0.01 and found["generator_busy"] == 0.5


def scenario(identifier="get"):
    return next(found for found in parse(tomllib.loads(SCENARIOS)).scenarios
                if found.id == identifier)


@pytest.mark.parametrize("counted", [499, 500 + 50 + 1])
def test_counts_must_agree(counted):
    throughput.check_counts(scenario(), {"requests": 500}, 500, 0)
    with pytest.raises(Failure, match=f"INFO counted {counted} calls for 500 requests"):
        throughput.check_counts(scenario(), {"requests": 500}, counted, 0)


def open_loop_row(rate, delay):
    return {"requests_per_second": rate, "latency_us": {"p99.9": 100.0},
            "send_delay_us": {"p99.9": delay}}


def test_an_open_loop_that_fell_behind_is_noted():
    notes = []
    latency.check_rates({"a": [open_loop_row(1000, 1)], "b": [open_loop_row(900, 30)]}, 1000, notes)
    assert len(notes) == 2 and all("b" in note for note in notes)
    assert "900 requests a second instead of 1,000" in notes[0] and "30%" in notes[1]


def test_generator_options():
    assert generator.commands_as_options([Command("GET 'a b'")]) == ["GET", "a b"]
    assert generator.commands_as_options([Command("GET a", 9), Command("PING")]) == [
        "--mix", "9=GET a", "--mix", "1=PING"]
    burst = Burst("SET __rand_int__ 1 PXAT __moment_ms__", 10)
    assert generator.load_options(burst, 123)[-5:] == ["SET", "__rand_int__", "1", "PXAT", "123"]
    assert generator.load_options(Load("SET __rand_int__ 1", 10))[4:8] == ["-n", "10", "-r", "10"]
    options = generator.request_options(scenario())
    assert options[options.index("-r") + 1] == "1000" and options[options.index("-d") + 1] == "64"


def test_cores():
    assert cores.choose("1,0", count=2) == cores.Cores(1, 0)
    for text in ("0,0", "0,2"):
        with pytest.raises(ValueError):
            cores.choose(text, count=2)
    with pytest.raises(ValueError):
        cores.choose(None, count=1)


def test_names():
    redis = Contestant("redis", ("redis-server",))
    assert redis.known_as("7.0.15").name == "redis-7.0"
    twin = Contestant("valkey", ("v",), built="x").on_jemalloc()
    assert twin.known_as("9.1.2").name == "valkey+jemalloc"
    assert "jemalloc" in twin.environment["LD_PRELOAD"]


def test_flags_are_those_of_the_manifest():
    assert "-enforce-exclusivity=unchecked" in swift_flags()
