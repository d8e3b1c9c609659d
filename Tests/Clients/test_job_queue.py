"""What lists are used for: a queue of jobs with several workers that wait for them."""

from __future__ import annotations

import threading

import pytest
import redis

JOBS = 3000
STOP = b"stop"


@pytest.fixture
def connect(subject):
    def make() -> redis.Redis:
        return redis.Redis(port=subject.port, socket_timeout=30)

    make().flushall()
    return make


def run_together(targets) -> None:
    """Runs the functions in threads; the first failure is the test's."""
    failures = []

    def guarded(target):
        try:
            target()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a worker did not end"
    if failures:
        raise failures[0]


def produce(connect, number: int, producers: int):
    client = connect()
    for job in range(number, JOBS, producers):
        client.lpush("jobs", f"job {job}")


@pytest.mark.parametrize("workers", (1, 8))
def test_no_job_is_lost_or_done_twice(connect, workers):
    done: list[list[bytes]] = [[] for _ in range(workers)]

    def work(number: int):
        client = connect()
        while (job := client.brpop(["urgent", "jobs"], 0)[1]) != STOP:
            done[number].append(job)

    def produce_all():
        run_together([lambda at=at: produce(connect, at, 3) for at in range(3)])
        connect().lpush("jobs", *[STOP] * workers)

    run_together([*(lambda at=at: work(at) for at in range(workers)), produce_all])
    everything = [job for jobs in done for job in jobs]
    assert sorted(everything) == sorted(b"job %d" % job for job in range(JOBS))
    assert connect().dbsize() == 0


def test_a_reliable_queue_survives_workers_that_die(connect):
    """Each job goes to its worker's own list, and from there is done or put back."""
    done: list[bytes] = []
    control = connect()

    def work(name: str, dies: bool):
        client = connect()
        while True:
            job = client.blmove("jobs", f"doing:{name}", 0, "RIGHT", "LEFT")
            if job == STOP:
                client.lrem(f"doing:{name}", 0, job)
                return
            if dies and len(done) > 100:
                return
            done.append(job)
            client.lrem(f"doing:{name}", 1, job)

    for job in range(JOBS):
        control.lpush("jobs", f"job {job}")
    control.lpush("jobs", *[STOP] * 6)
    run_together([lambda at=at: work(str(at), at < 2) for at in range(4)])
    # What the dead have left over is done by another.
    for name in range(4):
        while control.lmove(f"doing:{name}", "jobs", "RIGHT", "LEFT"):
            pass
    control.lpush("jobs", STOP)
    while control.lrem("jobs", 0, STOP):
        pass
    control.lpush("jobs", STOP)
    work("last", False)
    assert sorted(done) == sorted(b"job %d" % job for job in range(JOBS))


def test_workers_take_turns(connect):
    """Whoever has waited longest gets the next job."""
    workers = [connect() for _ in range(3)]
    control = connect()
    order = []
    pipes = []
    for worker in workers:
        connection = worker.connection_pool.get_connection()
        connection.send_command("BLPOP", "jobs", 0)
        pipes.append(connection)
        while control.info("clients")["blocked_clients"] != len(pipes):
            pass
    for round_number in range(9):
        control.rpush("jobs", round_number)
        at = round_number % 3
        order.append(pipes[at].read_response())
        pipes[at].send_command("BLPOP", "jobs", 0)
        while control.info("clients")["blocked_clients"] != 3:
            pass
    assert [int(value) for _, value in order] == list(range(9))
    for connection in pipes:
        connection.disconnect()
