"""The running servers of a scenario, with its keys loaded."""

import os
import shlex
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass

from server_process import Client

from .failure import Failure, blaming
from .servers import PREFIX, MeasuredServer

SETTLE_SECONDS = 20
EXPIRY_SECONDS = 120


@dataclass(frozen=True)
class Running:
    server: MeasuredServer
    client: Client


class Fleet:
    """Starts and stops the contestants; nothing outlives `stop()`, which the context calls."""

    def __init__(self, contestants, generator, cores, disk=None):
        self.contestants = {contestant.name: contestant for contestant in contestants}
        self.generator = generator
        self.cores = cores
        self.disk = disk  # where servers with persistence have their folders
        self.running = {}
        self._state = None  # what is loaded, while the servers hold just that

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def names(self):
        return list(self.contestants)

    def stop(self):
        self._state = None
        while self.running:
            _, running = self.running.popitem()
            running.client.close()
            running.server.stop()

    @contextmanager
    def alone(self, name, options, folder=None):
        """One fresh server, in a folder that is there if one is given."""
        contestant = self.contestants[name]
        with blaming(name):
            server = MeasuredServer(contestant, self.cores.server, options, folder).__enter__()
        try:
            with blaming(name, server), closing(server.client()) as client:
                yield Running(server, client)
        finally:
            server.stop()

    @contextmanager
    def folder(self):
        """A new one on the disk, with nothing left to write to that: neither what a server before
        left in memory nor what deleting its files changed is written while the next is measured."""
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=self.disk) as folder:
            os.sync()
            yield folder

    @contextmanager
    def on_disk(self, name, scenario, options):
        """One fresh server whose folder is on the disk, with the scenario's keys, all written."""
        with self.folder() as folder, self.alone(name, options, folder) as running:
            self.generator.load(running.server, scenario.preload)
            self.check_count(running, scenario.preload)
            settled(running.client)
            os.sync()
            yield running

    @contextmanager
    def ready(self, scenario):
        """All servers with the scenario's keys, and nothing else, in them.

        The next scenario gets the same servers if it wants the same keys and this one left them.
        """
        state = scenario.preload, scenario.server
        if state != self._state:
            self.stop()
            self.start(scenario)
        self._state = None
        yield self
        if not scenario.changes_data:
            self.check_keys(scenario)
            self._state = state

    def start(self, scenario):
        for name, contestant in self.contestants.items():
            with blaming(name):
                server = MeasuredServer(contestant, self.cores.server, scenario.server)
                server.__enter__()
                self.running[name] = Running(server, server.client())
        for name in self.names:
            self.load(name, scenario)

    def load(self, name, scenario):
        """Nothing but the scenario's keys in a running server."""
        with self.on(name) as running:
            running.client.command("FLUSHALL", "SYNC")
            if scenario.preload:
                self.generator.load(running.server, scenario.preload)
                self.check_count(running, scenario.preload)
                settled(running.client)

    @contextmanager
    def on(self, name):
        running = self.running[name]
        with blaming(name, running.server):
            yield running

    def check_keys(self, scenario):
        if scenario.preload:
            for name in self.names:
                with self.on(name) as running:
                    self.check_count(running, scenario.preload)

    @staticmethod
    def check_count(running, load, others=0):
        """`others`: keys that are there beside those of the load."""
        count = running.client.command(*shlex.split(load.counted_by))
        if count != load.keys + others:
            raise Failure(
                f"{load.counted_by} answers {count} instead of {load.keys + others}")

    @staticmethod
    def wait_for_expiry(running, keys):
        """Until only `keys` keys are left."""
        deadline = time.monotonic() + EXPIRY_SECONDS
        while key_count(running.client) > keys:
            if time.monotonic() > deadline:
                raise Failure(f"expired keys were still there after {EXPIRY_SECONDS} s")
            time.sleep(0.1)


def key_count(client):
    count = client.command("DBSIZE")
    if not isinstance(count, int):
        raise Failure(f"DBSIZE was answered {count!r}")
    return count


def settled(client):
    """`used_memory` when tables have stopped moving to their new size."""
    used = None
    for _ in range(SETTLE_SECONDS):
        now = int(client.info("memory")["used_memory"])
        if now == used:
            break
        used = now
        time.sleep(0.5)
    return used
