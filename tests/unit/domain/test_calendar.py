"""Calendars: what is open, and how much of it, worked out by hand."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from slm_stream.domain.calendar import Calendar, intersection
from slm_stream.domain.service_time import ServiceTime

HOUR_S = 3600
DAY_S = 86_400

OFFICE = Calendar("Europe/Amsterdam", dict.fromkeys(range(5), ((540, 1020),)))  # 09-17
NIGHTS = Calendar("UTC", dict.fromkeys(range(7), ((1320, 360),)))  # 22-06
CLOSED = Calendar("UTC", {})


def instant(text: str) -> int:
    """Return the instant of an ISO 8601 time with offset."""
    return int(datetime.fromisoformat(text).timestamp())


def hours(calendar: Calendar, start: str, end: str) -> float:
    """Return the open hours between two times."""
    return calendar.open_seconds(instant(start), instant(end)) / HOUR_S


def test_several_windows_a_day_add_up() -> None:
    """A lunch break that is written as two windows is not open."""
    calendar = Calendar("UTC", {0: ((540, 750), (780, 1020))})

    # Monday 09:00-12:30 and 13:00-17:00: 3.5 + 4.
    assert hours(calendar, "2026-03-02T00:00Z", "2026-03-03T00:00Z") == 7.5
    # 12:00-12:30 and 13:00-13:15.
    assert hours(calendar, "2026-03-02T12:00Z", "2026-03-02T13:15Z") == 0.75


def test_overlapping_windows_count_once() -> None:
    """Open time is a set of instants."""
    calendar = Calendar("UTC", {0: ((540, 720), (600, 780))})

    assert hours(calendar, "2026-03-02T00:00Z", "2026-03-03T00:00Z") == 4.0


def test_holidays_breaks_and_overrides_change_single_dates() -> None:
    """Each kind of exception acts on its date, and on no other."""
    calendar = replace(
        OFFICE,
        holidays=frozenset({date(2026, 3, 3)}),
        annual_holidays=frozenset({(3, 4)}),
        breaks={date(2026, 3, 5): ((720, 780),)},
        date_overrides={date(2026, 3, 6): ((540, 720),), date(2026, 3, 7): ((600, 660),)},
    )

    # Mon 8, Tue 0, Wed 0, Thu 8 - 1, Fri 3, Sat 1, Sun 0.
    assert hours(calendar, "2026-03-02T00:00+01:00", "2026-03-09T00:00+01:00") == 19.0
    # A year on, only the annual holiday is left, on a Thursday: 4 x 8.
    assert hours(calendar, "2027-03-01T00:00+01:00", "2027-03-08T00:00+01:00") == 32.0


def test_closures_are_cut_out_to_the_second() -> None:
    """In any order, overlapping or not, over midnight, and whatever the windows came from."""
    calendar = replace(
        OFFICE,
        closures=(
            (instant("2026-03-03T16:00+01:00"), instant("2026-03-04T09:30+01:00")),
            (instant("2026-03-03T15:59:15+01:00"), instant("2026-03-03T16:30+01:00")),
            (instant("2026-03-07T10:00+01:00"), instant("2026-03-07T10:15+01:00")),
        ),
        date_overrides={date(2026, 3, 7): ((600, 660),)},
    )

    # Tue 09:00-15:59:15 = 25 155 s, Wed 09:30-17:00 = 27 000 s.
    assert (
        calendar.open_seconds(instant("2026-03-03T00:00+01:00"), instant("2026-03-05T00:00+01:00"))
        == 25_155 + 27_000
    )
    assert hours(calendar, "2026-03-07T00:00+01:00", "2026-03-08T00:00+01:00") == 0.75


def test_a_closure_inside_the_repeated_hour_closes_one_of_the_two() -> None:
    """A span is two instants, and those do not repeat: 25 October 2026 has 25 hours, less one."""
    night = Calendar(
        "Europe/Amsterdam",
        dict.fromkeys(range(7), ((0, 1440),)),
        closures=((instant("2026-10-25T02:00+02:00"), instant("2026-10-25T02:00+01:00")),),
    )

    assert hours(night, "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00") == 24.0


def test_an_override_opens_a_holiday_and_breaks_are_cut_from_it() -> None:
    """Hours written for a date hold on it, whatever else is closed; breaks come last."""
    christmas = date(2026, 12, 25)
    calendar = replace(
        OFFICE,
        annual_holidays=frozenset({(12, 25)}),
        date_overrides={christmas: ((600, 840),)},
        breaks={christmas: ((720, 750),)},
    )

    # 10:00-14:00 less 12:00-12:30.
    assert hours(calendar, "2026-12-25T00:00+01:00", "2026-12-26T00:00+01:00") == 3.5


def test_a_window_over_midnight_is_one_stretch() -> None:
    """Closing before opening means the next date."""
    night = (instant("2026-03-02T22:00Z"), instant("2026-03-03T06:00Z"))

    assert NIGHTS.open_spans(instant("2026-03-02T12:00Z"), instant("2026-03-03T12:00Z")) == [night]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # Without a change: 00-06 of Tuesday, 22-24, then 00-06 of Wednesday.
        ({}, 14.0),
        # Tuesday is closed from 00:00 to 24:00, and no window opens on it.
        ({"holidays": frozenset({date(2026, 3, 3)})}, 0.0),
        # Tuesday's evening window is replaced; Monday's still ends at 06:00: 6 + 1.
        ({"date_overrides": {date(2026, 3, 3): ((720, 780),)}}, 7.0),
        # A break of Tuesday, 23:00 to Wednesday 01:00: 14 - 2.
        ({"breaks": {date(2026, 3, 3): ((1380, 60),)}}, 12.0),
    ],
)
def test_a_window_over_midnight_belongs_to_the_date_on_which_it_opens(
    change: dict[str, object], expected: float
) -> None:
    """Exceptions of Tuesday act on Tuesday's night, and a holiday ends Monday's at 00:00."""
    calendar = Calendar("UTC", NIGHTS.hours, **change)  # type: ignore[arg-type]

    assert hours(calendar, "2026-03-03T00:00Z", "2026-03-04T12:00Z") == expected


def test_windows_that_touch_at_midnight_are_one_stretch() -> None:
    """24:00 is 00:00 of the next date, also across a week and a year."""
    calendar = Calendar("Europe/Berlin", Calendar.always("UTC").hours)
    start_s, end_s = instant("2024-06-01T00:00Z"), instant("2027-06-01T00:00Z")

    assert calendar.open_spans(start_s, end_s) == [(start_s, end_s)]


def test_a_day_with_an_offset_change_has_23_or_25_hours() -> None:
    """Real seconds count: what is skipped gives nothing, what is repeated counts twice."""
    calendar = Calendar.always("Europe/Berlin")

    assert hours(calendar, "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00") == 23.0
    assert hours(calendar, "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00") == 25.0


def test_a_window_inside_the_repeated_hour_opens_twice() -> None:
    """Sunday 02:00-02:30 comes once in summer time and once more in winter time."""
    calendar = Calendar("Europe/Berlin", {6: ((120, 150),)})
    start_s, end_s = instant("2026-10-25T00:00+02:00"), instant("2026-10-26T00:00+01:00")

    # 02:00+02:00 is 00:00Z, 02:00+01:00 is 01:00Z.
    assert calendar.open_spans(start_s, end_s) == [
        (instant("2026-10-25T00:00Z"), instant("2026-10-25T00:30Z")),
        (instant("2026-10-25T01:00Z"), instant("2026-10-25T01:30Z")),
    ]


def test_a_window_that_opens_in_the_gap_opens_at_its_end() -> None:
    """Of Sunday 02:30-03:15 the quarter from 03:00 exists."""
    calendar = Calendar("Europe/Berlin", {6: ((150, 195),)})

    assert hours(calendar, "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00") == 0.25


def test_a_closing_at_a_midnight_that_does_not_exist_is_the_end_of_the_gap() -> None:
    """Sao Paulo went from 23:59:59 to 01:00 on 4 November 2018."""
    saturday = Calendar("America/Sao_Paulo", {5: ((1200, 1440),)})
    change_s = instant("2018-11-04T03:00Z")

    assert saturday.previous_closing(change_s + 10 * HOUR_S) == change_s
    # 20:00-24:00 at -03:00 is 23:00Z-03:00Z.
    assert saturday.deadline(change_s - 6 * HOUR_S, 4 * HOUR_S) == change_s


def test_a_date_that_comes_back_after_midnight_is_open_again() -> None:
    """St John's went back from 00:01 on Sunday to 23:01 on Saturday in 2010."""
    saturday = Calendar("America/St_Johns", {5: ((0, 1440),)})
    midnight_s = instant("2010-11-07T00:00-02:30")

    # 24 h, one minute of Sunday, then 23:01-24:00 again.
    assert saturday.open_spans(midnight_s - 2 * DAY_S, midnight_s + 2 * DAY_S) == [
        (midnight_s - DAY_S, midnight_s),
        (midnight_s + 60, midnight_s + 60 + 59 * 60),
    ]


