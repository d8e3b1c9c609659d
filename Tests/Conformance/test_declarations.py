"""COMMAND INFO and COMMAND DOCS of every declared command, as Redis declares it.

Compared with Redis 7.0; what 8.2 says is as good, because 7.2, which this server claims to be,
lies between. Commands that neither has are compared with Valkey 9.1. Summaries, complexity and the
notes of key specifications are our own words.
"""

from __future__ import annotations

import pytest

from Support.binaries import REDIS_7, REDIS_8, SUBJECT, VALKEY_9
from Support.docs import as_dict
from Support.resp import Reply

# (command, field) to the reason why it differs on purpose.
ON_PURPOSE: dict[tuple[str, str], str] = {
    ("set", "arguments"): "takes the comparisons of Redis 8.4, which no server at hand has whole",
    ("bitcount", "arguments"): "the end of the range may be left out, as in Valkey",
    ("hsetex", "arguments"): "takes the NX and XX of Valkey too",
    ("zunion", "arguments"): "takes AGGREGATE COUNT of Redis 8.8, which is not at hand",
    ("zinter", "arguments"): "takes AGGREGATE COUNT of Redis 8.8, which is not at hand",
    ("zunionstore", "arguments"): "takes AGGREGATE COUNT of Redis 8.8, which is not at hand",
    ("zinterstore", "arguments"): "takes AGGREGATE COUNT of Redis 8.8, which is not at hand",
    ("zscan", "arguments"): "takes NOSCORES of Valkey 8",
    ("geosearch", "arguments"): "takes the polygons of Valkey",
    ("geosearchstore", "arguments"): "takes the polygons of Valkey",
    ("bgsave", "arguments"): "takes CANCEL of Valkey 8.1",
    ("msetex", "since"): "Redis had it first, in 8.4.0",
}

INFO_FIELDS = ("arity", "flags", "first key", "last key", "step", "acl categories", "tips",
               "key specs")
DOCS_FIELDS = ("since", "group", "arguments", "doc_flags", "deprecated_since", "replaced_by")


def plain(reply: Reply) -> object:
    """Order forgotten where it means nothing: maps and sets."""
    if reply.kind == "map":
        pairs = {plain(key): plain(value) for key, value in reply.value}
        return pairs | {"notes": "own words"} if "notes" in pairs else pairs
    if reply.kind == "set":
        return sorted((plain(part) for part in reply.value), key=repr)
    if reply.kind == "array":
        return [plain(part) for part in reply.value]
    return reply.value.decode() if isinstance(reply.value, bytes) else reply.value


def described(server) -> dict[str, dict[str, object]]:
    """Each command and subcommand by its full name."""
    with server.wire(3) as wire:
        found: dict[str, dict[str, object]] = {}
        _collect_info(wire.call("COMMAND").value, found)
        _collect_docs(as_dict(wire.call("COMMAND", "DOCS")), found)
    return found


def _collect_info(replies, found) -> None:
    for reply in replies:
        name, *rest = [plain(part) for part in reply.value[:9]]
        found[name] = dict(zip(INFO_FIELDS, rest))
        for specs in ("flags", "acl categories", "tips"):
            found[name][specs] = sorted(found[name][specs])
        _collect_info(reply.value[9].value, found)


def _collect_docs(docs, found) -> None:
    for name, reply in docs.items():
        fields = as_dict(reply)
        found[name] |= {key: plain(fields[key]) for key in DOCS_FIELDS if key in fields}
        if "subcommands" in fields:
            _collect_docs(as_dict(fields["subcommands"]), found)


@pytest.fixture(scope="module")
def declared(pool):
    return {kind: described(pool.get(kind)) for kind in (SUBJECT, REDIS_7, REDIS_8, VALKEY_9)}


def _real(declared, name: str) -> list[dict]:
    known = [declared[kind][name] for kind in (REDIS_7, REDIS_8) if name in declared[kind]]
    return known or [declared[VALKEY_9][name]] if name in declared[VALKEY_9] or known else []


@pytest.mark.parametrize("field", (*INFO_FIELDS, *DOCS_FIELDS))
def test_field(declared, field):
    differences = []
    for name, mine in sorted(declared[SUBJECT].items()):
        real = _real(declared, name)
        if not real or (name, field) in ON_PURPOSE:
            continue
        if mine.get(field) not in [theirs.get(field) for theirs in real]:
            differences.append(f"{name}: {mine.get(field)!r}\n    Redis {real[0].get(field)!r}")
    assert not differences, f"{len(differences)} differ\n" + "\n".join(differences[:30])


def test_exceptions_are_needed(declared):
    for (name, field), reason in ON_PURPOSE.items():
        mine = declared[SUBJECT][name].get(field)
        assert mine not in [r.get(field) for r in _real(declared, name)], (name, field, reason)


def test_every_command_is_documented(pool):
    with pool.get(SUBJECT).wire(3) as wire:
        docs = as_dict(wire.call("COMMAND", "DOCS"))
    for name, reply in docs.items():
        fields = as_dict(reply)
        assert {"summary", "since", "group"} <= fields.keys(), name
        summary = fields["summary"].value.decode()
        assert summary and len(summary) < 200 and "\n" not in summary, name


def test_counts_agree(pool):
    with pool.get(SUBJECT).wire() as wire:
        count = wire.call("COMMAND", "COUNT").value
        names = [name.value for name in wire.call("COMMAND", "LIST").value]
        assert count == len(wire.call("COMMAND").value)
        assert count == len([name for name in names if b"|" not in name])
        assert len(names) == len(set(names))
        for category in (b"read", b"write", b"dangerous", b"admin", b"fast"):
            listed = {n.value for n in
                      wire.call("COMMAND", "LIST", "FILTERBY", "ACLCAT", category).value}
            assert listed <= set(names)
