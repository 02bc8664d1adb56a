"""Incident clocks: agreed time spent, as a pure function of events, calendar and target.

Nothing is accumulated from one event to the next. A late event, a changed target or another
calendar is the same reading over another list, which gives what it would always have given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.spans import Span

# A ratio such as 0.07 is no binary fraction; of what its digits meant, so many are kept.
_RATIO_DENOMINATOR = 10**6


class ClockAction(StrEnum):
    """What an event does to a clock; in a state that it does not fit, it changes nothing.

    * START: begin, or go on after a stop or a cancellation
    * PAUSE: rest; pauses do not nest
    * RESUME: end the pause
    * STOP: the work is done, from a run or a pause
    * RESET: forget what was counted; a running or paused clock goes on from zero
    * CANCEL: there is nothing to judge any more

    They stand in the order in which those of one update apply.
    """

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESET = "reset"
    CANCEL = "cancel"


class ClockState(StrEnum):
    """What a clock is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


_NEXT: Mapping[ClockAction, Mapping[ClockState, ClockState]] = {
    ClockAction.START: {
        ClockState.IDLE: ClockState.RUNNING,
        ClockState.STOPPED: ClockState.RUNNING,
        ClockState.CANCELLED: ClockState.RUNNING,
    },
    ClockAction.PAUSE: {ClockState.RUNNING: ClockState.PAUSED},
    ClockAction.RESUME: {ClockState.PAUSED: ClockState.RUNNING},
    ClockAction.STOP: {
        ClockState.RUNNING: ClockState.STOPPED,
        ClockState.PAUSED: ClockState.STOPPED,
    },
    ClockAction.RESET: {
        ClockState.STOPPED: ClockState.IDLE,
        ClockState.CANCELLED: ClockState.IDLE,
    },
    ClockAction.CANCEL: dict.fromkeys(ClockState, ClockState.CANCELLED),
}


def next_state(state: ClockState, action: ClockAction) -> ClockState:
    """Return the state of a clock after an action; the same where the action does not fit."""
    return _NEXT[action].get(state, state)


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """An action on a clock at an instant."""

    at_s: int
    action: ClockAction


