"""`slm import` into a real broker."""

import time
from pathlib import Path

import msgspec
import pytest
from aiokafka.partitioner import murmur2
from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from slm_stream.adapters.kafka_admin import create_topics, describe_topics
from slm_stream.adapters.producer import BulkProducer
from slm_stream.cli.main import main
from slm_stream.codec.messages import Probe, Transaction
from slm_stream.codec.topics import PROBES, TOPICS
from slm_stream.errors import UnavailableError

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def n_partitions(kafka: str) -> int:
    """Return how many partitions the product's topics have; make them where they are absent."""
    present = describe_topics(kafka)
    if len(present) < len(TOPICS):
        create_topics(kafka, next((t.partitions for t in present.values()), 4), 1)
    return describe_topics(kafka)[PROBES].partitions


def end_offsets(kafka: str, topic: str, n: int) -> list[TopicPartition]:
    """Return where a topic ends now; a new one may need a moment to have leaders."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "unused"})
    try:
        return [TopicPartition(topic, p, end_offset(consumer, topic, p)) for p in range(n)]
    finally:
        consumer.close()


def end_offset(consumer: Consumer, topic: str, partition: int) -> int:
    """Return where a partition ends now."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=5)[1]
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def read_since(kafka: str, since: list[TopicPartition], n_wanted: int) -> list[Message]:
    """Return the messages after some offsets, in the order of each partition."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "unused"})
    consumer.assign(since)
    found: list[Message] = []
    deadline = time.monotonic() + 20
    while len(found) < n_wanted and time.monotonic() < deadline:
        found += consumer.consume(n_wanted, timeout=0.5)
    consumer.close()
    return found


def test_measurements_arrive_under_their_service_in_order(
    kafka: str, n_partitions: int, unique: str, tmp_path: Path
) -> None:
    """Key, partition, order and value are right, and the broker stamps each record."""
    services = [f"{unique}{i}" for i in range(20)]
    path = tmp_path / "samples.csv"
    path.write_text(
        "time,slug,status,response_ms\n"
        + "".join(
            f"2026-01-01T12:{minute:02}:00Z,{service},up,{minute + 1}\n"
            for minute in range(30)
            for service in services
        )
    )
    since = end_offsets(kafka, PROBES, n_partitions)
    before_ms = time.time() * 1000

    assert main(["import", str(path), "-m", "upptime", "--broker", kafka]) == 0

    found = read_since(kafka, since, 600)
    assert len(found) == 600
    seen: dict[str, list[float | None]] = {service: [] for service in services}
    for message in found:
        key, value = message.key(), message.value()
        assert key is not None
        assert value is not None
        probe = msgspec.json.decode(value, type=Probe)
        assert key == probe.service.encode()
        # What Java's producer does, by another implementation of the hash.
        assert message.partition() == (murmur2(key) & 0x7FFFFFFF) % n_partitions
        kind, stamp_ms = message.timestamp()
        assert kind == TIMESTAMP_LOG_APPEND_TIME
        assert stamp_ms >= before_ms - 1000
        seen[probe.service].append(probe.duration_ms)
    assert all(minutes == list(range(1, 31)) for minutes in seen.values())


def test_a_missing_topic_is_told_before_anything_is_sent(kafka: str, unique: str) -> None:
    """Topics are made on purpose, in their right shape."""
    with pytest.raises(UnavailableError, match=rf"no topic {unique}a: run slm topics create"):
        BulkProducer(kafka, [f"{unique}a"])


def test_a_refused_measurement_is_an_error(kafka: str, unique: str) -> None:
    """What the broker does not take is not taken for delivered."""
    topic = f"{unique}small"
    admin = AdminClient({"bootstrap.servers": kafka})
    small = NewTopic(topic, 1, 1, config={"max.message.bytes": "200"})
    admin.create_topics([small])[topic].result()

    def send_one_that_is_too_large() -> None:
        with BulkProducer(kafka, [topic]) as producer:
            producer.send(topic, Transaction("s", 1, operation=random_text(2000)))

    with pytest.raises(UnavailableError, match="did not take a measurement"):
        send_one_that_is_too_large()


def random_text(n: int) -> str:
    """Return text that compression cannot make small."""
    return "".join(chr(33 + (i * i * 7919 + i * 104_729) % 9_973 % 90) for i in range(n))
