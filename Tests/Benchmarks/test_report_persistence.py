"""The report of scenarios with persistence: tables, goals, charts, sentences."""

import copy

import pytest
from Benchmarks import report_persistence as persistence
from Benchmarks.report_parts import cells, figures, html, markdown, model, words

GOALS = ("## Goals", "### Goals")


@pytest.fixture
def results():
    return persistence.alone()


def entry(results, identifier):
    return next(found for found in results["scenarios"] if found["id"] == identifier)


def goals(results):
    return cells(markdown.render(results).replace(*GOALS), "Goals")


def test_figures_are_those_of_the_data(results):
    page = markdown.render(results)
    found = cells(page, "CPU for a command with the append-only file, µs")
    assert found[0][:3] == ["Persistence", "SET, everysec, pipeline 16",
                            "1.20 / 1.50, without 1.10 / 1.10: 1.10"]
    assert found[1][2] == "1.20 / 1.50"
    found = cells(page, "Throughput with the append-only file, requests a second")
    assert found[0][2] == "600 k (98%), disk 412 µs / 4.50 ms"
    found = cells(page, "Reads beside writes")
    assert found[0][2] == (
        "300 µs / 900 µs / 2.70 ms, without 200 µs / 600 µs / 1.80 ms: 1.10")
    found = cells(page, "Writes beside reads, requests a second")
    assert found[0][2] == "20.0 k, without 40.0 k, disk 412 µs / 4.50 ms"
    assert cells(page, "SAVE")[0][2] == "0.70 s (0.50 s), 168 MB"
    assert cells(page, "Loading a snapshot")[0][2] == "0.60 s (0.40 s)"


def test_ratios_are_those_of_the_data(results):
    page = markdown.render(results)
    assert cells(page, "Time of SAVE, Apus / peer")[0][2] == "0.32 (0.31–0.34)"
    found = cells(page, "Throughput with the append-only file, Apus / peer")
    assert found[1][2] == "3.10 (2.98–3.22)"
    assert cells(page, "Reads beside writes, 99th percentile, Apus / peer")[0][5].startswith("0.71")


def test_goals_are_judged(results):
    assert [row[1:] for row in goals(results)] == [
        ["itself", "CPU of the engine’s thread ≤ 1.25 of that without a log", "1.10 (0.99–1.21)",
         "yes"],
        ["Valkey + jemalloc", "CPU ≤ 0.60", "0.53 (0.51–0.55)", "yes"],
        ["my-peer", "throughput ≥ 1.30", "1.40 (1.34–1.46)", "yes"],
        ["itself", "p99 ≤ 1.25 of that without a log", "1.10 (0.99–1.21)", "yes"],
        ["Valkey + jemalloc", "SAVE ≤ 0.50", "0.53 (0.51–0.55)", "no"],
        ["Valkey + jemalloc", "load ≤ 0.55", "0.47 (0.45–0.49)", "yes"],
        ["my-peer", "p99.9 ≤ 1.00", "0.71 (0.57–0.86)", "yes"],
        ["my-peer", "p99 ≤ 0.50", "0.71 (0.57–0.86)", "no"],
    ]
    entry(results, "log")["servers"]["apus"]["own"]["median"] = 1.26
    entry(results, "always")["ratios"]["valkey"]["rate"]["median"] = 1.29
    found = goals(results)
    assert found[0][4] == "no"
    assert found[2][1] == "Valkey" and found[2][4] == "no"


def test_what_is_missing_is_not_judged(results):
    for found in results["scenarios"]:
        found["ratios"] = {}
        for server in found["servers"].values():
            if "own" in server:
                server["own"] = {"median": None}
    assert {row[4] for row in goals(results)} == {"not compared"}
    for found in results["scenarios"]:
        found["servers"] = {}
    assert "–" in markdown.render(results) and "–" in markdown.summary(results)


def test_the_report_without_other_scenarios_says_something(results):
    read = model.read(results)
    assert words.headline(read).startswith("Latency at the 99.9th percentile is lower")
    assert len(words.sentences(read)) == 5
    del results["scenarios"][4]
    headline = words.headline(model.read(results))
    assert headline.startswith("CPU for a command with the append-only file is lower than every")


def test_the_lowest_throughput_is_the_hardest(results):
    entry(results, "always")["ratios"]["valkey"]["rate"]["median"] = 1.2
    row, peer, value = words.standing(model.read(results), "log", "rate")
    assert (row.title, peer, value) == ("SET, always", "valkey", 1.2)


@pytest.mark.parametrize("make", [persistence.alone, persistence.results])
def test_the_page_draws_them(make):
    page = html.render(copy.deepcopy(make()))
    drawn = "".join(figures(page))
    for heading in ("ratio-log-cpu", "ratio-log-rate", "ratio-p99-0", "ratio-save", "ratio-load"):
        assert heading in drawn
    assert "SET, everysec, pipeline 16" in page and "Loading a snapshot" in page
    identifiers = list(figures(page))
    assert len(set(identifiers)) == len(identifiers) == page.count("<figure id=")
