"""What counts as an expected event that came."""

from typing import Any

import pytest

from slm_stream.cli.demo.expectations import Check, Outcome, Seen, Watchlist
from slm_stream.cli.demo.faults import BREACH, NEAR, Expected, Fault
from slm_stream.codec import events, topics
from slm_stream.codec.events import CloudEvent
from tests.unit.cli.levels import level_data

FAULT = Fault(
    "Down",
    "checkout",
    0,
    1000,
    (
        Expected("sla/availability", NEAR, 1_000, 2_000),
        Expected("sla/availability", BREACH, 3_000, 4_000),
    ),
)
NEAR_OPENED, BREACH_OPENED = "near_breach.opened", "breach.opened"


def seen(kind: str, at_ms: int, **changes: Any) -> CloudEvent:
    """Return an event of the objective sla/availability, or of another."""
    data = level_data(**{"agreement": "sla", "objective": "availability", **changes})
    raw = events.event(kind, data, source="/t", at_ms=at_ms, sequence=1, episode="e")
    return events.read(raw)


@pytest.mark.parametrize(
    ("at_ms", "outcome"),
    [
        (999, Outcome.EARLY),
        (1_000, Outcome.CAME),
        (2_000, Outcome.CAME),
        (2_001, Outcome.LATE),
    ],
)
def test_an_event_comes_early_in_time_or_late(at_ms: int, outcome: Outcome) -> None:
    """Both ends of the span are in time."""
    watchlist = Watchlist([FAULT])

    news = watchlist.see(topics.NEAR_BREACHES, seen(NEAR_OPENED, at_ms))

    assert isinstance(news, Check)
    assert (news.fault, news.at_ms, news.outcome) == (FAULT, at_ms, outcome)
    assert [check.outcome for check in watchlist.checks] == [outcome, Outcome.PENDING]


def test_complete_once_all_came_in_time() -> None:
    """A pending or late event leaves the list incomplete."""
    watchlist = Watchlist([FAULT])
    assert not watchlist.complete

    watchlist.see(topics.NEAR_BREACHES, seen(NEAR_OPENED, 1_500))
    assert not watchlist.complete
    watchlist.see(topics.BREACHES, seen(BREACH_OPENED, 3_500))

    assert watchlist.complete
    assert watchlist.surprises == []
    late = Watchlist([FAULT])
    late.see(topics.NEAR_BREACHES, seen(NEAR_OPENED, 1_500))
    late.see(topics.BREACHES, seen(BREACH_OPENED, 4_500))
    assert not late.complete


def test_the_aftermath_is_no_news() -> None:
    """Only the first event counts; closing, relapses and levels change nothing."""
    watchlist = Watchlist([FAULT])
    watchlist.see(topics.NEAR_BREACHES, seen(NEAR_OPENED, 1_500))

    assert watchlist.see(topics.NEAR_BREACHES, seen("near_breach.closed", 1_600)) is None
    assert watchlist.see(topics.NEAR_BREACHES, seen(NEAR_OPENED, 9_000)) is None
    assert watchlist.see(topics.LEVELS, seen("level", 1_700)) is None

    assert watchlist.checks[0].at_ms == 1_500
    assert watchlist.surprises == []


def test_an_event_that_no_fault_explains_is_a_surprise() -> None:
    """Another objective, or a level that is not expected of this one."""
    watchlist = Watchlist([FAULT])

    news = watchlist.see(topics.BREACHES, seen(BREACH_OPENED, 3_500, objective="success"))

    assert news == Seen("sla/success", BREACH, 3_500)
    assert watchlist.surprises == [news]
    assert watchlist.subjects == {"sla/availability"}