@dataclass(frozen=True, slots=True)
class Lap:
    """What a clock did between two resets.

    Attributes
    ----------
    events : tuple of ClockEvent
        Also those that put it into the state in which the reset found it.
    end_s : int or None
        The reset that ended the lap; None for the last one.
    """

    events: tuple[ClockEvent, ...]
    end_s: int | None


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What a clock showed at an instant.

    Attributes
    ----------
    state : ClockState
        What it was doing.
    at_s : int
        The instant.
    target_s : int or None
        Agreed seconds; None where nothing is promised.
    elapsed_s, paused_s : int
        Open seconds spent running, and in pauses.
    runs : tuple of span
        When it ran, up to `at_s`; also while closed.
    onward_s : int or None
        From when it is taken to go on, for instants not reached yet; None if it cannot.
    calendar : ServiceTime
        What counts.
    """

    state: ClockState
    at_s: int
    target_s: int | None
    elapsed_s: int
    paused_s: int
    runs: tuple[Span, ...]
    onward_s: int | None
    calendar: ServiceTime

    @property
    def started_at_s(self) -> int | None:
        """Return when it first ran since the last reset."""
        return self.runs[0][0] if self.runs else None

    @property
    def stopped_at_s(self) -> int | None:
        """Return when it was stopped; None unless it is."""
        return self.onward_s if self.state is ClockState.STOPPED else None

    @property
    def remaining_s(self) -> int | None:
        """Return target less elapsed, negative when overdue."""
        target_s = self.judged_by_s
        return None if target_s is None else target_s - self.elapsed_s

    @property
    def overrun_s(self) -> int:
        """Return the open seconds beyond the target."""
        target_s = self.judged_by_s
        return 0 if target_s is None else max(0, self.elapsed_s - target_s)

    @property
    def breached(self) -> bool:
        """Return whether more than the target has elapsed; exactly the target keeps it."""
        return self.overrun_s > 0

    @property
    def deadline_s(self) -> int | None:
        """Return the instant at which elapsed reaches the target, as `reaches` finds it."""
        target_s = self.judged_by_s
        return None if target_s is None else self.reaches(target_s)

    @property
    def breaches_at_s(self) -> int | None:
        """Return the first whole second at which more than the target has elapsed."""
        target_s = self.judged_by_s
        return None if target_s is None else self.reaches(target_s + 1)

    def threshold_at(self, ratio: float) -> int | None:
        """Return the instant at which elapsed reaches a share of the target.

        A share that is no whole second is reached at the next one: 75 % of 7 s at 6 s.
        """
        target_s = self.judged_by_s
        if target_s is None:
            return None
        share = _exact(ratio) * target_s
        return self.reaches(-(-share.numerator // share.denominator))

    def reaches(self, amount_s: int) -> int | None:
        """Return the instant at which elapsed reached, or will reach, an amount.

        The clock is taken to run on: from `at_s` while it runs or is paused, and after a stop
        as if it had not come. The instant may therefore lie before `at_s`. None for a clock
        that is idle or cancelled, unless it got there before.

        Raises
        ------
        ValueError
            If the amount is negative.
        """
        needed_s = amount_s
        for start_s, end_s in self.runs:
            open_s = self.calendar.open_seconds(start_s, end_s)
            if needed_s <= open_s:
                return self.calendar.deadline(start_s, needed_s)
            needed_s -= open_s
        return None if self.onward_s is None else self.calendar.deadline(self.onward_s, needed_s)

    @property
    def judged_by_s(self) -> int | None:
        """Return the target; None where nothing is promised, or the clock is cancelled."""
        return None if self.state is ClockState.CANCELLED else self.target_s


@lru_cache(maxsize=64)
def _exact(ratio: float) -> Fraction:
    return Fraction(ratio).limit_denominator(_RATIO_DENOMINATOR)


def read_clock(
    events: Iterable[ClockEvent], calendar: ServiceTime, target_s: int | None, at_s: int
) -> ClockReading:
    """Return what a clock shows at an instant.

    Parameters
    ----------
    events : iterable of ClockEvent
        In time order; those of one instant apply in the order given. Events after `at_s`
        have not happened yet.
    calendar : ServiceTime
        Only its open time counts, in runs and in pauses.
    target_s : int or None
        Agreed seconds, if any.
    at_s : int
        The instant of the reading.

    Raises
    ------
    ValueError
        If the events are out of order, or the target is negative.

    Examples
    --------
    >>> from slm_stream.domain.calendar import Calendar
    >>> office = Calendar("UTC", {day: ((540, 1020),) for day in range(5)})
    >>> nine = 1_772_442_000  # Monday 2026-03-02T09:00Z, the opening
    >>> events = [
    ...     ClockEvent(nine, ClockAction.START),
    ...     ClockEvent(nine + 3600, ClockAction.PAUSE),
    ...     ClockEvent(nine + 5400, ClockAction.RESUME),
    ... ]
    >>> reading = read_clock(events, office, target_s=4 * 3600, at_s=nine + 7200)
    >>> reading.elapsed_s, reading.paused_s, reading.remaining_s, reading.breached
    (5400, 1800, 9000, False)
    >>> (reading.deadline_s - nine) / 3600  # 13:30
    4.5
    >>> (reading.threshold_at(0.75) - nine) / 3600
    3.5
    """
    if target_s is not None and target_s < 0:
        msg = f"a clock's target cannot be negative, got {target_s} s"
        raise ValueError(msg)
    state, since_s, runs, pauses = _wind(events, at_s)
    if state in {ClockState.RUNNING, ClockState.PAUSED}:
        onward_s: int | None = at_s
    else:
        onward_s = since_s if state is ClockState.STOPPED else None
    return ClockReading(
        state=state,
        at_s=at_s,
        target_s=target_s,
        elapsed_s=sum(calendar.open_seconds(*run) for run in runs),
        paused_s=sum(calendar.open_seconds(*pause) for pause in pauses),
        runs=tuple(runs),
        onward_s=onward_s,
        calendar=calendar,
    )


def laps(events: Iterable[ClockEvent]) -> tuple[Lap, ...]:
    """Return the laps into which resets divide a clock's events, oldest first.

    Reading the last lap is reading all events; see `read_clock`.

    >>> start, reset = ClockAction.START, ClockAction.RESET
    >>> events = [ClockEvent(0, start), ClockEvent(60, reset), ClockEvent(90, ClockAction.STOP)]
    >>> [([(e.at_s, str(e.action)) for e in lap.events], lap.end_s) for lap in laps(events)]
    [([(0, 'start')], 60), ([(60, 'start'), (90, 'stop')], None)]
    """
    done: list[Lap] = []
    state, own = ClockState.IDLE, list[ClockEvent]()
    for event in events:
        state = next_state(state, event.action)
        if event.action is not ClockAction.RESET:
            own.append(event)
            continue
        done.append(Lap(tuple(own), event.at_s))
        goes_on = _UP_TO.get(state, ())
        own = [ClockEvent(event.at_s, action) for action in goes_on]
    return (*done, Lap(tuple(own), None))


_UP_TO = {
    ClockState.RUNNING: (ClockAction.START,),
    ClockState.PAUSED: (ClockAction.START, ClockAction.PAUSE),
}


def _wind(
    events: Iterable[ClockEvent], at_s: int
) -> tuple[ClockState, int, list[Span], list[Span]]:
    """Return the state at an instant, since when, and the runs and pauses up to then."""
    spent: dict[ClockState, list[Span]] = {state: [] for state in ClockState}
    state, since_s = ClockState.IDLE, at_s
    last_s: int | None = None
    for event in events:
        if last_s is not None and event.at_s < last_s:
            msg = f"clock events must be in time order: {event.at_s} follows {last_s}"
            raise ValueError(msg)
        if event.at_s > at_s:
            break
        last_s = event.at_s
        following = next_state(state, event.action)
        if following is not state:
            spent[state].append((since_s, event.at_s))
            state, since_s = following, event.at_s
        if event.action is ClockAction.RESET:
            for spans in spent.values():
                spans.clear()
            since_s = event.at_s
            if state is ClockState.PAUSED:  # it has begun, though it does not run
                spent[ClockState.RUNNING].append((since_s, since_s))
    spent[state].append((since_s, at_s))
    return state, since_s, spent[ClockState.RUNNING], spent[ClockState.PAUSED]
