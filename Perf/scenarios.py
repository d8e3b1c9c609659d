"""What the guards send: commands on keys that exist, with values of the same size."""

from server_process import encode

KEYS = 1000
VALUE = b"v" * 64
PIPELINE = 16

# name -> (command for the key, its reply)
SCENARIOS = {
    "GET": (lambda key: encode("GET", key), b"$64\r\n" + VALUE + b"\r\n"),
    "SET": (lambda key: encode("SET", key, VALUE), b"+OK\r\n"),
}
KEY_NAMES = [b"key:%012d" % number for number in range(KEYS)]


def send(client, build, reply, count):
    for start in range(0, count, PIPELINE):
        numbers = range(start, min(start + PIPELINE, count))
        payload = b"".join(build(KEY_NAMES[number * 7 % KEYS]) for number in numbers)
        client.exchange(payload, reply, len(numbers))
