"""Error budgets as exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.agreement import Verdict
from slm_stream.domain.budget import (
    ErrorBudget,
    allowed,
    bad_share,
    budget_of,
    budget_share,
    budget_verdict,
    error_budget,
    good_share,
)

THREE_NINES = Fraction(999, 1000)


def test_an_sli_is_good_among_valid() -> None:
    """Nothing valid is no data, not 0 or 100 %."""
    assert good_share(770, 777) == Fraction(110, 111)
    assert good_share(0, 5) == 0
    assert good_share(0, 0) is None
    assert good_share(5, 0) is None


@pytest.mark.parametrize(("good", "valid"), [(6, 5), (-1, 5)])
def test_counts_that_contradict_each_other_are_refused(good: int, valid: int) -> None:
    """They are a mistake of whoever counted."""
    with pytest.raises(ValueError, match="cannot be"):
        good_share(good, valid)


@pytest.mark.parametrize("target", [1, Fraction(11, 10), Fraction(-1, 10)])
def test_a_target_leaves_a_budget(target: Fraction) -> None:
    """100 % leaves none."""
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        budget_share(target)


def test_what_a_target_allows() -> None:
    """99.95 % of 10 080 minutes: 10 080 x 0.0005 = 5.04; of 20 000 events: 10."""
    assert allowed(10_080, Fraction(9995, 10_000)) == Fraction(504, 100)
    assert allowed(20_000, Fraction(9995, 10_000)) == 10


def test_what_was_bad_spends_the_budget() -> None:
    """3 bad of 2000 at 99.9 %, which allows 2: one and a half budgets, half of one too much."""
    budget = error_budget(3, 2000, THREE_NINES)

    assert budget == ErrorBudget(Fraction(1, 1000), Fraction(3, 2))
    assert budget.left == Fraction(-1, 2)


def test_slices_to_come_count_as_good() -> None:
    """7 bad of 700 slices so far, in a window of 1440 at 99 %: 7 / 14.4 is spent."""
    budget = error_budget(7, 1440, Fraction(99, 100))

    assert budget is not None
    assert budget.spent == Fraction(70, 144)


def test_nothing_valid_has_no_budget() -> None:
    """No data is no full budget."""
    assert error_budget(0, 0, THREE_NINES) is None


@given(bad=st.integers(0, 1000), good=st.integers(0, 1000), parts=st.integers(0, 99_999_999))
def test_the_two_ways_to_a_budget_agree(bad: int, good: int, parts: int) -> None:
    """By counts and by their share; spent and left are one budget."""
    target = Fraction(parts, 10**8)
    budget, sli = error_budget(bad, bad + good, target), good_share(good, bad + good)

    if sli is None or budget is None:
        assert budget is None
        assert sli is None
    else:
        assert budget == budget_of(sli, target)
        assert budget.spent + budget.left == 1
        assert (budget.left < 0) == (sli < target)


@pytest.mark.parametrize(
    ("sli", "left", "verdict"),
    [
        (None, None, Verdict.NO_DATA),
        (Fraction(9, 10), None, Verdict.MET),
        (Fraction(95, 100), Fraction(1, 100), Verdict.MET),
        (Fraction(8, 10), Fraction(1, 100), Verdict.NEAR_BREACH),
        (Fraction(8, 10), Fraction(0), Verdict.NEAR_BREACH),
        (Fraction(8, 10), Fraction(-1, 100), Verdict.BREACH),
        (Fraction(8, 10), None, Verdict.BREACH),  # (1 - 0.8) / 0.1 = 2 budgets
    ],
)
def test_how_an_objective_of_90_percent_stands(
    sli: Fraction | None, left: Fraction | None, verdict: Verdict
) -> None:
    """Below target a period can still be saved while the budget is not overspent."""
    assert budget_verdict(sli, Fraction(9, 10), left) == verdict


def test_excluded_time_leaves_the_denominator_or_was_up() -> None:
    """6 of 100 minutes down, 40 excluded: 6 / 60 or 6 / 100."""
    assert bad_share(6, 100, 40, counts_as_up=False) == Fraction(1, 10)
    assert bad_share(6, 100, 40, counts_as_up=True) == Fraction(6, 100)
    with pytest.raises(ValueError, match="nothing is left"):
        bad_share(0, 100, 100, counts_as_up=False)
