"""What perf prints becomes stacks with the right names, weights, lines and phases."""

import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "Perf"), os.path.dirname(os.path.abspath(__file__))]

import fake_perf  # noqa: E402
import perf_tool  # noqa: E402
from recording import flame_graph, report, sampling  # noqa: E402
from recording.names import shorten  # noqa: E402
from recording.phases import OTHER, OTHER_KERNEL, Phases  # noqa: E402
from recording.samples import Segments, read  # noqa: E402
from recording.stacks import Profile, Stack  # noqa: E402
from recording.symbols import INLINED, KERNEL, LIBRARY, OWN, Function, Resolver  # noqa: E402
from suite.failure import Failure  # noqa: E402

SCRIPT = """\
PERF_RECORD_MMAP -1/0: [0xffffffff81000000(0x12090c8) @ 0xffffffff81000000]: x [kernel.kallsyms]_t
PERF_RECORD_MMAP2 5504/5504: [0x55594eaf6000(0x632000) @ 0x1000 fe:00 531 0]: r-xp /b/apus-server

   1003009 
	          154b0a $s6Engine6ServerV8runBatchSbyF (/b/apus-server (deleted))
	           166d0 [unknown] (/usr/lib/libuv.so.1.0.0)

         2 
	ffffffff81e30d36 operator new(unsigned long) ([kernel.kallsyms])
	           10b0b get (no path) (/usr/lib/libc.so.6)
	ffffffffa0000010 [unknown] ([unknown])
	          ffff00 [unknown] ([unknown])

         3 
	ffffffffa0000010 bbr_main ([tcp_bbr])
	    7ffdf6846500 clock ([vdso])
"""


def frames(sample):
    return [(frame.address, frame.symbol, frame.module, frame.in_kernel) for frame in sample.frames]


def test_samples_are_read_with_their_weights():
    samples, _ = read(SCRIPT.splitlines(keepends=True))
    assert [sample.weight for sample in samples] == [1003009, 2, 3]
    assert frames(samples[0]) == [
        (0x154b0a, "$s6Engine6ServerV8runBatchSbyF", "/b/apus-server", False),
        (0x166d0, "[unknown]", "/usr/lib/libuv.so.1.0.0", False)]


def test_chain_ends_before_garbage():
    samples, _ = read(SCRIPT.splitlines())
    assert frames(samples[1]) == [
        (0xffffffff81e30d36, "operator new(unsigned long)", "[kernel.kallsyms]", True),
        (0x10b0b, "get (no path)", "/usr/lib/libc.so.6", False)]


def test_modules_are_the_kernels_and_vdso_is_not():
    samples, _ = read(SCRIPT.splitlines())
    assert [frame.in_kernel for frame in samples[2].frames] == [True, False]


def test_sample_without_frames_is_none():
    assert read(["   7 \n", "\n", "   8 \n", "\t  10 main (/b/a)\n"])[0][0].weight == 8


def test_addresses_of_a_process_become_offsets_of_its_file():
    _, mappings = read(SCRIPT.splitlines())
    assert mappings.file_offset(0x55594eaf6020, "/b/apus-server") == 0x1020
    assert mappings.file_offset(0x1020, "/b/apus-server") == 0x1020
    assert mappings.file_offset(0x55594eaf6020, "/b/other") == 0x55594eaf6020
    assert mappings.file_offset(0x55594f128000, "/b/apus-server") == 0x55594f128000


def test_offsets_become_the_compilers_addresses():
    segments = Segments(
        "  LOAD           0x000000 0x0000000000400000 0x0000000000400000 0x1000 0x1000 R E 0x1000\n"
        "  LOAD           0x6318a0 0x00000000006328a0 0x00000000006328a0 0x0100 0x16db30 RW 0x1000")
    assert segments.address(0x10) == 0x400010
    assert segments.address(0x6318b0) == 0x6328b0
    assert segments.address(0x1000) is None


