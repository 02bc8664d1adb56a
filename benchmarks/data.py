"""The transactions that every contender reads: made up once, written to the broker once."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from confluent_kafka import Producer
from numpy.typing import NDArray

from slm_stream.domain.windows import MINUTE_MS

SERVICES = tuple(f"service-{i:02d}" for i in range(50))
PARTITIONS = 8
SPAN_MS = 110 * MINUTE_MS
JITTER_MS = 2_000
"""Event times rise with the log, give or take this: nothing is late, nothing lies ahead."""

STATUSES = np.array([200, 201, 304, 400, 404, 429, 500, 503])
_SHARES = (0.90, 0.04, 0.02, 0.01, 0.015, 0.005, 0.006, 0.004)
_SLICE = 100_000


@dataclass(frozen=True)
class Transactions:
    """Columns of equal length, in the order in which they are written.

    Attributes
    ----------
    service : ndarray of int64
        Position in `SERVICES`.
    at_ms, status : ndarray of int64
    ok : ndarray of bool
    duration_ms : ndarray of float64
        With one decimal.
    """

    service: NDArray[np.int64]
    at_ms: NDArray[np.int64]
    ok: NDArray[np.bool_]
    duration_ms: NDArray[np.float64]
    status: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.service)

    def first(self, n: int) -> "Transactions":
        """Return the first `n`."""
        columns = (self.service, self.at_ms, self.ok, self.duration_ms, self.status)
        return Transactions(*(column[:n] for column in columns))

    def payloads(self) -> Iterator[tuple[str, str]]:
        """Return key and value of each, as they go on the wire."""
        for low in range(0, len(self), _SLICE):
            part = slice(low, low + _SLICE)
            for service, at_ms, ok, duration_ms, status in zip(
                self.service[part].tolist(),
                self.at_ms[part].tolist(),
                self.ok[part].tolist(),
                self.duration_ms[part].tolist(),
                self.status[part].tolist(),
                strict=True,
            ):
                name = SERVICES[service]
                yield (
                    name,
                    f'{{"service":"{name}","at_ms":{at_ms},"ok":{"true" if ok else "false"},'
                    f'"duration_ms":{duration_ms},"status":{status}}}',
                )


def make_up(n: int, end_ms: int) -> Transactions:
    """Return `n` transactions of the `SPAN_MS` before an instant, the same for the same instant."""
    random = np.random.default_rng(20_260_501)
    rising = np.linspace(end_ms - SPAN_MS, end_ms - JITTER_MS, n).astype(np.int64)
    status = STATUSES[random.choice(len(STATUSES), n, p=_SHARES)]
    return Transactions(
        service=random.integers(0, len(SERVICES), n),
        at_ms=rising + random.integers(0, JITTER_MS, n),
        ok=(status < 500) & (random.random(n) > 0.002),
        duration_ms=np.round(random.lognormal(4.5, 0.8, n), 1),
        status=status,
    )


def write(transactions: Transactions, broker: str, topic: str) -> float:
    """Write all to a topic, keyed by service; return the mean size of a value in bytes."""
    size = _produce(((topic, key, value) for key, value in transactions.payloads()), broker)
    return size / len(transactions)


def write_events(batches: Iterable[tuple[str, int, list[bytes | None]]], broker: str) -> None:
    """Write batches of (topic, instant, payloads), keyed by service."""
    _produce(
        (
            (topic, json.loads(value or b"")["service"], (value or b"").decode())
            for topic, _, values in batches
            for value in values
        ),
        broker,
    )


def _produce(records: Iterable[tuple[str, str, str]], broker: str) -> int:
    """Write (topic, key, value) and return the bytes of all values.

    Batches are as large as Java's producer makes them, 16 KB.
    """
    producer = Producer(
        {
            "bootstrap.servers": broker,
            "partitioner": "murmur2_random",
            "linger.ms": 50,
            "batch.size": 16_384,
            "queue.buffering.max.messages": 500_000,
            "enable.idempotence": True,
        }
    )
    size = 0
    for topic, key, value in records:
        size += len(value)
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(60):
        msg = "the broker did not take everything"
        raise RuntimeError(msg)
    return size
