"""Every event that leaves is a CloudEvent, and what its schema says."""

import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from slm_stream.codec import events
from slm_stream.codec.messages import Feedback, IncidentUpdate, Probe, Transaction
from slm_stream.domain.kinds.base import Unit
from slm_stream.engine.core import EngineConfig
from slm_stream.spec.loader import load
from slm_stream.testing import EngineDriver
from tests.property.scenarios import Scenario, scenarios

SCHEMAS = resources.files("slm_stream.codec") / "schemas"
Validators = dict[str, Draft202012Validator]


@pytest.fixture(scope="module")
def validators() -> Validators:
    """Return validators of the shipped schemas, themselves checked, by their address."""
    found = {}
    for name in ("level.v1.json", "disagreement.v1.json"):
        schema = json.loads((SCHEMAS / name).read_text())
        Draft202012Validator.check_schema(schema)
        found[schema["$id"]] = Draft202012Validator(schema)
    return found


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios())
def test_every_event_is_valid(scenario: Scenario, validators: Validators) -> None:
    """Transitions, levels, refreshed levels and disagreements of all kinds of objectives."""
    driver = EngineDriver(
        scenario.services, scenario.agreements, EngineConfig(corrections_h=3, refresh_ms=60_000)
    )
    for what in scenario.stream:
        if isinstance(what, int):
            driver.tick(what)
            driver.sent += driver.engine.refreshed(0)
        else:
            driver.send(what)
    for out in driver.sent:
        assert out.value is not None
        told: dict[str, Any] = json.loads(out.value)
        validators[told["dataschema"]].validate(told)
        assert out.headers == events.HEADERS
        assert (out.key or b"").decode() == told["subject"] == told["partitionkey"]


def test_levels_of_all_measures_are_valid(validators: Validators) -> None:
    """Each promise of the example of all qualities, without data and with some."""
    promises = load(Path(__file__).parents[3] / "config" / "quality")
    driver = EngineDriver(promises.services, promises.agreements)
    ten = 1_772_442_000_000  # Monday 2026-03-02T10:00 in Amsterdam
    driver.tick(ten)
    levels = [*driver.engine.levels(0)]
    for minute, ok in ((1, True), (2, False), (5, True)):
        at_ms = ten + minute * 60_000
        driver.send(
            Probe("store", at_ms, ok=ok, value=0.5, check="disk"),
            Transaction("store", at_ms, ok=ok, duration_ms=20.0, records=5, wrong_records=1),
            Feedback("store", at_ms, score=8.5, type="rating"),
            IncidentUpdate("store", at_ms, f"I{minute}", "opened", priority="P1"),
        )
    driver.tick(ten + 600_000)
    levels += driver.engine.levels(0)
    told = [json.loads(out.value or b"") for out in (*levels, *driver.sent)]

    for each in told:
        if each["dataschema"] in validators:  # of clocks' thresholds there is a test of its own
            validators[each["dataschema"]].validate(each)
    measured = [each["data"]["measure"] for each in told if each["data"].get("measure")]
    assert {None} < {measure["value"] for measure in measured}
    assert {measure["bound"] for measure in measured} == {"at_most", "at_least"}
    assert {measure["unit"] for measure in measured} == {*map(str, Unit)} - {"ratio"}


def test_the_cloudevents_library_reads_what_we_write() -> None:
    """Attributes, extensions and data come back as they went."""
    data = events.LevelData(
        service="checkout", agreement="sla", version=2, objective="success", indicator="success",
        level="breach", previous_level="met", since="2026-03-01T10:00:00.000Z",
        triggers=("breach",), target=0.99, sli=None,
        window=events.WindowData("1h", "2026-03-01T09:00:00.000Z", "2026-03-01T10:00:00.000Z"),
        bad=2, valid=3, unit="events", budget=events.BudgetData(0.03, -1.97, None), burn_rates={},
        time_to_exhaustion_s=0.0, latest_restore=None, already_lost=False, coverage_ratio=None,
        witness="transactions",
    )  # fmt: skip
    raw = events.event(
        "breach.opened", data, source="/here", at_ms=1_772_359_200_000, sequence=7, episode="e"
    )

    headers = dict(events.HEADERS)
    event = from_structured_event(KafkaMessage(headers=headers, key=b"sla/success", value=raw))

    assert event.get_type() == "io.slm-stream.breach.opened.v1"
    assert (event.get_source(), event.get_subject()) == ("/here", "sla/success")
    assert event.get_extension("sequence") == "000000000007"
    assert event.get_time() == datetime(2026, 3, 1, 10, tzinfo=UTC)
    told = event.get_data()
    assert isinstance(told, dict)
    assert told["bad"] == 2
    assert events.read(raw).data == data


def test_another_installation_or_another_time_is_another_event() -> None:
    """Ids differ with everything that makes an event another one."""
    data = _data()
    base: dict[str, Any] = {"source": "/a", "at_ms": 1, "sequence": 1, "episode": "e"}
    ids = {
        events.read(events.event(kind, data, **(base | change))).id
        for kind in ("level", "breach.opened")
        for change in ({}, {"source": "/b"}, {"at_ms": 2}, {"sequence": 2})
    }

    assert len(ids) == 8


def _data() -> events.LevelData:
    window = events.WindowData("1h", "", "")
    budget = events.BudgetData(1.0, 1.0, 0.0)
    return events.LevelData(
        "s", "a", 1, "o", "i", "met", "no_data", "", (), 0.9, 1.0, window, 0, 1, "events",
        budget, {}, None, None, False, 1.0, "probes",
    )  # fmt: skip
