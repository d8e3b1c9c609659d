"""Drivers near a passenger: positions that move, the nearest ones, those of a district."""

from __future__ import annotations

import math
import random

import pytest
import redis

BERLIN = (13.404954, 52.520008)
EARTH_RADIUS = 6372797.560856


def distance(first, second) -> float:
    """Metres between two pairs of longitude and latitude."""
    (lon1, lat1), (lon2, lat2) = [map(math.radians, place) for place in (first, second)]
    u, v = math.sin((lat2 - lat1) / 2), math.sin((lon2 - lon1) / 2)
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(u * u + math.cos(lat1) * math.cos(lat2) * v * v))


def somewhere(chance: random.Random):
    return BERLIN[0] + chance.uniform(-0.5, 0.5), BERLIN[1] + chance.uniform(-0.3, 0.3)


@pytest.fixture(params=(2, 3))
def client(request, subject):
    with redis.Redis(port=subject.port, protocol=request.param, decode_responses=True) as made:
        made.flushall()
        yield made
        made.flushall()


# A listpack and a tree.
@pytest.mark.parametrize("count", (50, 2000))
def test_the_nearest_drivers(client, count):
    chance = random.Random(count)
    drivers = {f"driver:{number}": somewhere(chance) for number in range(count)}
    for name, place in drivers.items():
        assert client.geoadd("drivers", (*place, name)) == 1
    for name in chance.sample(sorted(drivers), count // 2):
        drivers[name] = somewhere(chance)
        assert client.geoadd("drivers", (*drivers[name], name), xx=True, ch=True) == 1

    passenger = somewhere(chance)
    found = client.geosearch(
        "drivers", longitude=passenger[0], latitude=passenger[1], radius=20, unit="km",
        sort="ASC", count=10, withdist=True,
    )
    expected = sorted((distance(passenger, place), name) for name, place in drivers.items())
    assert [name for name, _ in found] == [name for _, name in expected[:10]]
    for (_, kilometres), (metres, _) in zip(found, expected):
        # Positions are kept to half a metre or so.
        assert abs(float(kilometres) * 1000 - metres) < 1


def test_a_driver_leaves(client):
    client.geoadd("drivers", (*BERLIN, "one", *BERLIN, "two"))
    assert client.zrem("drivers", "one") == 1
    assert client.geosearch("drivers", member="two", radius=1, unit="m") == ["two"]
    with pytest.raises(redis.ResponseError, match="could not decode"):
        client.geosearch("drivers", member="one", radius=1, unit="m")
    assert client.zrem("drivers", "two") == 1 and not client.exists("drivers")


def test_positions_come_back(client):
    client.geoadd("drivers", (*BERLIN, "one"))
    [place, nobody] = client.geopos("drivers", "one", "nobody")
    assert nobody is None and distance(place, BERLIN) < 1
    assert client.geohash("drivers", "one") == ["u33dc0cpnp0"]
    assert client.geodist("drivers", "one", "one", unit="mi") == 0


def test_a_free_list_for_each_district(client):
    chance = random.Random(7)
    drivers = {f"driver:{number}": somewhere(chance) for number in range(500)}
    client.geoadd("drivers", [part for name, at in drivers.items() for part in (*at, name)])
    inside = client.geosearchstore(
        "mitte", "drivers", longitude=BERLIN[0], latitude=BERLIN[1], width=8, height=6, unit="km",
        storedist=True,
    )
    assert inside == client.zcard("mitte") > 0
    for name, kilometres in client.zrange("mitte", 0, -1, withscores=True):
        assert abs(kilometres * 1000 - distance(BERLIN, drivers[name])) < 1
    district = ["BYPOLYGON", 3, 13.3, 52.4, 13.5, 52.4, 13.4, 52.6]
    found = client.execute_command("GEOSEARCH", "drivers", *district)
    assert found and all(13.3 <= drivers[name][0] <= 13.5 for name in found)


def test_across_the_date_line(client):
    client.geoadd("ships", (179.99, -17, "west", -179.99, -17, "east", 180, -17, "on it"))
    found = client.geosearch("ships", longitude=-179.999, latitude=-17, radius=10, unit="km")
    assert sorted(found) == ["east", "on it", "west"]
