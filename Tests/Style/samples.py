"""For each rule: files that break it and files that keep it, as (path, text, violations).

Words that the rules look for in every text are put together here, so that this file keeps them.
"""

TEMPORARY = "/" + "tmp/"
HOME = "/" + "home/"
CORE = "Sources/Core/Dict/Dict.swift"
ENGINE = "Sources/Engine/Server/Server.swift"
COMMANDS = "Sources/Engine/Commands/Strings.swift"
WORKLOAD = "Benchmarks/Micro/Workloads/Glob.swift"
C_FILE = "CSupport/CAlloc/apus_alloc.c"


def swift_function(lines, head="func long()"):
    """A function of `lines` lines whose braces, strings and comments try to mislead."""
    tricks = [
        '  let a = "{"', "  // {", "  /* { /* } */ { */", '  let b = #"\\{"#', "  if a {", "  }",
    ]
    return "\n".join([head + " {"] + tricks + ["  a()"] * (lines - 2 - len(tricks)) + ["}", ""])


def c_function(lines):
    head = ["static int long_one(", "    int a) {", "  const char *s = \"{\"; // {"]
    return "\n".join(head + ["  a++;"] * (lines - 4) + ["}", ""])


def python_function(lines):
    return "\n".join(["def long():"] + ["    pass"] * (lines - 1) + [""])


PROTOCOL = "protocol P {\n  func a()\n  func b(c: Int) -> Int\n}\n" + "x()\n" * 100
AGGREGATE = "int table[] = {\n" + "  1,\n" * 100 + "};\n"
MACRO = "#define A(x) do { \\\n" + "  x; \\\n" * 90 + "}\n"

