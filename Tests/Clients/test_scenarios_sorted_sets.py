"""What programs do with sorted sets: leaderboards, sliding-window limits, queues by priority."""

from __future__ import annotations

import random
import threading

import pytest
import redis


@pytest.fixture(params=[2, 3])
def client(request, subject):
    made = redis.Redis(port=subject.port, decode_responses=True, protocol=request.param)
    made.flushall()
    yield made
    made.flushall()
    made.close()


def pairs(reply) -> list[tuple[str, float]]:
    return [(member, float(score)) for member, score in reply]


@pytest.mark.parametrize("player_count", [50, 3000])
def test_leaderboard_with_neighbours(client, player_count):
    """Players score; each sees the top ten, their own place and those around them."""
    chance = random.Random(7)
    points = {f"player:{number:05}": 0.0 for number in range(player_count)}
    with client.pipeline(transaction=False) as pipeline:
        for player in points:
            pipeline.zadd("board", {player: 0})
        for _ in range(4 * player_count):
            player = chance.choice(list(points))
            won = chance.choice([1, 5, 0.5, -2])
            points[player] += won
            pipeline.zincrby("board", won, player)
        pipeline.execute()
    ranked = sorted(points.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)

    assert pairs(client.zrange("board", 0, 9, desc=True, withscores=True)) == ranked[:10]
    assert pairs(client.zrevrange("board", 0, 9, withscores=True)) == ranked[:10]
    for place in [0, 1, 7, player_count // 2, player_count - 2, player_count - 1]:
        player, score = ranked[place]
        assert client.zrevrank("board", player) == place
        assert client.zscore("board", player) == score
        around = client.zrevrange("board", max(0, place - 3), place + 3, withscores=True)
        assert pairs(around) == ranked[max(0, place - 3):place + 4]
    good = sum(score >= 5 for score in points.values())
    assert client.zcount("board", 5, "+inf") == good
    assert len(client.zrangebyscore("board", 5, "+inf")) == good

    # The season ends: only the best stay.
    removed = client.zremrangebyrank("board", 0, -11)
    assert removed == player_count - 10
    assert pairs(client.zrange("board", 0, -1, desc=True, withscores=True)) == ranked[:10]
    assert pairs(client.zpopmax("board", 3)) == ranked[:3]
    assert client.zcard("board") == 7


class Limiter:
    """At most `limit` calls in any window of so many seconds; time is given, not taken."""

    def __init__(self, client: redis.Redis, limit: int, window: float) -> None:
        self.client, self.limit, self.window = client, limit, window
        self.number = 0

    def allows(self, user: str, now: float) -> bool:
        key = f"calls:{user}"
        self.number += 1
        with self.client.pipeline(transaction=True) as transaction:
            transaction.zremrangebyscore(key, "-inf", now - self.window)
            transaction.zadd(key, {f"{now}-{self.number}": now})
            transaction.zcard(key)
            transaction.expire(key, int(self.window) + 1)
            _, added, count, _ = transaction.execute()
        assert added == 1
        if count <= self.limit:
            return True
        self.client.zrem(key, f"{now}-{self.number}")
        return False


@pytest.mark.parametrize("limit", [5, 200])
def test_sliding_window_rate_limiter(client, limit):
    """Beside a list of the calls that were let through: never more of them in a window."""
    chance = random.Random(3)
    limiter = Limiter(client, limit, window=10.0)
    allowed: dict[str, list[float]] = {"ann": [], "bob": []}
    now = 1_700_000_000.0
    for _ in range(12 * limit):
        now += chance.random() * 16 / limit
        user = chance.choice(["ann", "bob"])
        recent = [call for call in allowed[user] if call > now - 10.0]
        is_allowed = limiter.allows(user, now)
        assert is_allowed == (len(recent) < limit)
        if is_allowed:
            allowed[user].append(now)
    assert all(len(calls) > limit for calls in allowed.values())


def test_priority_queue_with_blocking_workers(subject):
    """Workers wait for the most urgent job; none is lost or done twice."""
    done: list[tuple[str, float]] = []
    lock = threading.Lock()

    def work() -> None:
        client = redis.Redis(port=subject.port, decode_responses=True)
        while True:
            _, job, priority = client.bzpopmin(["urgent", "jobs"], timeout=0)
            if job.startswith("end"):
                client.close()
                return
            with lock:
                done.append((job, priority))

    control = redis.Redis(port=subject.port, decode_responses=True)
    control.flushall()
    workers = [threading.Thread(target=work, daemon=True) for _ in range(6)]
    for worker in workers:
        worker.start()
    jobs = {f"job:{number}": float(number % 7) for number in range(600)}
    for job, priority in jobs.items():
        control.zadd("urgent" if job.endswith("0") else "jobs", {job: priority})
    # Behind everything else, in the queue that is looked at last.
    control.zadd("jobs", {f"end:{number}": 100 for number in range(6)})
    for worker in workers:
        worker.join(timeout=60)
        assert not worker.is_alive()
    assert sorted(done) == sorted(jobs.items())
    assert not control.exists("urgent", "jobs")
    control.close()


def test_the_longest_waiting_is_served_by_any_way_of_adding(subject):
    """A blocked pop ends when the key comes by ZADD, a stored union, RENAME or a transaction."""
    control = redis.Redis(port=subject.port, decode_responses=True)
    ways = [
        lambda: control.zadd("q", {"a": 1}),
        lambda: (control.zadd("other", {"a": 1}), control.zunionstore("q", ["other"])),
        lambda: (control.zadd("other", {"a": 1}), control.rename("other", "q")),
        lambda: (control.zadd("other", {"a": 1}), control.zrangestore("q", "other", 0, -1)),
        lambda: control.pipeline(transaction=True).zincrby("q", 1, "a").execute(),
    ]
    for way in ways:
        control.flushall()
        waiting = redis.Redis(port=subject.port, decode_responses=True)
        answers: list = []
        thread = threading.Thread(
            target=lambda: answers.append(waiting.execute_command("BZMPOP", 0, 1, "q", "MAX")),
            daemon=True,
        )
        thread.start()
        while control.info("clients")["blocked_clients"] == 0:
            pass
        # A key of another type does not wake it.
        control.rpush("q", "x")
        control.delete("q")
        way()
        thread.join(timeout=30)
        assert answers and answers[0][0] == "q" and answers[0][1][0][0] == "a"
        assert not control.exists("q")
        waiting.close()
    control.close()
