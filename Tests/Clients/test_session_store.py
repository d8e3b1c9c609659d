"""A session store as web frameworks have one: a hash for each session, which lives as long as it is
used, with parts that end earlier."""

from __future__ import annotations

import time
import uuid

import pytest

from Clients.test_redis_py import PARSERS, connect


class SessionStore:
    LIFETIME_SECONDS = 1800

    def __init__(self, client):
        self.client = client

    @staticmethod
    def key(session: str) -> str:
        return f"session:{session}"

    def create(self, user: str) -> str:
        session = uuid.uuid4().hex
        with self.client.pipeline() as pipeline:
            pipeline.hset(self.key(session), mapping={"user": user, "visits": 0})
            pipeline.expire(self.key(session), self.LIFETIME_SECONDS)
            pipeline.execute()
        return session

    def visit(self, session: str) -> dict[str, str]:
        """What the session holds; nothing if it has ended. Each visit prolongs it."""
        key = self.key(session)
        with self.client.pipeline() as pipeline:
            pipeline.hgetall(key)
            pipeline.expire(key, self.LIFETIME_SECONDS)
            held, exists = pipeline.execute()
        if exists:
            self.client.hincrby(key, "visits", 1)
        return held

    def put(self, session: str, name: str, value: str, milliseconds: int | None = None) -> None:
        """Keeps a value for as long as the session lives, or for a shorter time."""
        self.client.hset(self.key(session), name, value)
        if milliseconds is not None:
            self.client.hpexpire(self.key(session), milliseconds, name)

    def end(self, session: str) -> bool:
        return self.client.delete(self.key(session)) == 1


@pytest.fixture(params=PARSERS)
def store(request, subject):
    client = connect(subject, *request.param)
    client.flushall()
    yield SessionStore(client)
    client.flushall()
    client.connection_pool.disconnect()


def test_sessions_live_and_end(store):
    session, other = store.create("ada"), store.create("ben")
    assert store.visit(session) == {"user": "ada", "visits": "0"}
    assert store.visit(session)["visits"] == "1"
    store.put(session, "cart", "3 apples")
    assert store.visit(session)["cart"] == "3 apples"
    assert 0 < store.client.ttl(store.key(session)) <= store.LIFETIME_SECONDS
    assert store.end(session) and not store.end(session)
    assert store.visit(session) == {}
    assert store.visit(other)["user"] == "ben"


def test_a_part_of_a_session_ends_earlier(store):
    session = store.create("ada")
    key = store.key(session)
    store.put(session, "code", "123456", milliseconds=60_000)
    assert store.client.hget(key, "code") == "123456"
    assert 0 < store.client.hpttl(key, "code", "user")[0] <= 60_000
    assert store.client.httl(key, "user", "none") == [-1, -2]
    # Its end does not prolong or shorten the session's.
    assert store.client.ttl(key) > 1000
    store.put(session, "code", "654321", milliseconds=1)
    deadline = time.monotonic() + 20
    while store.client.hexists(key, "code"):
        assert time.monotonic() < deadline, "the field does not expire"
    assert store.visit(session) == {"user": "ada", "visits": "0"}
    assert store.client.hlen(key) == 2


def test_a_session_of_nothing_but_codes_ends_with_the_last(store):
    key = store.key("codes")
    store.client.hset(key, mapping={f"code{n}": n for n in range(600)})
    assert store.client.hpexpire(key, 1, *(f"code{n}" for n in range(600))) == [1] * 600
    deadline = time.monotonic() + 20
    while store.client.exists(key):
        assert time.monotonic() < deadline, "the key does not go with its last field"
    assert store.client.hgetall(key) == {} and store.client.dbsize() == 0


def test_used_once(store):
    """A token that is read is gone: HGETDEL; one that is looked at lives on: HGETEX."""
    key = store.key("tokens")
    store.client.hsetex(key, mapping={"a": "1", "b": "2"}, ex=100)
    assert store.client.hgetex(key, "a", px=200_000) == ["1"]
    assert store.client.hpttl(key, "a")[0] > 100_000 >= store.client.hpttl(key, "b")[0]
    assert store.client.hgetdel(key, "a", "b") == ["1", "2"]
    assert store.client.hgetdel(key, "a") == [None]
    assert store.client.exists(key) == 0
