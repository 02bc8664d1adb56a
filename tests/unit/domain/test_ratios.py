"""Ratios of integers against exact fractions, also where 64 bits are too few for a product."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.ratios import Bounds, share_e8

LARGE = 2**63 - 1
numbers = st.fractions(0, 10**6, max_denominator=10**6)
sums = st.integers(0, 10**6) | st.integers(0, LARGE)


@given(st.lists(st.tuples(numbers, sums, sums.filter(bool)), min_size=1, max_size=8))
def test_ratios_are_compared_as_fractions_are(rows: list[tuple[Fraction, int, int]]) -> None:
    """Whatever their size."""
    bounds, above, below = zip(*rows, strict=True)
    found = Bounds(bounds).compare(np.array(above), np.array(below)).tolist()
    exact = [Fraction(a, b) - bound for bound, a, b in rows]
    assert found == [(each > 0) - (each < 0) for each in exact]


@given(numbers, st.integers(1, 10**6), st.integers(-1, 1))
def test_a_hair_decides(bound: Fraction, times: int, hair: int) -> None:
    """At the bound exactly, and one part away from it."""
    scale = 10**12 // bound.denominator * times // 10**6 + 1
    above = bound.numerator * scale + hair
    found = Bounds([bound]).compare(np.array([above]), np.array([bound.denominator * scale]))
    assert found.tolist() == [hair]


def test_without_a_denominator_it_is_infinitely_much_or_nothing() -> None:
    """5 / 0 lies above any number, 0 / 0 equals it."""
    bounds = Bounds([Fraction(7), Fraction(7), None])
    assert bounds.compare(np.array([5, 0, 0]), np.array([0, 0, 3])).tolist() == [1, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 8 * 10**14), st.integers(0, 10**14)), min_size=1))
def test_shares_are_rounded_down(rows: list[tuple[int, int]]) -> None:
    """In parts of 10**8."""
    good = [good for good, _ in rows]
    valid = [good + bad for good, bad in rows]
    wanted = [10**8 * g // v if v else 0 for g, v in zip(good, valid, strict=True)]
    assert share_e8(np.array(good), np.array(valid)).tolist() == wanted
