"""How workers start, refuse to start, die, freeze and come back."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from slm_stream.adapters.kafka_admin import create_topics
from slm_stream.adapters.local_kafka import LocalKafka
from slm_stream.codec import state, topics
from slm_stream.codec.runs import Run
from slm_stream.domain.partitions import partition_of
from slm_stream.engine.core import Engine, EngineConfig
from slm_stream.spec.loader import load
from tests.integration.servers import Alertmanager, Prometheus, Receiver, free_port
from tests.integration.worker_tools import (
    SUCCESS,
    Reader,
    Tables,
    Worker,
    cluster,
    ends,
    producer,
    run_worker,
    send,
    tick,
    transaction,
    write_promises,
)

pytestmark = pytest.mark.integration

PARTITIONS = 4
MINUTE_MS = 60_000
SERVICES = [f"service-{i}" for i in range(6)]


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """Yield a broker that the tests of this file share; each has a group of its own."""
    with cluster(PARTITIONS) as address:
        yield address


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a promise that nine in ten of the last ten minutes' transactions succeed."""
    objective = {"name": "success", "indicator": "success", "target": "90 %", "window": "10m"}
    return write_promises(
        tmp_path_factory.mktemp("promises") / "config",
        [
            {"name": name, "indicators": [SUCCESS], "objectives": [objective | {"burn": []}]}
            for name in SERVICES
        ],
    )


def broken_promises(folder: Path) -> Path:
    """Write promises with two mistakes."""
    return write_promises(
        folder,
        [
            {
                "name": "checkout",
                "indicators": [SUCCESS],
                "objectives": [
                    {"name": "a", "indicator": "absent", "target": "90 %", "window": "1d"},
                    {"name": "b", "indicator": "success", "target": "190 %", "window": "1d"},
                ],
            }
        ],
    )


def test_broken_promises_are_all_told(broker: str, tmp_path: Path) -> None:
    """A worker does not start on mistakes: it lists every one, and ends with 2."""
    code, said = run_worker(
        broker, broken_promises(tmp_path / "config"), PARTITIONS, tmp_path / "log"
    )

    assert code == 2
    assert "absent" in said
    assert "190 %" in said
    assert "Traceback" not in said


def test_what_is_not_there_is_one_sentence(broker: str, config: Path, tmp_path: Path) -> None:
    """No broker, no topics, topics of another shape: one sentence and 2."""
    nowhere = f"127.0.0.1:{free_port()}"
    admin = AdminClient({"bootstrap.servers": broker})
    admin.create_topics([NewTopic("other-sli-changelog", 3, 1)])["other-sli-changelog"].result()
    with ThreadPoolExecutor() as pool:
        no_broker = pool.submit(run_worker, nowhere, config, PARTITIONS, tmp_path / "nowhere")
        shape = pool.submit(run_worker, broker, config, PARTITIONS + 1, tmp_path / "shape")
        changelog = pool.submit(
            run_worker, broker, config, PARTITIONS, tmp_path / "changelog", SLM_APP_ID="other"
        )

    for future, sentence in (
        (no_broker, f"no Kafka answers at {nowhere}"),
        (shape, "has 4 partitions and should have 5: set SLM_PARTITIONS=4"),
        (changelog, "other-sli-changelog has 3 partitions and should have 4"),
    ):
        code, said = future.result()
        assert (code, said.count("\n")) == (2, 1), said
        assert sentence in said


def test_missing_topics_are_named(config: Path, tmp_path: Path) -> None:
    """Without its topics a worker says which, and what makes them."""
    with LocalKafka() as empty:
        code, said = run_worker(empty.bootstrap, config, PARTITIONS, tmp_path / "log")

    assert (code, said.count("\n")) == (2, 1), said
    assert topics.PROBES in said
    assert "slm topics create" in said


def test_a_worker_whose_broker_is_gone_can_be_stopped(config: Path, tmp_path: Path) -> None:
    """It is told to stop, cannot write a checkpoint, and ends all the same."""
    with LocalKafka() as kafka:
        create_topics(kafka.bootstrap, PARTITIONS, 1)
        worker = Worker(kafka.bootstrap, config, PARTITIONS, tmp_path / "log")
        with worker:
            worker.ready()
            kafka.stop()
            worker.process.terminate()
            assert worker.process.wait(40) == 1, worker.said()


def test_state_that_cannot_be_read_ends_the_worker(
    broker: str, config: Path, tmp_path: Path
) -> None:
    """Nobody invents figures: unreadable state is told in one line, and the worker ends."""
    settings = {"SLM_APP_ID": "broken"}
    with Worker(broker, config, PARTITIONS, tmp_path / "first", app_id="broken") as worker:
        worker.ready()
        worker.stop()
    rubbish = producer(broker)
    rubbish.produce("broken-sli-changelog", b"\x09rubbish", state.key_of(1, state.MARKER), 1)
    assert rubbish.flush(10) == 0

    code, said = run_worker(broker, config, PARTITIONS, tmp_path / "second", **settings)

    assert code == 2, said
    assert "stored state has version" in said
    assert "Traceback" not in said


