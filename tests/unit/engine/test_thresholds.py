"""Thresholds of clocks: each told once for each deadline, by tick, whatever a crash does."""

import json
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slm_stream.codec import clock_events
from slm_stream.codec.clock_events import ThresholdEvent
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.codec.topics import CLOCKS
from slm_stream.domain.agreement import Agreement, ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.domain.clock_rules import RULES
from slm_stream.domain.thresholds import parse_threshold
from slm_stream.testing import EngineDriver, agreement

TEN = 1_772_445_600_000  # Monday 2026-03-02T10:00Z
MINUTE = 60_000
SCHEMA = resources.files("slm_stream.codec") / "schemas" / "clock-threshold.v1.json"
VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text()))


def promise(*warn_at: str, clock: str = "resolve", **changes: Any) -> Agreement:
    """Return an agreement of an hour (P1) or two (P2) on a clock."""
    objective = Objective(
        clock,
        clock,
        10**7,
        ComplianceWindow(rolling_s=86_400),
        targets_s={"P1": 3600, "P2": 7200},
        warn_at=tuple(map(parse_threshold, warn_at)),
    )
    return agreement("checkout", objective, **changes)


def desk(*agreements: Agreement) -> EngineDriver:
    """Return a driver of a service with every clock."""
    indicators = tuple(
        Indicator(name, IndicatorKind.TIMELINESS, Source.INCIDENTS, clock=rule)
        for name, rule in RULES.items()
    )
    return EngineDriver((Service("checkout", indicators),), agreements)


def say(driver: EngineDriver, minute: float, status: str, **more: Any) -> None:
    """Update ticket I1; `heard` is the minute at which it reaches the log."""
    at = TEN + round(minute * MINUTE)
    stamp = TEN + round(more.pop("heard", minute) * MINUTE)
    update = IncidentUpdate("checkout", at, more.pop("incident", "I1"), status, **more)
    driver.send(update, stamped_ms=stamp)


def tick(driver: EngineDriver, minute: float, **how: Any) -> None:
    """Let time move to a minute."""
    driver.tick(TEN + round(minute * MINUTE), **how)


def events_of(driver: EngineDriver) -> list[ThresholdEvent]:
    """Return what was told of clocks, in order, every one valid.

    Events leave at least once: after a crash one may come again, byte for byte.
    """
    found: dict[str, tuple[bytes, ThresholdEvent]] = {}
    for sent in driver.sent:
        if sent.topic == CLOCKS:
            assert sent.value is not None
            VALIDATOR.validate(json.loads(sent.value))
            event = clock_events.read(sent.value)
            assert (sent.key or b"").decode() == event.subject == event.partitionkey
            assert found.setdefault(event.id, (sent.value, event))[0] == sent.value
    return [event for _, event in found.values()]


def minute_of(instant: str) -> float:
    """Return the minutes since ten o'clock."""
    hour, minute, second = instant[11:19].split(":")
    return (int(hour) - 10) * 60 + int(minute) + int(second) / 60


def told(driver: EngineDriver) -> list[tuple[str, float, float]]:
    """Return threshold, minute reached and minute of the deadline of all that was told."""
    return [
        (e.data.threshold, minute_of(e.data.reached), minute_of(e.data.deadline or ""))
        for e in events_of(driver)
    ]


ALL = ("50 %", "75 %", "-10m", "100 %", "+30m", "200 %")


def test_each_threshold_is_told_once_at_its_tick() -> None:
    """Half of an hour, ten minutes before its end, its end, and half an hour after."""
    driver = desk(promise(*ALL))
    say(driver, 0, "opened", priority="P1")
    for minute in range(0, 150, 5):
        tick(driver, minute)

    assert told(driver) == [
        ("50 %", 30, 60),
        ("75 %", 45, 60),
        ("-10m", 50, 60),
        ("100 %", 60, 60),
        ("+30m", 90, 60),
        ("200 %", 120, 60),
    ]
    assert sum(sent.topic == CLOCKS for sent in driver.sent) == 6


def test_a_tick_tells_all_that_was_passed_since_the_last() -> None:
    """In the order in which they were passed; each with the figures of its own instant."""
    driver = desk(promise(*ALL))
    say(driver, 0, "opened", priority="P1", group="desk")
    tick(driver, 1)
    tick(driver, 61)

    first, *_ = events = events_of(driver)
    assert [event.data.threshold for event in events] == ["50 %", "75 %", "-10m", "100 %"]
    assert (first.data.elapsed_s, first.data.remaining_s, first.data.target_s) == (1800,) * 2 + (
        3600,
    )
    assert (first.data.clock, first.data.priority, first.data.group) == ("resolve", "P1", "desk")
    assert (first.time, first.recordedtime) == (
        "2026-03-02T10:30:00.000Z",
        "2026-03-02T11:01:00.000Z",
    )
    assert first.subject == "sla-checkout/resolve/I1"
    assert len({event.correlationid for event in events}) == 1


