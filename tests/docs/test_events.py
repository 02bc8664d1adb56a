"""The Events section of docs/wire-formats.md is what the engine sends."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
from cloudevents.core.bindings import kafka

from slm_stream.codec import events
from slm_stream.codec.messages import Transaction
from slm_stream.codec.topics import LEVELS, NEAR_BREACHES, TRANSACTIONS
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.engine.core import Outgoing
from slm_stream.engine.replay import Replay
from tests.promises import SUCCESS, agreement

PAGE = (Path(__file__).parents[2] / "docs" / "wire-formats.md").read_text(encoding="utf-8")
AT_MS = 1_767_268_800_000  # 2026-01-01T12:00Z, as in every example of the page


def near_breach() -> list[Outgoing]:
    """Return what leaves when 4 of 1,000 fail: 5 may, so 80 % of the budget is spent."""
    good = (Condition("ok", "==", True),)
    success = Indicator("success", IndicatorKind.RATIO, Source.TRANSACTIONS, good=good)
    replay = Replay((Service("checkout", (success,)),), (agreement("checkout", SUCCESS),))
    replay.feed(TRANSACTIONS, [Transaction("checkout", AT_MS, ok=i >= 4) for i in range(1000)])
    return replay.tick(AT_MS + 1000)


def test_the_example_is_what_the_engine_sends() -> None:
    """The page shows the very event, laid out for reading."""
    (event,) = (sent for sent in near_breach() if sent.topic == NEAR_BREACHES)
    example = re.search(r"## Events.*?```json\n(.*?)\n```", PAGE, re.DOTALL)
    assert example
    assert json.loads(example[1]) == json.loads(event.value or b"")
    assert f"`{dict(event.headers)['content-type'].decode()}`" in PAGE


def test_every_field_is_explained() -> None:
    """The table names what `data` holds, in its order."""
    table = re.search(r"\| `data` holds \|.*?\n\|-.*?\n(.*?)\n\n", PAGE, re.DOTALL)
    assert table
    named = re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE)
    assert named == [field.name for field in msgspec.structs.fields(events.LevelData)]


def test_an_independent_reader_agrees() -> None:
    """The `cloudevents` library reads every event back as Kafka carries it."""
    for sent in near_breach():
        message = kafka.KafkaMessage(
            headers=dict(sent.headers), key=(sent.key or b"").decode(), value=sent.value or b""
        )
        event = kafka.from_structured_event(message)
        assert event.get_subject() == "sla-checkout/success"
        data: Any = event.get_data()
        assert data["level"] == "near_breach"
        kind = "level" if sent.topic == LEVELS else "near_breach.opened"
        assert event.get_type() == f"io.slm-stream.{kind}.v1"


def test_every_field_of_a_disagreement_is_explained() -> None:
    """Table and example, in the order of the data."""
    section = PAGE.partition("### Disagreements\n")[2]
    heading = r"\| a disagreement.s `data` holds \|.*?\n\|-.*?\n(.*?)\n\n"
    table = re.search(heading, section, re.DOTALL)
    example = re.search(r"```json\n(.*?)\n```", section, re.DOTALL)
    assert table
    assert example
    fields = [field.name for field in msgspec.structs.fields(events.DisagreementData)]
    assert re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE) == fields
    assert list(json.loads(example[1])) == fields
    msgspec.json.decode(example[1], type=events.DisagreementData)
