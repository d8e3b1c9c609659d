"""The report as Markdown: its numbers are those of the data, and nothing in it is markup."""

import copy
import json
import math
import os
import re
import subprocess
import sys

import pytest
from Benchmarks.report_parts import ROOT, cells, cli, markdown, model, sample, words

HEADINGS = ["## Ratios", "## Goals", "## Figures", "## Notes", "## Machine and servers",
            "## Method"]


@pytest.fixture
def results():
    return sample.results()


def scenario(results, identifier):
    return next(entry for entry in results["scenarios"] if entry["id"] == identifier)


def test_ratios_come_first_then_the_figures_then_the_machine(results):
    page = markdown.render(results)
    places = [page.index(heading) for heading in HEADINGS]
    assert places == sorted(places)


def test_ratios_are_those_of_the_data(results):
    rows = cells(markdown.render(results), "CPU for a command, Apus / peer")
    measured = [entry for entry in results["scenarios"] if entry["kind"] == "throughput"]
    assert len(rows) == len(measured)
    for row, entry in zip(rows, measured):
        assert row[1:3] == [entry["title"], str(entry["pipeline"])]
        for text, peer in zip(row[3:], results["peers"]):
            found = entry["ratios"].get(peer)
            wanted = "–" if found is None else "{median:.2f} ({low:.2f}–{high:.2f})".format(
                **found["cpu"])
            assert text == wanted


def test_figures_are_those_of_the_data(results):
    found = scenario(results, "get-p128")["servers"]["valkey"]
    found.update(cpu_us={"median": 1.234, "low": 1, "high": 2}, cpu_us_user=0.4321,
                 cpu_us_system=0.8019, busy=0.987)
    found["requests_per_second"] = {"median": 2_345_678, "low": 1, "high": 2}
    page = markdown.render(results)
    assert cells(page, "CPU for a command, µs")[2][5] == "1.23 (0.43 + 0.80)"
    assert cells(page, "Throughput, requests a second")[2][5] == "2.35 M (99%)"
    assert cells(page, "Memory, bytes")[0][2] == "60.2 / 60.5 / 65.0"
    assert cells(page, "Memory, bytes")[0][3] == "64.2 / – / 70.0"
    assert cells(page, "Latency")[0][2] == "90.0 µs / 270 µs / 810 µs / 3.69 ms"
    assert cells(page, "Longest stall, ms")[0][2] == "1.04 (0.73–1.35), seen 0.40"


def test_a_refused_comparison_says_so_and_why(results):
    page = markdown.render(results)
    rows = cells(page, "Throughput, Apus / peer")
    assert rows[0][3:] == ["not compared"] * 4
    assert rows[1][3].startswith("2.77 ")
    assert "its core was busy for 71% only" in page


def test_a_server_that_died_has_no_figures_and_a_note(results):
    page = markdown.render(results)
    row = cells(page, "CPU for a command, Apus / peer")[6]
    assert row[1] == "MSET of ten" and row[6] == "–"
    assert "my-peer: the server died: signal 11" in page


def verdicts(results):
    page = markdown.render(results)
    return [row[4] for row in cells(page.replace("## Goals", "### Goals"), "Goals")]


def test_goals_are_judged(results):
    assert verdicts(results) == [
        "no", "not compared", "yes", "no", "no", "yes", "yes", "yes", "yes", "yes"]
    scenario(results, "get-p128")["ratios"]["valkey+jemalloc"]["rate"]["median"] = 2.0
    scenario(results, "memory-16-16-1m")["servers"]["apus"]["allocated"] = 66.0
    scenario(results, "fill")["servers"]["apus"]["stall_ms"]["median"] = 2.01
    assert verdicts(results) == [
        "no", "not compared", "yes", "no", "yes", "yes", "yes", "yes", "no", "no"]


def test_a_long_stall_is_short_enough_beside_a_longer_one(results):
    fill = scenario(results, "fill")["servers"]
    fill["apus"]["stall_ms"]["median"] = 5.0
    fill["valkey+jemalloc"]["stall_ms"]["median"] = 10.1
    assert verdicts(results)[-1] == "yes"


def test_headline_is_computed_and_takes_the_strongest_peer(results):
    text = markdown.summary(results).splitlines()[0]
    assert text == "Apus needs 0.74 of my-peer’s CPU for GET at pipeline 128."


def test_headline_is_honest_when_we_lose(results):
    scenario(results, "get-p128")["ratios"]["valkey"]["cpu"]["median"] = 1.5
    text = markdown.summary(results).splitlines()[0]
    assert text == "Apus needs 1.50 times Valkey’s CPU for GET at pipeline 128."
    page = markdown.render(results)
    assert "lower than every peer’s in 6 of 7 scenarios; the hardest is GET, pipeline 128" in page


@pytest.mark.parametrize("value, text", [
    (0.5, "0.50 of X’s CPU"), (1.001, "as much CPU as X"), (2, "2.00 times X’s CPU")])
def test_shares_in_words(value, text):
    assert words.share_of(value, "X", "CPU") == text


def test_summary_of_a_full_run_is_short():
    full = sample.full()
    everything = len(full["scenarios"])
    lines = [line for line in markdown.summary(full).splitlines() if line.startswith("|")]
    assert 20 < len(lines) < everything
    assert len({len(line) for line in lines}) == 1, "columns line up"


def test_quick_and_unfinished_runs_say_so(results):
    results.update(quick=True, error="get-p1: interrupted")
    for page in (markdown.render(results), markdown.summary(results)):
        assert "A quick run" in page and "The run ended early" in page


