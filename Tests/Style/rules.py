"""The style rules: each takes a `Source` and yields its violations.

`RULES` lists them all. Each must have a sample in `samples.py` that breaks it, which
`test_rules.py` checks.
"""

import os
import re

from Style.functions import functions

RULES = []


def rule(function):
    RULES.append(function)
    return function


PROGRAM_LANGUAGES = {"swift", "c", "python", "shell"}
LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
BLOB_BYTES_MAX = 256 * 1024


def in_folder(source, *folders):
    return source.path.startswith(folders)


# --- Size


@rule
def file_length(source):
    count = len(source.text.splitlines())
    if source.language in PROGRAM_LANGUAGES and count > LINES_MAX:
        yield source.violation(LINES_MAX, f"{count} lines, at most {LINES_MAX}: split by concern")


@rule
def function_length(source):
    for function in functions(source):
        if function.length > FUNCTION_LINES_MAX:
            yield source.violation(
                function.first,
                f"`{function.name}` has {function.length} lines, at most {FUNCTION_LINES_MAX}")


@rule
def line_length(source):
    if source.language in PROGRAM_LANGUAGES:
        for number, line in enumerate(source.lines, 1):
            if len(line) > COLUMNS_MAX:
                yield source.violation(number, f"{len(line)} columns, at most {COLUMNS_MAX}")


@rule
def blob_size(source):
    if len(source.data) > BLOB_BYTES_MAX:
        yield source.violation(1, f"{len(source.data)} bytes, at most {BLOB_BYTES_MAX}")


# --- Folder order

C_MODULES = {"CAlloc", "CPrimitives", "CNet", "CProcess"}
IMPORTS = {
    "Core": {"CAlloc", "CPrimitives", "Glibc"},
    "Engine": {"Core", "CAlloc", "CPrimitives", "CProcess", "Glibc"},
    "Net": {"Engine", "Core", "CNet", "CPrimitives", "Glibc"},
    "apus-server": {"Net", "Engine", "Core", "CProcess", "Glibc"},
    "apus-check-aof": {"Engine", "Glibc"},
    "apus-check-rdb": {"Engine", "Glibc"},
}
# What is timed is to be the server's own: the same rules, and nothing else of the system.
WORKLOADS = "Benchmarks/Micro/Workloads/"
WORKLOAD_IMPORTS = {"Engine", "Core", "CPrimitives"}
IMPORT = re.compile(
    r"^[ \t]*(?:@\w+[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"
    r"import[ \t]+(?:(?:struct|class|enum|protocol|func|var|let|typealias)[ \t]+)?(\w+)",
    re.MULTILINE)


def swift_imports(source):
    return [(match.start(1), match[1]) for match in IMPORT.finditer(source.code)]


@rule
def import_order(source):
    if source.language != "swift" or not in_folder(source, "Sources/", WORKLOADS):
        return
    module = "MicroWorkloads" if in_folder(source, WORKLOADS) else source.path.split("/")[1]
    allowed = WORKLOAD_IMPORTS if in_folder(source, WORKLOADS) else IMPORTS.get(module)
    if allowed is None:
        yield source.violation(1, f"module {module} is not in the table of Tests/Style/rules.py")
        return
    for offset, imported in swift_imports(source):
        if imported not in allowed and imported not in FOUNDATION:
            yield source.at(offset, f"{module} must not import {imported}: see IMPORTS")


FOUNDATION = {"Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch"}


@rule
def no_foundation(source):
    if in_folder(source, "Sources/", WORKLOADS):
        for offset, module in swift_imports(source):
            if module in FOUNDATION:
                yield source.at(offset, f"no {module} in the server: use Core, or a C shim")


INCLUDES = {  # header -> folders that may include it, and where not even those may
    "uv": (("CSupport/CNet/",), ("CSupport/CNet/include/",)),
    "jemalloc": (("CSupport/CAlloc/",), ()),
}
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"](uv|jemalloc)(?:\.h|/)", re.MULTILINE)


@rule
def shim_headers(source):
    if source.language != "c":
        return
    for match in INCLUDE.finditer(source.code_and_strings):
        allowed, denied = INCLUDES[match[1]]
        if not in_folder(source, *allowed) or (denied and in_folder(source, *denied)):
            yield source.at(match.start(), f"{match[1]}'s header is for {allowed[0]}*.c only")


# --- Safety

UNSAFE_FREE = ("Sources/Engine/Commands/",)
UNSAFE = re.compile(r"\b(?:Unsafe\w*|unsafe\w*|withUnsafe\w*|OpaquePointer|Unmanaged)\b")


@rule
def no_unsafe_commands(source):
    if source.language == "swift" and in_folder(source, *UNSAFE_FREE):
        for match in UNSAFE.finditer(source.code):
            yield source.at(
                match.start(), f"`{match[0]}` in command code: use ByteView, Call, ReplyWriter")


