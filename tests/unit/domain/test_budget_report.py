"""The figures of one window."""

from fractions import Fraction

from slm_stream.domain.budget_report import BudgetReport, is_enough


def test_the_figures_of_a_window() -> None:
    """97 of 100 at 98 % over 1000 s: 20 s allowed, 30 s bad, one and a half times the speed."""
    report = BudgetReport.of_events(97, 3, Fraction(98, 100), 1000)

    assert report.sli == Fraction(97, 100)
    assert report.above_target == Fraction(-1, 100)
    assert report.budget == Fraction(2, 100)
    assert report.budget_s == 20
    assert report.bad_s == 30
    assert report.left_s == -10
    assert report.burn_rate == Fraction(3, 2)
    assert report.burns_faster_than(1)
    assert not report.burns_faster_than(Fraction(3, 2))


def test_without_data_only_the_budget_is_known() -> None:
    """What was bad, and all that follows from it, is not."""
    report = BudgetReport.of_events(0, 0, Fraction(98, 100), 1000)

    assert report.budget_s == 20
    known = (report.sli, report.above_target, report.bad_s, report.left_s, report.burn_rate)
    assert known == (None,) * 5
    assert not report.burns_faster_than(0)


def test_enough_is_at_least_one() -> None:
    """Or as many as the objective asks."""
    assert is_enough(1)
    assert not is_enough(0, 0)
    assert is_enough(10, 10)
    assert not is_enough(9, 10)
