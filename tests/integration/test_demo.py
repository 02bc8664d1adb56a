"""`slm demo` and `slm levels`, with a real broker and real workers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from slm_stream.adapters.kafka_admin import create_topics, used_topics
from slm_stream.adapters.kafka_jars import fetch_jars, find_java
from slm_stream.cli.demo.faults import FAULTS
from slm_stream.cli.main import main
from slm_stream.codec import events
from slm_stream.codec.topics import LEVELS, TopicShape
from slm_stream.errors import UnavailableError
from tests.conftest import miss
from tests.unit.cli.levels import level_data

pytestmark = pytest.mark.integration


def figure_of(summary: str, subject: str) -> str:
    """Return the SLI in percent from the table at the summary's end."""
    row = next(line for line in reversed(summary.splitlines()) if subject in line)
    return row.split(" %")[0].split()[-1]


def test_a_month_in_a_minute(tmp_path: Path) -> None:
    """Every expected event comes, every measurement counts once, and nothing is left behind."""
    try:
        find_java()
        fetch_jars()
    except UnavailableError as error:
        miss(str(error))

    done = subprocess.run(
        [sys.executable, "-m", "slm_stream", "demo", "--once"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    n = sum(len(fault.expected) for fault in FAULTS)
    assert f"{n} of {n} expected events came in time; no other promise was reported." in done.stdout
    for fault in FAULTS:
        assert fault.title in done.stdout
    assert done.stdout.count("✓ came") == n
    counts = re.search(r"Measurements: ([\d,]+) sent, ([\d,]+) counted; 0 too late", done.stdout)
    assert counts is not None
    assert counts[1] == counts[2]
    # The supplier's 100 min of the month's 174 office hours: 1 - 100 / 10,440.
    assert figure_of(done.stdout, "uc-cards/availability") == "99.042"
    # From 14:00, amsterdam's first failure, to 14:51, frankfurt's first success: 51 of 40,320 min.
    assert figure_of(done.stdout, "sla-checkout/availability") == "99.873"
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_levels_shows_what_the_topic_holds(
    kafka: str, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last level of each key, as a table and as JSON; what cannot be read is passed over."""
    agreement = unique.strip(".")
    create_topics(kafka, 2, 1, [TopicShape(LEVELS, compacted=True)])
    producer = Producer({"bootstrap.servers": kafka})
    for sequence, level in enumerate(("met", "breach")):
        value = events.event(
            "level",
            level_data(agreement=agreement, level=level),
            source="/t",
            at_ms=1_000 * sequence,
            sequence=sequence,
            episode="e",
        )
        producer.produce(LEVELS, value, f"{agreement}/availability")
    producer.produce(LEVELS, b"no event", f"{agreement}/broken")
    assert producer.flush(10) == 0

    assert main(["levels", "--broker", kafka]) == 0
    table = capsys.readouterr().out
    assert main(["levels", "--broker", kafka, "--once", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    mine = [line for line in table.splitlines() if f"{agreement}/availability" in line]
    assert len(mine) == 1
    assert "✗ breach" in mine[0]
    levels = [e["data"]["level"] for e in lines if e["subject"] == f"{agreement}/availability"]
    assert levels == ["breach"]


def test_levels_without_a_broker_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and what to do."""
    monkeypatch.setattr("slm_stream.adapters.event_reader.TIMEOUT_S", 0.5)

    assert main(["levels", "--broker", "127.0.0.1:9"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(
        r"slm: no Kafka answers at 127\.0\.0\.1:9 .*--broker or SLM_BROKER\n", said.err
    )


def test_a_used_topic_is_told_from_an_empty_one(kafka: str, unique: str) -> None:
    """The demo does not mix its month with what somebody else measured."""
    used, empty = TopicShape(f"{unique}used"), TopicShape(f"{unique}empty")
    create_topics(kafka, 2, 1, [used, empty])
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(used.name, b"x")
    assert producer.flush(10) == 0

    assert used_topics(kafka, [used.name, empty.name]) == [used.name]


def test_without_java_the_demo_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It says what to install, or to name a broker."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    assert main(["demo", "--once"]) == 2

    last = capsys.readouterr().err.splitlines()[-1]
    assert re.match(r"slm: a local Kafka needs Java 17.*--broker", last)
