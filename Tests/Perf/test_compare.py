"""What `Benchmarks/compare` sends and how it judges; the measuring itself needs real servers."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Benchmarks"))

from compare_lib import report, servers, speed  # noqa: E402
from compare_lib.scenarios import SPEED  # noqa: E402


class Recorder:
    def __init__(self):
        self.sent, self.replies = b"", 0

    def exchange(self, payload, reply, count):
        self.sent += payload
        self.replies += count


def test_load_sends_each_key_once_with_its_length():
    recorder = Recorder()
    servers.load(recorder, "key:%03d", "1%s", 300)
    commands = recorder.sent.split(b"*3\r\n")[1:]
    assert recorder.replies == 300
    assert commands == [
        b"$3\r\nSET\r\n$7\r\nkey:%03d\r\n$3\r\n1%%s\r\n" % number for number in range(300)]


def rows(cpu, rate):
    return [{"user": cpu, "system": 0.0, "cpu": cpu, "rate": rate}] * 2


def test_ratio_is_the_median_of_pairs():
    ours = rows(1.0, 4.0) + rows(9.0, 4.0)[:1]
    theirs = rows(2.0, 2.0) + rows(10.0, 1.0)[:1]
    line = speed.summary(SPEED[0], {"apus": ours, "valkey": theirs}, "apus")
    assert line["ratios"]["valkey"] == {"cpu": [0.5, 0.5, 0.9], "rate": [2.0, 2.0, 4.0]}
    assert report.goal(line, "valkey") == ["CPU ≤ 0.50, throughput ≥ 2.0", "yes"]


def test_goal_is_missed_by_throughput_alone():
    line = speed.summary(SPEED[0], {"apus": rows(1, 3), "valkey": rows(2, 2)}, "apus")
    assert report.goal(line, "valkey")[1] == report.met(False)


def memory_line(used, allocated, theirs):
    figures = {"used": used, "allocated": allocated, "resident": used}
    peer = {"used": theirs, "allocated": None, "resident": theirs}
    return {"subject": "apus", "peers": ["valkey"], "memory": [
        {"key_bytes": 16, "value_bytes": 16, "count": 700_000,
         "servers": {"apus": figures, "valkey": peer}}]}


def test_memory_is_judged_against_the_peer_and_the_allocator():
    assert "| yes |" in report.memory(memory_line(60.0, 60.5, 61.0))
    assert "| **no** |" in report.memory(memory_line(62.0, 62.0, 61.0))
    assert "| **no** |" in report.memory(memory_line(60.0, 61.0, 61.0))
