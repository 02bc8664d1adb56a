"""Sums over windows, drawn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.sli_table import RowPlan, SliTable
from slm_stream.domain.windows import MINUTE_MS

HOUR = 491_000
START = HOUR * 60
Cells = dict[int, tuple[int, int]]


def table_of(
    minutes: Cells, *, slice_target_e8: int = -1, is_open: bool = True, horizon_h: int = 99
) -> SliTable:
    """Return a table of one series, (bad, valid) by minute after `START`."""
    one = np.zeros(1, np.int64)
    plan = RowPlan(
        one,
        one + 1,
        one,
        one + slice_target_e8,
        lambda _: np.full((1, 60), is_open),
        lambda _, n_hours: np.full((1, n_hours), 60 * is_open),
    )
    table = SliTable(2, plan, horizon_h, lambda hour, counts: None)
    for minute, counts in minutes.items():
        table.change((START + minute) // 60)[:, minute % 60] += counts
    table.settle()
    return table


def sums(table: SliTable, low: float, high: float) -> list[int]:
    """Return bad, valid, seen of the minutes that start in [low, high)."""
    start_ms, end_ms = (round((START + minute) * MINUTE_MS) for minute in (low, high))
    return [int(figure) for figure in table.sums(start_ms, end_ms)[0]]


def test_a_window_holds_the_minutes_that_start_in_it() -> None:
    """Half open, and by the start of the minute.

    minute   58     59     60     61            119    120
             [1/9)  [2/9)  [4/9)  [8/9)  ...    [16/9) [32/9)
                    |-------------------------------|     59 to 120
                      |----|                              59.5 to 61
    """
    table = table_of({58: (1, 9), 59: (2, 9), 60: (4, 9), 61: (8, 9), 119: (16, 9), 120: (32, 9)})

    assert sums(table, 59, 120) == [2 + 4 + 8 + 16, 4 * 9, 4]
    assert sums(table, 59.5, 61) == [4, 9, 1]
    assert sums(table, 0, 9999) == [63, 54, 6]
    assert sums(table, 60, 60) == [0, 0, 0]


def test_late_data_changes_the_hour_it_falls_into() -> None:
    """Also before the first hour of all, and behind a cached edge."""
    table = table_of({130: (1, 1)})
    assert sums(table, 125, 200) == [1, 1, 1]
    for minute in (10, 126, 500):
        table.change((START + minute) // 60)[:, minute % 60] += (2, 3)
    table.settle()

    assert sums(table, 125, 200) == [3, 4, 2]
    assert sums(table, 0, 999) == [7, 10, 4]


def test_closed_minutes_do_not_count() -> None:
    """Nothing outside agreed service time does."""
    assert sums(table_of({1: (1, 1)}, is_open=False), 0, 60) == [0, 0, 0]


def test_slices_count_minutes_that_missed_their_target() -> None:
    """90 % of ten is nine: one bad is good enough, two are not; an empty minute is none."""
    table = table_of({1: (1, 10), 2: (2, 10), 3: (0, 0), 4: (0, 1)}, slice_target_e8=90_000_000)

    assert sums(table, 0, 60) == [1, 3, 3]


def test_what_is_pinned_is_not_forgotten() -> None:
    """An hour that is stored nowhere stays, though it was used least."""
    table = table_of({60 * n: (0, 1) for n in range(5)})

    assert table.forget(2, pinned={HOUR}) == [HOUR + 1, HOUR + 2]


@given(
    st.dictionaries(st.integers(0, 60 * 200), st.integers(1, 9), max_size=30),
    st.lists(st.tuples(st.integers(-90, 13_000), st.integers(-90, 13_000)), min_size=1),
)
def test_any_window_is_the_sum_of_its_minutes(
    minutes: dict[int, int], windows: list[tuple[int, int]]
) -> None:
    """Whatever the order in which hours came."""
    table = table_of({minute: (0, n) for minute, n in minutes.items()}, horizon_h=300)
    for low, high in windows:
        expected = sum(n for minute, n in minutes.items() if low <= minute < high)
        if low <= high:
            assert sums(table, low, high)[1] == expected
