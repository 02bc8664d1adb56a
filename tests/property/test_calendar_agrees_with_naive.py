"""Calendars agree with a walk through the minutes, whatever the zone does."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_stream.domain.calendar import Calendar, intersection
from slm_stream.domain.service_time import HOUR_S, MINUTES_PER_HOUR
from tests import naive

# Walks are slow, and slower beside other work: how long one takes says nothing.
unhurried = settings(deadline=None)

DAY_S = 86_400
REACH_S = 4 * DAY_S

# Where offsets change oddly, and where nothing happens.
TURNS = (
    ("UTC", "2026-03-02T00:00Z"),
    ("Europe/Amsterdam", "2026-03-29T01:00Z"),
    ("Europe/Amsterdam", "2026-10-25T01:00Z"),
    ("America/Sao_Paulo", "2015-10-18T03:00Z"),  # 00:00 to 01:00
    ("America/Sao_Paulo", "2015-02-22T02:00Z"),  # 00:00 to 23:00 of the eve
    ("America/St_Johns", "2010-11-07T02:31Z"),  # 00:01 to 23:01 of the eve
    ("Asia/Tehran", "2016-03-20T20:30Z"),  # +03:30 to +04:30 at midnight
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),  # by half an hour
    ("Pacific/Apia", "2011-12-30T10:00Z"),  # a date left out
    ("Asia/Kathmandu", "2026-07-01T00:00Z"),  # +05:45
    ("Europe/Dublin", "1969-06-01T00:00Z"),  # before the epoch, +01:00 all year
)

minutes = st.integers(0, 1440)
windows = st.tuples(st.integers(0, 1439), minutes) | st.just((0, 1440))
window_lists = st.lists(windows, max_size=3).map(tuple)
# Some weekday opens: a search of a calendar that never does takes a while to say so, and has
# tests of its own.
weeks = st.dictionaries(
    st.integers(0, 6), st.lists(windows, min_size=1, max_size=3).map(tuple), min_size=1
)


@st.composite
def calendars_in_time(draw: st.DrawFn) -> tuple[Calendar, int]:
    """Draw a calendar with exceptions, and an instant near a change of its zone."""
    zone, turn = draw(st.sampled_from(TURNS))
    at_s = int(datetime.fromisoformat(turn).timestamp())
    at_s += draw(st.integers(-2 * DAY_S, 2 * DAY_S))
    today = datetime.fromtimestamp(at_s, UTC).date()
    near = st.integers(-4, 5).map(lambda days: today + timedelta(days=days))
    few_dates: st.SearchStrategy[list[date]] = st.lists(near, max_size=2)
    by_date = st.dictionaries(near, window_lists, max_size=2)
    # Whole minutes, as a walk goes by them.
    closures = st.tuples(st.integers(-6000, 6000), st.integers(0, 3000)).map(
        lambda drawn: (at_s // 60 * 60 + drawn[0] * 60, at_s // 60 * 60 + sum(drawn) * 60)
    )
    calendar = Calendar(
        zone,
        draw(weeks),
        holidays=frozenset(draw(few_dates)),
        annual_holidays=frozenset((day.month, day.day) for day in draw(few_dates)),
        breaks=draw(by_date),
        date_overrides=draw(by_date),
        closures=tuple(draw(st.lists(closures, max_size=3))),
    )
    return calendar, at_s


@unhurried
@given(calendars_in_time(), st.integers(0, REACH_S))
def test_open_seconds_and_spans_agree_with_a_walk(drawn: tuple[Calendar, int], n: int) -> None:
    """Spans are sorted, apart, open from edge to edge, and add up to what a walk finds."""
    calendar, start_s = drawn
    spans = calendar.open_spans(start_s, start_s + n)

    expected = naive.open_seconds(calendar, start_s, start_s + n)
    assert calendar.open_seconds(start_s, start_s + n) == expected
    assert sum(end - start for start, end in spans) == expected
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert all(start_s <= edge <= start_s + n for edge in edges)
    for start, end in spans:
        assert naive.is_open(calendar, start)
        assert naive.is_open(calendar, end - 1)


@unhurried
@given(calendars_in_time(), st.integers(0, 3 * DAY_S))
def test_deadlines_agree_with_a_walk(drawn: tuple[Calendar, int], amount_s: int) -> None:
    """Forward and back, an amount ends where the walk says, or beyond where it looked."""
    calendar, start_s = drawn
    ahead_s, back_s = start_s + REACH_S, start_s - REACH_S

    found = calendar.deadline(start_s, amount_s)
    expected = naive.deadline(calendar, start_s, amount_s, ahead_s)
    assert found == expected or (expected is None and (found is None or found > ahead_s))

    found = calendar.deadline_backward(start_s, amount_s)
    expected = naive.deadline_backward(calendar, start_s, amount_s, back_s)
    assert found == expected or (expected is None and (found is None or found < back_s))


@unhurried
@given(calendars_in_time())
def test_openings_and_closings_agree_with_a_walk(drawn: tuple[Calendar, int]) -> None:
    """The next opening and the previous closing are where the walk meets them."""
    calendar, at_s = drawn
    ahead_s, back_s = at_s + REACH_S, at_s - REACH_S

    assert calendar.is_open(at_s) == naive.is_open(calendar, at_s)
    found = calendar.next_opening(at_s)
    expected = naive.next_opening(calendar, at_s, ahead_s)
    assert found == expected or (expected is None and (found is None or found >= ahead_s))
    found = calendar.previous_closing(at_s)
    expected = naive.previous_closing(calendar, at_s, back_s)
    assert found == expected or (expected is None and (found is None or found <= back_s))


@unhurried
@given(calendars_in_time(), st.integers(0, 48))
def test_masks_and_counts_agree_with_a_walk(drawn: tuple[Calendar, int], n_hours: int) -> None:
    """A minute is open in a mask when its start is open."""
    calendar, at_s = drawn
    first = at_s // HOUR_S
    expected = np.array(
        [
            [
                naive.is_open(calendar, hour * HOUR_S + minute * 60)
                for minute in range(MINUTES_PER_HOUR)
            ]
            for hour in range(first, first + n_hours)
        ],
        dtype=np.bool_,
    ).reshape(n_hours, MINUTES_PER_HOUR)

    for hour in range(n_hours):
        np.testing.assert_array_equal(calendar.minute_mask(first + hour), expected[hour])
    np.testing.assert_array_equal(
        calendar.open_minutes_per_hour(first, n_hours), expected.sum(axis=1)
    )


@unhurried
@given(calendars_in_time(), calendars_in_time(), st.integers(0, REACH_S))
def test_an_intersection_is_open_when_both_are(
    drawn: tuple[Calendar, int], other_drawn: tuple[Calendar, int], n: int
) -> None:
    """Every minute of it is open in both, and no other is."""
    (one, start_s), (other, _) = drawn, other_drawn
    both = intersection(one, other)

    expected = sum(
        min(minute_s + 60, start_s + n) - max(minute_s, start_s)
        for minute_s in range(start_s - start_s % 60, start_s + n, 60)
        if naive.is_open(one, minute_s) and naive.is_open(other, minute_s)
    )
    assert both.open_seconds(start_s, start_s + n) == expected


@unhurried
@given(
    calendars_in_time(),
    st.integers(-20 * 366 * DAY_S, 20 * 366 * DAY_S),
    st.integers(0, 3 * 366 * DAY_S),
    st.integers(0, 3 * 366 * DAY_S),
)
def test_open_time_adds_up_and_deadlines_undo_it(
    drawn: tuple[Calendar, int], shift_s: int, one_s: int, other_s: int
) -> None:
    """Over years: parts make the whole, and a deadline is the first instant that holds enough."""
    calendar, start_s = drawn
    start_s += shift_s
    middle_s, end_s = start_s + one_s, start_s + one_s + other_s
    whole = calendar.open_seconds(start_s, end_s)

    assert whole == calendar.open_seconds(start_s, middle_s) + calendar.open_seconds(
        middle_s, end_s
    )
    if whole:
        deadline_s = calendar.deadline(start_s, whole)
        assert deadline_s is not None
        assert deadline_s <= end_s
        assert calendar.open_seconds(start_s, deadline_s) == whole
        assert calendar.open_seconds(start_s, deadline_s - 1) == whole - 1
        back_s = calendar.deadline_backward(end_s, whole)
        assert back_s is not None
        assert back_s >= start_s
        assert calendar.open_seconds(back_s, end_s) == whole
        assert calendar.open_seconds(back_s + 1, end_s) == whole - 1


@settings(deadline=None, max_examples=6)
@given(
    calendars_in_time(),
    st.integers(0, 1439),
    st.integers(1, 3 * DAY_S),
    st.booleans(),
)
def test_without_open_time_every_search_ends(
    drawn: tuple[Calendar, int], minute: int, amount_s: int, swap: bool
) -> None:
    """Two calendars that never meet are one without open time: it answers, and the answer is no."""
    calendar, at_s = drawn
    before = Calendar(calendar.zone, dict.fromkeys(range(7), ((0, minute),) if minute else ()))
    after = Calendar(calendar.zone, dict.fromkeys(range(7), ((minute, 1440),)))
    one, other = (before, after) if swap else (after, before)
    never = intersection(intersection(calendar, one), other)

    assert never.next_opening(at_s) is None
    assert never.previous_closing(at_s) is None
    assert never.deadline(at_s, amount_s) is None
    assert never.deadline_backward(at_s, amount_s) is None
    assert never.open_spans(at_s - REACH_S, at_s + REACH_S) == []
    assert never.open_seconds(at_s - 400 * DAY_S, at_s + 400 * DAY_S) == 0
    assert not never.is_open(at_s)
    assert not never.minute_mask(at_s // HOUR_S).any()
    assert not never.open_minutes_per_hour(at_s // HOUR_S, 48).any()