def test_a_rest_after_a_threshold_does_not_tell_it_again() -> None:
    """Half is reached at 30, the deadline moves from 60 to 80, three quarters come at 65."""
    driver = desk(promise("50 %", "75 %"))
    say(driver, 0, "opened", priority="P1")
    tick(driver, 35)
    say(driver, 40, "waiting")
    for minute in (41, 50, 59):
        tick(driver, minute)
    say(driver, 60, "resumed")
    for minute in (61, 64, 65, 70, 90):
        tick(driver, minute)

    assert told(driver) == [("50 %", 30, 60), ("75 %", 65, 80)]


def test_a_rest_that_is_told_late_moves_the_deadline_and_the_threshold_comes_again() -> None:
    """It had rested from 10 to 30, as is heard at 36: half is reached at 50 now."""
    driver = desk(promise("50 %"))
    say(driver, 0, "opened", priority="P1")
    tick(driver, 35)
    say(driver, 10, "waiting", heard=36)
    say(driver, 30, "resumed", heard=36)
    for minute in (37, 49, 50, 55):
        tick(driver, minute)

    assert told(driver) == [("50 %", 30, 60), ("50 %", 50, 80)]
    first, second = events_of(driver)
    assert first.id != second.id
    assert first.correlationid == second.correlationid


def test_a_deadline_that_moves_into_the_past_is_told_at_the_next_tick_once() -> None:
    """P2 at first, 60 of 120 minutes; at 70 it becomes P1, for which 45 and 60 are past."""
    driver = desk(promise("75 %", "100 %"))
    say(driver, 0, "opened", priority="P2")
    tick(driver, 69)
    say(driver, 70, "in_progress", priority="P1")
    for minute in (71, 72, 100):
        tick(driver, minute)

    assert told(driver) == [("75 %", 45, 60), ("100 %", 60, 60)]


def test_a_longer_target_tells_its_thresholds_in_turn() -> None:
    """Three quarters of an hour, then P2: three quarters of two."""
    driver = desk(promise("75 %"))
    say(driver, 0, "opened", priority="P1")
    tick(driver, 46)
    say(driver, 47, "in_progress", priority="P2")
    for minute in (48, 89, 90):
        tick(driver, minute)

    assert told(driver) == [("75 %", 45, 60), ("75 %", 90, 120)]


def test_a_threshold_counts_agreed_time_only() -> None:
    """Open to 10:30, and from 09:00 the next day: ten minutes before the end is at 09:20."""
    office = Calendar("UTC", dict.fromkeys(range(5), ((540, 630),)))
    driver = desk(promise("50 %", "-10m", calendar=office))
    say(driver, 0, "opened", priority="P1")
    for minute in (29, 30, 600, 23 * 60 + 19, 23 * 60 + 20):
        tick(driver, minute)

    events = events_of(driver)
    assert [(e.data.threshold, e.data.reached[:16]) for e in events] == [
        ("50 %", "2026-03-02T10:30"),
        ("-10m", "2026-03-03T09:20"),
    ]
    assert {e.data.deadline for e in events} == {"2026-03-03T09:30:00.000Z"}


def test_a_stopped_cancelled_or_unpromised_clock_passes_nothing() -> None:
    """Resolved before half, cancelled, of a priority without a target, one that never began."""
    driver = desk(promise("50 %"))
    say(driver, 0, "opened", priority="P1")
    say(driver, 29, "resolved")
    say(driver, 0, "opened", priority="P1", incident="I2")
    say(driver, 20, "cancelled", incident="I2")
    say(driver, 0, "opened", priority="P4", incident="I3")
    say(driver, 0, "resolved", priority="P1", incident="I4")
    for minute in (29, 60, 300):
        tick(driver, minute)

    assert told(driver) == []


def test_each_interval_of_updates_has_thresholds_of_its_own() -> None:
    """Told at 0, 50 and 130 minutes: only the second interval gets to its end, at 110."""
    driver = desk(promise("100 %", clock="update"))
    for minute in (0, 50, 130):
        say(driver, minute, "in_progress", priority="P1", public=True)
    say(driver, 140, "resolved")
    for minute in range(0, 300, 10):
        tick(driver, minute)

    assert told(driver) == [("100 %", 110, 110)]