@pytest.mark.parametrize("name, short", [
    ("specialized static Strings.runGet(_:)", "Strings.runGet"),
    ("@objc closure #5 in static EventLoop.callbacks.getter", "EventLoop.callbacks.getter closure"),
    ("implicit closure #1 in variable initialization expression of static Strings.get",
     "Strings.get"),
    ("UnsafeMutablePointer<A>.isClosed.getter", "isClosed.getter"),
    ("specialized UnsafeMutableRawPointer.load<A>(fromByteOffset:as:)",
     "UnsafeMutableRawPointer.load"),
    ("specialized Optional.map<A, B>(_:)", "Optional.map"),
    ("specialized == infix<A>(_:_:)", "=="),
    ("static ByteView.== infix(_:_:)", "ByteView.=="),
    ("protocol witness for SetAlgebra.isEmpty.getter in conformance ClientFlags",
     "ClientFlags.isEmpty.getter"),
    ("tcp_sendmsg", "tcp_sendmsg"),
])
def test_names_are_short(name, short):
    assert shorten(name) == short


def stack(weight, *functions):
    """Innermost first; `name/kind`, our own by default."""
    parts = (text.partition("/") for text in functions)
    return Stack(weight, tuple(Function(name, kind or OWN) for name, _, kind in parts))


PROFILE = Profile([
    stack(6, "tcp_sendmsg/kernel", "__x64_sys_sendto/kernel", "send/library", "flush", "turn",
          "uv_run/library", "_start"),
    stack(3, "parse/inlined", "turn", "uv_run/library", "_start"),
    stack(1, "turn", "turn", "a;b"),
])


def test_shares_are_by_weight():
    assert PROFILE.by_self() == {"tcp_sendmsg": 6, "parse": 3, "turn": 1}
    assert PROFILE.with_children()["turn"] == 10, "a function that calls itself counts once"
    assert PROFILE.kernel_share() == 0.6
    assert PROFILE.complete_share() == 0.9


def test_folded_stacks_begin_at_the_loop_and_tell_kinds():
    assert PROFILE.folded() == [
        "a:b_[j];turn_[j];turn_[j] 1",
        "uv_run;turn_[j];flush_[j];send;__x64_sys_sendto_[k];tcp_sendmsg_[k] 6",
        "uv_run;turn_[j];parse_[i] 3"]


RULES = {"phase": [{"name": "send", "functions": ["*_sys_send*"]},
                   {"name": "turn", "functions": ["turn", "flush"]},
                   {"name": "later", "functions": ["turn*"]}]}


def test_phase_is_that_of_the_innermost_function_that_has_one():
    assert Phases(RULES).weights(PROFILE) == {"send": 6, "turn": 4}
    rest = Profile([stack(2, "main"), stack(5, "irq/kernel", "main")])
    assert Phases(RULES).weights(rest) == {OTHER: 2, OTHER_KERNEL: 5}


def test_phase_with_a_misspelt_field_is_refused():
    with pytest.raises(Failure, match="a phase has a name and functions"):
        Phases({"phase": [{"name": "send", "function": ["a"]}]})


def test_phases_of_the_repository():
    phases = Phases.read()
    expected = {"apus_prefetch": None, "KeyTable.find": "lookup", "Server.account": "statistics",
                "Server.add": "dispatch", "RequestParser.parse": "parse",
                "ReplyWriter.writeBulk": "reply", "[libuv.so.1.0.0]": "connections and loop",
                "__x64_sys_recvfrom": "kernel: receive"}
    assert {name: phases.of_name(name) for name in expected} == expected


def line_function(name, file, line, caller=("/other/machine/Sources/a.swift", 20)):
    return Stack(1, (Function(name, INLINED, file, line), Function("turn", OWN, *caller)))


def test_hottest_functions_are_printed_with_their_source(tmp_path):
    (tmp_path / "Sources").mkdir()
    (tmp_path / "Sources/a.swift").write_text("".join(f"line {n}\n" for n in range(1, 21)))
    path = "/other/machine/Sources/a.swift"
    profile = Profile([
        line_function("hot", path, 5), line_function("hot", path, 5),
        line_function("hot", path, 15, (path, 19)),
        line_function("hot", path, 0, ("/gone/c.swift", 1)),
    ])
    text = report.hottest(profile, report.SourceFinder(str(tmp_path)))
    assert "100.0%  100.0%  hot  (inlined)" in text
    assert "  0.0%  100.0%  turn  (own)" in text
    listing = text[text.index("=== hot"):].splitlines()
    assert listing[1:6] == [
        "     50.0% in turn, Sources/a.swift:20", "     25.0% in turn, Sources/a.swift:19",
        "     25.0% in turn, /gone/c.swift:1", "", "    Sources/a.swift"]
    assert listing[6:] == [
        "     25.0%     -  (no line)",
        "               3  line 3", "               4  line 4", "     50.0%     5  line 5",
        "               6  line 6", "               7  line 7", "             ⋮",
        "              13  line 13", "              14  line 14", "     25.0%    15  line 15",
        "              16  line 16", "              17  line 17"]


