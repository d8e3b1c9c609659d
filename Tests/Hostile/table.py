"""Bytes no client should send. What a real server answers to each is the expectation."""

from __future__ import annotations

from typing import NamedTuple

CLOSES = "closes"  # answered with an error, perhaps, and closed
CONTINUES = "continues"  # the next command is answered as if nothing had been
WAITS = "waits"  # not complete: no answer, not closed
SURVIVES = "survives"  # Redis stops at the NUL and waits; an error and the end are as good
STRICT = "strict"  # Redis skips the CRLF unread; Valkey looks at it and closes. Either will do


class Hostile(NamedTuple):
    name: str
    data: bytes
    then: str


def _request(*parts: bytes) -> bytes:
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


COUNTS = [
    Hostile(f"array count {count[:24]!r}", b"*" + count + b"\r\n", CLOSES)
    for count in (
        b"2147483648", b"9223372036854775807", b"9223372036854775808", b"18446744073709551616",
        b"99999999999999999999999", b"a", b"1a", b" 1", b"1 ", b"+1", b"01",
        b"1.0", b"0x1", b"1e3", b"--1", b"-", b"", b"\xff", b"-9223372036854775809",
    )
] + [
    Hostile(f"array count {count!r}", b"*" + count + b"\r\n", CONTINUES)
    for count in (b"0", b"-1", b"-2", b"-2147483648", b"-9223372036854775808")
] + [
    Hostile(f"array count {count!r} and no more", b"*" + count + b"\r\n", WAITS)
    for count in (b"1", b"1000000", b"1048577000", b"1000000000", b"2147483647")
]

LENGTHS = [
    Hostile(f"bulk length {length[:24]!r}", b"*2\r\n$4\r\nECHO\r\n$" + length + b"\r\n", CLOSES)
    for length in (
        b"-1", b"-2", b"-2147483648", b"-9223372036854775808", b"9223372036854775807",
        b"9223372036854775808", b"18446744073709551616", b"536870913", b"4294967296", b"a", b"1a",
        b" 1", b"1 ", b"+1", b"01", b"1.0", b"0x1", b"", b"-", b"\xff",
    )
] + [
    Hostile(f"first bulk length {length!r}", b"*1\r\n$" + length + b"\r\n", CLOSES)
    for length in (b"-1", b"a", b"9223372036854775807", b"536870913", b"")
] + [
    Hostile(f"bulk length {length!r} and no more", b"*1\r\n$" + length + b"\r\n", WAITS)
    for length in (b"4", b"536870912", b"100000000", b"0")
]

FRAMES = [
    Hostile("no dollar", b"*1\r\nPING\r\n", CLOSES),
    Hostile("integer argument", b"*1\r\n:1\r\n", CLOSES),
    Hostile("nested array", b"*1\r\n*1\r\n$4\r\nPING\r\n", CLOSES),
    Hostile("null argument", b"*1\r\n_\r\n", CLOSES),
    Hostile("second argument without dollar", b"*2\r\n$4\r\nECHO\r\nhello\r\n", CLOSES),
    Hostile("CR for dollar", b"*1\r\n\r\n", CLOSES),
    Hostile("bulk longer than said", b"*1\r\n$4\r\nPINGPONG\r\n", STRICT),
    Hostile("other bytes for CRLF", b"*1\r\n$4\r\nPINGXX", STRICT),
    Hostile("LF CR for CRLF", b"*1\r\n$4\r\nPING\n\r", STRICT),
    Hostile("bare LF after count", b"*1\n$4\r\nPING\r\n", CLOSES),
    # Beyond 64 KiB it depends in Redis on how the line arrives: test_long_lines_in_any_pieces.
    Hostile("nearly 64 KiB of digits", b"*" + b"1" * 65500 + b"\r\n", CLOSES),
    Hostile("nearly 64 KiB of length", b"*1\r\n$" + b"1" * 65500 + b"\r\n", CLOSES),
    Hostile("64 KiB count without end", b"*" + b"1" * 65600, CLOSES),
    Hostile("64 KiB length without end", b"*1\r\n$" + b"1" * 65600, CLOSES),
    Hostile("64 KiB inline without end", b"a" * 65600, CLOSES),
    Hostile("1 MiB inline without end", b"a" * (1 << 20), CLOSES),
    Hostile("half of 64 KiB inline", b"a" * 32768, WAITS),
    Hostile("half a count", b"*1", WAITS),
    Hostile("half a CRLF", b"*1\r", WAITS),
    Hostile("half a length", b"*1\r\n$4", WAITS),
    Hostile("half a bulk", b"*1\r\n$4\r\nPI", WAITS),
    Hostile("bulk without CRLF", b"*1\r\n$4\r\nPING", WAITS),
    Hostile("bulk with half CRLF", b"*1\r\n$4\r\nPING\r", WAITS),
    Hostile("nothing", b"", WAITS),
    Hostile("error after good commands", _request(b"PING") * 3 + b"*1\r\nX\r\n", CLOSES),
    Hostile("good commands after error", b"*1\r\nX\r\n" + _request(b"PING") * 3, CLOSES),
    Hostile("error within a transaction", _request(b"MULTI") + b"*a\r\n", CLOSES),
]