def test_a_date_that_a_zone_left_out_has_no_open_time() -> None:
    """Samoa crossed the date line: Friday 30 December 2011 was not."""
    fridays = Calendar("Pacific/Apia", {4: ((0, 1440),)})

    assert hours(fridays, "2011-12-29T00:00-10:00", "2012-01-03T00:00+14:00") == 0.0


def test_an_amount_goes_on_after_the_weekend() -> None:
    """Two hours from Friday 16:00 end on Monday at 10:00."""
    friday_s = instant("2026-03-06T16:00+01:00")

    assert OFFICE.deadline(friday_s, 2 * HOUR_S) == instant("2026-03-09T10:00+01:00")
    assert OFFICE.deadline_backward(instant("2026-03-09T10:00+01:00"), 2 * HOUR_S) == friday_s


def test_an_amount_that_runs_out_at_a_closing_ends_there() -> None:
    """The closing instant is the deadline, and going back the opening is."""
    friday_s = instant("2026-03-06T16:00+01:00")

    assert OFFICE.deadline(friday_s, HOUR_S) == instant("2026-03-06T17:00+01:00")
    assert OFFICE.deadline(friday_s, HOUR_S + 1) == instant("2026-03-09T09:00:01+01:00")
    monday_s = instant("2026-03-09T10:00+01:00")
    assert OFFICE.deadline_backward(monday_s, HOUR_S) == instant("2026-03-09T09:00+01:00")


