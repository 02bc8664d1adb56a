"""Incident clocks, worked out by hand."""

from datetime import datetime

import pytest

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.clock import ClockAction, ClockEvent, ClockReading, ClockState, read_clock

MINUTE_S = 60
HOUR_S = 3600
OFFICE = Calendar("UTC", dict.fromkeys(range(5), ((540, 1020),)))  # 09-17


def at(text: str) -> int:
    """Return an instant of the week of Monday 2026-03-02, from "mon 09:30"."""
    day, time = text.split()
    number = 2 + ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)
    return int(datetime.fromisoformat(f"2026-03-{number:02}T{time}Z").timestamp())


def read(
    events: str, *, at_: str, target_h: float | None = 4, calendar: Calendar = OFFICE
) -> ClockReading:
    """Read a clock; events are written as "mon 09:30 start, mon 10:00 pause"."""
    told = []
    for event in events.split(", "):
        when, action = event.rsplit(" ", 1)
        told.append(ClockEvent(at(when), ClockAction(action)))
    return read_clock(told, calendar, None if target_h is None else int(target_h * HOUR_S), at(at_))


def test_only_open_time_counts() -> None:
    """From Monday 16:00 to Tuesday 10:00 is an hour before closing and one after opening."""
    reading = read("mon 16:00 start", at_="tue 10:00")

    assert reading.state is ClockState.RUNNING
    assert (reading.elapsed_s, reading.remaining_s) == (2 * HOUR_S, 2 * HOUR_S)
    assert reading.deadline_s == at("tue 12:00")
    assert reading.started_at_s == at("mon 16:00")
    assert reading.stopped_at_s is None


def test_pauses_count_open_time_only() -> None:
    """A pause from Monday 16:30 to Tuesday 09:30 is an hour."""
    reading = read("mon 16:00 start, mon 16:30 pause, tue 09:30 resume", at_="tue 10:00")

    assert (reading.elapsed_s, reading.paused_s) == (HOUR_S, HOUR_S)
    assert reading.deadline_s == at("tue 13:00")


def test_pauses_do_not_nest() -> None:
    """A second pause changes nothing, and one resume ends both."""
    reading = read(
        "mon 09:00 start, mon 10:00 pause, mon 10:30 pause, mon 11:00 resume, mon 11:30 resume",
        at_="mon 12:00",
    )

    # 09-10 and 11-12.
    assert (reading.elapsed_s, reading.paused_s) == (2 * HOUR_S, HOUR_S)


def test_exactly_the_target_keeps_it_and_a_second_more_does_not() -> None:
    """Breach is elapsed > target; the first such second is known ahead."""
    reading = read("mon 09:00 start", at_="mon 13:00")

    assert (reading.breached, reading.remaining_s, reading.overrun_s) == (False, 0, 0)
    assert reading.deadline_s == at("mon 13:00")
    assert reading.breaches_at_s == at("mon 13:00:01")
    late = read("mon 09:00 start", at_="mon 13:00:01")
    assert (late.breached, late.remaining_s, late.overrun_s) == (True, -1, 1)


def test_a_target_that_ends_at_closing_is_broken_after_the_next_opening() -> None:
    """The deadline is the closing; nothing is late until time counts again."""
    reading = read("mon 13:00 start", at_="tue 09:00")

    assert reading.deadline_s == at("mon 17:00")
    assert not reading.breached
    assert reading.breaches_at_s == at("tue 09:00:01")


def test_a_stop_ends_the_count_also_from_a_pause() -> None:
    """Neither run nor pause goes on after a stop."""
    reading = read("mon 09:00 start, mon 10:00 pause, mon 10:20 stop", at_="fri 12:00")

    assert reading.state is ClockState.STOPPED
    assert (reading.elapsed_s, reading.paused_s) == (HOUR_S, 20 * MINUTE_S)
    assert reading.stopped_at_s == at("mon 10:20")
    # As if it had gone on at 10:20: three more hours.
    assert reading.deadline_s == at("mon 13:20")


def test_a_second_stop_leaves_the_first() -> None:
    """Resolved, then closed the next day: the work was done at the resolution."""
    reading = read("mon 09:00 start, mon 10:00 stop, tue 10:00 stop", at_="tue 12:00")

    assert (reading.elapsed_s, reading.stopped_at_s) == (HOUR_S, at("mon 10:00"))


def test_a_reopened_clock_goes_on() -> None:
    """Time between stop and start counts neither as spent nor as paused."""
    reading = read("mon 09:00 start, mon 12:00 stop, tue 09:00 start", at_="tue 09:30")

    assert (reading.elapsed_s, reading.paused_s) == (3 * HOUR_S + 30 * MINUTE_S, 0)
    assert reading.deadline_s == at("tue 10:00")


def test_a_deadline_that_passed_lies_in_the_past() -> None:
    """It is where elapsed reached the target, across runs, whatever came after."""
    reading = read(
        "mon 09:00 start, mon 11:00 pause, mon 12:00 resume, mon 16:00 stop", at_="tue 09:00"
    )

    # 2 h by 11:00, then 2 h from 12:00.
    assert reading.deadline_s == at("mon 14:00")
    assert (reading.breached, reading.overrun_s) == (True, 2 * HOUR_S)


def test_a_paused_clock_is_due_as_if_it_went_on_now() -> None:
    """While it rests, the deadline moves with the reading."""
    events = "mon 09:00 start, mon 10:00 pause"

    assert read(events, at_="mon 10:00").deadline_s == at("mon 13:00")
    assert read(events, at_="mon 11:00").deadline_s == at("mon 14:00")


