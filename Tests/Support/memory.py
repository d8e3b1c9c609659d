"""Whether allocated bytes are back where they were."""

from __future__ import annotations

import time

from Support.server import Server

TOLERANCE_BYTES = 64 * 1024

# Options of a server whose memory is compared: without the histogram of 24 KiB that each command
# gets when it first runs, which storms reach in no certain order.
STEADY = {"latency-tracking": "no"}


def settled_bytes(server: Server, wanted: int | None = None, seconds: float = 8) -> int:
    """The lowest `used_memory` seen while clients are freed and buffers shrink; ends early when
    `wanted` is reached."""
    deadline, lowest = time.monotonic() + seconds, None
    with server.wire() as wire:
        while time.monotonic() < deadline:
            wire.call("MEMORY", "PURGE")
            used = int(wire.info("memory")["used_memory"])
            alone = int(wire.info("clients")["connected_clients"]) == 1
            if alone and (lowest is None or used < lowest):
                lowest = used
            if lowest is not None and wanted is not None and lowest <= wanted + TOLERANCE_BYTES:
                break
            if wanted is None and time.monotonic() > deadline - seconds + 2:
                break
            time.sleep(0.1)
    assert lowest is not None, "connections of the test are still open"
    return lowest


def assert_back(server: Server, before: int) -> None:
    after = settled_bytes(server, before)
    grown = after - before
    assert grown <= TOLERANCE_BYTES, f"{grown} bytes more are allocated ({before} to {after})"
