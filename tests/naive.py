"""The slow twins: what fast code must agree with, written the plainest way that works.

Calendars are walked minute by minute and clocks second by second. That asks for zones whose
offset is whole minutes, as all have had since 1972.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.agreement import Threshold
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import ClockRule, When
from slm_stream.domain.clock import ClockAction, ClockEvent
from slm_stream.domain.incident import IncidentStatus
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


@dataclass
class SlowLap:
    """What a clock did second by second between two resets.

    `elapsed` has the agreed seconds at each instant from `first_s` on; `ended_s` is when a stop
    or a reset ended it, None while it goes on, and `reset_s` when a reset came, also after a stop.
    """

    first_s: int
    elapsed: list[int]
    paused_s: int = 0
    ended_s: int | None = None
    reset_s: int | None = None
    cancelled: bool = False
    never_ran: bool = False
    priority: str = ""

    def reached_s(self, amount_s: int) -> int | None:
        """Return the first instant with that much elapsed; None where it never came."""
        for i, elapsed_s in enumerate(self.elapsed):
            if elapsed_s >= amount_s:
                return self.first_s + i
        return None


def clock_by_seconds(
    updates: Iterable[IncidentUpdate], rule: ClockRule, calendar: Calendar, end_s: int
) -> list[SlowLap]:
    """Let the clock of a ticket tick through every second up to an instant.

    Parameters
    ----------
    updates : iterable of IncidentUpdate
        Of one ticket, in any order, some of them twice.
    rule : ClockRule
    calendar : Calendar
    end_s : int
        Updates after it have not happened yet; only the priority is known of them.
    """
    ordered = in_order(updates)
    state = "idle"
    laps: list[SlowLap] = []
    known: dict[str, Any] = {}
    first_s = ordered[0].at_ms // 1000
    restored_s = _restored_s(ordered)
    open_minutes: dict[int, bool] = {}
    by_second: dict[int, list[IncidentUpdate | None]] = {}
    for each in ordered:
        by_second.setdefault(each.at_ms // 1000, []).append(each)
    for at_s in range(first_s, end_s + 1):
        moments = list(by_second.get(at_s, []))
        if at_s == restored_s:
            moments.append(None)
        for update in moments:
            _learn(known, update, is_first=update is ordered[0])
            for action in ("start", "pause", "resume", "stop", "reset", "cancel"):
                if _meets(getattr(rule, action), known):
                    state = _act(action, state, laps, rule, at_s)
        # A lap ends with the priority that its last instant has.
        for lap in laps:
            if lap.ended_s == at_s or lap.ended_s is None:
                lap.priority = known["priority"]
        if laps and laps[-1].ended_s is None:
            lap = laps[-1]
            if at_s // MINUTE_S not in open_minutes:
                open_minutes[at_s // MINUTE_S] = is_open(calendar, at_s)
            counts = open_minutes[at_s // MINUTE_S]
            lap.paused_s += counts and state == "paused" and at_s < end_s
            lap.elapsed.append(lap.elapsed[-1] + (counts and state == "running"))
    for lap in laps:
        last_s = end_s if lap.ended_s is None else lap.ended_s
        lap.elapsed = lap.elapsed[: last_s - lap.first_s + 1]
        if not rule.laps:
            lap.priority = latest(ordered, "priority")
    return laps


def judged(laps: Sequence[SlowLap], targets_s: Mapping[str, int]) -> list[tuple[int, bool]]:
    """Return minute and lateness of each promise of a clock that is kept or broken."""
    found = []
    for lap in counting(laps):
        target_s = targets_s.get(lap.priority)
        if target_s is None or lap.cancelled:
            continue
        late_s = lap.reached_s(target_s + 1)
        if late_s is not None:
            found.append((late_s // MINUTE_S, True))
        elif lap.ended_s is not None:
            found.append((lap.ended_s // MINUTE_S, False))
    return found


def passed(
    laps: Sequence[SlowLap],
    calendar: Calendar,
    targets_s: Mapping[str, int],
    thresholds: Iterable[Threshold],
) -> set[tuple[str, int, int | None]]:
    """Return label, instant and deadline at that instant of all thresholds that were passed."""
    found = set()
    for lap in counting(laps):
        target_s = targets_s.get(lap.priority)
        if target_s is None or lap.cancelled:
            continue
        for threshold in thresholds:
            share = threshold.share
            amount_s = target_s + threshold.offset_s
            if share is not None:
                amount_s = next(n for n in range(3 * target_s + 1) if n >= share * target_s)
            at_s = lap.reached_s(amount_s) if amount_s > 0 else None
            if at_s is None:
                continue
            if amount_s <= target_s:
                limit_s = at_s + 9 * 86_400
                due_s = deadline(calendar, at_s, target_s - amount_s, limit_s)
            else:
                due_s = lap.reached_s(target_s)
            found.add((threshold.label, at_s, due_s))
    return found


def counting(laps: Sequence[SlowLap]) -> list[SlowLap]:
    """Return the laps that are one: none within a second, and none of a cancelled ticket."""
    if not laps or laps[-1].cancelled:
        return []
    return [lap for lap in laps if lap.reset_s != lap.first_s]


def in_order(updates: Iterable[IncidentUpdate]) -> list[IncidentUpdate]:
    """Return updates by instant, then by status as listed, then by what else they say."""
    unique: list[IncidentUpdate] = []
    for update in updates:
        if all(u != update and not (u.update and u.update == update.update) for u in unique):
            unique.append(update)
    statuses = [str(status) for status in IncidentStatus]
    return sorted(
        unique,
        key=lambda u: (
            u.at_ms,
            statuses.index(u.status),
            u.update,
            repr(msgspec.structs.astuple(u)[1:2] + msgspec.structs.astuple(u)[3:]),
        ),
    )


def latest(updates: Sequence[IncidentUpdate], name: str) -> Any:
    """Return the last value that any update gave a field."""
    for update in reversed(updates):
        value = getattr(update, name)
        if value is not None and value != "":
            return value
    return getattr(updates[-1], name)


def _restored_s(ordered: Sequence[IncidentUpdate]) -> int | None:
    end_ms = latest(ordered, "impact_end_ms")
    return None if end_ms is None else max(end_ms, ordered[0].at_ms) // 1000


def _learn(known: dict[str, Any], update: IncidentUpdate | None, *, is_first: bool) -> None:
    if update is None:
        known.update(public=None, first_contact=None, first=False, restored=True)
        return
    for name in ("priority", "group", "category", "impact"):
        known[name] = getattr(update, name) or known.get(name, "")
    known.update(status=update.status, public=update.public, first_contact=update.first_contact)
    known.update(first=is_first, restored=False)


def _meets(alternatives: When, known: dict[str, Any]) -> bool:
    for conditions in alternatives:
        outcomes = []
        for condition in conditions:
            value = known[condition.field]
            same = value == condition.value
            outcomes.append(value is not None and same == (condition.op == "=="))
        if all(outcomes):
            return True
    return False


def _act(action: str, state: str, laps: list[SlowLap], rule: ClockRule, at_s: int) -> str:
    """Return the state after an action, and note it in the laps."""
    ticking = state in ("running", "paused")
    if action == "reset":
        return _reset(state, laps, rule, at_s)
    if action == "cancel":
        if state == "idle":
            laps.append(SlowLap(at_s, [0], never_ran=True))
        laps[-1].ended_s, laps[-1].cancelled = at_s, True
        return "cancelled"
    if action == "start" and not ticking:
        if state != "idle" and laps[-1].never_ran:
            laps.pop()
            state = "idle"
        if state == "idle":
            laps.append(SlowLap(at_s, [0]))
        else:  # it goes on where it stood
            lap = laps[-1]
            lap.elapsed += [lap.elapsed[-1]] * (at_s - lap.first_s + 1 - len(lap.elapsed))
            lap.ended_s, lap.cancelled = None, False
        return "running"
    if action == "stop" and ticking:
        laps[-1].ended_s = at_s
        return "stopped"
    if action == "pause" and ticking:
        return "paused"
    return "running" if action == "resume" and ticking else state


def _reset(state: str, laps: list[SlowLap], rule: ClockRule, at_s: int) -> str:
    goes_on = state in ("running", "paused")
    if goes_on:
        laps[-1].ended_s = at_s
    if state not in ("idle", "cancelled"):
        laps[-1].reset_s = at_s
    if not rule.laps:
        laps.clear()
    if goes_on:
        laps.append(SlowLap(at_s, [0]))
    return state if goes_on else "idle"
