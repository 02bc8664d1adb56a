"""Real workers, a log to feed them, and readers of what they leave, for tests.

The readers are written against Kafka and `slm_stream.codec` alone, not against the worker.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import msgspec
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from slm_stream.adapters.kafka_admin import create_topics
from slm_stream.adapters.local_kafka import LocalKafka
from slm_stream.codec import state, topics
from slm_stream.engine.plan import make_plan
from slm_stream.errors import UnavailableError
from slm_stream.spec.loader import load
from tests.conftest import miss
from tests.integration.servers import eventually, free_port

PRODUCER = {
    "partitioner": "murmur2_random",
    "linger.ms": 0,
    "log_level": 0,
    "queue.buffering.max.messages": 1_000_000,
    "enable.idempotence": True,
}
MINUTE_MS = 60_000


@contextmanager
def cluster(partitions: int) -> Iterator[str]:
    """Yield the address of a fresh broker with the product's topics."""
    broker = LocalKafka()
    try:
        broker.start()
    except UnavailableError as error:
        miss(str(error))
    try:
        create_topics(broker.bootstrap, partitions, 1)
        yield broker.bootstrap
    finally:
        broker.stop()


def write_promises(folder: Path, services: Sequence[Mapping[str, Any]]) -> Path:
    """Write a `config/` folder; each service is given with its ``objectives``."""
    catalogue, agreements = [], []
    for service in services:
        catalogue.append(
            {"name": service["name"], "title": service["name"], "owner": "us"}
            | {"indicators": service["indicators"]}
        )
        agreements.append(
            {
                "id": f"sla-{service['name']}",
                "kind": "SLA",
                "version": 1,
                "title": service["name"],
                "service": service["name"],
                "provider": "us",
                "customer": "them",
                "effective_from": "2020-01-01",
                "time_zone": "UTC",
                "objectives": service["objectives"],
            }
        )
    for kind, entries in (("services", catalogue), ("agreements", agreements)):
        path = folder / ("catalogue" if kind == "services" else kind)
        path.mkdir(parents=True, exist_ok=True)
        (path / "all.yaml").write_bytes(msgspec.json.encode({kind: entries}))
    (folder / "calendars").mkdir(exist_ok=True)
    return folder


SUCCESS = {"name": "success", "kind": "ratio", "from": "transactions", "good": ["ok == true"]}
LATENCY = {"name": "latency", "kind": "duration", "from": "transactions"}
AVAILABILITY = {"name": "availability", "kind": "availability", "from": "probes"}
RESOLUTION = {"name": "resolution", "kind": "timeliness", "from": "incidents"}


