"""The section on thresholds in docs/wire-formats.md is what the engine sends."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
from cloudevents.core.bindings import kafka

from slm_stream.codec.clock_events import ThresholdData
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.codec.topics import CLOCKS, INCIDENTS
from slm_stream.domain.agreement import Objective
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.domain.thresholds import parse_threshold
from slm_stream.engine.core import Outgoing
from slm_stream.engine.replay import Replay
from tests.promises import MONTH, agreement

PAGE = (Path(__file__).parents[2] / "docs" / "wire-formats.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("### Thresholds of clocks") :]
AT_MS = 1_767_268_800_000  # 2026-01-01T12:00Z, as in every example of the page
HOUR_MS = 3_600_000


def threshold() -> Outgoing:
    """Return what leaves when three of four hours are spent."""
    resolution = Indicator("resolution", IndicatorKind.TIMELINESS, Source.INCIDENTS)
    objective = Objective(
        "resolution",
        "resolution",
        10**7,
        MONTH,
        targets_s={"P1": 4 * 3600},
        warn_at=(parse_threshold("75 %"),),
    )
    services = (Service("checkout", (resolution,)),)
    replay = Replay(services, (agreement("checkout", objective),))
    opened = IncidentUpdate("checkout", AT_MS, "INC-4711", "opened", "P1", group="payments")
    replay.feed(INCIDENTS, [opened])
    (sent,) = (s for s in replay.tick(AT_MS + 3 * HOUR_MS + 400) if s.topic == CLOCKS)
    return sent


def test_the_example_is_what_the_engine_sends() -> None:
    """The page shows the very event, laid out for reading."""
    example = re.search(r"```json\n(.*?)\n```", SECTION, re.DOTALL)
    assert example
    assert json.loads(example[1]) == json.loads(threshold().value or b"")


def test_every_field_is_explained() -> None:
    """The table names what `data` holds, in its order."""
    table = re.search(r"\| `data` of it \|.*?\n\|-.*?\n(.*?)\n\n", SECTION, re.DOTALL)
    assert table
    named = re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE)
    assert named == [field.name for field in msgspec.structs.fields(ThresholdData)]


def test_an_independent_reader_agrees() -> None:
    """The `cloudevents` library reads it as Kafka carries it."""
    sent = threshold()
    message = kafka.KafkaMessage(
        headers=dict(sent.headers), key=(sent.key or b"").decode(), value=sent.value or b""
    )
    event = kafka.from_structured_event(message)

    assert event.get_type() == "io.slm-stream.clock.threshold.v1"
    assert event.get_subject() == "sla-checkout/resolution/INC-4711"
    data: Any = event.get_data()
    assert (data["threshold"], data["remaining_s"]) == ("75 %", 3600)
