"""The slow twin of a ticket's clocks: second by second through its updates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.agreement import Threshold
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import ClockRule, When
from slm_stream.domain.incident import IncidentStatus
from tests.naive import MINUTE_S, deadline, is_open


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
