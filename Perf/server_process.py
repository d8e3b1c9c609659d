"""A server under measurement, and a client that costs little: raw sockets, fixed replies."""

import os
import socket
import subprocess
import tempfile
import time

START_SECONDS = 60
# Small beside the time that loading a snapshot takes, which is measured from the start.
POLL_SECONDS = 0.005
# Far more than any command of a measurement takes, FLUSHALL of ten million keys among them.
REPLY_SECONDS = 300
# What a server under measurement may answer: a peer may be anything that listens at a port.
LINE_BYTES_MAX = 64 * 1024
BULK_BYTES_MAX = 64 * 1024 * 1024
ELEMENTS_MAX = 100_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def encode(*arguments):
    """One command as a client sends it."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class ErrorReply(Exception):
    pass


def count_in(line, most=1 << 63):
    """The number behind the type of a reply's line."""
    try:
        number = int(line[1:])
    except ValueError:
        raise ErrorReply(f"unexpected reply {line[:80]!r}") from None
    if number > most:
        raise ErrorReply(f"a reply too long to be one: {line[:80]!r}")
    return number


class Client:
    """A server that gives no reply for `seconds` has failed: TimeoutError, an OSError."""

    def __init__(self, port, seconds=REPLY_SECONDS):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self.buffer = b""

    def close(self):
        self.socket.close()

    def command(self, *arguments):
        self.deadline = time.monotonic() + self.seconds
        self.socket.sendall(encode(*arguments))
        return self._reply()

    def exchange(self, payload, reply, count):
        """Sends `payload`, which holds `count` commands that are all answered with `reply`."""
        self.deadline = time.monotonic() + self.seconds
        self.socket.sendall(payload)
        wanted = len(reply) * count
        while len(self.buffer) < wanted:
            self._receive()
        if self.buffer[:wanted] != reply * count:
            raise ErrorReply(f"expected {reply!r} each time, got {self.buffer[:200]!r}")
        self.buffer = self.buffer[wanted:]

    def _receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no whole reply after {self.seconds:.0f} s")
        self.socket.settimeout(left)
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            if len(self.buffer) > LINE_BYTES_MAX:
                raise ErrorReply(f"a line without an end: {self.buffer[:80]!r}")
            self._receive()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def _reply(self):
        line = self._line()
        if line[:1] != b"*":
            return self._scalar(line)
        return [self._scalar(self._line()) for _ in range(count_in(line, ELEMENTS_MAX))]

    def _scalar(self, line):
        """No command of a measurement is answered with arrays in arrays."""
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode(errors="replace")
        if kind == b"-":
            raise ErrorReply(rest.decode(errors="replace"))
        if kind == b":":
            return count_in(line)
        if kind == b"$":
            return self._bulk(count_in(line, BULK_BYTES_MAX))
        raise ErrorReply(f"unexpected reply {line[:80]!r}")

    def _bulk(self, count):
        if count < 0:
            return None
        while len(self.buffer) < count + 2:
            self._receive()
        data, self.buffer = self.buffer[:count], self.buffer[count + 2:]
        return data

    def info(self, section):
        """Fields of INFO as a dictionary of strings."""
        text = self.command("INFO", section)
        if not isinstance(text, bytes):
            raise ErrorReply(f"{text!r} to INFO {section}")
        lines = text.decode(errors="replace").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)


def open_log(folder):
    """A server may write anything into it."""
    return open(os.path.join(folder, "log"), "w+", errors="replace")


class Server:
    """Runs `command` with a port and a folder of its own, persistence off, other defaults on."""

    def __init__(self, command, environment=None):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        self.log = open_log(self.folder.name)
        options = ["--port", str(self.port), "--save", "", "--dir", self.folder.name]
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command, *options], stdout=self.log,
            stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})

    def __enter__(self):
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _wait(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                client = Client(self.port, deadline - time.monotonic())
                client.command("PING")
                client.close()
                return
            except ErrorReply as error:
                client.close()
                if str(error).startswith("LOADING"):
                    return  # it answers, and says that it has data to load first
                raise
            except OSError:
                time.sleep(POLL_SECONDS)
        self.stop()
        raise SystemExit(f"the server did not start: {' '.join(self.process.args)}\n{self.output}")

    def client(self):
        return Client(self.port)

    def stop(self):
        """Twice is harmless."""
        if self.log.closed:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.seek(0)
        self.output = self.log.read()
        self.log.close()
        self.folder.cleanup()

    def cpu_ticks(self):
        """User and system time of all its threads, in clock ticks."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]), int(fields[12])

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            line = next(line for line in file if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024
