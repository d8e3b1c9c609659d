"""Latency at a fixed rate in an open loop, which a stall cannot hide from."""

import statistics
import time

from . import bgsave, cores
from .failure import Failure
from .figures import medians, middle_row, ratio_spread
from .generator import commands_as_options, request_options
from .rounds import interleaved

PERCENTILES = ("p50", "p99", "p99.9")
CAPACITY_SECONDS = 3.0
LEAD_SECONDS = 1.0  # of measuring before a burst begins
RATE_MIN = 0.98  # what was sent, by what was planned
# Of the latency, how much may be requests that left later than planned.
OWN_DELAY_MAX = 0.2
# From here on the ratio would be one of the load generator's to itself.
OWN_DELAY_REFUSED = 0.5


class Capacities:
    """Requests a second that each server manages in a closed loop, measured once for each kind of
    request and kept, because several scenarios ask for shares of it."""

    def __init__(self):
        self._known = {}

    def lowest(self, fleet, scenario):
        key = (scenario.preload, scenario.server, scenario.commands, scenario.pipeline,
               scenario.connections, scenario.socket, scenario.keys)
        key = repr(key)
        if key not in self._known:
            self._known[key] = {
                name: self.measure(fleet, name, scenario) for name in fleet.names}
        return min(self._known[key].values())

    @staticmethod
    def measure(fleet, name, scenario):
        options = [*request_options(scenario), "--duration", str(CAPACITY_SECONDS),
                   *commands_as_options(scenario.commands)]
        with fleet.on(name) as running:
            test = fleet.generator.run(running.server, options, scenario.socket)
        return test["requests_per_second"]


def planned_rate(fleet, scenario, capacities):
    if scenario.rate:
        return scenario.rate
    return round(capacities.lowest(fleet, scenario) * scenario.share_of_capacity)


def burst(fleet, running, scenario):
    """Loads keys that all expire in one moment, and returns shortly before it."""
    wanted = scenario.preload.keys if scenario.preload else 0
    fleet.wait_for_expiry(running, wanted)
    moment = time.time() + scenario.burst.after_seconds
    fleet.generator.load(running.server, scenario.burst, round(moment * 1000))
    left = moment - LEAD_SECONDS - time.time()
    if left < 0:
        raise Failure(f"the keys of the burst were loaded {-left:.1f} s too late: raise "
                      "after_seconds in its scenario")
    fleet.check_count(running, scenario.burst, others=wanted)
    time.sleep(max(moment - LEAD_SECONDS - time.time(), 0))


def sample(fleet, name, scenario, rate, number):
    options = [*request_options(scenario), "--duration", str(scenario.duration_seconds),
               "--rate", str(rate), "--seed", str(number + 1),
               *commands_as_options(scenario.commands)]
    with fleet.on(name) as running:
        if scenario.burst:
            burst(fleet, running, scenario)
        core = cores.usage(fleet.cores.server)
        test = fleet.generator.run(running.server, options, scenario.socket)
        core = cores.usage(fleet.cores.server).since(core)
        if scenario.burst:
            fleet.wait_for_expiry(running, scenario.preload.keys if scenario.preload else 0)
    return {
        "latency_us": test["latency_us"], "distribution": test["distribution"],
        "requests_per_second": test["requests_per_second"], "steal": core.steal_share,
        "send_delay_us": test.get("send_delay_us"),
    }


def check_rates(rows, rate, notes):
    """Says where the figures are not the server's alone."""
    for name, of_server in rows.items():
        slowest = min(row["requests_per_second"] for row in of_server)
        if slowest < rate * RATE_MIN:
            notes.append(f"{name} was sent and answered {slowest:,.0f} requests a second instead "
                         f"of {rate:,.0f}: its latencies grew with the time it was behind")
        delay = own_delay(of_server, "p99.9")
        if delay > OWN_DELAY_MAX:
            notes.append(f"requests to {name} left late: at p99.9 {delay:.0%} of its latency is "
                         "the load generator's own"
                         + (", so that it is not compared" if delay > OWN_DELAY_REFUSED else ""))


def own_delay(rows, percentile):
    """The share of the latency that passed before the requests left; the median of the rounds."""
    return statistics.median(
        row["send_delay_us"][percentile] / row["latency_us"][percentile]
        if row["send_delay_us"] else 0.0 for row in rows)


def without_distribution(row):
    return {key: value for key, value in row.items() if key != "distribution"}


def summary(rows):
    middle = middle_row(rows, lambda row: row["latency_us"]["p99.9"])
    return {"latency_us": medians([row["latency_us"] for row in rows]),
            "distribution": middle["distribution"]}


def ratios(rows, subject):
    def values(name, percentile):
        return [row["latency_us"][percentile] for row in rows[name]]

    def compared(name, percentile):
        delays = (own_delay(rows[server], percentile) for server in (subject, name))
        if max(delays) > OWN_DELAY_REFUSED:
            return None
        return ratio_spread(values(subject, percentile), values(name, percentile))

    return {
        name: {percentile: compared(name, percentile) for percentile in PERCENTILES}
        for name in rows if name != subject}


def measure(fleet, scenario, subject, notes, capacities):
    if scenario.bgsave:
        rate, rows = bgsave.measured(fleet, scenario, notes)
        return result(scenario, subject, rate, rows, notes)
    with fleet.ready(scenario):
        rate = planned_rate(fleet, scenario, capacities)
        rows = interleaved(
            fleet.names, scenario.rounds,
            lambda name, number: sample(fleet, name, scenario, rate, number), notes,
            scenario.repeats)
    return result(scenario, subject, rate, rows, notes)


def result(scenario, subject, rate, rows, notes):
    check_rates(rows, rate, notes)
    return {
        "rate": rate, "share_of_capacity": scenario.share_of_capacity,
        "connections": scenario.connections, "pipeline": scenario.pipeline,
        "rounds": {name: [without_distribution(row) for row in found]
                   for name, found in rows.items()},
        "servers": {name: summary(found) for name, found in rows.items()},
        "ratios": ratios(rows, subject)}
