"""The clocks of a ticket: named rules, and how a catalogue writes one of its own."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from slm_stream.domain.agreement import STOP_STATUSES
from slm_stream.domain.catalogue import ClockRule, Condition, Source, When
from slm_stream.domain.clock import (
    ClockAction,
    ClockEvent,
    ClockReading,
    ClockState,
    laps,
    read_clock,
)
from slm_stream.domain.conditions import (
    CLOCK_FIELDS,
    contradiction,
    holds,
    parse_condition,
    written,
)
from slm_stream.domain.incident import Step
from slm_stream.domain.service_time import ServiceTime

# "and" inside a text such as research and development is followed by no comparison.
_AND = re.compile(r"\s+and\s+(?=[A-Za-z_][A-Za-z0-9_]*\s*[=!<>])")


def parse_alternative(text: object) -> tuple[Condition, ...]:
    """Return the conditions of ``status == waiting and group == supplier``.

    Raises
    ------
    ValueError
        With the remedy, if one cannot be read, or no update meets them all.

    Examples
    --------
    >>> [written(c) for c in parse_alternative("public == true and status != opened")]
    ['public == true', 'status != opened']
    """
    parts = _AND.split(text) if isinstance(text, str) else [text]
    conditions = tuple(parse_condition(part, Source.INCIDENTS, CLOCK_FIELDS) for part in parts)
    if clash := contradiction(conditions, Source.INCIDENTS, CLOCK_FIELDS):
        one, other = (f'"{written(condition)}"' for condition in clash)
        msg = (
            f"{one} and {other} exclude each other, no update meets both; "
            "write two items, of which one is enough"
        )
        raise ValueError(msg)
    return conditions


def when(*texts: str) -> When:
    """Return the alternatives that some texts say."""
    return tuple(parse_alternative(text) for text in texts)


_FIRST = when("first == true")
_GOES_ON = when(
    "status == acknowledged", "status == in_progress", "status == resumed", "status == reopened"
)
_WAITS = when("status == waiting")
_DONE = when("status == resolved", "status == closed")
_CANCELLED = when("status == cancelled")

ACKNOWLEDGE = ClockRule(
    "acknowledge",
    start=_FIRST,
    stop=when("status == acknowledged", "status == in_progress", "status == waiting") + _DONE,
    cancel=_CANCELLED,
)
"""From the first update to the first sign that somebody has seen the ticket."""

RESPOND = ClockRule(
    "respond",
    start=_FIRST,
    stop=when("public == true and status != opened") + _DONE,
    cancel=_CANCELLED,
)
"""From the first update to the first answer that the customer sees, or to the solution."""

RESTORE = ClockRule(
    "restore",
    start=_FIRST + when("status == reopened"),
    stop=when("restored == true") + _DONE,
    cancel=_CANCELLED,
)
"""From the first update to the end of the outage, or to the solution; no wait makes it rest."""

RESOLVE = ClockRule(
    "resolve",
    # Each of these also starts the clock, in case its opening was never told, and continues it
    # after a solution.
    start=when("status == opened") + _GOES_ON + _WAITS,
    pause=_WAITS,
    # Not "opened", which delivered again must not end a pause.
    resume=_GOES_ON,
    stop=_DONE,
    cancel=_CANCELLED,
)
"""From opening to solution, without the time in which the ticket waits for others."""

UPDATE = replace(RESOLVE, name="update", reset=when("public == true"), laps=True)
"""From one update that the customer sees to the next, until the solution."""

RULES = {rule.name: rule for rule in (ACKNOWLEDGE, RESPOND, RESTORE, RESOLVE, UPDATE)}
"""The clocks that a catalogue may name."""


def stopped_at(rule: ClockRule, statuses: Iterable[str]) -> ClockRule:
    """Return a rule which of the two solutions, resolved and closed, only those given stop.

    >>> [[written(c) for c in each] for each in stopped_at(RESOLVE, ["closed"]).stop]
    [['status == closed']]
    """
    others = {*STOP_STATUSES} - {*statuses}
    ignored = when(*(f"status == {status}" for status in sorted(others)))
    if not ignored:
        return rule
    return replace(rule, stop=tuple(each for each in rule.stop if each not in ignored))


def clock_events(steps: Iterable[Step], rule: ClockRule = RESOLVE) -> tuple[ClockEvent, ...]:
    """Return what a ticket's steps, in time order, do to the clock of a rule.

    >>> from slm_stream.domain.incident import IncidentStatus
    >>> steps = [Step(0, IncidentStatus.WAITING), Step(60, IncidentStatus.RESUMED)]
    >>> [(event.at_s, str(event.action)) for event in clock_events(steps)]
    [(0, 'start'), (0, 'pause'), (60, 'start'), (60, 'resume')]
    """
    return tuple(
        ClockEvent(step.at_s, action) for step in steps for action in actions_of(step, rule)
    )


def actions_of(step: Step, rule: ClockRule) -> tuple[ClockAction, ...]:
    """Return what one step does to the clock of a rule, in order."""
    asked = _asked(rule)
    return _actions(rule, tuple([getattr(step, name) for name in asked]))


@lru_cache(maxsize=1024)
def _asked(rule: ClockRule) -> tuple[str, ...]:
    """Return the fields that a rule asks for."""
    lists = [getattr(rule, action) for action in ClockAction]
    return tuple(sorted({c.field for each in lists for one in each for c in one}))


# Of many tickets' steps few differ in what a rule asks for, and a ticket is read from its
# first update on whenever it gets another.
@lru_cache(maxsize=16_384)
def _actions(rule: ClockRule, values: tuple[Any, ...]) -> tuple[ClockAction, ...]:
    known = dict(zip(_asked(rule), values, strict=True))
    return tuple(
        action
        for action in ClockAction
        if any(all(holds(c, known[c.field]) for c in each) for each in getattr(rule, action))
    )


def read_steps(
    steps: Sequence[Step],
    rule: ClockRule,
    calendar: ServiceTime,
    targets_s: Mapping[str, int],
    at_s: int,
) -> tuple[ClockReading, ...]:
    """Return what the clock of a ticket shows at an instant.

    One reading; of a rule with laps one for each that has begun, oldest first, and each but the
    last read at the reset that ended it. Laps within one second are none. Nor are those of a
    ticket that was cancelled: it should never have been opened.

    Parameters
    ----------
    steps : sequence of Step
        As `incident.history` gives them.
    rule : ClockRule
    calendar : ServiceTime
        Only its open time counts.
    targets_s : mapping of str to int
        Agreed seconds by priority. The last priority judges the whole clock, that of its end a
        lap; there is no target for one that is not listed.
    at_s : int
        The instant.

    Examples
    --------
    A customer hears of a ticket at its opening, after 50 and after 140 minutes:

    >>> from slm_stream.domain.calendar import Calendar
    >>> from slm_stream.domain.incident import IncidentStatus
    >>> steps = [
    ...     Step(60 * at, IncidentStatus.IN_PROGRESS, "P1", public=True) for at in (0, 50, 140)
    ... ]
    >>> always, hourly = Calendar.always("UTC"), {"P1": 3600}
    >>> found = read_steps(steps, UPDATE, always, hourly, at_s=150 * 60)
    >>> [(lap.elapsed_s // 60, lap.breached) for lap in found]
    [(50, False), (90, True), (10, False)]
    """
    events = clock_events(steps, rule)
    if not rule.laps:
        latest = steps[-1].priority if steps else ""
        return (read_clock(events, calendar, targets_s.get(latest), at_s),)
    found = []
    for lap in laps(events):
        if not lap.events or lap.events[0].at_s > at_s:
            continue
        end_s = at_s if lap.end_s is None else min(lap.end_s, at_s)
        priority = next((s.priority for s in reversed(steps) if s.at_s <= end_s), "")
        reading = read_clock(lap.events, calendar, targets_s.get(priority), end_s)
        is_moment = lap.end_s == reading.started_at_s == end_s
        if reading.state is not ClockState.IDLE and not is_moment:
            found.append(reading)
    return () if found and found[-1].state is ClockState.CANCELLED else tuple(found)
