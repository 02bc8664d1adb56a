"""What is near a limit, and when it no longer is."""

from fractions import Fraction

import numpy as np
import pytest

from slm_stream.domain.limit import HYSTERESIS, Limit, Limits


@pytest.mark.parametrize(
    ("at_most", "near_ratio", "fresh", "kept"),
    [
        (True, 0.75, Fraction(75), Fraction(70)),
        (False, 0.8, Fraction(125), Fraction(400, 3)),  # 100 / 0.8, 100 / 0.75
        # A share that is hardly more than the hysteresis is halved at most.
        (True, 0.05, Fraction(5), Fraction(5, 2)),
        (False, 0.05, Fraction(2000), Fraction(4000)),
        (False, 0.04, Fraction(2500), Fraction(5000)),
    ],
)
def test_a_warning_clears_a_little_later(
    at_most: bool, near_ratio: float, fresh: Fraction, kept: Fraction
) -> None:
    """Of a limit of 100."""
    limit = Limit(at_most, Fraction(100), near_ratio)
    assert limit.near_value(Fraction(0)) == fresh
    assert limit.near_value(HYSTERESIS) == kept


def test_near_and_beyond_from_below() -> None:
    """At least 10, near from 12.5 on; once near, until 13 1/3."""
    limits = Limits([Limit(False, Fraction(10), 0.8)] * 5)
    above = np.array([9, 10, 12, 13, 14])
    one, was_near = np.ones(5, np.int64), np.ones(5, bool)
    assert limits.breached(above, one).tolist() == [True, False, False, False, False]
    assert limits.near(above, one, ~was_near).tolist() == [True, True, True, False, False]
    assert limits.near(above, one, was_near).tolist() == [True, True, True, True, False]
