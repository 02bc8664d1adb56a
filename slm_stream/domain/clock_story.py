"""A clock explains itself: what each update did to it, and what came of it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slm_stream.domain.agreement import Agreement, Objective
from slm_stream.domain.catalogue import ClockRule
from slm_stream.domain.clock import ClockAction, ClockReading, ClockState, next_state
from slm_stream.domain.clock_rules import actions_of, read_steps
from slm_stream.domain.incident import Step, elapsed_by_group
from slm_stream.domain.thresholds import ahead, passed

_Read = Callable[[int, int], tuple[ClockReading, ...]]
_OPEN = (ClockState.RUNNING, ClockState.PAUSED)
_DOES = {
    ClockAction.START: "starts",
    ClockAction.PAUSE: "rests",
    ClockAction.RESUME: "goes on",
    ClockAction.STOP: "stops",
    ClockAction.RESET: "begins anew",
    ClockAction.CANCEL: "is cancelled",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a clock's timeline.

    Attributes
    ----------
    at_s : int
        When.
    what : str
        The status of an update, ``restored``, or what the clock passed: ``75 %``, ``deadline``.
    said : tuple of str
        What the update said beside its status, where that was new: ``P1``, ``group network``.
    does : tuple of str
        What it did to the clock; nothing where it changed nothing.
    elapsed_s, paused_s : int
        Agreed seconds that the clock had run and rested by then, since the last reset.
    """

    at_s: int
    what: str
    said: tuple[str, ...]
    does: tuple[str, ...]
    elapsed_s: int
    paused_s: int


@dataclass(frozen=True, slots=True)
class Story:
    """All that one objective has to say of one ticket.

    Attributes
    ----------
    agreement, objective, clock, incident : str
    version : int
        Of the agreement.
    zone : str
        Of the agreement's calendar, whose open time counts.
    at_s : int
        The instant of the story.
    verdict : str
        In words.
    state : str
        Of the clock.
    target_s : int or None
        Agreed seconds; None where nothing is promised for the priority.
    elapsed_s, paused_s : int
        Agreed seconds so far; of a clock with laps those of the last.
    deadline_s : int or None
        When the target is used up; while the clock rests, if it went on at once.
    by_group : dict of str to int
        Agreed seconds that the clock ran while each group had the ticket, laps together.
    moments : tuple of Moment
        In the order of time.
    ahead : tuple of (int, str)
        Instants and labels of the thresholds to come, if the clock runs on; none while it rests.
    """

    agreement: str
    version: int
    objective: str
    clock: str
    incident: str
    zone: str
    at_s: int
    verdict: str
    state: str
    target_s: int | None
    elapsed_s: int
    paused_s: int
    deadline_s: int | None
    by_group: dict[str, int]
    moments: tuple[Moment, ...]
    ahead: tuple[tuple[int, str], ...] = ()


def tell(
    steps: Sequence[Step],
    rule: ClockRule,
    agreement: Agreement,
    objective: Objective,
    *,
    incident: str,
    at_s: int,
) -> Story:
    """Return the story of a ticket's clock up to an instant.

    Parameters
    ----------
    steps : sequence of Step
        As `incident.history` gives them.
    rule : ClockRule
        The clock.
    agreement, objective : Agreement, Objective
        What is promised of it.
    incident : str
        The ticket's number.
    at_s : int
        The instant; what comes later has not happened yet.
    """
    known = [step for step in steps if step.at_s <= at_s]
    calendar = agreement.calendar

    def read(n_steps: int, until_s: int) -> tuple[ClockReading, ...]:
        return read_steps(known[:n_steps], rule, calendar, objective.targets_s, until_s)

    readings = read(len(known), at_s)
    last = readings[-1] if readings else None
    by_group: dict[str, int] = {}
    for reading in readings:
        for group, seconds in elapsed_by_group(reading, known).items():
            by_group[group] = by_group.get(group, 0) + seconds
    moments = [*_updates(known, read, rule), *_passed(readings, read, objective)]
    return Story(
        agreement=agreement.id,
        version=agreement.version,
        objective=objective.name,
        clock=rule.name,
        incident=incident,
        zone=calendar.zone,
        at_s=at_s,
        verdict=_verdict(readings, known),
        state=str(last.state if last else ClockState.CANCELLED if known else ClockState.IDLE),
        target_s=last.target_s if last else None,
        elapsed_s=last.elapsed_s if last else 0,
        paused_s=last.paused_s if last else 0,
        deadline_s=last.deadline_s if last else None,
        by_group=by_group,
        moments=tuple(sorted(moments, key=lambda moment: moment.at_s)),
        ahead=ahead(last, objective.warn_at) if last and last.state is ClockState.RUNNING else (),
    )


