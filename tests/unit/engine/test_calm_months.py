"""Months without an outage ticket: written down at once, and right to the minute."""

import pytest

from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.engine.core import Engine
from slm_stream.testing import EngineDriver, agreement

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
NOW_MS = 1_788_000_240_000  # 2026-08-29T10:44Z, a Saturday
FROM_MS = NOW_MS - 80 * DAY_MS - 31 * MINUTE_MS
SERVICE = Service(
    "payments", (Indicator("up", IndicatorKind.AVAILABILITY, Source.INCIDENTS, (), ()),)
)
OFFICE = Calendar("Europe/Amsterdam", dict.fromkeys(range(5), ((547, 1020),)))
ALWAYS = Calendar.always("UTC")


def driven(calendar: Calendar, days: int) -> EngineDriver:
    """Return a driver of one promise about availability by outage tickets."""
    objective = Objective("up", "up", 1_000_000, ComplianceWindow(rolling_s=days * 86_400))
    promise = agreement("payments", objective, calendar=calendar, effective_from_ms=FROM_MS)
    return EngineDriver((SERVICE,), (promise,))


def figures(driver: EngineDriver) -> tuple[int, int]:
    """Return down and known milliseconds."""
    standing = driver.standings()["sla-payments/up"]
    return standing.bad, standing.valid


def open_ms(calendar: Calendar, start_ms: int, end_ms: int) -> int:
    """Return the agreed milliseconds of a span of whole minutes."""
    return calendar.open_seconds(start_ms // 1000, end_ms // 1000) * 1000


@pytest.mark.parametrize("calendar", [ALWAYS, OFFICE])
@pytest.mark.parametrize("days", [1, 28, 90])
def test_calm_time_is_all_the_agreed_time(calendar: Calendar, days: int) -> None:
    """From the window's start, or from the day of the agreement: to the minute."""
    driver = driven(calendar, days)

    driver.tick(NOW_MS)

    start_ms = max(NOW_MS - days * DAY_MS, FROM_MS)
    assert figures(driver) == (0, open_ms(calendar, start_ms, NOW_MS))


@pytest.mark.parametrize("calendar", [ALWAYS, OFFICE])
def test_an_outage_that_is_told_afterwards_changes_its_minutes_only(calendar: Calendar) -> None:
    """A ticket tells of 26.5 hours weeks ago; withdrawn, all is calm again."""
    driver = driven(calendar, 60)
    driver.tick(NOW_MS)
    down_ms = NOW_MS - 26 * DAY_MS, NOW_MS - 25 * DAY_MS + 150 * MINUTE_MS
    ticket = IncidentUpdate(
        "payments",
        NOW_MS + 1,
        "INC-1",
        "resolved",
        impact_start_ms=down_ms[0],
        impact_end_ms=down_ms[1],
    )

    driver.send(ticket)
    driver.tick(NOW_MS + MINUTE_MS)

    known_ms = open_ms(calendar, NOW_MS - 60 * DAY_MS + MINUTE_MS, NOW_MS + MINUTE_MS)
    assert figures(driver) == (open_ms(calendar, *down_ms), known_ms)

    driver.send(IncidentUpdate("payments", NOW_MS + MINUTE_MS, "INC-1", "cancelled"))
    driver.tick(NOW_MS + 2 * MINUTE_MS)

    known_ms = open_ms(calendar, NOW_MS - 60 * DAY_MS + 2 * MINUTE_MS, NOW_MS + 2 * MINUTE_MS)
    assert figures(driver) == (0, known_ms)


def test_calm_months_are_not_decoded() -> None:
    """The first tick reads the hours at the window's edges, not the two thousand between."""
    driver = driven(OFFICE, 28)

    driver.tick(NOW_MS)

    engine: Engine = driver.engine
    (partition,) = engine.partitions
    assert len(engine.partition(partition).table._hours) < 10
