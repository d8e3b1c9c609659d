"""What programs do with sets: counting each visitor once, and asking who came when."""

from __future__ import annotations

import random

import pytest
import redis


@pytest.fixture
def client(subject):
    made = redis.Redis(port=subject.port, decode_responses=True)
    made.flushall()
    yield made
    made.flushall()
    made.close()


def test_unique_visitors(client):
    """A site counts its visitors of each day, and of any days together, exactly."""
    chance = random.Random(4)
    days = {f"visitors:{day}": set() for day in range(7)}
    with client.pipeline(transaction=False) as pipeline:
        for key, seen in days.items():
            for _ in range(3000):
                # Registered visitors have numbers, others a cookie.
                number = chance.randrange(2500)
                visitor = str(number) if number < 2000 else f"cookie-{number}-{'x' * 40}"
                seen.add(visitor)
                pipeline.sadd(key, visitor)
            pipeline.expire(key, 86_400)
        added = [reply for reply in pipeline.execute() if reply is not True]
    assert sum(added) == sum(map(len, days.values())), "each visitor is new once a day"

    for key, seen in days.items():
        assert client.scard(key) == len(seen)
        assert client.smembers(key) == seen
        assert 0 < client.ttl(key) <= 86_400
    keys, sets = list(days), list(days.values())
    assert client.sunionstore("visitors:week", keys) == len(set.union(*sets))
    assert client.sintercard(7, keys) == len(set.intersection(*sets))
    assert client.sintercard(2, keys[:2], limit=10) == 10
    assert client.sdiff(keys[0], *keys[1:]) == sets[0] - set.union(*sets[1:])

    returning = client.sinter(keys[0], keys[1])
    assert returning == sets[0] & sets[1]
    assert client.smismember(keys[1], sorted(sets[0])[:50]) == [
        int(visitor in sets[1]) for visitor in sorted(sets[0])[:50]
    ]
    assert set(client.sscan_iter("visitors:week", match="cookie-*", count=50)) == {
        visitor for visitor in set.union(*sets) if visitor.startswith("cookie-")
    }


def test_raffle_among_visitors(client):
    """Winners are drawn without being drawn twice, until nobody is left."""
    visitors = {f"visitor {number}" for number in range(1000)}
    client.sadd("raffle", *visitors)
    shown = client.srandmember("raffle", 5)
    assert len(set(shown)) == 5 and client.scard("raffle") == 1000
    drawn: list[str] = []
    while winners := client.spop("raffle", 70):
        drawn += winners
        assert client.scard("raffle") == 1000 - len(drawn)
    assert len(drawn) == 1000 and set(drawn) == visitors
    assert not client.exists("raffle")


def test_iteration_while_visitors_come_and_go(client):
    """Who is there from the first call to the last is returned."""
    stay = {f"stay {number}" for number in range(3000)}
    client.sadd("online", *stay, *(f"go {number}" for number in range(10_000)))
    found, cursor, number = set(), None, 0
    while cursor != 0:
        cursor, members = client.sscan("online", cursor or 0, count=100)
        found.update(members)
        client.srem("online", *(f"go {n}" for n in range(number, number + 150)))
        client.sadd("online", *(f"new {n}" for n in range(number, number + 50)))
        number += 150
    assert stay <= found
