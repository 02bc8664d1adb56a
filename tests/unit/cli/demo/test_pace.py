"""How the month is cut into steps."""

from itertools import pairwise

import pytest

from slm_stream.cli.demo.faults import END_MS, FAULTS, START_MS, march
from slm_stream.cli.demo.pace import (
    FAST_TICK_MS,
    SLOW_TICK_MS,
    Step,
    afterwards,
    month,
    slow_spans,
)
from slm_stream.cli.demo.simulation import BLOCK_MS


@pytest.mark.parametrize("seconds", [20.0, 60.0, 600.0])
def test_steps_cover_the_month_in_the_time_given(seconds: float) -> None:
    """Whole blocks without gap or overlap; together they take as long as they shall."""
    steps = list(month(FAULTS, seconds))

    assert (steps[0].start_ms, steps[-1].end_ms) == (START_MS, END_MS)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(steps))
    assert all((step.end_ms - step.start_ms) % BLOCK_MS == 0 for step in steps)
    assert sum(step.takes_s for step in steps) == pytest.approx(seconds)


def test_time_is_slow_around_what_is_expected_within_hours() -> None:
    """Ten minutes a step from 20 min before to 20 min after; days of waiting are quick."""
    # 13:40 is 14:00 - 20 min; 14:25 + 20 min is 14:45, and the block around it ends 14:50.
    assert (march("10 13:40"), march("10 14:50")) in slow_spans(FAULTS)
    steps = list(month(FAULTS, 60))

    slow = [s for s in steps if march("10 13:40") <= s.start_ms < march("10 14:50")]

    assert [s.end_ms - s.start_ms for s in slow] == [BLOCK_MS] * 7
    assert {s.tick_ms for s in slow} == {SLOW_TICK_MS}
    quick = next(s for s in steps if s.start_ms <= march("15 12:00") < s.end_ms)
    assert quick.tick_ms == FAST_TICK_MS
    assert quick.end_ms - quick.start_ms > BLOCK_MS


def test_without_faults_all_is_quick() -> None:
    """There is nothing to slow down for."""
    assert {step.tick_ms for step in month((), 60)} == {FAST_TICK_MS}


def test_ticks_are_round_and_end_with_the_step() -> None:
    """A step from 13:10 to 14:40 with a tick an hour is judged at 14:00 and 14:40."""
    step = Step(march("10 13:10"), march("10 14:40"), 1.0, FAST_TICK_MS)

    assert step.ticks_ms == [march("10 14:00"), march("10 14:40")]


def test_ticks_of_the_month_only_grow() -> None:
    """The clock is never sent twice nor backwards."""
    ticks = [at for step in month(FAULTS, 60) for at in step.ticks_ms]

    assert all(a < b for a, b in pairwise(ticks))


def test_afterwards_time_goes_on_at_ten_minutes_a_second() -> None:
    """The next month begins where the last ended."""
    steps = afterwards(END_MS)

    assert next(steps) == Step(END_MS, END_MS + BLOCK_MS, 1.0, SLOW_TICK_MS)
    assert next(steps).start_ms == END_MS + BLOCK_MS
