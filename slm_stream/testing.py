"""Parts for tests of promises: a store in memory, and a driver that needs no broker.

>>> from slm_stream.codec.messages import Transaction
>>> from slm_stream.domain.agreement import ComplianceWindow, Objective
>>> from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
>>> good = (Condition("ok", "==", True),)
>>> success = Indicator("success", IndicatorKind.RATIO, Source.TRANSACTIONS, good=good)
>>> hour = ComplianceWindow(rolling_s=3600)
>>> promise = agreement("checkout", Objective("success", "success", 10_000_000, hour))
>>> driver = EngineDriver((Service("checkout", (success,)),), (promise,))
>>> for second in range(10):
...     driver.send(Transaction("checkout", second * 1000, ok=second > 1))
>>> driver.tick(60_000)
>>> [str(event.data.level) for event in driver.events("breach")]
['breach']
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from slm_stream.codec import events, topics
from slm_stream.codec.messages import Feedback, IncidentUpdate, Probe, Tick, Transaction
from slm_stream.codec.runs import Run
from slm_stream.codec.state import HEAD, parse_key
from slm_stream.domain.agreement import Agreement, AgreementKind, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Service
from slm_stream.domain.partitions import partition_of
from slm_stream.engine.core import Engine, EngineConfig, Outgoing
from slm_stream.ports import Standing

TOPIC_OF: dict[type, str] = {
    Transaction: topics.TRANSACTIONS,
    Probe: topics.PROBES,
    IncidentUpdate: topics.INCIDENTS,
    Feedback: topics.FEEDBACK,
    Tick: topics.TICKS,
}


class MemoryStore(dict[bytes, bytes]):
    """Blobs in a dictionary."""

    def write(self, blobs: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Set blobs; None deletes."""
        for key, value in blobs:
            if value is None:
                self.pop(key, None)
            else:
                self[key] = value

    def of(self, partition: int) -> list[tuple[bytes, bytes]]:
        """Return the blobs of one partition."""
        return [(key, raw) for key, raw in self.items() if parse_key(key)[0] == partition]


def agreement(service: str, *objectives: Objective, **changes: Any) -> Agreement:
    """Return an SLA of a service that always holds, changed as asked."""
    values: dict[str, Any] = {
        "id": f"sla-{service}",
        "kind": AgreementKind.SLA,
        "version": 1,
        "service": service,
        "provider": "provider",
        "customer": "customer",
        "calendar": Calendar.always("UTC"),
        "objectives": objectives,
    }
    return Agreement(**(values | changes))


@dataclass(slots=True)
class Record:
    """One record of a log; its offset is given, since logs have holes."""

    offset: int
    value: bytes | None
    timestamp_ms: int


@dataclass(slots=True)
class Log:
    """One partition of one topic, and how far the engine has read it."""

    records: list[Record] = field(default_factory=list)
    position: int = 0
    """Index of the first record that is not delivered."""

    def append(self, value: bytes | None, timestamp_ms: int, hole: int = 0) -> None:
        """Add a record after a hole of some offsets."""
        last = self.records[-1].offset if self.records else -1
        self.records.append(Record(last + 1 + hole, value, timestamp_ms))

    def take(self, n: int | None = None) -> list[Run]:
        """Return the next records as runs, one for each timestamp in a row."""
        end = len(self.records) if n is None else min(len(self.records), self.position + n)
        chosen = self.records[self.position : end]
        self.position = end
        return _runs(chosen)

    def seek(self, offset: int) -> None:
        """Go to the first record at or after an offset."""
        self.position = sum(record.offset < offset for record in self.records)


