"""Statuses of a ticket, and the clocks that they move."""

import pytest

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.clock import ClockAction, ClockReading, ClockState, read_clock
from slm_stream.domain.incident import (
    RESOLVE,
    ClockRule,
    IncidentStatus,
    StatusChange,
    clock_events,
)

ALWAYS = Calendar.always("UTC")


def read(history: str, at_min: int, rule: ClockRule = RESOLVE) -> ClockReading:
    """Read a ticket's clock with an hour's target; history is "0 opened, 10 waiting"."""
    updates = []
    for update in history.split(", "):
        minute, status = update.split()
        updates.append(StatusChange(int(minute) * 60, IncidentStatus(status)))
    return read_clock(clock_events(updates, rule), ALWAYS, 3600, at_min * 60)


@pytest.mark.parametrize(
    ("history", "state", "elapsed_min", "paused_min"),
    [
        ("0 opened", "running", 100, 0),
        ("0 opened, 5 acknowledged, 9 in_progress", "running", 100, 0),
        ("0 opened, 30 resolved", "stopped", 30, 0),
        ("0 opened, 30 resolved, 90 closed", "stopped", 30, 0),
        ("0 opened, 40 closed", "stopped", 40, 0),
        ("0 opened, 10 waiting, 25 resumed, 30 resolved", "stopped", 15, 15),
        ("0 opened, 10 waiting, 25 in_progress, 30 resolved", "stopped", 15, 15),
        ("0 opened, 10 waiting, 25 acknowledged, 30 resolved", "stopped", 15, 15),
        ("0 opened, 10 waiting, 30 resolved", "stopped", 10, 20),
        # Delivered twice, or known from the middle on.
        ("0 opened, 10 waiting, 12 opened, 30 resolved", "stopped", 10, 20),
        ("20 in_progress", "running", 80, 0),
        ("20 waiting", "paused", 0, 80),
        ("20 resolved", "idle", 0, 0),
        # Reopened, by that word or by work on it: 30 min before, then from 60 or 70.
        ("0 opened, 30 resolved, 60 reopened", "running", 70, 0),
        ("0 opened, 30 resolved, 60 in_progress", "running", 70, 0),
        ("0 opened, 30 resolved, 60 waiting, 70 resumed", "running", 60, 10),
        ("0 opened, 10 waiting, 30 resolved, 60 reopened", "running", 50, 20),
        ("0 opened, 10 cancelled", "cancelled", 10, 0),
    ],
)
def test_statuses_move_the_resolve_clock(
    history: str, state: str, elapsed_min: int, paused_min: int
) -> None:
    """Each history, read after 100 minutes, has its state and its minutes."""
    reading = read(history, at_min=100)

    assert reading.state is ClockState(state)
    assert (reading.elapsed_s, reading.paused_s) == (elapsed_min * 60, paused_min * 60)


def test_an_agreement_may_stop_at_closed_only() -> None:
    """A ticket resolved at 50 and closed at 70 minutes is late where closing is promised."""
    history = "0 opened, 50 resolved, 70 closed"
    until_closed = RESOLVE.override({IncidentStatus.RESOLVED: ()})

    assert not read(history, at_min=100).breached
    assert read(history, at_min=100, rule=until_closed).breached
    assert RESOLVE.actions[IncidentStatus.RESOLVED] == (ClockAction.STOP,)


def test_other_clocks_are_other_tables() -> None:
    """Time to acknowledge ends at the first sign of life, and no pause stops it."""
    stop = (ClockAction.STOP,)
    acknowledge = ClockRule(
        "acknowledge",
        {
            IncidentStatus.OPENED: (ClockAction.START,),
            IncidentStatus.ACKNOWLEDGED: stop,
            IncidentStatus.IN_PROGRESS: stop,
            IncidentStatus.RESOLVED: stop,
        },
    )

    reading = read("0 opened, 10 waiting, 15 in_progress, 30 reopened", 100, acknowledge)

    assert (reading.state, reading.elapsed_s) == (ClockState.STOPPED, 15 * 60)
