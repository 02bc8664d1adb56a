"""Percentiles for showing: within half a percent, and like DDSketch's."""

import math

import numpy as np
from ddsketch import DDSketch
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.histogram import MAX_US, N_BINS, bins_of, quantile_us

durations = st.lists(st.integers(1, MAX_US), min_size=1, max_size=200)


def histogram(values: list[int]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return counts by bin."""
    return np.bincount(bins_of(np.array(values)), minlength=N_BINS)


@given(durations, st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_a_percentile_is_within_half_a_percent(values: list[int], q: float) -> None:
    """Of the value of rank ceil(q n), from a microsecond to an hour."""
    rank = max(1, math.ceil(q * len(values) - 1e-9))
    exact = sorted(values)[rank - 1]

    assert abs(quantile_us(histogram(values), q) - exact) <= 0.005 * exact * (1 + 1e-6)


@given(durations)
def test_ddsketch_of_the_same_error_says_the_same(values: list[int]) -> None:
    """The extremes agree within both errors: ranks in between are defined otherwise there."""
    sketch = DDSketch(0.005)
    for value in values:
        sketch.add(value)
    counts = histogram(values)

    for q, ours in ((0.0, quantile_us(counts, 1e-9)), (1.0, quantile_us(counts, 1.0))):
        theirs = sketch.get_quantile_value(q)
        assert theirs is not None
        assert abs(ours - theirs) <= 0.0101 * theirs


@given(durations, durations)
def test_histograms_add_up(some: list[int], more: list[int]) -> None:
    """Two hours make one."""
    np.testing.assert_array_equal(histogram(some) + histogram(more), histogram(some + more))


def test_no_duration_has_no_percentile() -> None:
    """Not zero."""
    assert math.isnan(quantile_us(np.zeros(N_BINS, np.int64), 0.5))
