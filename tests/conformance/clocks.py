"""Cases of SLA clocks: working time, deadlines, clocks, outages, as `conventions` reads them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.clock import ClockAction, ClockEvent, ClockReading, read_clock
from slm_stream.domain.reliability import Reliability, reliability
from slm_stream.domain.spans import Span
from slm_stream.domain.working_days import add_working_days
from slm_stream.domain.zones import wall_time_s
from tests.conformance.comparing import Failure, agrees
from tests.conformance.values import iso, read_instant_s, read_time, read_whole

Case = Mapping[str, Any]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TOLERANCE = Fraction(1, 10**6)
"""Of availability figures, which the file rounds to six decimals."""


def calendar_of(case: Case) -> Calendar:
    """Return the calendar of a case; an absent field is empty."""
    given = case.get("calendar") or {}
    annual = (day.split("-") for day in given.get("annual_holidays") or ())
    hours = (given.get("hours") or {}).items()
    return Calendar(
        given.get("timezone") or "UTC",
        {WEEKDAYS.index(day.lower()[:3]): _windows(pairs) for day, pairs in hours},
        holidays=frozenset(map(date.fromisoformat, given.get("holidays") or ())),
        annual_holidays=frozenset((int(month), int(day)) for month, day in annual),
        breaks=_by_date(given.get("breaks") or {}),
        date_overrides=_by_date(given.get("date_overrides") or {}),
    )


def working_time_between(case: Case) -> Iterator[Failure]:
    """Measure the open seconds of a span."""
    start_s, end_s = read_instant_s(case["start"]), read_instant_s(case["end"])
    yield from _differs("seconds", case["expect"], calendar_of(case).open_seconds(start_s, end_s))


def deadline(case: Case) -> Iterator[Failure]:
    """Spend an amount of open time, forward."""
    amount_s = read_whole(case["amount_seconds"])
    yield from _missed(case, calendar_of(case).deadline(read_instant_s(case["start"]), amount_s))


def deadline_backward(case: Case) -> Iterator[Failure]:
    """Spend an amount of open time, going back."""
    start_s, amount_s = read_instant_s(case["start"]), read_whole(case["amount_seconds"])
    yield from _missed(case, calendar_of(case).deadline_backward(start_s, amount_s))


def next_opening(case: Case) -> Iterator[Failure]:
    """Find the first open instant."""
    yield from _missed(case, calendar_of(case).next_opening(read_instant_s(case["start"])))


def previous_closing(case: Case) -> Iterator[Failure]:
    """Find the last closing."""
    yield from _missed(case, calendar_of(case).previous_closing(read_instant_s(case["start"])))


def is_open(case: Case) -> Iterator[Failure]:
    """Tell open from closed."""
    found = calendar_of(case).is_open(read_instant_s(case["at"]))
    yield from _differs("open", case["expect"], found)


def resolve_wall_time(case: Case) -> Iterator[Failure]:
    """Find the instant of a wall time."""
    yield from _missed(case, wall_time_s(read_time(case["wall"]), calendar_of(case).zone))


def working_days(case: Case) -> Iterator[Failure]:
    """Go so many working days on, or back."""
    yield from _missed(case, _add_working_days(case))


def working_days_then_time(case: Case) -> Iterator[Failure]:
    """Go so many working days on, and then an amount of open time."""
    reached_s, extra_s = _add_working_days(case), read_whole(case["extra_seconds"])
    found = None if reached_s is None else calendar_of(case).deadline(reached_s, extra_s)
    yield from _missed(case, found)


def availability(case: Case) -> Iterator[Failure]:
    """Divide what is given."""
    down_s = case.get("downtime_seconds")
    if down_s is None and set(case["expect"]) != {"mtbsi_seconds"}:
        yield Failure("downtime_seconds", "a number", down_s)
        return
    given = case["agreed_service_seconds"], down_s or 0, case.get("incidents") or 0
    yield from _figures(case, Reliability(*map(read_whole, given)))


def availability_window(case: Case) -> Iterator[Failure]:
    """Add up outages inside agreed time."""
    window = read_instant_s(case["start"]), read_instant_s(case["end"])
    outages, planned = (_spans(case.get(name) or ()) for name in ("outages", "planned"))
    yield from _figures(case, reliability(calendar_of(case), window, outages, planned))


def clock(case: Case) -> Iterator[Failure]:
    """Read a clock at its last event, and what else the case asks of it."""
    events = [
        ClockEvent(read_instant_s(event["at"]), ClockAction(event["event"].lower()))
        for event in case["events"]
    ]
    calendar, target = calendar_of(case), case.get("target_seconds")
    target_s = None if target is None else read_whole(target)
    reading = read_clock(events, calendar, target_s, events[-1].at_s)
    for key, expected in case["expect"].items():
        if key == "elapsed_at":
            for at, elapsed_s in expected.items():
                there = read_clock(events, calendar, target_s, read_instant_s(at))
                yield from _differs(f"elapsed_at {at}", elapsed_s, there.elapsed_s)
        elif key == "thresholds":
            for percent, at in expected.items():
                found = reading.threshold_at(float(percent.rstrip("% ")) / 100)
                yield from _not_among(f"threshold {percent} %", _alike(at, calendar), found)
        elif key == "deadline":
            right = case.get("accept_deadline") or [expected]
            yield from _not_among(key, [_instant_or_none(at) for at in right], reading.deadline_s)
        elif key in CLOCK_FIGURES:
            yield from _differs(key, expected, CLOCK_FIGURES[key](reading))
        else:
            yield Failure(key, expected, "nothing: the runner knows no such figure of a clock")


CLOCK_FIGURES: dict[str, Callable[[ClockReading], int | bool | None]] = {
    "elapsed_seconds": lambda reading: reading.elapsed_s,
    "paused_working_seconds": lambda reading: reading.paused_s,
    "remaining_seconds": lambda reading: reading.remaining_s,
    "overrun_seconds": lambda reading: reading.overrun_s,
    "breached": lambda reading: reading.breached,
}

WINDOW_FIGURES: dict[str, Callable[[Reliability], Fraction | int | None]] = {
    "committed_seconds": lambda figures: figures.agreed_s,
    "downtime_in_schedule": lambda figures: figures.down_s,
    "downtime_wall": lambda figures: figures.wall_s,
    "outages_in_schedule": lambda figures: figures.n_outages,
    "availability_pct": lambda figures: (
        None if figures.availability is None else 100 * figures.availability
    ),
    "mtbf_seconds": lambda figures: figures.mtbf_s,
    "mtbsi_seconds": lambda figures: figures.mtbsi_s,
    "mtrs_seconds": lambda figures: figures.mtrs_s,
}

OPERATIONS: dict[str, Callable[[Case], Iterator[Failure]]] = {
    "add_working_days": working_days,
    "add_working_days_then_time": working_days_then_time,
    "availability": availability,
    "availability_window": availability_window,
    "clock": clock,
    "deadline": deadline,
    "deadline_backward": deadline_backward,
    "is_open": is_open,
    "next_opening": next_opening,
    "previous_closing": previous_closing,
    "resolve_wall_time": resolve_wall_time,
    "working_time_between": working_time_between,
}


def _windows(pairs: list[list[str]]) -> tuple[Span, ...]:
    """Return windows in minutes from pairs such as 09:00, 24:00; empty ones are none."""
    spans = ((_minute(opens), _minute(closes)) for opens, closes in pairs)
    return tuple(span for span in spans if span[0] != span[1])


def _minute(text: str) -> int:
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    if any(seconds):
        msg = f"{text} is not in whole minutes"
        raise ValueError(msg)
    return hours * 60 + minutes


def _by_date(dated: Mapping[str, list[list[str]]]) -> dict[date, tuple[Span, ...]]:
    return {date.fromisoformat(day): _windows(pairs) for day, pairs in dated.items()}


def _spans(pairs: Iterable[tuple[str, str]]) -> list[Span]:
    return [(read_instant_s(start), read_instant_s(end)) for start, end in pairs]


def _add_working_days(case: Case) -> int | None:
    return add_working_days(
        calendar_of(case),
        read_instant_s(case["start"]),
        read_whole(case["amount_days"]),
        end_of_day=bool(case.get("end_of_day")),
    )


def _figures(case: Case, found: Reliability) -> Iterator[Failure]:
    for key, expected in case["expect"].items():
        if key in WINDOW_FIGURES:
            yield from _differs(key, expected, WINDOW_FIGURES[key](found))
        else:
            yield Failure(key, expected, "nothing: the runner knows no such figure")


def _differs(what: str, expected: object, got: object) -> Iterator[Failure]:
    if not agrees(expected, got, TOLERANCE):
        yield Failure(what, expected, got)


def _missed(case: Case, found_s: int | None) -> Iterator[Failure]:
    right = case.get("accept") or [case["expect"]]
    yield from _not_among("instant", [_instant_or_none(at) for at in right], found_s)


def _not_among(what: str, right: list[int | None], found_s: int | None) -> Iterator[Failure]:
    if found_s not in right:
        expected = " or ".join(_shown(at_s) for at_s in right)
        yield Failure(what, expected, _shown(found_s))


def _alike(at: object, calendar: Calendar) -> list[int | None]:
    """Return an instant, and the closing before it if no open time lies between the two.

    An amount that runs out exactly at a closing has two right answers; of a threshold the
    file gives one.
    """
    at_s = _instant_or_none(at)
    return [at_s] if at_s is None else [at_s, calendar.previous_closing(at_s)]


def _instant_or_none(at: object) -> int | None:
    return None if at is None else read_instant_s(at)


def _shown(at_s: int | None) -> str:
    return "never" if at_s is None else iso(at_s * 1000)
