"""The slow twins: what fast code must agree with, written the plainest way that works.

Calendars are walked minute by minute and clocks second by second. That asks for zones whose
offset is whole minutes, as all have had since 1972.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from slm_stream.domain.agreement import ComplianceWindow, Period
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.clock import ClockAction, ClockEvent
from slm_stream.domain.service_time import ServiceTime

MINUTE_S = 60


def is_open(calendar: Calendar, at_s: int) -> bool:
    """Look an instant's wall time up in the windows of its date."""
    wall = datetime.fromtimestamp(at_s, ZoneInfo(calendar.zone))
    day, minute = wall.date(), wall.hour * 60 + wall.minute
    if _closed(calendar, day):
        return False
    eve = day - timedelta(days=1)
    if any(start_s <= at_s < end_s for start_s, end_s in calendar.closures):
        return False
    in_window = _covers(_windows(calendar, day), minute, of_eve=_windows(calendar, eve))
    breaks = calendar.breaks
    return in_window and not _covers(breaks.get(day, ()), minute, of_eve=breaks.get(eve, ()))


def _closed(calendar: Calendar, day: date) -> bool:
    if day in calendar.date_overrides:
        return False
    return day in calendar.holidays or (day.month, day.day) in calendar.annual_holidays


def _windows(calendar: Calendar, day: date) -> Sequence[tuple[int, int]]:
    if day in calendar.date_overrides:
        return calendar.date_overrides[day]
    return () if _closed(calendar, day) else calendar.hours.get(day.weekday(), ())


def _covers(
    own: Iterable[tuple[int, int]], minute: int, *, of_eve: Iterable[tuple[int, int]]
) -> bool:
    for opens, closes in own:
        crosses = closes <= opens
        if minute >= opens and (crosses or minute < closes):
            return True
    return any(closes <= opens and minute < closes for opens, closes in of_eve)


def open_seconds(calendar: Calendar, start_s: int, end_s: int) -> int:
    """Add up the open minutes, or what of them lies inside."""
    seconds = 0
    for minute_s in range(start_s - start_s % MINUTE_S, end_s, MINUTE_S):
        if is_open(calendar, minute_s):
            seconds += min(minute_s + MINUTE_S, end_s) - max(minute_s, start_s)
    return seconds


def deadline(calendar: Calendar, start_s: int, amount_s: int, limit_s: int) -> int | None:
    """Walk until the amount is used up; None if it is not by the limit."""
    at_s = start_s
    while amount_s > 0:
        if at_s >= limit_s:
            return None
        step_s = MINUTE_S - at_s % MINUTE_S
        if is_open(calendar, at_s):
            step_s = min(step_s, amount_s)
            amount_s -= step_s
        at_s += step_s
    return at_s


def deadline_backward(calendar: Calendar, start_s: int, amount_s: int, limit_s: int) -> int | None:
    """Walk back until the amount is used up; None if it is not by the limit."""
    at_s = start_s
    while amount_s > 0:
        if at_s <= limit_s:
            return None
        step_s = at_s % MINUTE_S or MINUTE_S
        if is_open(calendar, at_s - 1):
            step_s = min(step_s, amount_s)
            amount_s -= step_s
        at_s -= step_s
    return at_s


def next_opening(calendar: Calendar, at_s: int, limit_s: int) -> int | None:
    """Walk to the first open instant; None if there is none by the limit."""
    while not is_open(calendar, at_s):
        at_s += MINUTE_S - at_s % MINUTE_S
        if at_s >= limit_s:
            return None
    return at_s


def previous_closing(calendar: Calendar, at_s: int, limit_s: int) -> int | None:
    """Walk back to the first instant that follows an open one; None if none by the limit."""
    while not is_open(calendar, at_s - 1):
        at_s -= at_s % MINUTE_S or MINUTE_S
        if at_s <= limit_s:
            return None
    return at_s


def tick_clock(
    events: Sequence[ClockEvent], calendar: ServiceTime, end_s: int
) -> tuple[list[int], list[int]]:
    """Tick a clock through every second from the first event to the end.

    Returns
    -------
    (elapsed, paused)
        Seconds counted at each instant first, first + 1, ..., end.
    """
    started = paused = stopped = cancelled = False
    n_elapsed = n_paused = 0
    elapsed, in_pauses = [], []
    for at_s in range(events[0].at_s, end_s + 1):
        for event in (event for event in events if event.at_s == at_s):
            ticking = started and not stopped and not cancelled
            if event.action is ClockAction.START and not ticking:
                started, paused, stopped, cancelled = True, False, False, False
            elif event.action is ClockAction.PAUSE and ticking:
                paused = True
            elif event.action is ClockAction.RESUME and ticking:
                paused = False
            elif event.action is ClockAction.STOP and ticking:
                stopped = True
            elif event.action is ClockAction.CANCEL:
                cancelled = True
            elif event.action is ClockAction.RESET:
                n_elapsed = n_paused = 0
                started = ticking
                stopped = cancelled = False
        elapsed.append(n_elapsed)
        in_pauses.append(n_paused)
        if started and not stopped and not cancelled and calendar.is_open(at_s):
            n_paused += paused
            n_elapsed += not paused
    return elapsed, in_pauses


def witness_verdict(said: Mapping[Any, str], policy: str, order: Sequence[Any]) -> tuple[str, Any]:
    """Count what the witnesses say at one instant; return the state and who is named for it."""
    known = [witness for witness in order if said[witness] != "unknown"]
    if not known:
        return "unknown", None
    if policy == "precedence":
        return said[known[0]], known[0]
    n_down = sum(said[w] == "down" for w in known)
    n_not_up = sum(said[w] != "up" for w in known)
    needed = 1 if policy == "any" else (len(known) + 1) // 2
    state = "up"
    if n_down >= needed:
        state = "down"
    elif n_not_up >= needed:
        state = "degraded"
    return state, next(w for w in known if said[w] == state)


def outages_by_instant(states: Sequence[str], is_open: Sequence[bool]) -> list[tuple[int, int]]:
    """Walk through the instants; return how many of each outage are open, and how many are not.

    Down is one outage also across excluded instants; one without an open instant is none.
    """
    found: list[tuple[int, int]] = []
    n_open = n_closed = 0
    lasts = False
    for state, counts in zip([*states, "up"], [*is_open, False], strict=True):
        if state == "down":
            lasts = True
            n_open += counts
            n_closed += not counts
        elif state != "excluded" or not lasts:
            if n_open:
                found.append((n_open, n_closed))
            n_open = n_closed = 0
            lasts = False
    return found


def bounds(window: ComplianceWindow, now: int, zone: str) -> tuple[int, int]:
    """Return the span of a window; an instant on a boundary judges the period that ends."""
    if window.period is None:
        return now - (window.rolling_s or 0) * 1000, 2**62
    day = datetime.fromtimestamp((now - 1) / 1000, ZoneInfo(zone)).date()
    first = day
    while not _begins(window.period, first):
        first -= timedelta(days=1)
    last = first + timedelta(days=1)
    while not _begins(window.period, last):
        last += timedelta(days=1)
    midnights = [
        datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)).timestamp() for d in (first, last)
    ]
    return round(midnights[0] * 1000), round(midnights[1] * 1000)


def _begins(period: Period, day: date) -> bool:
    return {
        Period.DAY: True,
        Period.WEEK: day.weekday() == 0,
        Period.MONTH: day.day == 1,
        Period.QUARTER: day.day == 1 and day.month in (1, 4, 7, 10),
        Period.YEAR: (day.month, day.day) == (1, 1),
    }[period]