class EngineDriver:
    """An engine with its logs, its store and a broker's habits, without the broker.

    Parameters
    ----------
    services : tuple of Service
    agreements : tuple of Agreement
    config : EngineConfig
    """

    def __init__(
        self,
        services: tuple[Service, ...],
        agreements: tuple[Agreement, ...],
        config: EngineConfig | None = None,
    ) -> None:
        self.config = config or EngineConfig()
        self.store = MemoryStore()
        self.aside: list[Outgoing] = []
        """Dead letters and late measurements, as they left."""
        self.sent: list[Outgoing] = []
        """Events that left, each after the checkpoint that holds it."""
        self.logs: dict[tuple[str, int], Log] = {
            (topic, partition): Log()
            for topic in topics.INPUTS
            for partition in range(self.config.n_partitions)
        }
        self._promises = services, agreements
        self.engine = self._start()

    def send(
        self, *messages: Any, stamped_ms: int | None = None, raw_topic: str = "", hole: int = 0
    ) -> None:
        """Append measurements to the log of their topic and service.

        Parameters
        ----------
        *messages : Transaction, Probe, IncidentUpdate, Feedback, or raw bytes with `raw_topic`
        stamped_ms : int
            The broker's timestamp; the time of the measurement where it is not given.
        raw_topic : str
            Where raw bytes go, to partition 0.
        hole : int
            Offsets left out before each record, as compaction leaves them.
        """
        for message in messages:
            if raw_topic:
                self.logs[raw_topic, 0].append(message, stamped_ms or 0, hole)
                continue
            partition = partition_of(message.service, self.config.n_partitions)
            stamp = message.at_ms if stamped_ms is None else stamped_ms
            log = self.logs[TOPIC_OF[type(message)], partition]
            log.append(msgspec.json.encode(message), stamp, hole)

    def deliver(self, topic: str | None = None, n: int | None = None, partition: int = -1) -> None:
        """Hand the next `n` waiting records, or all, of a topic or of all measurements over."""
        for (name, number), log in self.logs.items():
            wanted = name in topics.MEASUREMENTS if topic is None else name == topic
            if wanted and partition in (-1, number) and (runs := log.take(n)):
                self.aside += self.engine.ingest(number, name, runs)

    def tick(self, at_ms: int, *, checkpoint: bool = True, deliver: bool = True) -> None:
        """Deliver all that waits, let time move to an instant, and evaluate."""
        if deliver:
            self.deliver()
        for partition in range(self.config.n_partitions):
            log = self.logs[topics.TICKS, partition]
            log.append(msgspec.json.encode(Tick(at_ms)), at_ms)
            self.engine.ingest(partition, topics.TICKS, log.take())
        self.evaluate()
        if checkpoint:
            self.checkpoint()

    def evaluate(self) -> None:
        """Evaluate the ticks that no undelivered measurement can precede."""
        for partition in range(self.config.n_partitions):
            waiting = {
                topic: self._waits(topic, partition)
                for topic in (*topics.MEASUREMENTS, topics.TICKS)
            }
            self.engine.evaluate(partition, {topic: not on for topic, on in waiting.items()})

    def checkpoint(self) -> None:
        """Write all that has changed, then the marker; then events leave."""
        for partition in self.engine.partitions:
            state = self.engine.partition(partition)
            self.store.write(state.frozen())
            self.store.write([state.marker()])
            leaving = self.engine.leaving(partition)
            self.sent += leaving
            state.verdicts.left(len(leaving))
            state.cool()

    def torn_checkpoint(
        self, n_evidence: int, n_heads: int, *, marker: bool = False, n_events: int = 0
    ) -> None:
        """Write only the first blobs of each table, as a crash leaves them; then crash.

        The marker, and events after it, are written only if all blobs were.
        """
        for partition in self.engine.partitions:
            state = self.engine.partition(partition)
            blobs, last = state.frozen(), state.marker()
            leaving = self.engine.leaving(partition)
            heads = [blob for blob in blobs if parse_key(blob[0])[1] == HEAD]
            evidence = [blob for blob in blobs if parse_key(blob[0])[1] != HEAD]
            self.store.write(evidence[:n_evidence])
            self.store.write(heads[:n_heads])
            if n_evidence >= len(evidence) and n_heads >= len(heads):
                if marker:
                    self.store.write([last])
                self.sent += leaving[:n_events]
        self.crash()

    def crash(self) -> None:
        """Lose all that is in memory and go on from the store."""
        self.engine = self._start()

    def catch_up(self) -> None:
        """Deliver all that waits, ticks too, and evaluate."""
        self.deliver()
        self.deliver(topics.TICKS)
        self.evaluate()

    def standings(self) -> dict[str, Standing]:
        """Return every objective's standing by ``agreement/objective``."""
        return {f"{s.agreement}/{s.objective}": s for s in self.engine.standings()}

    def disagreements(self) -> list[events.Envelope[events.DisagreementData]]:
        """Return the events about disagreements that left, each id once."""
        sent = [e.value for e in self.sent if e.topic == topics.DISAGREEMENTS and e.value]
        found = [events.read_disagreement(value) for value in sent]
        return list({event.id: event for event in found}.values())

    def events(self, *kinds: str) -> list[events.CloudEvent]:
        """Return the events that left, each id once; of the given kinds such as ``breach``.

        Without a kind: all transitions, that is openings and closings.
        """
        wanted = {
            "breach": topics.BREACHES,
            "near_breach": topics.NEAR_BREACHES,
            "level": topics.LEVELS,
        }
        chosen = {wanted[kind] for kind in kinds or ("breach", "near_breach")}
        found = [events.read(e.value) for e in self.sent if e.topic in chosen and e.value]
        return list({event.id: event for event in found}.values())

    def _waits(self, topic: str, partition: int) -> bool:
        log = self.logs[topic, partition]
        return log.position < len(log.records)

    def _start(self) -> Engine:
        engine = Engine(*self._promises, self.store, self.config)
        for partition in range(self.config.n_partitions):
            applied = engine.assign(partition, self.store.of(partition))
            for topic in topics.INPUTS:
                self.logs[topic, partition].seek(applied.get(topic, -1) + 1)
        return engine


def _runs(records: Sequence[Record]) -> list[Run]:
    runs: list[Run] = []
    for record in records:
        last = runs[-1] if runs else None
        if last is not None and last.timestamp_ms == record.timestamp_ms:
            last.values.append(record.value)
            offsets = [*(last.offsets or []), record.offset]
            runs[-1] = Run(last.first, record.offset, last.timestamp_ms, last.values, offsets)
        else:
            offset = record.offset
            runs.append(Run(offset, offset, record.timestamp_ms, [record.value], [offset]))
    return runs
