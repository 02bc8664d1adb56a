"""Clocks agree with one that ticks through every second."""

from hypothesis import given, settings
from hypothesis import strategies as st

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.clock import ClockAction, ClockEvent, ClockState, read_clock
from tests import naive

# Walks are slow, and slower beside other work: how long one takes says nothing.
unhurried = settings(deadline=None)

LATEST_S = 2 * 3600
MONDAY_S = 1_772_409_600  # 2026-03-02T00:00Z

windows = st.tuples(st.integers(0, 130), st.integers(0, 130)).filter(lambda w: w[0] < w[1])
calendars = st.lists(windows, max_size=4).map(lambda day: Calendar("UTC", {0: tuple(day)}))
event_lists = st.lists(
    st.tuples(st.integers(0, LATEST_S), st.sampled_from(ClockAction)), min_size=1, max_size=8
).map(
    lambda drawn: [
        ClockEvent(MONDAY_S + at_s, action)
        for at_s, action in sorted(drawn, key=lambda event: event[0])
    ]
)


@unhurried
@given(event_lists, calendars, st.integers(0, 7200), st.integers(0, LATEST_S))
def test_readings_agree_with_a_ticking_clock(
    events: list[ClockEvent], calendar: Calendar, target_s: int, later_s: int
) -> None:
    """Elapsed, paused, breach and the instant of each are what ticking finds."""
    end_s = events[-1].at_s + later_s
    elapsed, paused = naive.tick_clock(events, calendar, end_s)

    reading = read_clock(events, calendar, target_s, end_s)

    assert (reading.elapsed_s, reading.paused_s) == (elapsed[-1], paused[-1])
    judged = reading.state is not ClockState.CANCELLED
    assert reading.breached == (judged and elapsed[-1] > target_s)


@unhurried
@given(event_lists, calendars, st.integers(0, LATEST_S), st.data())
def test_a_reading_back_in_time_is_the_reading_of_that_time(
    events: list[ClockEvent], calendar: Calendar, later_s: int, data: st.DataObject
) -> None:
    """Later events do not change what a clock showed before them."""
    end_s = events[-1].at_s + later_s
    at_s = data.draw(st.integers(events[0].at_s, end_s))
    elapsed, paused = naive.tick_clock(events, calendar, end_s)

    reading = read_clock(events, calendar, None, at_s)

    assert reading == read_clock([e for e in events if e.at_s <= at_s], calendar, None, at_s)
    index = at_s - events[0].at_s
    assert (reading.elapsed_s, reading.paused_s) == (elapsed[index], paused[index])


@unhurried
@given(event_lists, calendars, st.integers(1, 7200))
def test_a_deadline_is_when_a_clock_that_runs_on_reaches_its_target(
    events: list[ClockEvent], calendar: Calendar, target_s: int
) -> None:
    """Ticking on after the last event, elapsed first equals the target at the deadline."""
    last_s = events[-1].at_s
    reading = read_clock(events, calendar, target_s, last_s)
    if reading.state not in {ClockState.RUNNING, ClockState.PAUSED, ClockState.STOPPED}:
        return
    on_s = reading.onward_s
    assert on_s is not None
    # A stop, and what changes nothing after it, never came; a pause ends.
    going_on = [event for event in events if event.at_s <= on_s]
    going_on += [ClockEvent(on_s, ClockAction.START), ClockEvent(on_s, ClockAction.RESUME)]
    elapsed, _ = naive.tick_clock(going_on, calendar, max(on_s, last_s) + LATEST_S)

    last_reset = max((e.at_s for e in events if e.action is ClockAction.RESET), default=0)
    since = max(0, last_reset - events[0].at_s)
    reached = [i for i in range(since, len(elapsed)) if elapsed[i] >= target_s]
    deadline_s = reading.deadline_s
    if reached:
        assert deadline_s == events[0].at_s + reached[0]
    else:
        assert deadline_s is None or deadline_s > events[0].at_s + len(elapsed) - 1
