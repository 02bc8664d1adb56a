"""Percentiles for showing: within half a percent, and those of DDSketch."""

import math
from fractions import Fraction

import numpy as np
import pytest
from ddsketch import DDSketch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slm_stream.domain.histogram import MAX_US, N_BINS, bins_of, quantile_us, value_of

some_durations = st.lists(st.integers(1, MAX_US), min_size=1, max_size=200)
wide_durations = st.lists(
    st.floats(0, math.log(MAX_US)).map(lambda power: round(math.exp(power))),
    min_size=1,
    max_size=200,
)


def histogram(values: list[int]) -> NDArray[np.int64]:
    """Return counts by bin."""
    return np.bincount(bins_of(np.array(values, np.int64)), minlength=N_BINS)


def least_of(bins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the least duration of each bin, or of the next one that holds any, by bisection."""
    low, high = np.ones_like(bins), np.full_like(bins, MAX_US)
    while (low < high).any():
        middle = (low + high) // 2
        reached = bins_of(middle) >= bins
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return low


def test_no_bin_is_further_from_what_it_holds_than_half_a_percent() -> None:
    """Every bin from 1 us to 1 h, at its least and its greatest duration; in exact fractions."""
    bins = np.arange(N_BINS, dtype=np.int64)
    least = least_of(bins)
    greatest = np.append(least[1:] - 1, MAX_US)
    held = bins_of(least) == bins
    assert held.sum() > 1500  # below 200 us some bins lie between two whole numbers
    assert bins_of(np.array([1, MAX_US])).tolist() == [0, bins[held].max()]
    for i in bins[held].tolist():
        for duration in (int(least[i]), int(greatest[i])):
            error = abs(Fraction(value_of(i)) - duration) / duration
            assert error <= Fraction(5, 1000) + Fraction(1, 10**14), (i, duration)


def test_what_lies_outside_is_shown_as_the_nearest_inside() -> None:
    """Nothing and less than 1 us as 1 us, days as 1 h."""
    assert bins_of(np.array([-5, 0, 1])).tolist() == [0, 0, 0]
    assert quantile_us(histogram([0]), 0.5) == pytest.approx(1, rel=0.005)
    assert quantile_us(histogram([10 * MAX_US]), 0.5) == pytest.approx(MAX_US, rel=0.005)
    assert len(histogram([2**62])) == N_BINS


@given(some_durations | wide_durations, st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_a_percentile_is_within_half_a_percent(values: list[int], q: float) -> None:
    """Of the value of rank ceil(q n), from a microsecond to an hour."""
    rank = max(1, math.ceil(q * len(values) - 1e-9))
    exact = sorted(values)[rank - 1]

    assert abs(quantile_us(histogram(values), q) - exact) <= 0.005 * exact * (1 + 1e-12)


@given(some_durations | wide_durations, st.data())
def test_ddsketch_of_the_same_error_says_the_same(values: list[int], data: st.DataObject) -> None:
    """At every rank: there it is q (n - 1), counted from 0, here ceil(q n), counted from 1."""
    sketch = DDSketch(0.005)
    for value in values:
        sketch.add(value)
    n = len(values)
    rank = data.draw(st.integers(1, n))

    theirs = sketch.get_quantile_value(min(1.0, (rank - 1 + 1e-6) / max(1, n - 1)))

    assert quantile_us(histogram(values), rank / n) == pytest.approx(theirs, rel=1e-9)


@given(wide_durations, wide_durations)
def test_histograms_add_up_and_come_apart(some: list[int], more: list[int]) -> None:
    """Two hours make one, and one less an hour is the other; merged sketches say the same."""
    both = histogram(some) + histogram(more)
    np.testing.assert_array_equal(both, histogram(some + more))
    np.testing.assert_array_equal(both - histogram(more), histogram(some))

    one, other = DDSketch(0.005), DDSketch(0.005)
    for sketch, values in ((one, some), (other, more)):
        for value in values:
            sketch.add(value)
    one.merge(other)
    assert quantile_us(both, 1.0) == pytest.approx(one.get_quantile_value(1.0), rel=1e-9)


def test_no_duration_has_no_percentile() -> None:
    """Not zero."""
    assert math.isnan(quantile_us(np.zeros(N_BINS, np.int64), 0.5))
