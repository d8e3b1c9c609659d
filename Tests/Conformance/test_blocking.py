"""Blocking commands on several connections: the same scenes with the subject and with Redis 8.2.

A scene is a list of lines `connection: CALL`. A call that ends with ` ...` is not answered at once:
the scene goes on when the server says that its connection is blocked. `connection <` is the reply
that comes later, and `connection -` that nothing has come. 7.2 and later run a blocked call anew;
Redis 7.0 does not, and is no oracle here.
"""

from __future__ import annotations

import shlex

import pytest

from Hostile.waiting import wait_until
from Support.binaries import REDIS_8, SUBJECT
from Support.resp import encode
from Support.wire import Silent

SCENES = {
    "pop": """
        a: BLPOP k 0 ...
        p: RPUSH k 1 2 3
        a <
        p: LRANGE k 0 -1""",
    "the last pushed is the first": """
        a: BLPOP k 0 ...
        p: LPUSH k 1 2 3
        a <
        p: LRANGE k 0 -1""",
    "first come, first served": """
        a: BLPOP k 0 ...
        b: BRPOP k 0 ...
        c: BLPOP other k 0 ...
        p: RPUSH k 1 2
        a <
        b <
        c -
        p: RPUSH other 3
        c <""",
    "the first key of the call, not the first that was ready": """
        a: BLPOP x y 0 ...
        p: MULTI
        p: RPUSH y 1
        p: RPUSH x 2
        p: EXEC
        a <
        p: EXISTS x y""",
    "two calls on two keys in one transaction": """
        a: BLPOP x y 0 ...
        b: BLPOP y x 0 ...
        p: MULTI
        p: RPUSH y 1
        p: RPUSH x 2
        p: EXEC
        a <
        b <
        p: DBSIZE""",
    "a transaction is served as a whole": """
        a: BLPOP k 0 ...
        p: MULTI
        p: RPUSH k 1
        p: LLEN k
        p: LPUSH k 2
        p: LSET k 0 3
        p: EXEC
        a <
        p: LRANGE k 0 -1""",
    "gone again before the end of the transaction": """
        a: BLPOP k 0 ...
        p: MULTI
        p: RPUSH k 1
        p: DEL k
        p: EXEC
        a -
        p: MULTI
        p: RPUSH k 1
        p: FLUSHALL
        p: EXEC
        a -
        p: RPUSH k 2
        a <""",
    "another type": """
        a: BLPOP k 0 ...
        p: SET k string
        a -
        p: DEL k
        p: RPUSH k 1
        a <""",
    "another key of another type": """
        a: BLPOP x y 0 ...
        p: SET x string
        a -
        p: RPUSH y 1
        a <
        p: LLEN y""",
    "moves": """
        a: BLMOVE k l LEFT RIGHT 0 ...
        b: BLMOVE l m RIGHT LEFT 0 ...
        c: BRPOPLPUSH m n 0 ...
        d: BLMPOP 0 2 none n LEFT COUNT 5 ...
        p: RPUSH k 1
        a <
        b <
        c <
        d <
        p: DBSIZE""",
    "a move to a wrong type": """
        a: BLMOVE k l LEFT RIGHT 0 ...
        p: SET l string
        p: RPUSH k 1
        a <
        p: LRANGE k 0 -1""",
    "moves in a ring": """
        a: BLMOVE k k LEFT RIGHT 0 ...
        b: BLMOVE k k LEFT RIGHT 0 ...
        p: RPUSH k 1 2 3
        a <
        b <
        p: LRANGE k 0 -1""",
    "many at once": """
        a: BLMPOP 0 1 k LEFT COUNT 2 ...
        b: BLMPOP 0 1 k RIGHT COUNT 10 ...
        c: BLPOP k 0 ...
        p: RPUSH k 1 2 3 4 5
        a <
        b <
        c -
        p: RPUSH k 6
        c <""",
    "renamed, copied, moved": """
        a: BLPOP k 0 ...
        p: RPUSH x 1
        p: RENAME x k
        a <
        a: BLPOP k 0 ...
        p: RPUSH x 2
        p: COPY x k
        a <
        a: BLPOP k 0 ...
        p: SELECT 1
        p: RPUSH k 3
        p: MOVE k 0
        a <
        p: SELECT 0
        a: BLPOP k 0 ...
        p: LMOVE x k LEFT LEFT
        a <
        p: DBSIZE""",
    "databases change places": """
        a: BLPOP k 0 ...
        p: SELECT 1
        p: RPUSH k 1
        p: SWAPDB 0 1
        a <
        p: DBSIZE""",
    "one in another database": """
        a: SELECT 1
        a: BLPOP k 0 ...
        p: RPUSH k 1
        a -
        p: SELECT 1
        p: RPUSH k 2
        a <""",
    "time is over": """
        a: BLPOP k 0.05
        a: BRPOP k x 0.001
        a: BLMOVE k l LEFT LEFT 0.05
        a: BRPOPLPUSH k l 0.05
        a: BLMPOP 0.05 1 k LEFT
        p: SET l string
        a: BLMOVE k l LEFT LEFT 0.01
        p: RPUSH k 1
        p: LLEN k""",
    "in a transaction": """
        a: MULTI
        a: BLPOP k 0
        a: BRPOP k 0
        a: BLMOVE k l LEFT LEFT 0
        a: BRPOPLPUSH k l 0
        a: BLMPOP 0 1 k LEFT
        a: RPUSH k 1
        a: BLPOP k 0
        a: EXEC""",
    "unblocked": """
        a: BLPOP k 0 ...
        p: CLIENT UNBLOCK {a}
        a <
        p: CLIENT UNBLOCK {a}
        a: BLMOVE k l LEFT LEFT 0 ...
        p: CLIENT UNBLOCK {a} ERROR
        a <
        p: CLIENT UNBLOCK {a} TIMEOUT
        a: BLMPOP 0 1 k LEFT ...
        p: CLIENT UNBLOCK {a} TIMEOUT
        a <
        p: RPUSH k 1
        a: PING""",
    "unblocked and pushed in a transaction": """
        a: BLPOP k 0 ...
        p: MULTI
        p: RPUSH k 1
        p: CLIENT UNBLOCK {a} ERROR
        p: EXEC
        a <
        p: LLEN k""",
    "killed": """
        a: BLPOP k 0 ...
        b: BLPOP k 0 ...
        p: CLIENT KILL ID {a}
        p: RPUSH k 1
        b <""",
    "without a reply": """
        a! CLIENT REPLY SKIP
        a: BLPOP k 0 ...
        p: RPUSH k 1
        p: LLEN k
        a: PING""",
    "in a pause of writes": """
        a: BLPOP k 0 ...
        p: MULTI
        p: CLIENT PAUSE 100000 WRITE
        p: RPUSH k 1
        p: EXEC
        p: LLEN k
        a -
        p: CLIENT UNPAUSE
        a <""",
    "expired": """
        a: BLPOP k 0 ...
        p: MULTI
        p: RPUSH k 1
        p: PEXPIRE k 0
        p: EXEC
        a -
        p: RPUSH k 2
        a <""",
    "watching": """
        w: RPUSH x 1
        a: BLPOP k 0 ...
        w: WATCH k
        w: MULTI
        w: PING
        p: RPUSH k 1
        a <
        w: EXEC""",
    "what waits behind": """
        a: BLPOP k 0 ...
        a! RPUSH log 1
        a! BLPOP k 0
        a! RPUSH log 2
        p: EXISTS log
        p: RPUSH k x
        a <
        a <
        p: RPUSH k y
        a <
        a <""",
}


