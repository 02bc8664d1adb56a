"""Burn rates, and what follows from them."""

from fractions import Fraction

import pytest

from slm_stream.domain.burn_rates import (
    burn_factor,
    burn_rate,
    can_fire,
    error_ratio,
    max_burn_rate,
    spent_within,
    time_to_exhaustion,
    time_to_fire,
    traffic_weight,
)

THREE_NINES = Fraction(999, 1000)
FAST = Fraction(144, 10)


def test_a_burn_rate_is_the_errors_over_those_allowed() -> None:
    """2 % bad where 0.1 % is allowed burns 20 times, and back."""
    assert burn_rate(Fraction(98, 100), THREE_NINES) == 20
    assert burn_rate(1, THREE_NINES) == 0
    assert error_ratio(20, THREE_NINES) == Fraction(2, 100)


def test_the_fastest_burn_bounds_every_threshold() -> None:
    """At 95 % total failure burns 20 times; exactly 20 cannot be exceeded."""
    target = Fraction(95, 100)

    assert max_burn_rate(target) == 20
    assert can_fire(Fraction(199, 10), target)
    assert not can_fire(20, target)


@pytest.mark.parametrize(
    ("percent", "days", "hours", "factor"),
    [
        (2, 30, 1, Fraction(144, 10)),  # 0.02 x 720 / 1
        (5, 30, 6, 6),  # 0.05 x 720 / 6
        (10, 28, 72, Fraction(14, 15)),  # 0.1 x 672 / 72
    ],
)
def test_a_factor_spends_its_share_within_the_lookback(
    percent: int, days: int, hours: int, factor: Fraction
) -> None:
    """The workbook's formula, there and back."""
    share = Fraction(percent, 100)

    assert burn_factor(share, days * 24, hours) == factor
    assert spent_within(factor, hours, days * 24) == share


def test_how_long_a_budget_lasts() -> None:
    """28 days at 8: three and a half; half a budget half of that; at rest for ever."""
    assert time_to_exhaustion(28, 8) == Fraction(7, 2)
    assert time_to_exhaustion(28, 8, left=Fraction(1, 2)) == Fraction(7, 4)
    assert time_to_exhaustion(28, 0) is None
    assert time_to_exhaustion(28, 8, left=-1) == 0
    assert time_to_exhaustion(28, 0, left=0) == 0


def test_when_a_steady_fault_is_told() -> None:
    """10 % bad at 99.9 % burns 100 times: 14.4 / 100 of an hour. At 1.44 % only at its end."""
    assert time_to_fire(Fraction(1, 10), THREE_NINES, 3600, FAST) == Fraction(5184, 10)
    assert time_to_fire(Fraction(144, 10_000), THREE_NINES, 3600, FAST) == 3600
    assert time_to_fire(Fraction(1, 100), THREE_NINES, 3600, FAST) > 3600  # never
    with pytest.raises(ValueError, match="above 0"):
        time_to_fire(0, THREE_NINES, 3600, FAST)


def test_traffic_as_a_multiple_of_what_is_usual() -> None:
    """50 in half an hour, where 2400 a day make 50: as usual. Nothing at all has no usual."""
    assert traffic_weight(50, Fraction(1, 2), 2400, 24) == 1
    assert traffic_weight(25, Fraction(1, 2), 2400, 24) == Fraction(1, 2)
    assert traffic_weight(0, 1, 0, 720) is None