SAMPLES = {
    "file_length": [
        (ENGINE, "a()\n" * 601, 1),
        ("Tests/x.py", "a()\n" * 601, 1),
        (C_FILE, "int a;\n" * 600, 0),
        ("docs/long.md", "a\n" * 900, 0),
    ],
    "function_length": [
        (ENGINE, swift_function(71), 1),
        (ENGINE, swift_function(70), 0),
        (ENGINE, swift_function(71, head="  package init<T>(a: T = { 1 }()) throws(E)"), 1),
        (ENGINE, swift_function(71, head="var size: Int"), 1),
        (ENGINE, PROTOCOL, 0),
        (C_FILE, c_function(71), 1),
        (C_FILE, c_function(70) + "int x;\n" + AGGREGATE + MACRO, 0),
        (C_FILE, 'extern "C" {\n' + c_function(71) + "}\n", 1),
        ("Perf/tool", "#!/usr/bin/env python3\n" + python_function(71), 1),
        ("Perf/tool.py", python_function(70), 0),
    ],
    "line_length": [
        (ENGINE, "let a = 1\n" + "a" * 101 + "\n", 1),
        (ENGINE, "a" * 100 + "\n", 0),
        (ENGINE, "é" * 100 + "\n", 0),
        (".ci/run", "#!/usr/bin/env bash\n" + "a" * 101 + "\n", 1),
        ("docs/a.md", "a" * 101 + "\n", 0),
    ],
    "blob_size": [("docs/a.png", "a" * 262145, 1), ("docs/a.png", "a" * 262144, 0)],
    "import_order": [
        (CORE, "import Engine\n", 1),
        (CORE, "import CNet\n", 1),
        (CORE, "import CAlloc\nimport Glibc\n", 0),
        (ENGINE, "import Core\n@preconcurrency import CNet\n", 1),
        (ENGINE, "package import Net\n", 1),
        (ENGINE, "import struct Net.Connection\n", 1),
        (ENGINE, "// import Net\nlet a = 1  // the only import Net may have\n", 0),
        ("Sources/Net/Loop.swift", "import CNet\nimport Engine\n", 0),
        ("Sources/Console/Main.swift", "import Core\n", 1),
        (WORKLOAD, "import Net\n", 1),
        (WORKLOAD, "import Core\nimport Engine\n", 0),
    ],
    "no_foundation": [
        ("Sources/apus-server/main.swift", "import Foundation\n", 1),
        (ENGINE, "import struct FoundationEssentials.Data\n", 1),
        (WORKLOAD, "import Foundation\n", 1),
        ("Tests/CoreTests/A.swift", "import Foundation\n", 0),
    ],
    "shim_headers": [
        (C_FILE, "#include <uv.h>\n", 1),
        (C_FILE, "#include <jemalloc/jemalloc.h>\n// #include <uv.h>\n", 0),
        ("CSupport/CNet/include/apus_net.h", "#include <uv.h>\n", 1),
        ("CSupport/CNet/apus_net.c", '#include "uv.h"\n', 0),
        ("CSupport/CNet/apus_net.c", "#include <jemalloc/jemalloc.h>\n", 1),
    ],
    "no_unsafe_commands": [
        (COMMANDS, "let a: UnsafePointer<UInt8>\n", 1),
        (COMMANDS, "withUnsafeBytes(of: a) { }\n", 1),
        (COMMANDS, "let a = unsafeBitCast(b, to: Int.self)\n", 1),
        (COMMANDS, "let a = unsafe b.c\n", 1),
        (COMMANDS, 'let a = "unsafe"  // unsafe\n', 0),
        ("Sources/Engine/Keyspace/Storage/A.swift", "let a: UnsafePointer<UInt8>\n", 0),
    ],
    "banned_calls": [
        (ENGINE, "try! a()\n", 1),
        (ENGINE, "let a = b as! C\n", 1),
        (ENGINE, 'fatalError("a")\n', 1),
        (ENGINE, "precondition(a > 0)\n", 1),
        (ENGINE, "preconditionFailure()\n", 1),
        (ENGINE, "print(a)\n", 1),
        (ENGINE, 'let a = "\\(print(b))"\n', 1),
        (ENGINE, "Task { a() }\n", 1),
        (ENGINE, "await a()\n", 1),
        (ENGINE, '// fatalError("a")\nlet a = "try! as! print(x)"\nreport.print(a)\n', 0),
        (CORE, "precondition(a > 0)\n", 0),
        (WORKLOAD, "try! a()\n", 1),
        (WORKLOAD, "precondition(a > 0)\n", 0),
        ("Sources/apus-server/main.swift", "print(usage)\n", 0),
        ("Tests/CoreTests/A.swift", "try! a()\n", 0),
    ],
    "no_force_unwrap": [
        (ENGINE, "let a = b!\n", 1),
        (WORKLOAD, "let a = b!\n", 1),
        (ENGINE, "let a = b()!.c\n", 1),
        (ENGINE, "let a = b[0]!\n", 1),
        (ENGINE, "var a: Int!\n", 1),
        (ENGINE, 'let a = "\\(b!)"\n', 1),
        (ENGINE, "if !a && b != c, d!=e { }\n#if !DEBUG\n#endif\n", 0),
        (ENGINE, 'let a = "no!"  // no!\n', 0),
        ("Tests/CoreTests/A.swift", "let a = b!\n", 0),
    ],
    "no_ounchecked": [
        ("Package.swift", '.unsafeFlags(["-Ounchecked"])\n', 1),
        ("Makefile", "build:\n\tswift build -Xswiftc -Ounchecked\n", 1),
        ("Package.swift", "// `-Ounchecked` is never used\n", 0),
    ],
    "no_leftover_markers": [
        (ENGINE, "// TODO: later\n", 1),
        (C_FILE, "/* FIXME */ int a;\n", 1),
        ("Tests/a.py", "a()  # HACK\n", 1),
        (".ci/run", "#!/usr/bin/env bash\n# XXX\n", 1),
        (ENGINE, 'let a = "TODO"  // "todo" is a word\n', 0),
    ],
    "no_machine_paths": [
        (ENGINE, f'let a = "{TEMPORARY}a"\n', 1),
        ("docs/a.md", f"see {HOME}alice/apus\n", 1),
        ("Tests/CoreTests/A.swift", f'let a = "{HOME}alice"\n', 1),
        ("Tests/CoreTests/A.swift", f'let a = "{TEMPORARY}a"\n', 0),
        ("docs/a.md", "see https://example.org" + HOME + "alice and a" + TEMPORARY + "b\n", 0),
    ],
    "commands_documented": [
        (COMMANDS, "private static func runGet(_ call: inout Call) {}\n", 1),
        (COMMANDS, "/// Runs GET.\nstatic func runGet(_ call: inout Call) {}\n", 1),
        (COMMANDS, "let a = CommandSpec(run: getEx)\nfunc getEx() {}\n", 1),
        (COMMANDS, "/// GET key\n@inline(never)\nstatic func runGet(_ call: inout Call) {}\n", 0),
        (COMMANDS, "  /// CLIENT NO-EVICT on|off\n  /// More.\n  func runNoEvict() {}\n", 0),
        (COMMANDS, "func parse() {}\n", 0),
        (ENGINE, "func runLoop() {}\n", 0),
    ],
    "core_files_explained": [
        (CORE, "import CAlloc\n\nstruct Dict {}\n", 1),
        (CORE, "import CAlloc\n\n/// A table.\nstruct Dict {}\n", 0),
        (CORE, "// Growing the table.\n\nextension Dict {}\n", 0),
        (ENGINE, "struct Server {}\n", 0),
    ],
    "no_dead_links": [
        ("docs/a.md", "[gone](gone.md)\n", 1),
        ("docs/a.md", "[gone](../Sources/Core/Gone.swift#L3)\n", 1),
        ("docs/a.md", "see `Sources/Core/Gone.swift`\n", 1),
        ("docs/a.md", "[here](b.md#part) [web](https://a.org) [part](#part) `docs/`\n", 0),
        ("docs/a.md", "`docs/b.md:12` and `Sources/Core/X+*.swift`\n", 0),
    ],
}
TREE = frozenset(["docs/a.md", "docs/b.md"])
