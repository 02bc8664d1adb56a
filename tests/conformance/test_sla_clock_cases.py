"""What other products' test suites expect of working time and of ticket clocks.

The case file is not part of this repository: its `conventions` say how to read it, and it
names the source of each figure. It is looked for beside the repository.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.clock import ClockAction, ClockEvent, ClockReading, read_clock
from slm_stream.domain.zones import wall_time_s

CASES_PATH = Path(__file__).parents[3] / "shared" / "cases" / "sla_clock_cases.json"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

NOT_COVERED = {
    "add_working_days": "amounts of working days are not offered; rules differ by product",
    "add_working_days_then_time": "amounts of working days are not offered",
    "availability": "arithmetic on given totals, no calendar in it",
    "availability_window": "outages against service time are not the calendar's job",
}

Case = dict[str, Any]


def load_cases() -> list[Any]:
    """Return one parameter per case, or a skipped one that says what is missing."""
    if not CASES_PATH.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no case file {CASES_PATH}"))]
    cases = json.loads(CASES_PATH.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in cases]


def instant(text: str) -> int:
    """Return the instant of an ISO 8601 time with offset."""
    return int(datetime.fromisoformat(text).timestamp())


def windows(pairs: list[list[str]]) -> tuple[tuple[int, int], ...]:
    """Return windows in minutes from pairs such as ``["09:00", "24:00"]``."""

    def minute(text: str) -> int:
        hours, minutes = text.split(":")
        return int(hours) * 60 + int(minutes)

    return tuple((minute(opens), minute(closes)) for opens, closes in pairs)


def by_date(dated: Mapping[str, list[list[str]]]) -> dict[date, tuple[tuple[int, int], ...]]:
    """Return windows by date."""
    return {date.fromisoformat(day): windows(pairs) for day, pairs in dated.items()}


def calendar_of(case: Case) -> Calendar:
    """Return the calendar of a case."""
    given = case["calendar"]
    annual = (day.split("-") for day in given.get("annual_holidays") or ())
    return Calendar(
        given["timezone"],
        {WEEKDAYS.index(day): windows(pairs) for day, pairs in given["hours"].items()},
        holidays=frozenset(map(date.fromisoformat, given.get("holidays") or ())),
        annual_holidays=frozenset((int(month), int(day)) for month, day in annual),
        breaks=by_date(given.get("breaks") or {}),
        date_overrides=by_date(given.get("date_overrides") or {}),
    )


def accepted(case: Case) -> list[int]:
    """Return the instants that are right for a case."""
    return [instant(text) for text in case.get("accept") or [case["expect"]]]


def check_working_time_between(case: Case) -> None:
    """Measure the open seconds of a span."""
    measured = calendar_of(case).open_seconds(instant(case["start"]), instant(case["end"]))

    assert measured == case["expect"]


def check_deadline(case: Case) -> None:
    """Spend an amount of open time, forward."""
    found = calendar_of(case).deadline(instant(case["start"]), case["amount_seconds"])

    assert found in accepted(case)


def check_deadline_backward(case: Case) -> None:
    """Spend an amount of open time, going back."""
    found = calendar_of(case).deadline_backward(instant(case["start"]), case["amount_seconds"])

    assert found in accepted(case)


def check_next_opening(case: Case) -> None:
    """Find the first open instant."""
    assert calendar_of(case).next_opening(instant(case["start"])) in accepted(case)


def check_previous_closing(case: Case) -> None:
    """Find the last closing."""
    assert calendar_of(case).previous_closing(instant(case["start"])) in accepted(case)


def check_is_open(case: Case) -> None:
    """Tell open from closed."""
    assert calendar_of(case).is_open(instant(case["at"])) is case["expect"]


def check_resolve_wall_time(case: Case) -> None:
    """Resolve a wall time, in which T24:00 is the end of its date."""
    day, time = case["wall"].split("T")
    days = 0
    if time.startswith("24"):
        days, time = 1, time.replace("24", "00", 1)
    wall = datetime.fromisoformat(f"{day}T{time}") + timedelta(days=days)

    assert wall_time_s(wall, case["calendar"]["timezone"]) in accepted(case)


def check_clock(case: Case) -> None:
    """Read a clock at its last event, and what else the case asks of it."""
    events = [
        ClockEvent(instant(event["at"]), ClockAction(event["event"])) for event in case["events"]
    ]
    calendar, target_s = calendar_of(case), case["target_seconds"]
    reading = read_clock(events, calendar, target_s, events[-1].at_s)

    for key, expected in case["expect"].items():
        if key == "elapsed_at":
            for at, elapsed_s in expected.items():
                there = read_clock(events, calendar, target_s, instant(at))
                assert there.elapsed_s == elapsed_s
        elif key == "thresholds":
            for percent, at in expected.items():
                assert reading.threshold_at(float(percent) / 100) == instant(at)
        elif key == "deadline":
            right = case.get("accept_deadline") or [expected]
            assert reading.deadline_s in [instant(text) for text in right]
        else:
            assert FIGURES[key](reading) == expected


FIGURES: dict[str, Callable[[ClockReading], int | bool | None]] = {
    "elapsed_seconds": lambda reading: reading.elapsed_s,
    "paused_working_seconds": lambda reading: reading.paused_s,
    "remaining_seconds": lambda reading: reading.remaining_s,
    "overrun_seconds": lambda reading: reading.overrun_s,
    "breached": lambda reading: reading.breached,
}

CHECKS: dict[str, Callable[[Case], None]] = {
    "working_time_between": check_working_time_between,
    "deadline": check_deadline,
    "deadline_backward": check_deadline_backward,
    "next_opening": check_next_opening,
    "previous_closing": check_previous_closing,
    "is_open": check_is_open,
    "resolve_wall_time": check_resolve_wall_time,
    "clock": check_clock,
}


@pytest.mark.parametrize("case", load_cases())
def test_portable_cases_come_out_as_their_sources_say(case: Case) -> None:
    """Every portable case gives the expected figure, or one of those accepted."""
    if case["class"] != "portable":
        pytest.skip("another product's own rule")
    if case["op"] in NOT_COVERED:
        pytest.skip(NOT_COVERED[case["op"]])

    CHECKS[case["op"]](case)
