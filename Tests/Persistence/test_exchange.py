"""Files and DUMP's payloads go from real servers to Apus and back; nothing changes on the way."""

from __future__ import annotations

import random
import shutil

import pytest

from Persistence.aof import until_rewritten
from Persistence.dataset import contents, differences, fill
from Support.binaries import ORACLES, REDIS_7, REDIS_8, SUBJECT, VALKEY_9
from Support.server import Server

# Deadlines of fields: which pairs of servers read each other's form. Valkey's files are read, and
# what we write for Redis, Valkey does not know.
FIELDS_THERE = {REDIS_7: False, REDIS_8: True, VALKEY_9: True}
FIELDS_BACK = {REDIS_7: False, REDIS_8: True, VALKEY_9: False}


def digest(server: Server) -> bytes:
    with server.wire() as wire:
        return wire.call("DEBUG", "DIGEST").value


def hand_over(source: Server, start, kind: str, options: dict | None = None) -> Server:
    """A server of another kind that starts from the source's snapshot."""
    with source.wire() as wire:
        wire.ok("SAVE")
    target = start(kind, options, wait=False)
    target.process.kill()
    target.process.wait()
    shutil.copy(source.folder / "dump.rdb", target.folder / "dump.rdb")
    target.start()
    return target


def everything(server: Server, fields: bool) -> dict:
    with server.wire() as wire:
        return contents(wire, fields)


@pytest.mark.parametrize("oracle", ORACLES)
def test_files_there_and_back(start, oracle, seed, is_long):
    fields = FIELDS_BACK[oracle]
    first = start(oracle)
    with first.wire() as wire:
        fill(wire, seed, count=400 if is_long else 40, fields=fields)
    before, shown = everything(first, fields), digest(first)
    subject = hand_over(first, start, SUBJECT)
    here = everything(subject, fields)
    assert not differences(before, here)
    back = hand_over(subject, start, oracle)
    assert not differences(before, everything(back, fields))
    assert digest(back) == shown


@pytest.mark.parametrize("oracle", [REDIS_8, VALKEY_9])
def test_field_deadlines_are_read_in_both_forms(start, oracle, seed):
    first = start(oracle)
    with first.wire() as wire:
        fill(wire, seed, fields=FIELDS_THERE[oracle])
    before = everything(first, True)
    assert not differences(before, everything(hand_over(first, start, SUBJECT), True))


FOR_VALKEY = {"rdb-dialect": "valkey"}


def test_field_deadlines_go_back_to_valkey(start, seed):
    """In its own form: as a file, as payloads, and as the base of a log."""
    first = start(VALKEY_9)
    with first.wire() as wire:
        fill(wire, seed)
    before, shown = everything(first, True), digest(first)
    subject = hand_over(first, start, SUBJECT, FOR_VALKEY)
    back = hand_over(subject, start, VALKEY_9)
    assert not differences(before, everything(back, True))
    assert digest(back) == shown
    copied = start(VALKEY_9)
    with subject.wire() as source, copied.wire() as target:
        copy_keys(source, target)
        assert not differences(before, contents(target, True))


def test_a_log_goes_to_valkey(start, seed):
    first = start(VALKEY_9)
    with first.wire() as wire:
        fill(wire, seed)
    before = everything(first, True)
    subject = hand_over(first, start, SUBJECT, FOR_VALKEY)
    with subject.wire() as wire:
        wire.ok("CONFIG", "SET", "appendonly", "yes")
    until_rewritten(subject)
    with subject.wire() as wire:
        wire.call("HSETEX", "late", "EX", 1000, "FIELDS", 1, "f", "v")
    before[0, b"late"] = everything(subject, True)[0, b"late"]
    subject.terminate()
    target = start(VALKEY_9, {"appendonly": "yes"}, wait=False)
    target.process.kill()
    target.process.wait()
    shutil.rmtree(target.folder / "appendonlydir", ignore_errors=True)
    shutil.copytree(subject.folder / "appendonlydir", target.folder / "appendonlydir")
    target.start()
    assert not differences(before, everything(target, True))


@pytest.mark.parametrize("oracle", ORACLES)
def test_payloads_there_and_back(start, oracle, seed):
    fields = FIELDS_BACK[oracle]
    first, subject, back = start(oracle), start(), start(oracle)
    with first.wire() as one, subject.wire() as two, back.wire() as three:
        fill(one, seed, fields=fields)
        for source, target in ((one, two), (two, three)):
            copy_keys(source, target)
        before = contents(one, fields)
        assert not differences(before, contents(two, fields))
        assert not differences(before, contents(three, fields))


def short_strings(seed: int) -> dict[bytes, bytes]:
    """Strings of all lengths that are compressed in one way or another, and of many kinds."""
    chosen = random.Random(seed)
    words = [b"user:", b"name=", b"session", b"2026-11-", b'{"id":', b"true,", b"a"]
    strings = {}
    for length in range(1, 301):
        text = b"".join(chosen.choice(words) + b"%d" % chosen.randrange(100) for _ in range(200))
        period = chosen.randbytes(chosen.choice([1, 2, 3, 4, 5, 7, 31, 33, 64]))
        kinds = {
            b"words": text, b"noise": chosen.randbytes(300), b"period": period * 300,
            b"few": bytes(chosen.choices(b"abc", k=300)),
        }
        strings |= {b"%s %d" % (kind, length): text[:length] for kind, text in kinds.items()}
    return strings


@pytest.mark.parametrize("oracle", ORACLES)
def test_short_strings_of_all_lengths(start, oracle, seed):
    strings = short_strings(seed)
    subject = start()
    with subject.wire() as wire:
        wire.ok("MSET", *[part for pair in strings.items() for part in pair])
    target = hand_over(subject, start, oracle)
    assert (target.folder / "dump.rdb").stat().st_size < sum(map(len, strings.values())) * 3 / 4
    with target.wire() as wire:
        found = [reply.value for reply in wire.call("MGET", *strings).value]
        assert dict(zip(strings, found)) == strings


def copy_keys(source, target) -> None:
    for database in (0, 1, 9):
        source.ok("SELECT", database)
        target.ok("SELECT", database)
        for reply in source.call("KEYS", "*").value:
            payload = source.call("DUMP", reply.value).value
            deadline = max(0, source.call("PEXPIRETIME", reply.value).value)
            target.ok("RESTORE", reply.value, deadline, payload, "ABSTTL")


@pytest.mark.parametrize("fields", [False, True])
def test_the_lowest_version_that_holds_the_data(start, fields):
    """Redis 7.0 reads what does not need more."""
    subject = start()
    with subject.wire() as wire:
        fill(wire, fields=fields)
        wire.ok("SAVE")
        head = (subject.folder / "dump.rdb").read_bytes()[:9]
        assert head == (b"REDIS0012" if fields else b"REDIS0010")
        # It is what is there that counts, not what was.
        wire.ok("FLUSHALL")
        wire.ok("SET", "a", "b")
        wire.ok("SAVE")
    assert (subject.folder / "dump.rdb").read_bytes()[:9] == b"REDIS0010"
