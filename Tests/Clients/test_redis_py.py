"""redis-py as programs use it: both protocols, both parsers, pipelines, transactions, locks."""

from __future__ import annotations

import threading
import uuid

import pytest
import redis
from redis._parsers import _HiredisParser, _RESP2Parser, _RESP3Parser
from redis.exceptions import ExecAbortError, ResponseError, WatchError

PARSERS = [
    pytest.param((None, _HiredisParser), id="resp3-by-default-hiredis"),
    pytest.param((3, _RESP3Parser), id="resp3-python"),
    pytest.param((2, _HiredisParser), id="resp2-hiredis"),
    pytest.param((2, _RESP2Parser), id="resp2-python"),
]


def connect(server, protocol=None, parser=None, **options) -> redis.Redis:
    if protocol is not None:
        options["protocol"] = protocol
    pool = redis.ConnectionPool(
        host="127.0.0.1", port=server.port, decode_responses=True, socket_timeout=20,
        **({"parser_class": parser} if parser else {}), **options,
    )
    return redis.Redis(connection_pool=pool)


@pytest.fixture(params=PARSERS)
def client(request, subject):
    made = connect(subject, *request.param)
    made.flushall()
    yield made
    made.flushall()
    made.connection_pool.disconnect()


def test_default_protocol_is_resp3(subject):
    client = redis.Redis(port=subject.port)
    connection = client.connection_pool.get_connection()
    try:
        assert connection.protocol in (3, "3")
        assert isinstance(connection._parser, _HiredisParser)
    finally:
        connection.disconnect()
        client.close()


def test_handshake_with_everything(start):
    server = start(options={"requirepass": "secret"})
    with redis.Redis(
        port=server.port, username="default", password="secret", client_name="tester", db=3,
        driver_info=redis.DriverInfo("my-lib", "1.2.3"),
    ) as client:
        assert client.ping()
        info = client.client_info()
    assert info["name"] == "tester" and info["db"] in (3, "3")
    assert info["lib-name"] == "my-lib" and info["lib-ver"] == "1.2.3"


def test_values(client):
    assert client.set("a", "x") is True
    assert client.get("a") == "x"
    assert client.set("a", "y", nx=True) is None
    assert client.set("a", "y", get=True) == "x"
    assert client.set("b", 5, ex=100) and 0 < client.ttl("b") <= 100
    assert client.incr("b", 3) == 8
    assert client.incrbyfloat("b", 0.5) == 8.5
    assert client.mset({"c": 1, "d": 2}) and client.mget("c", "d", "none") == ["1", "2", None]
    assert client.getex("c", ex=50) == "1" and client.getdel("c") == "1"
    assert client.append("d", "34") == 3 and client.getrange("d", 0, 1) == "23"
    assert client.setrange("d", 1, "xx") == 3 and client.strlen("d") == 3
    assert client.lcs("a", "d", len=True) == 0
    assert client.copy("a", "e") and client.rename("e", "f") and client.exists("e", "f") == 1
    assert client.type("f") == "string" and client.object("encoding", "f") == "embstr"
    assert client.expire("f", 10, nx=True) and client.persist("f")
    assert sorted(client.keys("*")) == sorted(client.scan_iter(count=2))
    assert client.unlink("f") == 1 and client.touch("a", "none") == 1
    assert client.dbsize() == 3 and client.randomkey() in ("a", "b", "d")


def test_binary_values(subject):
    client = redis.Redis(port=subject.port)
    value = bytes(range(256)) * 300
    client.set(b"\x00\xff", value)
    assert client.get(b"\x00\xff") == value
    assert client.delete(b"\x00\xff") == 1
    client.close()


def test_errors_are_raised(client):
    client.set("a", "text")
    for call in (lambda: client.incr("a"), lambda: client.execute_command("nosuch"),
                 lambda: client.set("a", "b", ex=0)):
        with pytest.raises(ResponseError):
            call()
    assert client.get("a") == "text"


@pytest.mark.parametrize("transaction", (True, False))
def test_pipeline(client, transaction):
    pipe = client.pipeline(transaction=transaction)
    for number in range(1000):
        pipe.set(f"k{number}", number).incr(f"k{number}")
    results = pipe.execute()
    assert results == [value for number in range(1000) for value in (True, number + 1)]


@pytest.mark.parametrize("transaction", (True, False))
def test_pipeline_with_errors_in_between(client, transaction):
    client.set("text", "x")
    pipe = client.pipeline(transaction=transaction)
    pipe.set("a", 1).incr("text").incr("a").execute_command("SET", "a", "b", "EX", "0").get("a")
    results = pipe.execute(raise_on_error=False)
    assert results[0] is True and results[2] == 2 and results[4] == "2"
    assert isinstance(results[1], ResponseError) and isinstance(results[3], ResponseError)


def test_aborted_transaction(client):
    pipe = client.pipeline()
    pipe.set("a", 1).execute_command("NOSUCH").set("b", 2)
    with pytest.raises((ExecAbortError, ResponseError)):
        pipe.execute()
    assert client.exists("a", "b") == 0


def test_large_pipeline(client):
    pipe = client.pipeline(transaction=False)
    value = "v" * 10_000
    for number in range(500):
        pipe.set(f"k{number}", value).get(f"k{number}")
    assert pipe.execute() == [True, value] * 500


