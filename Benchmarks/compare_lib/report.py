"""The measurements as Markdown tables, and the machine they were taken on."""

import os
import platform
import statistics


def machine():
    return {
        "processor": first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "virtual": "hypervisor" in first("/proc/cpuinfo", "flags").split(),
        "kernel": platform.release().split("-")[0],
        "load_before": round(os.getloadavg()[0], 2),
    }


def first(path, name):
    with open(path) as file:
        return next(
            (line.split(":", 1)[1].strip() for line in file if line.startswith(name)), "unknown")


def table(header, rows):
    lines = ["| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows]]
    return "\n".join(lines) + "\n"


def met(reached):
    return "yes" if reached else "**no**"


def environment(results):
    facts = results["machine"]
    kind = "virtual machine" if facts["virtual"] else "hardware"
    lines = [
        f"Machine: {facts['cores']} cores of {facts['processor']} ({kind}), "
        f"{facts['memory_gib']} GiB, Linux {facts['kernel']}, load before the run "
        f"{facts['load_before']}. Server on one core, load on another, persistence off, all other "
        "settings at their defaults.\n"]
    rows = [
        [name, server["version"], server["built"], server["compiler"], server["allocator"]]
        for name, server in results["servers"].items()]
    return "\n".join(lines) + "\n" + table(
        ["server", "version", "build", "compiler", "allocator"], rows)


def speed(results):
    subject, peers = results["subject"], results["peers"]
    header = ["command", "pipeline", *(f"{name} µs" for name in (subject, *peers))]
    for peer in peers:
        header += [f"CPU / {peer}", f"throughput / {peer}"]
    header += ["goal", "met"]
    rows = []
    for line in results["speed"]:
        row = [line["name"], str(line["pipeline"])]
        for name in (subject, *peers):
            median = line["servers"][name]
            row.append(f"{median['user']:.3f} + {median['system']:.3f}")
        for peer in peers:
            row += [spread(line["ratios"][peer]["cpu"]), spread(line["ratios"][peer]["rate"])]
        rows.append(row + goal(line, peers[0]))
    return table(header, rows)


def spread(ratios):
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"


def goal(line, peer):
    cpu = statistics.median(line["ratios"][peer]["cpu"])
    rate = statistics.median(line["ratios"][peer]["rate"])
    text = f"CPU ≤ {line['cpu_goal']:.2f}"
    reached = cpu <= line["cpu_goal"]
    if line["rate_goal"]:
        text += f", throughput ≥ {line['rate_goal']:.1f}"
        reached = reached and rate >= line["rate_goal"]
    return [text, met(reached)]


def memory(results):
    subject, peers = results["subject"], results["peers"]
    names = (subject, *peers)
    header = ["key/value", "keys", *(f"{name} used" for name in names),
              *(f"{name} allocated" for name in names), *(f"{name} RSS" for name in names), "met"]
    rows = []
    for line in results["memory"]:
        servers = line["servers"]
        row = [f"{line['key_bytes']}/{line['value_bytes']}", f"{line['count'] / 1e6:.1f} M"]
        for kind in ("used", "allocated", "resident"):
            for name in names:
                value = servers[name][kind]
                row.append("–" if value is None else f"{value:.1f}")
        ours = servers[subject]
        reached = ours["used"] <= servers[peers[0]]["used"]
        if ours["allocated"] is not None:
            reached = reached and abs(ours["allocated"] / ours["used"] - 1) <= 0.01
        rows.append(row + [met(reached)])
    return "Bytes per key.\n\n" + table(header, rows)


def stall(results):
    subject, peers = results["subject"], results["peers"]
    medians = {name: statistics.median(run["stall"] for run in runs)
               for name, runs in results["stall"]["runs"].items()}
    rows = []
    for name, runs in results["stall"]["runs"].items():
        stalls = sorted(run["stall"] for run in runs)
        rows.append([
            name, f"{medians[name]:.2f} ({stalls[0]:.2f}–{stalls[-1]:.2f})",
            f"{statistics.median(run['late'] for run in runs):.2f}",
            f"{statistics.median(run['idle'] for run in runs):.2f}",
            f"{statistics.median(run['seconds'] for run in runs):.1f}"])
    facts = results["stall"]
    limit = max(facts["goal_ratio"] * medians[peers[0]], facts["goal_milliseconds"])
    text = f"Goal: at most {limit:.2f} ms. Met: {met(medians[subject] <= limit)}.\n\n"
    header = ["server", f"longest stall, ms, inserting {facts['keys']:,} keys",
              "the client's own delay, ms", "stall when idle, ms", "seconds"]
    return text + table(header, rows)


def markdown(results):
    parts = [environment(results)]
    for title, render in (("speed", speed), ("memory", memory), ("stall", stall)):
        if results.get(title):
            parts.append(f"### {title.capitalize()}\n\n{render(results)}")
    if "counts_exact" in results:
        exact = results["counts_exact"]
        text = ", ".join(f"{name} {'yes' if value else 'NO'}" for name, value in exact.items())
        parts.append(f"Call counts of INFO exact: {text}.\n")
    return "\n".join(parts)