def test_a_zombie_changes_nothing(broker: str, config: Path, tmp_path: Path) -> None:
    """A worker frozen for longer than its session ends itself when it wakes."""
    now_ms, to = int(time.time() * 1000), producer(broker)

    def worker(name: str) -> Worker:
        return Worker(
            broker, config, PARTITIONS, tmp_path / name, app_id="zombie", session_timeout_s=2
        )

    with worker("frozen").ready() as frozen, Tables(broker, config, "zombie") as tables:
        for name in SERVICES:
            send(to, topics.TRANSACTIONS, name, *[transaction(name, now_ms)] * 50)
        tables.wait_for(ends(broker))
        # More is on its way to the frozen one: what it has not written yet must never arrive.
        for name in SERVICES:
            to.produce(topics.TRANSACTIONS, transaction(name, now_ms), name)
        frozen.process.send_signal(signal.SIGSTOP)
        with worker("heir") as heir:
            heir.ready()
            for name in SERVICES:
                send(to, topics.TRANSACTIONS, name, *[transaction(name, now_ms)] * 49)
            tables.wait_for(ends(broker))
            frozen.process.send_signal(signal.SIGCONT)
            assert frozen.process.wait(15) == 2, frozen.said()
            assert "slept for" in frozen.said()
            assert "Traceback" not in frozen.said()
            time.sleep(2)
            tables.catch_up()
            assert dict(tables.minutes()) == {
                (name, "success:valid", now_ms // MINUTE_MS): 100 for name in SERVICES
            }
            assert heir.process.poll() is None


def bad_of(service: int, minute: int) -> int:
    """Return how many of a minute's ten transactions fail: each service has its own rhythm."""
    return 3 if (minute + 5 * service) % 20 < 6 else 0


@pytest.fixture
def fresh() -> Iterator[str]:
    """Yield a broker without the ticks of other tests' workers."""
    with cluster(PARTITIONS) as address:
        yield address


def test_events_after_kills_are_those_of_a_calm_life(
    fresh: str, config: Path, tmp_path: Path
) -> None:
    """Two workers die in turn; every transition is told, with the ids of an undisturbed run."""
    broker = fresh
    promises = load(config)
    engine = Engine(
        promises.services,
        promises.agreements,
        {},
        EngineConfig(n_partitions=PARTITIONS, source="/slm-stream/killed"),
    )
    for partition in range(PARTITIONS):
        engine.assign(partition)
    expected: dict[str, bytes] = {}
    offsets: dict[tuple[str, int], int] = {}

    def replay(topic: str, partition: int, *values: bytes) -> None:
        first = offsets.get((topic, partition), 0)
        offsets[topic, partition] = first + len(values)
        run = Run(first, first + len(values) - 1, int(time.time() * 1000), list(values))
        engine.ingest(partition, topic, [run])

    start_ms = (int(time.time()) // 60 - 70) * MINUTE_MS
    to = producer(broker, **{"linger.ms": 10})

    def worker(n: int) -> Worker:
        log = tmp_path / f"worker-{n}"
        return Worker(broker, config, PARTITIONS, log, app_id="killed", options=["--no-ticks"])

    with worker(0) as a, worker(1) as b, worker(2) as c, worker(3) as d:
        for later in (c, d):
            later.process.send_signal(signal.SIGSTOP)
        a.ready()
        b.ready()
        for minute in range(60):
            at_ms = start_ms + minute * MINUTE_MS
            for i, name in enumerate(SERVICES):
                values = [transaction(name, at_ms, ok=k >= bad_of(i, minute)) for k in range(10)]
                for value in values:
                    to.produce(topics.TRANSACTIONS, value, name)
                replay(topics.TRANSACTIONS, partition_of(name, PARTITIONS), *values)
            assert to.flush(10) == 0
            tick(to, PARTITIONS, at_ms + MINUTE_MS)
            for partition in range(PARTITIONS):
                replay(topics.TICKS, partition, b'{"at_ms":%d}' % (at_ms + MINUTE_MS))
                engine.evaluate(partition, {})
                leaving = engine.leaving(partition)
                engine.partition(partition).verdicts.left(len(leaving))
                expected |= {
                    msgspec.json.decode(each.value or b"")["id"]: each.value
                    for each in leaving
                    if each.topic in (topics.NEAR_BREACHES, topics.BREACHES)
                }
            time.sleep(0.1)
            if minute in (20, 40):
                (a if minute == 20 else b).kill()
                (c if minute == 20 else d).process.send_signal(signal.SIGCONT)
        with Tables(broker, config, "killed") as tables:
            tables.wait_for(ends(broker, (topics.TRANSACTIONS, topics.TICKS)))
        time.sleep(1)
    with Reader(broker, topics.NEAR_BREACHES, topics.BREACHES) as reader:
        told = reader.rest()
    found = {e["id"]: r.value() for e, r in zip(reader.events(), told, strict=True)}
    assert len(expected) > 50
    assert found == expected
    print(f"\n{len(expected)} transitions, {len(told)} records")


def test_a_breach_in_kafka_reaches_somebody(broker: str, config: Path, tmp_path: Path) -> None:
    """Failing transactions end as a page: worker, Prometheus, Alertmanager, web hook."""
    now_ms, to = int(time.time() * 1000), producer(broker)
    with (
        Worker(broker, config, PARTITIONS, tmp_path / "log", app_id="paged") as worker,
        Receiver() as receiver,
        Alertmanager(tmp_path, receiver) as alertmanager,
        Prometheus(tmp_path, [worker.port], alertmanager=alertmanager) as prometheus,
    ):
        worker.ready()
        prometheus.wait_for("slm_restoring == 0")
        bad = transaction("service-1", now_ms, ok=False)
        send(to, topics.TRANSACTIONS, "service-1", *[bad] * 500)
        page = receiver.wait_for(
            lambda alert: (
                alert["labels"].get("service") == "service-1"
                and alert["labels"]["alertname"] == "SlmBreach"
            ),
            "the breach reached the receiver",
            "/pages",
        )
    assert page["status"] == "firing"
    assert page["labels"]["objective"] == "success"
