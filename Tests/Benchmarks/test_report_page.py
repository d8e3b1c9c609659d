"""The report as a page: every chart has its data, and the page needs nothing beside itself."""

import json
import re
from html import escape

import pytest
from Benchmarks.report_parts import Text, figures, html, marks, model, sample
from report import bar_charts, latency_charts, ratio_charts, svg

BLOB_BYTES_MAX = 256 * 1024  # as in Tests/Style/rules.py: it shall be possible to commit it
SERVERS = range(len(sample.NAMES))


@pytest.fixture(scope="module")
def page():
    return html.render(sample.results())


@pytest.fixture(scope="module")
def charts(page):
    return figures(page)


def test_every_scenario_has_its_charts(charts):
    throughput = ["get-p1", "get-p16", "get-p128", "set-p1", "set-p16", "set-p128"]
    assert set(charts) == {
        *(f"cpu-{name}" for name in throughput), *(f"rate-{name}" for name in throughput),
        "latency-latency-50", "latency-latency-expiry", "memory-memory-16-16-700k",
        "memory-memory-16-16-1m", "stall-fill", "ratio-cpu-0-0", "ratio-rate-0-0",
        "ratio-p99-9-0-0", "ratio-used-0-0", "ratio-stall-0-0"}


@pytest.mark.parametrize("name, kinds", [
    ("cpu-get-p1", ("user", "system")), ("cpu-set-p128", ("user", "system")),
    ("rate-get-p1", ("rate",)), ("latency-latency-50", ("line",)),
    ("memory-memory-16-16-1m", ("used",)), ("stall-fill", ("stall",))])
def test_a_chart_has_a_mark_for_each_server(charts, name, kinds):
    assert marks(charts[name]) == {(kind, index): 1 for kind in kinds for index in SERVERS}


@pytest.mark.parametrize("name, scenarios, missing", [
    ("ratio-cpu-0-0", 7, 1), ("ratio-rate-0-0", 6, 1), ("ratio-p99-9-0-0", 2, 0),
    ("ratio-used-0-0", 2, 0), ("ratio-stall-0-0", 1, 0)])
def test_ratios_have_a_mark_for_each_scenario_and_peer(charts, name, scenarios, missing):
    wanted = {("ratio", index): scenarios for index in SERVERS[1:]}
    wanted["ratio", len(sample.NAMES) - 1] -= missing
    assert marks(charts[name]) == wanted


def test_a_server_without_figures_has_no_mark():
    results = sample.results()
    get = results["scenarios"][0]
    del get["servers"]["valkey"]
    get["servers"]["apus"]["requests_per_second"] = None
    charts = figures(html.render(results))
    assert ("user", 2) not in marks(charts["cpu-get-p1"]) and "no figure" in charts["cpu-get-p1"]
    assert ("rate", 0) not in marks(charts["rate-get-p1"])


def test_bars_begin_at_zero_and_are_as_long_as_their_figures(charts):
    text = charts["rate-get-p128"]
    bars = re.findall(r'd="M([\d.]+) [\d.]+H([\d.]+)V[\d.]+H[\d.]+z" class="mark rate', text)
    assert len(bars) == len(SERVERS) and len({left for left, _ in bars}) == 1
    assert ">0</text>" in text
    lengths = [float(right) - float(left) for left, right in bars]
    servers = sample.results()["scenarios"][2]["servers"]
    rates = [servers[name]["requests_per_second"]["median"] for name in sample.NAMES]
    assert [length / lengths[0] for length in lengths] == pytest.approx(
        [value / rates[0] for value in rates], abs=0.01)


def test_a_refused_throughput_is_an_empty_bar_with_its_reason(charts):
    assert "71% busy" in charts["rate-get-p1"] and "no comparison" in charts["rate-get-p1"]
    assert "not compared: core not busy" in charts["ratio-rate-0-0"]
    assert "busy" not in charts["rate-get-p16"]


def test_without_any_comparison_there_is_no_chart_of_it():
    results = sample.results()
    for entry in results["scenarios"]:
        for ratios in entry["ratios"].values():
            ratios.update(rate=None)
    page = html.render(results)
    assert "ratio-rate-0-0" not in figures(page) and "ratio-cpu-0-0" in figures(page)
    assert "Throughput is not compared: a core had time to spare in every scenario." in page