def test_thresholds_are_instants_too() -> None:
    """75 % of four hours is noon; a share that is no whole second is reached at the next."""
    reading = read("mon 09:00 start", at_="mon 09:00")

    assert reading.threshold_at(0.75) == at("mon 12:00")
    assert reading.threshold_at(1.0) == reading.deadline_s
    # 7 % of 100 s is 7 s, though 0.07 * 100 is a little more in binary; 7 % of 101 s is 7.07 s.
    for target_s, expected_s in ((100, 7), (101, 8)):
        short = read_clock(
            [ClockEvent(at("mon 09:00"), ClockAction.START)], OFFICE, target_s, at("mon 09:00")
        )
        assert short.threshold_at(0.07) == at("mon 09:00") + expected_s


def test_what_comes_after_the_reading_has_not_happened() -> None:
    """A clock can be read at any instant of its history."""
    events = "mon 09:00 start, mon 10:00 pause, mon 11:00 resume, mon 12:00 stop"

    assert read(events, at_="mon 08:00").state is ClockState.IDLE
    assert read(events, at_="mon 09:30").elapsed_s == 30 * MINUTE_S
    assert read(events, at_="mon 10:30").state is ClockState.PAUSED
    assert read(events, at_="mon 12:00").elapsed_s == 2 * HOUR_S


def test_nothing_before_the_start_counts() -> None:
    """A pause, a resume or a stop of an idle clock changes nothing."""
    reading = read("mon 09:00 pause, mon 09:10 resume, mon 09:20 stop", at_="mon 12:00")

    assert (reading.state, reading.elapsed_s, reading.paused_s) == (ClockState.IDLE, 0, 0)
    assert (reading.deadline_s, reading.started_at_s, reading.breached) == (None, None, False)
    started = read("mon 09:00 pause, mon 10:00 start", at_="mon 11:00")
    assert (started.state, started.elapsed_s) == (ClockState.RUNNING, HOUR_S)


def test_a_reset_starts_over_in_the_same_state() -> None:
    """A running or paused clock goes on from zero, a stopped one is idle again."""
    running = read("mon 09:00 start, mon 11:00 reset", at_="mon 12:00")
    assert (running.elapsed_s, running.deadline_s) == (HOUR_S, at("mon 15:00"))
    assert running.started_at_s == at("mon 11:00")

    paused = read("mon 09:00 start, mon 10:00 pause, mon 11:00 reset", at_="mon 12:00")
    assert (paused.state, paused.elapsed_s, paused.paused_s) == (ClockState.PAUSED, 0, HOUR_S)

    stopped = read("mon 09:00 start, mon 10:00 stop, mon 11:00 reset", at_="mon 12:00")
    assert (stopped.state, stopped.elapsed_s) == (ClockState.IDLE, 0)


def test_a_cancelled_clock_is_not_judged() -> None:
    """What was late is late no more, though the time it took is still told."""
    reading = read("mon 09:00 start, mon 15:00 cancel", at_="tue 12:00")

    assert (reading.state, reading.elapsed_s) == (ClockState.CANCELLED, 6 * HOUR_S)
    assert (reading.breached, reading.overrun_s, reading.remaining_s) == (False, 0, None)
    assert reading.deadline_s is reading.breaches_at_s is reading.threshold_at(0.75) is None
    # Taken up again, it goes on: 6 h and 1 h.
    again = read("mon 09:00 start, mon 15:00 cancel, tue 09:00 start", at_="tue 10:00")
    assert (again.elapsed_s, again.breached) == (7 * HOUR_S, True)


def test_without_a_target_time_is_told_and_nothing_is_late() -> None:
    """A priority that is not promised still has an elapsed time."""
    reading = read("mon 09:00 start", at_="fri 12:00", target_h=None)

    assert reading.elapsed_s == (4 * 8 + 3) * HOUR_S
    assert (reading.remaining_s, reading.overrun_s, reading.breached) == (None, 0, False)
    assert reading.deadline_s is None


def test_a_calendar_that_never_opens_has_no_deadline() -> None:
    """Nothing elapses, and the search ends."""
    reading = read("mon 09:00 start", at_="fri 12:00", calendar=Calendar("UTC", {}))

    assert (reading.elapsed_s, reading.deadline_s) == (0, None)


def test_an_hour_that_comes_twice_is_spent_twice() -> None:
    """From 00:30Z to 02:00Z on the night of the change is an hour and a half."""
    berlin = Calendar("Europe/Berlin", {6: ((0, 240),)})  # Sunday 00-04
    start_s = int(datetime.fromisoformat("2026-10-25T02:30+02:00").timestamp())

    reading = read_clock(
        [ClockEvent(start_s, ClockAction.START)], berlin, 2 * HOUR_S, start_s + 90 * MINUTE_S
    )

    assert reading.elapsed_s == 90 * MINUTE_S
    # Two hours on, winter time shows 03:30.
    assert reading.deadline_s == int(datetime.fromisoformat("2026-10-25T03:30+01:00").timestamp())


def test_mistakes_of_the_caller_are_refused() -> None:
    """A list out of order would give a figure that means nothing."""
    events = [ClockEvent(10, ClockAction.START), ClockEvent(9, ClockAction.STOP)]

    with pytest.raises(ValueError, match="must be in time order: 9 follows 10"):
        read_clock(events, OFFICE, 60, 100)
    with pytest.raises(ValueError, match="target cannot be negative, got -1 s"):
        read_clock([], OFFICE, -1, 100)
