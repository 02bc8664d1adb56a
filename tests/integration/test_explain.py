"""`slm explain` reads a ticket from a real broker."""

from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from slm_stream.adapters.kafka_admin import create_topics, describe_topics
from slm_stream.cli.main import main
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.codec.topics import INCIDENTS, TOPICS

pytestmark = pytest.mark.integration

OPENED_MS = 1_772_452_800_000  # 2026-03-02T12:00Z
MINUTE = 60_000
CATALOGUE = """
services:
  - name: {service}
    indicators: [{{name: resolution, kind: timeliness, from: incidents}}]
agreements:
  - id: sla
    kind: SLA
    service: {service}
    provider: Platform
    customer: Shop
    effective_from: 2026-01-01
    time_zone: UTC
    objectives:
      - {{name: resolution, indicator: resolution, target: 0.9, within: {{P1: 1h}}, window: month}}
"""


@pytest.mark.parametrize("by_service", [False, True])
def test_a_ticket_is_read_to_the_end_of_its_topic(
    kafka: str,
    unique: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    by_service: bool,
) -> None:
    """From all partitions, or from that of its service alone; beside a message nobody can read."""
    if len(describe_topics(kafka)) < len(TOPICS):
        create_topics(kafka, 4, 1)
    service = f"s{unique}".lower().replace("_", "-")
    incident = f"INC-{unique}"
    (tmp_path / "agreements").mkdir()
    (tmp_path / "agreements" / "all.yaml").write_text(CATALOGUE.format(service=service))
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random"})
    producer.produce(INCIDENTS, b"no update", service.encode())
    for minute, status in ((0, "opened"), (30, "waiting"), (50, "resumed"), (70, "resolved")):
        update = IncidentUpdate(service, OPENED_MS + minute * MINUTE, incident, status, "P1")
        producer.produce(INCIDENTS, msgspec.json.encode(update), service.encode())
    assert producer.flush(20) == 0
    capsys.readouterr()

    options = ["--broker", kafka, "--config", str(tmp_path)]
    options += ["--service", service] if by_service else []
    assert main(["explain", incident, *options]) == 0

    told = capsys.readouterr().out
    # 30 and 20 minutes of work, 20 of rest.
    assert "verdict: in time, 10m left" in told
    assert "2026-03-02 13:10:00 +0000  resolved" in told
