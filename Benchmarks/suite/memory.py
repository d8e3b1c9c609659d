"""Memory per key: what the server counts, what jemalloc counts, what the system counts."""

import re

from .fleet import settled

TOTAL = re.compile(r"^Allocated: (\d+)", re.MULTILINE)
FIGURES = ("used", "allocated", "resident")


def allocated(client):
    """jemalloc's `stats.allocated`, or None where the server was not built with it."""
    memory = client.info("memory")
    if "jemalloc" not in memory.get("mem_allocator", ""):
        return None
    if "allocator_allocated" in memory:
        return int(memory["allocator_allocated"])
    text = client.command("MEMORY", "MALLOC-STATS")
    found = TOTAL.search(text.decode(errors="replace")) if isinstance(text, bytes) else None
    return int(found[1]) if found else None


def figures(running):
    return settled(running.client), allocated(running.client), running.server.resident_bytes()


def bytes_per_key(fleet, name, scenario):
    """What a fresh server needs more with the keys than without them."""
    with fleet.alone(name, scenario.server) as running:
        before = figures(running)
        fleet.generator.load(running.server, scenario.fill)
        after = figures(running)
        fleet.check_count(running, scenario.fill)
    return {
        figure: None if old is None or new is None else (new - old) / scenario.fill.keys
        for figure, old, new in zip(FIGURES, before, after)}


def measure(fleet, scenario, subject, notes):
    fleet.stop()
    servers = {name: bytes_per_key(fleet, name, scenario) for name in fleet.names}
    ours = servers[subject]
    ratios = {
        name: {figure: ours[figure] / theirs[figure] for figure in FIGURES
               if ours[figure] and theirs[figure]}
        for name, theirs in servers.items() if name != subject}
    return {"unit": scenario.unit, "count": scenario.fill.keys, "servers": servers,
            "ratios": ratios}
