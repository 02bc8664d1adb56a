"""Our own events, read back from Kafka from the beginning on, without a group or commits."""

import time
import uuid
from collections.abc import Iterable

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from slm_stream.codec import events
from slm_stream.codec.events import CloudEvent
from slm_stream.errors import UnavailableError

TIMEOUT_S = 10.0
BATCH = 2000


class EventReader:
    """Reads topics of events as long as it is asked to.

    Parameters
    ----------
    broker : str
        Brokers, host:port, comma-separated.
    topics : iterable of str

    Raises
    ------
    UnavailableError
        If no broker answers, now or later, or a topic is missing.
    """

    def __init__(self, broker: str, topics: Iterable[str]) -> None:
        self._broker = broker
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
        """Whether every partition's end was seen since the last event."""
        return not self._pending

    def poll(self, timeout_s: float) -> list[tuple[str, CloudEvent]]:
        """Return events with their topics, in the order of each partition; waits for a first."""
        found: list[tuple[str, CloudEvent]] = []
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
                found.append((place[0], events.read(message.value() or b"")))
            except msgspec.DecodeError:
                self.n_unreadable += 1
        return found

    def read_all(self, timeout_s: float = TIMEOUT_S) -> list[tuple[str, CloudEvent]]:
        """Return all that is there now."""
        found: list[tuple[str, CloudEvent]] = []
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
        ]

    def _unavailable(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(
            f"no Kafka answers at {self._broker} ({error.str()}): "
            "start one, or name another with --broker or SLM_BROKER"
        )