# (pattern, replacement, folders where it is allowed)
BANNED_CALLS = [
    (r"\btry!", "`try` in a function that throws, or `do`/`catch`", ()),
    (r"\bas!", "`as?` with an error reply", ()),
    (r"\bfatalError\s*\(", "an error reply, or an error that the caller sees", ()),
    (r"(?<![.\w])precondition(?:Failure)?\s*\(", "a checked value and an error reply, or `assert`",
     ("Sources/Core/", "Sources/Engine/Keyspace/Storage/", WORKLOADS)),
    (r"(?<![.\w])(?<!func )(?:print|debugPrint|dump)\s*\(", "the log",
     # What is meant for the terminal.
     ("Sources/apus-server/", "Sources/apus-check-aof/", "Sources/apus-check-rdb/")),
    (r"\bDispatchQueue\b|(?<![.\w])Task\s*(?:\.detached\s*)?[{(]|\bawait\b",
     "the loop's timers and wake-ups: no Swift concurrency in the server", ()),
]
BANNED_CALLS = [(re.compile(pattern), instead, where) for pattern, instead, where in BANNED_CALLS]
FORCE_UNWRAP = re.compile(r"(?<!\btry)(?<!\bas)(?<=[\w)\]>}?])!(?!=)")


@rule
def banned_calls(source):
    if source.language != "swift" or not in_folder(source, "Sources/", WORKLOADS):
        return
    for pattern, instead, allowed in BANNED_CALLS:
        if allowed and in_folder(source, *allowed):
            continue
        for match in pattern.finditer(source.code):
            yield source.at(match.start(), f"`{match[0].strip()}` is banned: use {instead}")


@rule
def no_force_unwrap(source):
    if source.language == "swift" and in_folder(source, "Sources/", WORKLOADS):
        for match in FORCE_UNWRAP.finditer(source.code):
            yield source.at(match.start(), "`!` traps: use `guard let` and an error reply")


@rule
def no_ounchecked(source):
    text = source.code_and_strings
    if source.language in {"swift", "shell"} or source.path.endswith((".json", ".yml")):
        for match in re.finditer(r"-Ounchecked\b", text):
            yield source.at(match.start(), "overflow and bounds checks on outside input must stay")


# --- Words

MARKER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


@rule
def no_leftover_markers(source):
    if source.language in PROGRAM_LANGUAGES:
        for match in MARKER.finditer(source.comments):
            yield source.at(match.start(), f"leftover {match[0]}: do it, or say why not")


MACHINE_PATH = re.compile(r"(?<![\w/.\-{}$)])/(?:home/\w|Users/\w|root/|work/|tmp/)")
TEMPORARY_PATH = "/" + "tmp/"


@rule
def no_machine_paths(source):
    """Tests may name temporary files: as arguments that are only parsed, for instance."""
    for match in MACHINE_PATH.finditer(source.text):
        if match[0] == TEMPORARY_PATH and in_folder(source, "Tests/"):
            continue
        yield source.at(match.start(), "a path of one machine: use a relative one")


HANDLER = re.compile(r"\bfunc\s+(\w+)")
REFERENCE = re.compile(r"\brun:\s*(?:\w+\.)*(\w+)")
SYNOPSIS = re.compile(r"\s*/// [A-Z][A-Z_-]+(?: .*)?$")


@rule
def commands_documented(source):
    """The first line of a handler's comment is its synopsis: `/// GETEX key [EX seconds]`."""
    if source.language != "swift" or not in_folder(source, "Sources/Engine/Commands/"):
        return
    referenced = {match[1] for match in REFERENCE.finditer(source.code)}
    for match in HANDLER.finditer(source.code):
        name = match[1]
        if name not in referenced and not re.match(r"run[A-Z]", name):
            continue
        line = source.line_of(match.start())
        if not SYNOPSIS.match(comment_start(source, line)):
            yield source.violation(line, f"`{name}` needs `/// NAME arguments` directly above")


def comment_start(source, line):
    """First line of the doc comment above `line`, attributes between them skipped; or ''."""
    index = line - 2
    while index >= 0 and source.lines[index].lstrip().startswith("@"):
        index -= 1
    first = ""
    while index >= 0 and source.lines[index].lstrip().startswith("///"):
        first = source.lines[index]
        index -= 1
    return first


@rule
def core_files_explained(source):
    """What opens a file of Core, after its imports, is a comment."""
    if source.language != "swift" or not in_folder(source, "Sources/Core/"):
        return
    for number, line in enumerate(source.lines, 1):
        if not line.strip() or IMPORT.match(line):
            continue
        if not line.startswith("//"):
            yield source.violation(number, "a file of Core opens with a comment: what and why")
        return


# --- Documents

LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)")
NAMED_PATH = re.compile(
    r"`((?:Sources|CSupport|Tests|Benchmarks|Perf|Scripts|docs|\.ci)/[\w./+\-]*)(?::\d+)?`")


@rule
def no_dead_links(source):
    """Links, and paths of the repository in backquotes, lead somewhere."""
    if source.language != "markdown":
        return
    folder = os.path.dirname(source.path)
    for match in LINK.finditer(source.text):
        target = match[1].split("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            if not leads_somewhere(source, os.path.normpath(os.path.join(folder, target))):
                yield source.at(match.start(), f"dead link: {match[1]}")
    for match in NAMED_PATH.finditer(source.text):
        if not leads_somewhere(source, os.path.normpath(match[1])):
            yield source.at(match.start(), f"no such file or folder: {match[1]}")


def leads_somewhere(source, path):
    return path in source.tree or any(file.startswith(path + "/") for file in source.tree)
