"""Our topics, read back from Kafka from the beginning on, without a group or commits."""

import time
import uuid
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from slm_stream.codec import events
from slm_stream.codec.events import CloudEvent
from slm_stream.domain.partitions import partition_of
from slm_stream.errors import UnavailableError

TIMEOUT_S = 10.0
BATCH = 2000
T = TypeVar("T")


class TopicReader(Generic[T]):
    """Reads topics as long as it is asked to.

    Parameters
    ----------
    broker : str
        Brokers, host:port, comma-separated.
    topics : iterable of str
    decode : callable
        Makes a message of a payload; one for which it raises msgspec.DecodeError is counted in
        `n_unreadable` and left out.
    key : str, optional
        Read only where messages of that key lie, as measurements of a service do.

    Raises
    ------
    UnavailableError
        If no broker answers, now or later, or a topic is missing.
    """

    def __init__(
        self,
        broker: str,
        topics: Iterable[str],
        decode: Callable[[bytes], T],
        key: str | None = None,
    ) -> None:
        self._broker = broker
        self._decode = decode
        self._key = key
        self.n_unreadable = 0
        self._consumer = Consumer(
            {
                "bootstrap.servers": broker,
                "client.id": "slm-reader",
                "group.id": f"slm-reader-{uuid.uuid4().hex}",  # asked for, never joined
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,
                "log_level": 0,
            }
        )
        places = self._places(tuple(topics))
        self._pending = {(place.topic, place.partition) for place in places}
        self._consumer.assign(places)

    @property
    def caught_up(self) -> bool:
        """Whether every partition's end was seen since the last message."""
        return not self._pending

    def poll(self, timeout_s: float) -> list[tuple[str, T]]:
        """Return messages with their topics, in the order of each partition; waits for a first."""
        found: list[tuple[str, T]] = []
        for message in self._consumer.consume(BATCH, timeout_s):
            place = (message.topic() or "", message.partition() or 0)
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                    raise self._unavailable(error)
                self._pending.discard(place)
                continue
            self._pending.add(place)
            try:
                found.append((place[0], self._decode(message.value() or b"")))
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.n_unreadable += 1
        return found

    def read_all(self, timeout_s: float = TIMEOUT_S) -> list[tuple[str, T]]:
        """Return all that is there now."""
        found: list[tuple[str, T]] = []
        end = time.monotonic() + timeout_s
        while not self.caught_up and time.monotonic() < end:
            found += self.poll(0.2)
        return found

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def _places(self, topics: tuple[str, ...]) -> list[TopicPartition]:
        try:
            known = self._consumer.list_topics(timeout=TIMEOUT_S).topics
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from None
        missing = [topic for topic in topics if topic not in known]
        if missing:
            msg = f"{self._broker} has no topic {', '.join(missing)}: run slm topics create"
            raise UnavailableError(msg)
        return [
            TopicPartition(topic, partition, OFFSET_BEGINNING)
            for topic in topics
            for partition in known[topic].partitions
            if self._key is None
            or partition == partition_of(self._key, len(known[topic].partitions))
        ]

    def _unavailable(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(
            f"no Kafka answers at {self._broker} ({error.str()}): "
            "start one, or name another with --broker or SLM_BROKER"
        )


class EventReader(TopicReader[CloudEvent]):
    """Reads topics of levels, near-breaches and breaches."""

    def __init__(self, broker: str, topics: Iterable[str]) -> None:
        super().__init__(broker, topics, events.read)
