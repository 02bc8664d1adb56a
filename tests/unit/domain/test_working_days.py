"""Amounts of working days."""

from datetime import UTC, date, datetime

import pytest

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.working_days import add_working_days

OFFICE = Calendar(
    "Europe/Amsterdam",
    dict.fromkeys(range(5), ((9 * 60, 17 * 60),)),
    holidays=frozenset({date(2026, 4, 6)}),  # Easter Monday
)


def s(text: str) -> int:
    """Return an instant in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("start", "days", "end_of_day", "reached"),
    [
        # Thursday 2 April 10:00 there: Friday, then over weekend and holiday to Tuesday.
        ("2026-04-02T08:00", 2, False, "2026-04-07T08:00"),
        ("2026-04-07T08:00", -2, False, "2026-04-02T08:00"),
        ("2026-04-02T08:00", 2, True, "2026-04-07T15:00"),
        # Over the change to summer time the time of day stays: 10:00 is 09:00Z, then 08:00Z.
        ("2026-03-27T09:00", 1, False, "2026-03-30T08:00"),
        # Eight in the evening counts to the closing at 17:00.
        ("2026-04-01T18:00", 1, False, "2026-04-02T15:00"),
        # Saturday begins at Monday's opening, 09:00.
        ("2026-03-28T12:00", 1, False, "2026-03-31T07:00"),
        ("2026-04-02T08:00", 0, False, "2026-04-02T08:00"),
        ("2026-04-02T08:00", 0, True, "2026-04-02T15:00"),
    ],
)
def test_dates_with_open_time_are_counted(
    start: str, days: int, end_of_day: bool, reached: str
) -> None:
    """By hand, in a calendar with a holiday."""
    assert add_working_days(OFFICE, s(start), days, end_of_day=end_of_day) == s(reached)


def test_a_calendar_without_open_time_ends() -> None:
    """There is no such date."""
    assert add_working_days(Calendar("UTC", {}), 0, 1) is None