def test_lines_have_bounded_points_and_keep_the_tail():
    distribution = sample.distribution(100, points=5000)
    points = latency_charts.line(distribution)
    assert 30 < len(points) <= latency_charts.POINTS_MAX
    within = [value for percentile, value in distribution if percentile <= 99.999]
    assert points[0][1] == within[0] and points[-1][1] == within[-1]
    assert latency_charts.line([[50, None], ["x", 1], [90], 7, [99, -1]]) == []
    assert latency_charts.line(None) == []


def test_the_drawn_line_has_every_point(charts):
    points = latency_charts.line(sample.results()["scenarios"][10]["servers"]["apus"]
                                 ["distribution"])
    path = re.search(r'd="([^"]*)" class="mark line s0', charts["latency-latency-50"])[1]
    assert len(re.findall("[MLHV]", path)) == len(points)


def test_labels_are_moved_apart():
    places = latency_charts.apart([10, 11, 12, 99], 0, 100)
    assert all(after - before >= latency_charts.LABEL_GAP - 1e-9
               for before, after in zip(places, places[1:]))
    assert places[0] == 10 and places[-1] == 99


@pytest.mark.parametrize("scale", [
    (0.3, 1.2), (0.9, 2.9), (0.02, 1.1), (0.85, 1.17), (0.65, 1.17), (0.5, 40)])
def test_scales_have_ticks_and_the_line_of_equality(scale):
    ticks = ratio_charts.ticks(scale)
    assert 1 in ticks and 3 <= len(ticks) <= 9


def test_the_page_asks_for_nothing_from_elsewhere(page):
    found = Text(page)
    assert not {"script", "link", "img", "iframe", "object", "base", "image"} & set(found.tags)
    links = [value for name, value in found.attributes if name.split(":")[-1] in ("href", "src")]
    assert links and all(link.startswith("#") for link in links)
    assert "url(" not in page and "@import" not in page and "://" not in page


def test_ids_are_there_once_and_what_is_used_exists(page):
    found = Text(page)
    ids = [value for name, value in found.attributes if name == "id"]
    used = {value[1:] for name, value in found.attributes if name == "href"}
    assert len(ids) == len(set(ids)) and used <= set(ids)


def test_a_server_has_one_colour_everywhere(page):
    colours = dict(re.findall(r"\.(k\d+)\{([^}]*)\}", page))
    for series, style in re.findall(r'class="mark \w+ s(\d+) (k\d+)"', page):
        assert set(re.findall(r"var\(--s(\d+)\)", colours[style])) == {series}


def test_the_page_of_a_full_run_can_be_committed():
    page = html.render(sample.full())
    assert len(page.encode()) < BLOB_BYTES_MAX
    assert len(figures(page)) > 40


HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror='a'>", "a\nb\tc", "$x_1$ \\alpha",
           "\x00\x1b[31m\ud800", "名前 🦆", "var(--s0)", "x" * 300, "</svg></style>&amp;"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_names_from_outside_are_text(name):
    text = json.dumps(sample.results())
    quoted = json.dumps(name)
    page = html.render(json.loads(text.replace('"my-peer"', quoted).replace(
        '"GET"', quoted).replace('"get-p1"', quoted).replace('"Apus and its peers"', quoted)))
    found = Text(page)
    assert not {"script", "img"} & set(found.tags)
    assert found.tags.count("style") == 1 and found.tags.count("svg") == len(figures(page))
    assert model.written(name).split()[0][:20] in found.text
    charts = figures(page)
    assert len(charts) == 22
    shown = escape(bar_charts.shortened(model.written(name)), quote=False)
    assert f">{shown}</text>" in charts["stall-fill"]
    page.encode()


def test_more_servers_than_colours():
    results = sample.results()
    for number in range(5):
        sample.add_server(results, f"other-{number}", "valkey")
    charts = figures(html.render(results))
    assert sum(marks(charts["cpu-get-p1"]).values()) == 2 * len(results["peers"]) + 2


def test_nothing_was_measured():
    results = {"subject": "apus", "peers": ["redis"], "scenarios": []}
    page = html.render(results)
    assert "Apus: nothing could be compared" in page and not figures(page)


def test_styles_are_shared():
    classes = {}
    text = '<a style="x:1"/><b class="mark" style="x:1"></b><c d="2" style="y:2"/>'
    assert svg.shared_styles(text, classes) == (
        '<a class="k0"/><b class="mark k0"></b><c d="2" class="k1"/>')
    assert classes == {"x:1": "k0", "y:2": "k1"}
