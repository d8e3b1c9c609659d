"""The machine that the figures were taken on."""

import os
import platform

PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"
GOVERNOR = "/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor"


def describe(cores):
    return {
        "processor": first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "virtual": "hypervisor" in first("/proc/cpuinfo", "flags").split(),
        "kernel": platform.release().split("-")[0],
        "system": first("/etc/os-release", "PRETTY_NAME", "=").strip('"'),
        "huge_pages": chosen(text_of(PAGES)),
        "governor": text_of(GOVERNOR.format(cores.server)) or "none",
        "server_core": cores.server, "load_core": cores.load,
        "load_before": round(os.getloadavg()[0], 2),
    }


def first(path, name, separator=":"):
    """The value of the first line that begins with `name`."""
    for line in text_of(path).splitlines():
        if line.startswith(name):
            return line.split(separator, 1)[1].strip()
    return "unknown 0"


def text_of(path):
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def chosen(text):
    """Of `always [madvise] never`, the one in brackets."""
    return text.partition("[")[2].partition("]")[0] or "unknown"