def test_no_amount_ends_where_it_starts() -> None:
    """Zero seconds have passed at once, also while closed."""
    sunday_s = instant("2026-03-08T12:00Z")

    assert OFFICE.deadline(sunday_s, 0) == sunday_s
    assert OFFICE.deadline_backward(sunday_s, 0) == sunday_s


def test_a_negative_amount_is_refused() -> None:
    """Going back has its own name."""
    with pytest.raises(ValueError, match="cannot be negative, got -1 s"):
        OFFICE.deadline(0, -1)
    with pytest.raises(ValueError, match="cannot be negative, got -5 s"):
        OFFICE.deadline_backward(0, -5)


def test_a_reversed_span_has_no_open_time() -> None:
    """Events out of order never count backwards."""
    assert OFFICE.open_seconds(DAY_S, 0) == 0
    assert OFFICE.open_spans(DAY_S, 0) == []


def test_open_time_is_half_open() -> None:
    """The opening is open, the closing is not, and ends what is open."""
    opening_s, closing_s = instant("2026-03-06T09:00+01:00"), instant("2026-03-06T17:00+01:00")

    assert [OFFICE.is_open(opening_s + step) for step in (-1, 0)] == [False, True]
    assert [OFFICE.is_open(closing_s + step) for step in (-1, 0)] == [True, False]
    assert OFFICE.next_opening(closing_s) == instant("2026-03-09T09:00+01:00")
    assert OFFICE.next_opening(closing_s - 1) == closing_s - 1
    assert OFFICE.previous_closing(closing_s) == closing_s
    assert OFFICE.previous_closing(closing_s - 1) == closing_s - 1
    assert OFFICE.previous_closing(opening_s) == instant("2026-03-05T17:00+01:00")


@pytest.mark.parametrize(
    "calendar",
    [
        CLOSED,
        Calendar("UTC", {0: ()}),
        intersection(Calendar("UTC", {0: ((0, 60),)}), Calendar("UTC", {1: ((0, 60),)})),
    ],
    ids=["no hours", "no window", "never both"],
)
def test_without_open_time_every_search_ends(calendar: ServiceTime) -> None:
    """There is no such instant, and no endless loop."""
    assert calendar.deadline(0, 1) is None
    assert calendar.deadline_backward(0, 1) is None
    assert calendar.next_opening(0) is None
    assert calendar.previous_closing(0) is None
    assert calendar.open_seconds(0, 100 * 366 * DAY_S) == 0


def test_an_amount_that_decades_do_not_hold_has_no_end() -> None:
    """An hour a week is some 2,100 h in 40 years."""
    weekly = Calendar("UTC", {0: ((0, 60),)})

    assert weekly.deadline(0, 3000 * HOUR_S) is None
    assert weekly.deadline_backward(0, 3000 * HOUR_S) is None


def test_a_single_open_date_is_found_from_far_away() -> None:
    """A calendar may be closed for years around one override."""
    once = replace(CLOSED, date_overrides={date(2030, 5, 1): ((60, 120),)})

    assert once.next_opening(instant("2000-01-01T00:00Z")) == instant("2030-05-01T01:00Z")
    assert once.previous_closing(instant("2060-01-01T00:00Z")) == instant("2030-05-01T02:00Z")


