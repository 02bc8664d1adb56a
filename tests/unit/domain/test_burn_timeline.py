"""Burn rate rules over a history."""

from fractions import Fraction

import pytest

from slm_stream.domain.burn_timeline import BurnRule, BurnTimeline

TARGET = Fraction(9, 10)
# Four good a minute; from minute 10 to 19 two good and two bad; then nothing comes.
HISTORY = BurnTimeline([4] * 10 + [2] * 10 + [0] * 10, [0] * 10 + [2] * 10 + [0] * 10, TARGET)


@pytest.mark.parametrize(
    ("minute", "lookback", "burn"),
    [
        (9, 60, 0),
        (10, 1, 5),  # 2 of 4 bad, over 0.1
        (14, 10, Fraction(5, 2)),  # 10 of 40 bad
        (19, 60, Fraction(5, 2)),  # 20 of 80: cut to the 20 minutes there are
        (24, 10, 5),  # 10 of 20, and five empty minutes
        (29, 5, None),
    ],
)
def test_burn_rates_look_back_over_the_data_there_is(
    minute: int, lookback: int, burn: Fraction | None
) -> None:
    """Bad of all that came in the lookback, by hand; None where nothing came."""
    assert HISTORY.burn_rate(minute, lookback) == burn


@pytest.mark.parametrize("minute", [-1, 30])
def test_a_minute_outside_the_history_is_refused(minute: int) -> None:
    """Nobody knows what happened there."""
    with pytest.raises(IndexError, match="history of 30 minutes"):
        HISTORY.burn_rate(minute, 1)


def test_both_lookbacks_have_to_exceed_the_factor() -> None:
    """At minute 19 the long one burns 2.5, the short one 5; exceeding is more than equalling."""
    rules = [
        BurnRule(60, 5, Fraction(24, 10), "fires"),
        BurnRule(60, 5, Fraction(25, 10), "only as fast"),
        BurnRule(60, 5, 4, "short alone"),
    ]

    assert HISTORY.firing(19, rules) == {"fires"}
    assert HISTORY.firing(29, rules) == set()  # the short lookback has no data
