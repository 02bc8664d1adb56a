"""Measurements to Kafka in bulk."""

import time
from collections.abc import Iterable
from types import TracebackType

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from slm_stream.codec.messages import Measurement, Tick
from slm_stream.codec.topics import TICKS
from slm_stream.errors import UnavailableError

ANSWER_TIMEOUT_S = 10.0
FLUSH_STEP_S = 1.0
NEW_TOPIC_WAIT_S = 2.0
DELIVERY_TIMEOUT_MS = 60_000
FULL_QUEUE_WAIT_S = 1.0


class BulkProducer:
    """Sends measurements keyed by service, and doesn't return before they have arrived.

    Use it as a context manager: leaving it normally waits for every delivery; leaving it by an
    exception throws away what has not been sent yet.

    Parameters
    ----------
    broker : str
        Brokers, host:port, comma-separated.
    topics : iterable of str
        Topics that will be written to; they must exist.

    Raises
    ------
    UnavailableError
        If no broker answers, a topic is missing, or a measurement could not be delivered.
    """

    def __init__(self, broker: str, topics: Iterable[str]) -> None:
        self._broker = broker
        self._failed: KafkaError | None = None
        self.n_delivered = 0
        self._encode = msgspec.json.Encoder().encode
        self._producer = Producer(
            {
                "bootstrap.servers": broker,
                "client.id": "slm-import",
                "log_level": 0,
                # As Java's clients do: all that write a service's measurements must agree.
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 50,
                "delivery.timeout.ms": DELIVERY_TIMEOUT_MS,
            }
        )
        self._check(topics)

    def __enter__(self) -> "BulkProducer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.flush()
        else:
            self._producer.purge()

    def send(self, topic: str, measurement: Measurement) -> None:
        """Hand over one measurement; waits while the queue is full."""
        value, key = self._encode(measurement), measurement.service.encode()
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(FULL_QUEUE_WAIT_S)
                self._raise_if_failed()
            except KafkaException as error:
                raise self._unavailable(error.args[0]) from None
            else:
                break
        self._producer.poll(0)
        self._raise_if_failed()

    def send_ticks(self, partitions: Iterable[int], instants_ms: Iterable[int]) -> None:
        """Hand over the clock for some partitions, as a simulation does that has its own."""
        values = [self._encode(Tick(at_ms)) for at_ms in instants_ms]
        for partition in partitions:
            for value in values:
                self._producer.produce(TICKS, value, partition=partition)
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until everything has arrived."""
        while self._producer.flush(FLUSH_STEP_S):
            self._raise_if_failed()
        self._raise_if_failed()

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.n_delivered += 1
        elif self._failed is None:
            self._failed = error

    def _raise_if_failed(self) -> None:
        if self._failed is not None:
            raise self._unavailable(self._failed)

    def _unavailable(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(
            f"{self._broker} did not take a measurement ({error.str()}); "
            f"{self.n_delivered} arrived before"
        )

    def _check(self, topics: Iterable[str]) -> None:
        """Refuse topics that are missing; a broker may need a moment to know a new one."""
        wanted, deadline = set(topics), time.monotonic() + NEW_TOPIC_WAIT_S
        while missing := wanted - self._known_topics():
            if time.monotonic() > deadline:
                names = ", ".join(sorted(missing))
                msg = f"{self._broker} has no topic {names}: run slm topics create"
                raise UnavailableError(msg)
            time.sleep(0.1)

    def _known_topics(self) -> set[str]:
        # Asking for all topics creates none; asking for one by name may.
        try:
            return set(self._producer.list_topics(timeout=ANSWER_TIMEOUT_S).topics)
        except KafkaException as error:
            msg = (
                f"no Kafka answers at {self._broker} ({error.args[0].str()}): "
                "start one, or name another with --broker or SLM_BROKER"
            )
            raise UnavailableError(msg) from None
