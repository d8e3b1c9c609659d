#!/usr/bin/env python3
"""A load generator for tests of the suite: real requests, few and slow; FAKE says how it fails.

    fail    the requests of a scenario (not those of a load) end with a message and status 1
    die     the server is shut down instead
    silent  no figures are written
    wait    the requests never end
"""

import argparse
import json
import os
import socket
import sys
import time

# Claimed, so that no server can have been busy all the time, whatever else its core had to do.
SECONDS_MIN = 1.0


def arguments():
    parser = argparse.ArgumentParser(add_help=False)
    for name in ("-p", "-n", "-c", "-P", "-r", "-d", "--seed"):
        parser.add_argument(name, type=int, default=1)
    for name in ("-s", "--json", "--keys", "--expect", "--duration", "--rate", "--data", "--nap",
                 "--warmup"):
        parser.add_argument(name)
    parser.add_argument("-q", action="store_true")
    parser.add_argument("--mix", action="append", default=[])
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return parser.parse_args()


def encoded(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)


def connected(options):
    if not options.s:
        return socket.create_connection(("127.0.0.1", options.p))
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(options.s)
    return connection


def command(options, number):
    words = options.words
    if options.mix:
        words = options.mix[number % len(options.mix)].partition("=")[2].split()
    key = b"%012d" % (number % options.r)
    return encoded([word.encode().replace(b"__rand_int__", key)
                    .replace(b"__data__", b"x" * options.d) for word in words])


def line_count(options, reply):
    """Of a reply, which tests choose to be all alike."""
    return 2 if reply.startswith(b"$") and not reply.startswith(b"$-1") else 1


def send(options, count):
    with connected(options) as connection:
        file = connection.makefile("rb")
        for start in range(0, count, 1000):
            numbers = range(start, min(start + 1000, count))
            connection.sendall(b"".join(command(options, number) for number in numbers))
            for _ in numbers:
                reply = file.readline()
                if reply.startswith(b"-"):
                    sys.exit(f"error reply: {reply!r}")
                if line_count(options, reply) == 2:
                    file.readline()


def misbehave(options, how):
    if how == "fail":
        sys.exit("fake: wrong reply: expected '$64', got '$-1'")
    if how == "die":
        with connected(options) as connection:
            connection.sendall(b"SHUTDOWN NOSAVE\r\n")
            while connection.recv(100):
                pass
    if how == "wait":
        time.sleep(600)
    sys.exit(0 if how == "silent" else "fake: the connection was closed")


def pause(options):
    """Open loops take their time: what happens beside them is over before they are."""
    if options.rate and options.warmup:
        time.sleep(float(options.warmup) + float(options.duration))


def figures(options, count, seconds):
    latency = dict.fromkeys(("min", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"), 10.0)
    return {
        "generator": {"name": "fake", "version": "0"},
        "tests": [{
            "name": "test", "requests": count, "misses": 0, "seconds": seconds,
            "requests_per_second": count / seconds, "cpu_seconds": {"user": 0.0, "system": 0.0},
            "latency_us": latency, "distribution": [[50.0, 10.0], [100.0, 10.0]]}]}


def main():
    options = arguments()
    how = os.environ.get("FAKE")
    is_load = options.keys == "sequential"
    if how and not is_load:
        misbehave(options, how)
    count = options.n if options.n > 1 else 500
    started = time.monotonic()
    send(options, count)
    pause(options)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(figures(options, count, max(time.monotonic() - started, SECONDS_MIN)), file)


if __name__ == "__main__":
    main()
