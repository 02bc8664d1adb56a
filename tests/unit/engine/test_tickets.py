"""Incident clocks and reported outages, from updates in any order."""

from typing import Any

from slm_stream.codec import topics
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.ports import Count
from slm_stream.testing import EngineDriver, agreement

TEN = 1_772_445_600_000  # Monday 2026-03-02T10:00Z
MINUTE = 60_000
DAY = ComplianceWindow(rolling_s=86_400)
SERVICE = Service(
    "checkout",
    (
        Indicator("resolution", IndicatorKind.TIMELINESS, Source.INCIDENTS),
        Indicator("reported", IndicatorKind.AVAILABILITY, Source.INCIDENTS),
    ),
)
RESOLUTION = Objective("resolution", "resolution", 10**7, DAY, targets_s={"P1": 3600, "P2": 7200})
REPORTED = Objective("reported", "reported", 10**7, DAY)


def desk(calendar: Calendar | None = None) -> EngineDriver:
    """Return a driver with clocks of one hour (P1) and two (P2), since nine o'clock."""
    promise = agreement(
        "checkout",
        RESOLUTION,
        REPORTED,
        calendar=calendar or Calendar.always("UTC"),
        effective_from_ms=TEN - 60 * MINUTE,
    )
    return EngineDriver((SERVICE,), (promise,))


def say(driver: EngineDriver, minute: float, status: str, **more: Any) -> None:
    """Update ticket I1."""
    at = TEN + round(minute * MINUTE)
    stamp = max(at, TEN)
    driver.send(
        IncidentUpdate("checkout", at, more.pop("incident", "I1"), status, **more),
        stamped_ms=stamp,
    )


def counted(driver: EngineDriver, minute: float) -> tuple[int, int, str]:
    """Return late tickets, all tickets and the verdict at a minute."""
    driver.tick(TEN + round(minute * MINUTE))
    standing = driver.standings()["sla-checkout/resolution"]
    return standing.bad, standing.valid, str(standing.verdict)


def down_minutes(driver: EngineDriver) -> float:
    """Return how long tickets reported the service down."""
    return driver.standings()["sla-checkout/reported"].bad / MINUTE


def test_a_deadline_comes_by_tick_with_nobody_touching_the_ticket() -> None:
    """Near at 75 % of an hour, kept at exactly an hour, late a second after."""
    driver = desk()
    say(driver, 0, "opened", priority="P1")

    assert counted(driver, 44.9) == (0, 0, "no_data")
    assert counted(driver, 45) == (0, 0, "near_breach")
    assert counted(driver, 60) == (0, 0, "near_breach")
    assert counted(driver, 60 + 1 / 60) == (1, 1, "breach")


def test_a_stop_at_exactly_the_target_is_in_time() -> None:
    """A breach is more than the target."""
    driver = desk()
    say(driver, 0, "opened", priority="P1")
    say(driver, 60, "resolved")

    assert counted(driver, 90) == (0, 1, "met")


def test_reopening_goes_on_with_the_clock() -> None:
    """40 minutes, a rest, then 21 more are too many; it was counted as done in between."""
    driver = desk()
    say(driver, 0, "opened", priority="P1")
    say(driver, 40, "resolved")
    assert counted(driver, 100) == (0, 1, "met")

    say(driver, 120, "reopened")
    assert counted(driver, 130) == (0, 0, "near_breach")
    assert counted(driver, 141) == (1, 1, "breach")


def test_waiting_rests_the_clock_and_a_cancelled_ticket_counts_nothing() -> None:
    """50 minutes of work with an hour's rest are in time, and cancelling takes that back."""
    driver = desk()
    for minute, status in ((0, "opened"), (30, "waiting"), (90, "resumed"), (110, "closed")):
        say(driver, minute, status, priority="P1")
    assert counted(driver, 120) == (0, 1, "met")

    say(driver, 125, "cancelled")
    assert counted(driver, 130) == (0, 0, "no_data")


def test_a_new_priority_judges_anew() -> None:
    """90 minutes are late for P1, not for P2, and nothing is promised for P3."""
    driver = desk()
    say(driver, 0, "opened", priority="P1")
    say(driver, 90, "resolved")
    assert counted(driver, 95) == (1, 1, "breach")

    say(driver, 91, "closed", priority="P2")
    assert counted(driver, 96) == (0, 1, "met")

    say(driver, 92, "closed", priority="P3")
    assert counted(driver, 97) == (0, 0, "no_data")


def test_updates_count_by_their_time_not_by_their_arrival() -> None:
    """An acknowledgement that arrives after the resolution does not undo it."""
    driver = desk()
    say(driver, 0, "opened", priority="P1")
    say(driver, 30, "resolved")
    say(driver, 10, "acknowledged")

    assert counted(driver, 31) == (0, 1, "met")


def test_an_update_delivered_twice_counts_once() -> None:
    """By its name, or by all that it says."""
    driver = desk()
    for _ in range(2):
        say(driver, 0, "opened", priority="P1")
        say(driver, 30, "resolved", update="u-2")
    say(driver, 33, "resolved", update="u-2")

    assert counted(driver, 40) == (0, 1, "met")
    assert driver.engine.counts.snapshot()[Count.DUPLICATES, topics.INCIDENTS] == 3


def test_only_agreed_time_runs_the_clock() -> None:
    """Opened half an hour before the office closes: half an hour is left for tomorrow."""
    office = Calendar("UTC", dict.fromkeys(range(5), ((540, 630),)))  # 09:00-10:30
    driver = desk(office)
    say(driver, 0, "opened", priority="P1")

    assert counted(driver, 60)[:2] == (0, 0)
    # Tuesday 09:30 is 23.5 hours later; a second after, it is late.
    assert counted(driver, 23.5 * 60)[:2] == (0, 0)
    assert counted(driver, 23.5 * 60 + 1)[:2] == (1, 1)


def test_a_reported_outage_lasts_until_the_ticket_is_resolved_for_good() -> None:
    """A resolution that was reopened ended nothing."""
    driver = desk()
    for minute, status in ((0, "opened"), (10, "resolved"), (15, "reopened"), (40, "resolved")):
        say(driver, minute, status)
    say(driver, 50, "closed")
    driver.tick(TEN + 60 * MINUTE)

    assert down_minutes(driver) == 40


def test_overlapping_reports_are_one_outage_and_a_cancelled_one_is_none() -> None:
    """Ten to half past, with another inside; the third was a mistake, until taken up again."""
    driver = desk()
    for incident, minute, status in (
        ("I1", 0, "opened"),
        ("I1", 30, "closed"),
        ("I2", 10, "opened"),
        ("I2", 20, "closed"),
        ("I3", 35, "opened"),
        ("I3", 36, "cancelled"),
        ("I3", 37, "closed"),
    ):
        say(driver, minute, status, incident=incident)
    driver.tick(TEN + 40 * MINUTE)
    assert down_minutes(driver) == 30

    say(driver, 41, "reopened", incident="I3")
    driver.tick(TEN + 45 * MINUTE)
    # From its opening at 35 on.
    assert down_minutes(driver) == 40


def test_an_impact_in_the_year_one_costs_no_time() -> None:
    """Only what is kept is painted: this would otherwise loop over two million years."""
    driver = desk()
    at = TEN
    driver.send(IncidentUpdate("checkout", at, "I1", "opened", impact_start_ms=-(2**60)))
    driver.tick(TEN + 5 * MINUTE)

    # Since the agreement is in force, from nine.
    assert down_minutes(driver) == 65