class Stage:
    """Connections to one server, made when a line first names them."""

    def __init__(self, server, protocol: int):
        self.server, self.protocol = server, protocol
        self.wires, self.ids, self.script = {}, {}, []
        self.control = server.wire()
        self.control.pipeline([("CLIENT", "UNPAUSE"), ("FLUSHALL",)])

    def wire(self, name: str):
        if name not in self.wires:
            self.wires[name] = self.server.wire(self.protocol)
            self.ids[name] = self.wires[name].call("CLIENT", "ID").value
        return self.wires[name]

    def is_blocked(self, name: str) -> bool:
        line = self.control.call("CLIENT", "LIST", "ID", str(self.ids[name])).value
        return b" flags=b " in line

    def play(self, line: str) -> None:
        """Does one line and notes what was answered."""
        name, sign, text = line[0], line[1:3].strip(), line[2:].strip()
        wire = self.wire(name)
        if sign in ("<", "-"):
            try:
                reply = wire.read(5 if sign == "<" else 0.05).text()
            except Silent:
                reply = "nothing"
            return self.script.append(f"{line}  {reply}")
        words = shlex.split(text.removesuffix("...").format(**self.ids))
        wire.send(encode(words))
        if text.endswith("..."):
            wait_until(lambda: self.is_blocked(name), f"{line}: does not block")
        elif sign != "!":
            reply = wire.read().text()
            self.script.append(f"{line}  {reply}")

    def close(self) -> None:
        for wire in (*self.wires.values(), self.control):
            wire.close()


def perform(server, scene: str, protocol: int) -> list[str]:
    stage = Stage(server, protocol)
    try:
        for line in scene.strip().splitlines():
            stage.play(line.strip())
        return stage.script
    finally:
        stage.close()


@pytest.mark.parametrize("protocol", (2, 3))
@pytest.mark.parametrize("name", SCENES)
def test_scene(pool, name, protocol):
    mine = perform(pool.get(SUBJECT), SCENES[name], protocol)
    theirs = perform(pool.get(REDIS_8), SCENES[name], protocol)
    assert mine == theirs
    assert not any(line.endswith("nothing") for line in mine if " < " in line)


def test_statistics(pool):
    """A blocked call counts once, when it ends, and its duration is not its wait."""
    seen = []
    for kind in (SUBJECT, REDIS_8):
        server = pool.get(kind)
        with server.wire() as control:
            control.call("CONFIG", "RESETSTAT")
            stage = Stage(server, 2)
            stage.play("a: BLPOP k 0 ...")
            before = control.call("INFO", "commandstats").value
            stage.play("p: CLIENT UNBLOCK {a} ERROR")
            stage.play("a <")
            stage.play("a: BLPOP k 0.2")
            stage.play("a: BLPOP k 0 ...")
            stage.play("p: RPUSH k 1")
            stage.play("a <")
            after = control.call("INFO", "commandstats").value
            errors = control.call("INFO", "errorstats").value
            stage.close()
        line = next(part for part in after.decode().split() if "cmdstat_blpop:" in part)
        fields = dict(pair.split("=") for pair in line.split(":")[1].split(","))
        assert int(fields.pop("usec")) < 100_000
        fields.pop("usec_per_call")
        seen.append((fields, b"cmdstat_blpop" in before, b"errorstat_UNBLOCKED:count=1" in errors))
    assert seen[0] == seen[1]
    assert seen[0] == ({"calls": "3", "rejected_calls": "0", "failed_calls": "1"}, False, True)