INLINE = [
    Hostile("unbalanced double quote", b'ECHO "hello\r\n', CLOSES),
    Hostile("unbalanced single quote", b"ECHO 'hello\r\n", CLOSES),
    Hostile("quote in a word's end", b'ECHO "a"b\r\n', CLOSES),
    Hostile("quote after escape", b'ECHO "a\\"\r\n', CLOSES),
    Hostile("only a quote", b'"\r\n', CLOSES),
    Hostile("unbalanced after a good one", b'PING\r\nECHO "x\r\n', CLOSES),
    Hostile("CRLF", b"\r\n", CONTINUES),
    Hostile("LF", b"\n", CONTINUES),
    Hostile("many CRLF", b"\r\n" * 1000, CONTINUES),
    Hostile("spaces", b"     \r\n", CONTINUES),
    Hostile("tabs", b"\t\t\r\n", CONTINUES),
    Hostile("inline PING", b"PING\r\n", CONTINUES),
    Hostile("inline LF only", b"PING\nPING\n", CONTINUES),
    Hostile("inline escapes", b'ECHO "\\x41\\n\\t\\\\"\r\n', CONTINUES),
    Hostile("inline bad escape", b'ECHO "\\xZZ"\r\n', CONTINUES),
    Hostile("inline empty word", b'ECHO ""\r\n', CONTINUES),
    Hostile("inline empty command", b'""\r\n', CONTINUES),
    Hostile("inline single quotes", b"ECHO 'a\\'b'\r\n", CONTINUES),
    Hostile("inline high bytes", b"\xff\xfe\xfd\r\n", CONTINUES),
    Hostile("inline dollar", b"$4\r\n", CONTINUES),
    Hostile("inline colon", b":1\r\n", CONTINUES),
    Hostile("inline minus", b"-ERR x\r\n", CONTINUES),
    Hostile("inline plus", b"+OK\r\n", CONTINUES),
    Hostile("inline CR within", b"PING\rPING\r\n", CONTINUES),
    Hostile("inline 60 KiB", b"ECHO " + b"a" * 60000 + b"\r\n", CONTINUES),
    Hostile("inline many words", b"MGET " + b"a " * 20000 + b"\r\n", CONTINUES),
    Hostile("POST", b"POST / HTTP/1.1\r\n", CLOSES),
    Hostile("Host:", b"Host: example.org\r\n", CLOSES),
    Hostile("post", b"post\r\n", CLOSES),
    Hostile("HTTP request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", CLOSES),
    Hostile("POST with a body", b"POST / HTTP/1.1\r\nA: b\r\n\r\nSET a b\r\n", CLOSES),
    Hostile("POST as RESP", _request(b"POST", b"/"), CLOSES),
    Hostile("Host: as RESP", _request(b"Host:", b"x"), CLOSES),
]

COMMANDS = [
    Hostile("empty command", _request(b""), CONTINUES),
    Hostile("NUL command", _request(b"\x00"), CONTINUES),
    Hostile("CRLF command", _request(b"a\r\nb"), CONTINUES),
    Hostile("CRLF arguments", _request(b"nosuch", b"\r\n+OK\r\n", b"\x00\x01\xff"), CONTINUES),
    Hostile("CRLF subcommand", _request(b"CLIENT", b"x\r\n-ERR y"), CONTINUES),
    Hostile("long command", _request(b"x" * 1000), CONTINUES),
    Hostile("long arguments", _request(b"nosuch", b"y" * 1000, b"z" * 1000), CONTINUES),
    Hostile("many arguments", _request(b"nosuch", *[b"a"] * 1000), CONTINUES),
    Hostile("command with quotes", _request(b"'\"", b"'"), CONTINUES),
    Hostile("100,000 arguments", _request(b"EXISTS", *[b"a"] * 100_000), CONTINUES),
    Hostile("error argument CRLF", _request(b"CONFIG", b"SET", b"a\r\nb", b"c\r\nd"), CONTINUES),
    Hostile("enum CRLF", _request(b"CONFIG", b"SET", b"appendfsync", b"a\r\nb"), CONTINUES),
    Hostile("HELLO CRLF", _request(b"HELLO", b"3", b"a\r\nb"), CONTINUES),
    Hostile("wrong arity 1000 times", _request(b"GET") * 1000, CONTINUES),
    Hostile("unknown 1000 times", _request(b"nosuch") * 1000, CONTINUES),
    Hostile("name CRLF", _request(b"CLIENT", b"SETNAME", b"a\r\nb"), CONTINUES),
    Hostile("MULTI and error", _request(b"MULTI") + _request(b"x") + _request(b"EXEC"), CONTINUES),
    Hostile("glob of stars", _request(b"KEYS", b"a*" * 5000 + b"b"), CONTINUES),
    Hostile("glob of brackets", _request(b"KEYS", b"[" * 10000), CONTINUES),
    Hostile("glob of escapes", _request(b"KEYS", b"\\" * 10001), CONTINUES),
    Hostile("same key twice", _request(b"MSETNX", b"k", b"1", b"k", b"2"), CONTINUES),
    Hostile("same key thrice", _request(b"DEL", b"k", b"k", b"k"), CONTINUES),
]

NULS = [
    Hostile("NUL as count", b"*\x00\r\n", SURVIVES),
    Hostile("NUL after count", b"*3\x00\r\n", SURVIVES),
    Hostile("NUL as length", b"*1\r\n$\x00\r\n", SURVIVES),
    Hostile("NUL for dollar", b"*1\r\n\x004\r\nPING\r\n", SURVIVES),
    Hostile("inline NUL", b"PI\x00NG\r\n", SURVIVES),
    Hostile("inline NUL in argument", b"ECHO a\x00b\r\n", SURVIVES),
    Hostile("a million NULs", bytes(1 << 20), SURVIVES),
]

TABLE = COUNTS + LENGTHS + FRAMES + INLINE + COMMANDS + NULS
