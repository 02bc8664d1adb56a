"""Budgeting methods over slices."""

from fractions import Fraction

import pytest

from slm_stream.domain.timeslices import (
    fault_to_exhaust,
    good_slices,
    n_slices,
    occurrences_sli,
    ratio_timeslices_sli,
)

GOOD, VALID = [9, 1, 0, 100], [10, 2, 0, 100]


def test_each_method_makes_its_own_of_the_same_slices() -> None:
    """110 of 112 events; 2 of 3 slices reach 90 %; (0.9 + 0.5 + 1) / 3 = 0.8."""
    assert occurrences_sli(GOOD, VALID) == Fraction(110, 112)
    assert good_slices(GOOD, VALID, Fraction(9, 10)) == (2, 3)
    assert ratio_timeslices_sli(GOOD, VALID) == Fraction(8, 10)


def test_nothing_anywhere_is_no_data() -> None:
    """For every method."""
    assert occurrences_sli([0], [0]) is None
    assert good_slices([0], [0], 1) == (0, 0)
    assert ratio_timeslices_sli([], []) is None


@pytest.mark.parametrize(
    ("window", "length", "slices"), [(60, 7, 9), (60, 60, 1), (60, 120, 1), (1440, 1, 1440)]
)
def test_a_part_of_a_slice_counts(window: int, length: int, slices: int) -> None:
    """60 / 7 = 8.57, so nine."""
    assert n_slices(window, length) == slices


@pytest.mark.parametrize(
    ("during", "otherwise", "minutes"),
    [
        (0, 1, 10),  # 1000 minutes at 99 % allow 10
        (Fraction(1, 2), 1, 20),
        (0, Fraction(995, 1000), Fraction(5000, 995)),  # x + (1000 - x) 0.005 = 10
        (0, Fraction(98, 100), -10 / Fraction(98, 100)),  # the rest alone spends 20
        (Fraction(99, 100), 1, 1000),
        (1, 1, None),
    ],
)
def test_how_long_a_fault_may_last(
    during: Fraction, otherwise: Fraction, minutes: Fraction | None
) -> None:
    """Until fault and rest together have spent the budget, of 1000 minutes at 99 %."""
    assert fault_to_exhaust(1000, Fraction(99, 100), during, otherwise) == minutes