def test_only_the_version_in_force_at_that_instant_tells() -> None:
    """The old version until 11:00, the new one from then on."""
    old = promise("50 %", "150 %", effective_to_ms=TEN + 60 * MINUTE)
    new = promise("50 %", "150 %", version=2, effective_from_ms=TEN + 60 * MINUTE)
    driver = desk(old, new)
    say(driver, 0, "opened", priority="P1")
    for minute in (45, 60, 100):
        tick(driver, minute)

    versions = [(e.data.threshold, e.data.version) for e in events_of(driver)]
    assert versions == [("50 %", 1), ("150 %", 2)]


def test_several_agreements_on_one_incident_tell_each_their_own() -> None:
    """The customer's hour, and of the two of the department three quarters of 30 minutes."""
    short = Objective(
        "resolve",
        "resolve",
        10**7,
        ComplianceWindow(rolling_s=86_400),
        targets_s={"P1": 1800},
        warn_at=(parse_threshold("75 %"),),
    )
    driver = desk(promise("75 %"), agreement("checkout", short, id="ola-desk"))
    say(driver, 0, "opened", priority="P1")
    for minute in range(60):
        tick(driver, minute)

    found = [(e.data.agreement, minute_of(e.data.reached)) for e in events_of(driver)]
    assert found == [("ola-desk", 22.5), ("sla-checkout", 45)]


def test_a_crash_loses_no_threshold_and_invents_none() -> None:
    """Whether it comes before the checkpoint or after it."""
    driver = desk(promise(*ALL))
    say(driver, 0, "opened", priority="P1")
    tick(driver, 29)
    tick(driver, 31, checkpoint=False)
    driver.crash()
    driver.catch_up()
    assert told(driver) == []
    driver.checkpoint()
    assert told(driver) == [("50 %", 30, 60)]
    driver.crash()
    driver.catch_up()
    tick(driver, 46)
    driver.crash()
    tick(driver, 47)

    assert told(driver) == [("50 %", 30, 60), ("75 %", 45, 60)]


@pytest.mark.parametrize("n_evidence", [0, 1])
@pytest.mark.parametrize("n_heads", [0, 1])
@pytest.mark.parametrize("marker", [False, True])
def test_a_torn_checkpoint_tells_what_a_whole_one_would(
    n_evidence: int, n_heads: int, *, marker: bool
) -> None:
    """A late update moves a deadline into the past; then the ticket, the head or none is safe."""
    driver = desk(promise("75 %"))
    say(driver, 0, "opened", priority="P2")
    tick(driver, 69)
    say(driver, 30, "in_progress", priority="P1", heard=70)
    tick(driver, 71, checkpoint=False)
    driver.torn_checkpoint(n_evidence, n_heads, marker=marker)
    driver.catch_up()
    driver.checkpoint()
    tick(driver, 72)

    assert told(driver) == [("75 %", 45, 60)]


def test_an_update_after_the_last_tick_is_told_after_a_crash() -> None:
    """It was stored, but no tick had seen it: the marker does not take it for told."""
    driver = desk(promise("75 %"))
    say(driver, 0, "opened", priority="P2")
    tick(driver, 69)
    say(driver, 70, "in_progress", priority="P1")
    driver.deliver()
    driver.checkpoint()
    driver.crash()
    tick(driver, 71)

    assert told(driver) == [("75 %", 45, 60)]


def test_a_new_threshold_in_an_agreement_tells_nothing_of_the_past() -> None:
    """After a restart with 50 % added at 40 minutes: only 75 % is to come."""
    driver = desk(promise("75 %"))
    say(driver, 0, "opened", priority="P1")
    tick(driver, 40)
    changed = desk(promise("50 %", "75 %"))
    changed.store, changed.logs = driver.store, driver.logs
    changed.crash()
    for minute in (41, 50):
        tick(changed, minute)

    assert told(changed) == [("75 %", 45, 60)]


def test_the_same_threshold_has_the_same_id_in_every_run() -> None:
    """Whatever the ticks, and whether the worker fell."""
    runs = []
    for steps in (range(0, 200, 1), range(0, 200, 7), (199,)):
        driver = desk(promise(*ALL))
        say(driver, 0, "opened", priority="P1")
        for minute in steps:
            tick(driver, minute)
            if minute % 3 == 0:
                driver.crash()
        tick(driver, 200)
        runs.append([(event.id, event.data) for event in events_of(driver)])

    assert runs[0] == runs[1] == runs[2]
    assert len(runs[0]) == 6


def test_an_end_that_is_known_ahead_of_time_hides_no_threshold() -> None:
    """Its cancellation at 65 is heard at once; half, at 30, is passed all the same."""
    driver = desk(promise("50 %"))
    say(driver, 0, "opened", priority="P1")
    say(driver, 65, "cancelled", heard=61)
    for minute in (5, 29, 30, 70):
        tick(driver, minute)

    assert told(driver) == [("50 %", 30, 60)]