def span_words(seconds: int) -> str:
    """Return seconds in hours, minutes and seconds, as far as there are any.

    >>> [span_words(seconds) for seconds in (0, 45, 600, 3660, 90_061)]
    ['0s', '45s', '10m', '1h 01m', '25h 01m 01s']
    """
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    words = [f"{hours}h"] if hours else []
    if minutes or (hours and seconds):
        words.append(f"{minutes:02d}m" if hours else f"{minutes}m")
    if seconds or not words:
        words.append(f"{seconds:02d}s" if words else f"{seconds}s")
    return " ".join(words)


def _updates(steps: Sequence[Step], read: _Read, rule: ClockRule) -> Iterator[Moment]:
    """Yield what each update said and did."""
    state, before = ClockState.IDLE, None
    for i, step in enumerate(steps):
        readings = read(i + 1, step.at_s)
        does = []
        for action in actions_of(step, rule):
            following = next_state(state, action)
            if action is ClockAction.RESET and rule.laps:
                spent = [lap.elapsed_s for lap in readings[:-1] if lap.at_s == step.at_s]
                does += [f"{_DOES[action]} after {span_words(each)}" for each in spent[-1:]]
            elif action is ClockAction.RESET or following is not state:
                again = action is ClockAction.START and state is not ClockState.IDLE
                does.append(_DOES[ClockAction.RESUME if again else action])
            state = following
        last = readings[-1] if readings else None
        yield Moment(
            step.at_s,
            "restored" if step.restored else str(step.status),
            _said(step, before),
            tuple(does),
            last.elapsed_s if last else 0,
            last.paused_s if last else 0,
        )
        before = step


def _said(step: Step, before: Step | None) -> tuple[str, ...]:
    """Return what a step says that was not known before."""
    if step.restored:
        return ()
    said = []
    for name, form in (
        ("priority", "{}"),
        ("group", "group {}"),
        ("category", "{}"),
        ("impact", "impact {}"),
    ):
        value = getattr(step, name)
        if value and (before is None or value != getattr(before, name)):
            said.append(form.format(value))
    if step.public:
        said.append("public")
    return tuple(said)


def _passed(
    readings: Sequence[ClockReading], read: _Read, objective: Objective
) -> Iterator[Moment]:
    """Yield thresholds, deadlines and breaches as far as the clock got."""
    for reading in readings:
        target_s, due_s, late_s = reading.judged_by_s, reading.deadline_s, reading.breaches_at_s
        marks = [
            (each.reached_s, each.threshold, each.amount_s)
            for each in passed(reading, objective.warn_at)
        ]
        if target_s is not None and due_s is not None and reading.elapsed_s >= target_s:
            marks.append((due_s, "deadline", target_s))
        if target_s is not None and late_s is not None and reading.breached:
            marks.append((late_s, "late", target_s + 1))
        for at_s, what, elapsed_s in marks:
            paused_s = read(sys.maxsize, at_s)[-1].paused_s
            yield Moment(at_s, what, (), (), elapsed_s, paused_s)


def _verdict(readings: Sequence[ClockReading], steps: Sequence[Step]) -> str:
    judged = [each for each in readings if each.judged_by_s is not None]
    if not steps:
        return "nothing is known of it yet"
    if not readings or readings[-1].state is ClockState.CANCELLED:
        return "cancelled, not judged"
    if readings[-1].started_at_s is None:
        return "never started, not judged"
    if not judged:
        priority = steps[-1].priority or "a ticket without priority"
        return f"no target for {priority}, not judged"
    last = judged[-1]
    words = _lap_verdict(last)
    if len(readings) == 1:
        return words
    n_late = sum(each.breached for each in judged)
    return f"{n_late} of {len(judged)} intervals late; the last one: {words}"


def _lap_verdict(reading: ClockReading) -> str:
    if reading.breached:
        return f"late by {span_words(reading.overrun_s)}"
    left = span_words(reading.remaining_s or 0)
    if reading.state is ClockState.RUNNING:
        return f"runs, {left} left"
    return f"rests, {left} left" if reading.state is ClockState.PAUSED else f"in time, {left} left"