@dataclass
class Worker:
    """One `slm worker` process; its standard error is kept."""

    broker: str
    config: Path
    partitions: int
    log: Path
    app_id: str = "slm-stream"
    options: Sequence[str] = ()
    session_timeout_s: int = 4
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        self._log = self.log.open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "slm_stream", "worker"),
                *("--config", str(self.config), "--broker", self.broker),
                *("--metrics-port", str(self.port), *self.options),
            ],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("SLM_")},
                "SLM_APP_ID": self.app_id,
                "SLM_PARTITIONS": str(self.partitions),
                "SLM_SESSION_TIMEOUT_S": str(self.session_timeout_s),
                **self.settings,
            },
            stdout=self._log,
            stderr=self._log,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.send_signal(signal.SIGCONT)
        self.process.wait()
        self._log.close()

    def said(self) -> str:
        """Return what it wrote so far."""
        return self.log.read_text()

    def ready(self) -> Self:
        """Wait until it has restored what it owns."""
        eventually(self._restored, f"restored: {self.said()}")
        return self

    def metrics(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        """Return its metrics page: (labels, value) by the name of the sample."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            page = answer.read().decode()
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found

    def stop(self) -> int:
        """Send SIGTERM; return the exit code, which is 0 only if it stopped by itself in time."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.process.kill()
        self.process.wait()

    def _restored(self) -> bool:
        code = self.process.poll()
        assert code is None, f"the worker ended with {code}: {self.said()}"
        return " restored in " in self.said()


def run_worker(
    broker: str, config: Path, partitions: int, log: Path, *options: str, **settings: str
) -> tuple[int, str]:
    """Run a worker that is not expected to live; return exit code and what it said."""
    with Worker(broker, config, partitions, log, options=options, settings=settings) as worker:
        code = worker.process.wait(60)
    return code, worker.said()


def transaction(service: str, at_ms: int, *, ok: bool = True, duration_ms: int = 50) -> bytes:
    """Return a transaction as it stands on the wire."""
    return b'{"service":"%s","at_ms":%d,"ok":%s,"duration_ms":%d}' % (
        service.encode(),
        at_ms,
        b"true" if ok else b"false",
        duration_ms,
    )


def probe(service: str, at_ms: int, *, ok: bool = True, location: str = "ams") -> bytes:
    """Return a probe result as it stands on the wire."""
    fields = {"service": service, "at_ms": at_ms, "ok": ok, "location": location}
    return msgspec.json.encode(fields)


def update(service: str, at_ms: int, incident: str, status: str) -> bytes:
    """Return an incident update as it stands on the wire."""
    fields = {"service": service, "at_ms": at_ms, "incident": incident, "status": status}
    return msgspec.json.encode(fields | {"priority": "P1"})


def ends(broker: str, names: Iterable[str] = topics.MEASUREMENTS) -> dict[tuple[str, int], int]:
    """Return the end of each partition that holds anything, by topic and partition."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "ends"})
    found = {}
    for name in names:
        for partition in consumer.list_topics(name, timeout=10).topics[name].partitions:
            _, end = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=10)
            if end:
                found[name, partition] = end
    consumer.close()
    return found


class Reader:
    """Everything of some topics from the beginning on, in the order of each partition."""

    def __init__(self, broker: str, *names: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": broker, "group.id": "reader", "enable.auto.commit": False}
            | {"isolation.level": "read_uncommitted", "fetch.wait.max.ms": 20}
        )
        listed = [self._consumer.list_topics(name, timeout=10).topics[name] for name in names]
        self._consumer.assign(
            [TopicPartition(topic.topic, p, 0) for topic in listed for p in topic.partitions]
        )
        self.records: list[tuple[float, Message]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def poll(self, seconds: float = 0.0) -> list[tuple[float, Message]]:
        """Return new records with the time they came."""
        found = []
        end = time.monotonic() + seconds
        while True:
            batch = self._consumer.consume(1000, max(0.0, min(0.05, end - time.monotonic())))
            now = time.time()
            found += [(now, record) for record in batch if not record.error()]
            if not batch and time.monotonic() >= end:
                self.records += found
                return found

    def rest(self, quiet_s: float = 1.0) -> list[Message]:
        """Return all records, once none has come for a while."""
        while self.poll(quiet_s):
            pass
        return [record for _, record in self.records]

    def events(self) -> list[dict[str, Any]]:
        """Return the events so far, decoded."""
        return [msgspec.json.decode(record.value() or b"") for _, record in self.records]


Minutes = Counter[tuple[str, str, int]]
"""Counts by (service, what, minute since the epoch)."""


class Tables:
    """The SLI and the SLA table, read from their changelogs."""

    def __init__(self, broker: str, config: Path, app_id: str = "slm-stream") -> None:
        self._reader = Reader(broker, *(f"{app_id}-{t}-changelog" for t in ("sli", "sla")))
        self.blobs: dict[bytes, bytes] = {}
        promises = load(config)
        plan = make_plan(promises.services, promises.agreements)
        self._names = {}
        for service, series in zip(plan.services, plan.by_service, strict=True):
            for row in plan.rows:
                if row.service == service.name and row.series in series:
                    self._names[service.name, row.series.key] = row.objective.name
                    self._names[service.name, row.series.samples_key] = row.objective.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    def catch_up(self) -> None:
        """Read what is new."""
        for _, record in self._reader.poll(0.05):
            key, value = record.key() or b"", record.value()
            if value is None:
                self.blobs.pop(key, None)
            else:
                self.blobs[key] = value

    def wait_for(self, wanted: Mapping[tuple[str, int], int], patience_s: float = 60.0) -> None:
        """Read on until the markers stand at the ends of the sources."""

        def there() -> bool:
            self.catch_up()
            done = self.applied()
            return all(done.get(at, -1) + 1 >= end for at, end in wanted.items())

        eventually(there, f"{dict(wanted)} applied", patience_s)

    def applied(self) -> dict[tuple[str, int], int]:
        """Return the last offset applied by topic and partition, as the markers say."""
        found = {}
        for key, raw in self.blobs.items():
            partition, kind, _, _ = state.parse_key(key)
            if kind == state.MARKER:
                marker = state.decode(raw, state.MarkerBlob)
                found.update({(name, partition): at for name, at in marker.applied.items()})
        return found

    def minutes(self) -> Minutes:
        """Return valid and bad measurements of every objective by minute, and ticket updates.

        Probe results count as ``NAME:ok`` and ``NAME:failed``.
        """
        found: Minutes = Counter()
        for key, raw in self.blobs.items():
            _, kind, service, name = state.parse_key(key)
            if kind == state.HOUR:
                self._add_hour(found, service, int(name), state.decode(raw, state.HourBlob))
            elif kind == state.TICKET:
                for each in state.decode(raw, state.TicketBlob).updates:
                    found[service, f"ticket:{each.status}", each.at_ms // MINUTE_MS] += 1
        return found

    def _add_hour(self, found: Minutes, service: str, hour: int, blob: state.HourBlob) -> None:
        for series, columns in state.columns_of(blob).items():
            name = self._names.get((service, series))
            if name is None:
                continue
            for what, column in zip(("bad", "valid"), columns, strict=True):
                for minute, n in enumerate(column.tolist()):
                    if n:
                        found[service, f"{name}:{what}", hour * 60 + minute] += n
        for series, samples in blob.samples.items():
            name = self._names[service, series]
            for at_ms, _, ok in samples:
                found[service, f"{name}:{'ok' if ok else 'failed'}", at_ms // MINUTE_MS] += 1


def producer(broker: str, **settings: Any) -> Producer:
    """Return a producer that spreads keys as the product's topics want them."""
    return Producer({"bootstrap.servers": broker, **PRODUCER, **settings})


def send(to: Producer, topic: str, service: str, *values: bytes | None) -> None:
    """Send messages of one service, and wait until they are there."""
    for value in values:
        to.produce(topic, value, service.encode())
    assert to.flush(30) == 0


def tick(to: Producer, partitions: int, at_ms: int) -> None:
    """Send the clock to every partition."""
    for partition in range(partitions):
        to.produce(topics.TICKS, b'{"at_ms":%d}' % at_ms, partition=partition)
    assert to.flush(30) == 0