def test_source_that_is_not_here_says_so(tmp_path):
    profile = Profile([line_function("hot", "/gone/b.c", 3)])
    text = report.hottest(profile, report.SourceFinder(str(tmp_path)))
    assert "/gone/b.c\n            (there is no such file here)\n    100.0%     3" in text


SWIFT = """\
@inline(__always) func inner(_ a: Int) -> Int {
  a &* 3 &+ CommandLine.argc.hashValue
}
@inline(never) func outer(_ a: Int) -> Int {
  inner(a)
}
print(outer(2))
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    (folder / "main.swift").write_text(SWIFT)
    subprocess.run(["swiftc", "-O", "-g", "-module-name", "Sample", "main.swift", "-o", "sample"],
                   cwd=folder, check=True)
    return str(folder / "sample")


def test_binary_tells_inlined_functions_and_lines(compiled):
    listing = subprocess.run(["nm", compiled], capture_output=True, text=True, check=True).stdout
    start = next(int(line.split()[0], 16) for line in listing.splitlines()
                 if line.endswith("$s6Sample5outeryS2iF"))
    lines = ["1", *(f"\t {start + step:x} outer ({compiled})" for step in range(0, 24))]
    samples, mappings = read(lines)
    resolved = Resolver(samples, mappings, compiled)
    found = resolved.functions(samples[0])
    inlined = [function for function in found if function.kind == INLINED]
    assert {function.name for function in found if function.kind == OWN} == {"outer"}
    assert "inner" in {function.name for function in inlined}
    assert any(function.name == "inner" and function.line == 2 and
               function.file.endswith("main.swift") for function in inlined)


def test_libraries_without_symbols_are_one_function(compiled):
    samples, mappings = read(["1", "\t 10 [unknown] (/lib/libuv.so.1)",
                              "\t 20 [unknown] (/lib/libuv.so.1)", "\t 30 run@@V (/lib/libuv.so.1)",
                              "\tffffffff81000000 sys ([kernel.kallsyms])"])
    found = Resolver(samples, mappings, compiled).functions(samples[0])
    assert found == (Function("[libuv.so.1]", LIBRARY), Function("run", LIBRARY),
                     Function("sys", KERNEL))


def test_flame_graph_is_an_image_of_its_own():
    svg = flame_graph.draw(flame_graph.install(), PROFILE.folded(), "GET <16>", "cpu-clock")
    assert svg.startswith("<?xml") and "GET &lt;16&gt;" in svg
    assert "<title>tcp_sendmsg (6 events, 60.00%)</title>" in svg
    assert 'href="http' not in svg and "src=" not in svg


def test_nothing_to_draw_is_a_failure():
    with pytest.raises(Failure, match="no stacks"):
        flame_graph.draw("flamegraph.pl", [], "", "")


@pytest.mark.parametrize("mode, event, words", [
    ("counted", "cycles", "hardware counter"),
    ("unsupported", "cpu-clock", "no hardware counters"),
    ("counted,kernel-refused", "cycles:u", "the kernel's is left out"),
    ("unsupported,kernel-refused", "cpu-clock:u", "the kernel's is left out"),
])
def test_event_is_what_the_machine_allows(tmp_path, monkeypatch, mode, event, words):
    fake_perf.install(tmp_path, monkeypatch, mode)
    assert sampling.choose_event(1) == event
    assert words in sampling.describe(event)


def test_refused_sampling_says_what_to_set(tmp_path, monkeypatch):
    fake_perf.install(tmp_path, monkeypatch, "refused")
    with pytest.raises(perf_tool.Refused, match="sysctl kernel.perf_event_paranoid=1"):
        sampling.choose_event(1)


def test_summary_tells_the_event_and_the_split():
    facts = {"event": "cpu-clock"}
    text = report.summary(PROFILE, Phases(RULES), facts)
    assert text.startswith("event: cpu-clock\nsamples: 3, of which 90.0%")
    assert "user 40.0%, kernel 60.0%" in text
    assert " 60.0%  send\n 40.0%  turn\n" in text