def test_watch(client):
    client.set("a", 1)
    with client.pipeline() as pipe:
        pipe.watch("a")
        current = int(pipe.get("a"))
        client.set("a", 10)
        pipe.multi()
        pipe.set("a", current + 1)
        with pytest.raises(WatchError):
            pipe.execute()
    assert client.get("a") == "10"


def test_watch_loops_with_contention(client):
    """Eight threads increment by read, add, write; none of the additions is lost."""
    client.set("counter", 0)
    clients, additions = 8, 40

    def add() -> None:
        for _ in range(additions):
            client.transaction(
                lambda pipe: (
                    lambda value: (pipe.multi(), pipe.set("counter", value + 1))
                )(int(pipe.get("counter"))),
                "counter",
            )

    _in_threads(add, clients)
    assert int(client.get("counter")) == clients * additions


def _in_threads(work, count: int) -> None:
    failures = []

    def guarded() -> None:
        try:
            work()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures[0]


class WatchLock:
    """redis-py's Lock without its scripts: the same SET NX PX, released by compare and delete
    within WATCH. `Lock.release` needs EVALSHA and gets its test when scripts exist."""

    def __init__(self, client: redis.Redis, name: str):
        self.client, self.name, self.token = client, name, uuid.uuid4().hex

    def acquire(self) -> bool:
        return bool(self.client.set(self.name, self.token, nx=True, px=10_000))

    def release(self) -> bool:
        with self.client.pipeline() as pipe:
            try:
                pipe.watch(self.name)
                if pipe.get(self.name) != self.token:
                    return False
                pipe.multi()
                pipe.delete(self.name)
                return pipe.execute() == [1]
            except WatchError:
                return False


def test_lock_by_watch(client):
    first, second = WatchLock(client, "lock"), WatchLock(client, "lock")
    assert first.acquire() and not second.acquire()
    assert not second.release() and client.exists("lock")
    assert first.release() and second.acquire() and second.release()


def test_lock_by_delex(client):
    token = uuid.uuid4().hex
    assert client.set("lock", token, nx=True, px=10_000)
    assert client.execute_command("DELEX", "lock", "IFEQ", "other") == 0
    assert client.execute_command("DELEX", "lock", "IFEQ", token) == 1


def test_redis_py_lock_is_acquired(client):
    """The acquiring half of redis-py's own Lock; its keys are removed by hand."""
    lock = client.lock("lock", timeout=10, blocking=False)
    other = client.lock("lock", timeout=10, blocking=False)
    assert lock.acquire() and not other.acquire()
    assert lock.locked() and lock.owned() and not other.owned()
    assert 0 < client.pttl("lock") <= 10_000
    client.delete("lock")
    assert other.acquire()


def test_redis_py_lock_is_released_without_its_script(client):
    """`Lock.release` needs EVALSHA, as README.md says; the lock itself is not harmed by trying."""
    lock = client.lock("lock", timeout=10, blocking=False)
    assert lock.acquire()
    token = client.get("lock")
    with pytest.raises(ResponseError, match="unknown command 'EVALSHA'"):
        lock.release()
    assert client.get("lock") == token
    assert client.execute_command("DELEX", "lock", "IFEQ", token) == 1
    assert client.lock("lock", timeout=10, blocking=False).acquire()


def test_lock_excludes(client):
    inside, overlaps, done = [], [], []

    def work() -> None:
        for _ in range(10):
            lock = WatchLock(client, "lock")
            while not lock.acquire():
                pass
            inside.append(1)
            if len(inside) > 1:
                overlaps.append(1)
            inside.pop()
            done.append(1)
            assert lock.release()

    _in_threads(work, 4)
    assert len(done) == 40 and not overlaps


def test_admin_calls_parse(client):
    assert client.info()["redis_version"]
    assert client.config_get("maxmemory*")["maxmemory"] == "0"
    assert client.config_set("slowlog-log-slower-than", 10_000)
    assert client.client_list() and client.client_id() > 0
    assert client.slowlog_get(2) is not None and client.slowlog_len() >= 0
    assert client.time()[0] > 1_600_000_000
    assert client.memory_stats()["keys.count"] == 0
    assert client.command_count() > 50
    assert "get" in client.command() and client.command_getkeys("SET", "a", "b") == ["a"]
    assert client.client_setname("x") and client.client_getname() == "x"
    assert client.execute_command("LATENCY", "HISTOGRAM", "get") is not None
    assert client.memory_usage("none") is None
    client.set("a", "b")
    assert client.memory_usage("a") > 0


def test_monitor(subject):
    with connect(subject) as watcher, connect(subject) as client, watcher.monitor() as monitor:
        client.set("monitored", "x\r\n")
        for seen in monitor.listen():
            if "monitored" in seen["command"]:
                break
        assert seen["command"] == 'SET monitored x\\r\\n' or "x" in seen["command"]
        client.delete("monitored")


def test_threads_share_a_pool(client):
    def work() -> None:
        name = uuid.uuid4().hex
        for number in range(200):
            assert client.set(name, number) and client.get(name) == str(number)
            assert client.echo(name + str(number)) == name + str(number)

    _in_threads(work, 8)