def without_figures(value, instead=None):
    """Every figure gone, as if nothing could be measured."""
    if isinstance(value, dict):
        return {key: without_figures(entry, instead) for key, entry in value.items()}
    return instead if isinstance(value, (int, float)) and not isinstance(value, bool) else value


@pytest.mark.parametrize("change", [
    lambda entry: entry.update(servers={}, ratios={}),
    lambda entry: entry.update(ratios={name: None for name in entry["ratios"]}),
    lambda entry: entry.update(servers=without_figures(entry["servers"])),
    lambda entry: entry.update(servers=without_figures(entry["servers"], math.nan)),
    lambda entry: [entry.pop(key) for key in ("servers", "ratios", "goals", "notes")],
], ids=["empty", "none", "no figures", "not a number", "no keys"])
def test_what_is_missing_is_a_dash(results, change):
    for entry in results["scenarios"]:
        change(entry)
    results["machine"] = results["servers"] = None
    page = markdown.render(results)
    assert "–" in page and not re.search(r"\bnan\b", page)
    assert "–" in markdown.summary(results)


def test_names_are_text_not_markup(results):
    hostile = "a|b<script>alert(1)</script>\n# [x](http://example.com) `c` *d*"
    renamed = json.loads(json.dumps(results).replace('"my-peer"', json.dumps(hostile)))
    page = markdown.render(renamed)
    assert "<script" not in page and not re.search(r"(?<!\\)\]\(", page)
    assert len([line for line in page.splitlines() if line.startswith("# ")]) == 1
    assert r"a\|b&lt;script&gt;" in page
    widths = {line.replace(r"\|", "").count("|") for line in
              page.split("### CPU for a command, Apus")[1].split("\n\n")[2].splitlines()}
    assert len(widths) == 1


def test_results_of_something_else_are_refused(tmp_path, capsys):
    path = tmp_path / "other.json"
    path.write_text('{"subject": "apus"}')
    assert cli.main([str(path), "--markdown", "-"]) == 1
    assert "these are not results of Benchmarks/run" in capsys.readouterr().err
    path.write_text("{")
    assert cli.main([str(path), "--markdown", "-"]) == 1
    assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize("part, value", [
    ("servers", [1]), ("servers", {"apus": 7}), ("ratios", "x"), ("ratios", {"apus": [1]}),
    ("goals", [1]), ("notes", "text"), ("id", 7), ("rounds", 1), ("goals", {"peer": ["valkey"]}),
])
def test_parts_of_another_type_are_refused(results, part, value):
    results["scenarios"][0][part] = value
    with pytest.raises(model.Malformed):
        markdown.render(results)


def test_peers_that_are_no_list_are_refused(results):
    results["peers"] = "redis"
    with pytest.raises(model.Malformed):
        markdown.render(results)


@pytest.mark.parametrize("part, value", [
    ("machine", "x"), ("generator", "abc"), ("servers", [1]), ("servers", {"apus": "x"}),
    ("peers", ["p"] * 1200), ("scenarios", {}), ("scenarios", ["x"]),
])
def test_results_of_another_shape_are_refused(results, part, value):
    results[part] = value
    with pytest.raises(model.Malformed):
        markdown.render(results)


def test_an_address_in_a_name_is_no_link(results):
    results["scenarios"][0]["title"] = "https://a.example www.b.example \x9b31m"
    page = markdown.render(results)
    assert "https://a.example" not in page and "www.b.example" not in page
    assert "a.example" in page and "\x9b" not in page


def test_fewer_rounds_are_told(results):
    assert "rounds of each scenario" not in markdown.render(results)
    results["rounds"] = 2
    assert "A run of 2 rounds of each scenario" in markdown.render(results)


def test_a_figure_beyond_all_measure_is_a_dash(results):
    entry, = [entry for entry in results["scenarios"] if entry["id"] == "fill"]
    entry["servers"]["apus"]["stall_ms"] = 10 ** 400
    assert cells(markdown.render(results), "Longest stall, ms")[0][2].startswith("–")


@pytest.mark.parametrize("depth", (900, 100_000))
def test_results_nested_too_deeply_are_refused(results, depth, tmp_path, capsys):
    path = tmp_path / "deep.json"
    text = json.dumps(results)
    path.write_text(text[:-1] + ', "more": ' + "[" * depth + "]" * depth + "}")
    assert cli.main([str(path), "--markdown", "-"]) == 1
    assert "nested too deeply" in capsys.readouterr().err


def bare_render(*arguments):
    """-S: without the installed packages."""
    return subprocess.run(
        [sys.executable, "-BS", os.path.join(ROOT, "Benchmarks/render"), *map(str, arguments)],
        capture_output=True, text=True, timeout=60)


def test_markdown_needs_no_matplotlib_and_html_says_what_it_needs(results, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    done = bare_render(path, "--markdown", "-", "--summary")
    assert done.returncode == 0 and done.stdout.startswith("# Apus and its peers"), done.stderr
    done = subprocess.run(
        [sys.executable, "-BSc", "from report import html; html.render({})"],
        cwd=os.path.join(ROOT, "Benchmarks"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "the charts need matplotlib" in done.stderr and "requirements.txt" in done.stderr


def test_stored_results_are_rendered_again(results, tmp_path, capsys):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    assert cli.main([str(path)]) == 0
    assert (tmp_path / "report.md").read_text() == markdown.render(copy.deepcopy(results))
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert "report.html written" in capsys.readouterr().err