def test_decades_add_up() -> None:
    """Twenty years from 2000 have 20 x 365 + 5 days, and 1,043 whole weeks and 4 days."""
    always = Calendar.always("UTC")

    assert hours(always, "2000-01-01T00:00Z", "2020-01-01T00:00Z") == 7305 * 24
    # From Saturday 2000-01-01: 1,043 weeks of 40 h, then Saturday to Tuesday: 16 h.
    office = replace(OFFICE, zone="UTC")
    assert hours(office, "2000-01-01T00:00Z", "2020-01-01T00:00Z") == 1043 * 40 + 16


def test_a_minute_belongs_to_open_time_by_its_start() -> None:
    """The mask of an hour has the minutes that begin in a window."""
    calendar = Calendar("Asia/Kolkata", {0: ((540, 1020),)})  # +05:30
    hour = instant("2026-03-02T03:00Z") // HOUR_S  # 08:30-09:30 there

    assert np.flatnonzero(calendar.minute_mask(hour)).tolist() == list(range(30, 60))
    assert calendar.minute_mask(hour + 1).all()
    assert not calendar.minute_mask(hour - 1).any()


def test_masks_cannot_be_changed() -> None:
    """Hours share their masks, so nobody may write to one."""
    for hour in (0, instant("2026-03-02T09:00Z") // HOUR_S):
        with pytest.raises(ValueError, match="read-only"):
            OFFICE.minute_mask(hour)[0] = True


def test_open_minutes_are_told_by_hour() -> None:
    """A Monday of an office at +05:30, in UTC hours from 02:00."""
    calendar = Calendar("Asia/Kolkata", {0: ((540, 1020),)})
    first = instant("2026-03-02T02:00Z") // HOUR_S

    # 09:00-17:00 there is 03:30-11:30 in UTC.
    counts = calendar.open_minutes_per_hour(first, 11)

    assert counts.tolist() == [0, 30, 60, 60, 60, 60, 60, 60, 60, 30, 0]
    assert counts.dtype == np.int32
    assert calendar.open_minutes_per_hour(first, 0).tolist() == []


def test_an_intersection_answers_like_a_calendar() -> None:
    """A supplier in New York works from 15:00 to 23:00 of Amsterdam's winter."""
    supplier = Calendar("America/New_York", dict.fromkeys(range(5), ((540, 1020),)))
    both = intersection(OFFICE, supplier)
    monday_s = instant("2026-03-02T09:00+01:00")

    assert both.zone == "Europe/Amsterdam"
    # 15:00-17:00 a day; three hours end on Tuesday at 16:00.
    assert both.open_seconds(monday_s, monday_s + 7 * DAY_S) == 10 * HOUR_S
    assert both.deadline(monday_s, 3 * HOUR_S) == instant("2026-03-03T16:00+01:00")
    # 8-28 March, the United States are an hour ahead of their winter: 14:00-17:00.
    assert both.next_opening(instant("2026-03-10T00:00Z")) == instant("2026-03-10T14:00+01:00")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hours": {7: ()}}, "a weekday is 0"),
        ({"hours": {0: ((-1, 60),)}}, "weekday 0 opens at minute 0-1439"),
        ({"hours": {0: ((1440, 60),)}}, r"got \(1440, 60\)"),
        ({"breaks": {date(2026, 1, 1): ((0, 1441),)}}, "2026-01-01 opens at"),
        ({"date_overrides": {date(2026, 1, 1): ((0, 1441),)}}, "2026-01-01 opens at"),
        ({"annual_holidays": frozenset({(2, 30)})}, r"is \(month, day\), got \(2, 30\)"),
        ({"zone": "Mars/Olympus"}, "unknown time zone 'Mars/Olympus'"),
    ],
)
def test_a_value_out_of_range_is_refused(arguments: dict[str, object], message: str) -> None:
    """A calendar that exists is valid; 29 February is a date of some years."""
    with pytest.raises(ValueError, match=message):
        Calendar(**{"zone": "UTC", "hours": {}, **arguments})  # type: ignore[arg-type]

    assert Calendar("UTC", {}, annual_holidays=frozenset({(2, 29)})).hours == {}


def test_calendars_are_values() -> None:
    """Equal calendars are equal, and have the same hash, whatever they were asked before."""
    one, same = Calendar.always("UTC"), Calendar.always("UTC")
    one.open_seconds(0, DAY_S)

    assert one == same
    assert hash(one) == hash(same)
    assert one != Calendar.always("Europe/Berlin")
