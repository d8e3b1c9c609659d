"""Memory per key: what the server counts, what jemalloc counts, what the system counts."""

import re
import time

from .servers import load

SETTLE_SECONDS = 20
TOTAL = re.compile(r"^Allocated: (\d+)", re.MULTILINE)


def settled(client):
    """`used_memory` when tables have stopped moving to their new size."""
    used = None
    for _ in range(SETTLE_SECONDS):
        time.sleep(0.5)
        now = int(client.info("memory")["used_memory"])
        if now == used:
            break
        used = now
    return used


def allocated(client):
    """jemalloc's `stats.allocated`, or None where the server was not built with it."""
    memory = client.info("memory")
    if "jemalloc" not in memory.get("mem_allocator", ""):
        return None
    if "allocator_allocated" in memory:
        return int(memory["allocator_allocated"])
    found = TOTAL.search(client.command("MEMORY", "MALLOC-STATS").decode())
    return int(found[1]) if found else None


def measure(contestant, scenario):
    """Bytes per key in a fresh server."""
    with contestant.start() as server:
        client = server.client()
        before = settled(client), allocated(client), server.resident_bytes()
        loader = server.client()
        key_format = f"key:%0{scenario.key_bytes - 4}d"
        load(loader, key_format, "v" * scenario.value_bytes, scenario.count)
        loader.close()
        after = settled(client), allocated(client), server.resident_bytes()
        if client.command("DBSIZE") != scenario.count:
            raise SystemExit(f"{contestant.name}: not all keys are there")
    names = ("used", "allocated", "resident")
    return {
        name: None if old is None else (new - old) / scenario.count
        for name, old, new in zip(names, before, after)}
