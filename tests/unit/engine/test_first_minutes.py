"""The minute in which a window of outages begins counts from the window's start on."""

from dataclasses import replace

import pytest

from slm_stream.codec.messages import IncidentUpdate, Probe
from slm_stream.codec.topics import INCIDENTS, PROBES
from slm_stream.domain.agreement import Agreement, ComplianceWindow, Objective, ProbeRule
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.engine.replay import Replay
from slm_stream.testing import EngineDriver
from tests.promises import IN_2026_MS, agreement

AT = IN_2026_MS  # Thursday 2026-01-01T00:00Z
MINUTE = 60_000
WINDOW = ComplianceWindow(rolling_s=600)
ALWAYS = Calendar.always("UTC")


def promise(**changes: object) -> Agreement:
    """Return an agreement with ten minutes of availability."""
    objective = Objective(
        "up", "availability", 10_000_000, WINDOW, probe_rule=ProbeRule(hold_s=3600)
    )
    return replace(agreement("shop", objective, calendar=ALWAYS), **changes)  # type: ignore[arg-type]


def shop(source: Source) -> Service:
    """Return a service with one indicator."""
    return Service("shop", (Indicator("availability", IndicatorKind.AVAILABILITY, source),))


def probed(promised: Agreement) -> Replay:
    """Return a replay of a shop that was down for 30 s, from 00:00:20 to 00:00:50."""
    replay = Replay((shop(Source.PROBES),), (promised,))
    for second, ok in ((0, True), (20, False), (50, True)):
        replay.feed(PROBES, [Probe("shop", AT + second * 1000, ok)])
    return replay


@pytest.mark.parametrize(
    ("start_s", "down_s"), [(0, 30), (20, 30), (20.5, 29.5), (30, 20), (49.999, 0.001), (50, 0)]
)
def test_an_outage_leaves_a_rolling_window_by_the_millisecond(
    start_s: float, down_s: float
) -> None:
    """A window that begins at 00:00:30 holds the 20 s until 00:00:50."""
    replay = probed(promise())
    replay.tick(round(AT + start_s * 1000) + 10 * MINUTE)
    standing = replay.standings()["sla-shop/up"]
    assert (standing.bad, standing.valid) == (round(down_s * 1000), 10 * MINUTE)


def test_outage_tickets_leave_by_the_millisecond_too() -> None:
    """An outage from 00:00:20 to 00:00:50, seen from 00:00:45 on: 5 s."""
    replay = Replay((shop(Source.INCIDENTS),), (promise(),))
    for second, status in ((20, "opened"), (50, "resolved")):
        replay.feed(INCIDENTS, [IncidentUpdate("shop", AT + second * 1000, "INC-1", status)])
    replay.tick(AT + 45_000 + 10 * MINUTE)
    assert replay.standings()["sla-shop/up"].bad == 5_000


def test_an_agreement_that_begins_inside_a_minute_counts_from_there() -> None:
    """In force since 00:00:40: of the outage until 00:00:50, ten seconds count."""
    replay = probed(promise(effective_from_ms=AT + 40_000))
    replay.tick(AT + 5 * MINUTE)
    standing = replay.standings()["sla-shop/up"]
    assert (standing.bad, standing.valid) == (10_000, 5 * MINUTE - 40_000)


def test_an_agreement_that_ends_inside_that_minute_counts_until_there() -> None:
    """In force from 00:00:30 to 00:00:40, down all the time: ten seconds."""
    replay = probed(promise(effective_from_ms=AT + 30_000, effective_to_ms=AT + 40_000))
    replay.tick(AT + 40_000)
    standing = replay.standings()["sla-shop/up"]
    assert (standing.bad, standing.valid) == (10_000, 10_000)


@pytest.mark.parametrize("source", [Source.PROBES, Source.INCIDENTS])
def test_an_agreement_that_ended_before_the_window_counts_nothing(source: Source) -> None:
    """In force until 00:00:40, down since 00:00:20; the next tick's window begins at 00:00:45."""
    driver = EngineDriver((shop(source),), (promise(effective_to_ms=AT + 40_000),))
    if source is Source.PROBES:
        driver.send(Probe("shop", AT + 20_000, ok=False))
    else:
        driver.send(IncidentUpdate("shop", AT + 20_000, "INC-1", "opened"))
    driver.tick(AT + 30_000)
    driver.tick(AT + 45_000 + 10 * MINUTE)
    told = [(event.data.level, event.data.bad) for event in driver.events("level")]
    assert told == [("breach", 10_000), ("no_data", 0)]


def test_a_first_minute_outside_service_hours_counts_nothing() -> None:
    """Hours from 00:01 on: the outage of 00:00 lies outside."""
    hours = Calendar("UTC", dict.fromkeys(range(7), ((1, 1440),)))
    replay = probed(promise(calendar=hours))
    replay.tick(AT + 30_000 + 10 * MINUTE)
    standing = replay.standings()["sla-shop/up"]
    assert (standing.bad, standing.valid) == (0, 9 * MINUTE + 30_000)
