"""Error budgets as exact fractions: what a target tolerates, and how much of it is spent.

One formula serves every unit. Of a whole (events that came, slices or seconds of the window) a
target tolerates the share ``1 - target``; what was bad spends it:
``spent = bad / whole / (1 - target)``.

Source: *The Site Reliability Workbook*, chapters 2 and 5; OpenSLO v1, budgeting methods.
Verdicts over many objectives at once are in `evaluation`, on the same integers.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from slm_stream.domain.agreement import Verdict

Number: TypeAlias = int | Fraction
"""Counts, seconds and ratios; integers and fractions, so that nothing is rounded on the way."""


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """A budget over a window.

    Attributes
    ----------
    share : Fraction
        What the target tolerates of the whole: 1 - target.
    spent : Fraction
        Of the budget: 0 for none, 1 for all, above 1 when overspent.
    """

    share: Fraction
    spent: Fraction

    @property
    def left(self) -> Fraction:
        """Return the share of the budget that is left, below 0 when overspent."""
        return 1 - self.spent


def good_share(good: Number, valid: Number) -> Fraction | None:
    """Return good / valid, the SLI; None without valid events, which is no data.

    >>> good_share(99, 100), good_share(0, 0)
    (Fraction(99, 100), None)

    Raises
    ------
    ValueError
        If there are more good events than valid ones, or fewer than none.
    """
    if not valid:
        return None
    if not 0 <= good <= valid:
        msg = f"{good} good of {valid} valid events cannot be; good ones are among the valid"
        raise ValueError(msg)
    return Fraction(good) / valid


def budget_share(target: Number) -> Fraction:
    """Return 1 - target, the share of the whole that may be bad.

    >>> budget_share(Fraction(999, 1000))
    Fraction(1, 1000)

    Raises
    ------
    ValueError
        If the target is not in [0, 1); 1 leaves no budget.
    """
    if not 0 <= target < 1:
        msg = f"a target is a ratio of at least 0 and below 1, got {float(target):g}"
        raise ValueError(msg)
    return 1 - Fraction(target)


def allowed(whole: Number, target: Number) -> Fraction:
    """Return how much of a whole may be bad: events, seconds, minutes or slices.

    >>> float(allowed(28 * 24 * 60, Fraction(99, 100)))  # minutes of 28 days at 99 %
    403.2
    """
    return whole * budget_share(target)


def error_budget(bad: Number, whole: Number, target: Number) -> ErrorBudget | None:
    """Return the budget of a window and what of it is spent; None for a whole of nothing.

    Parameters
    ----------
    bad, whole : int or Fraction
        In one unit: bad among valid events, or bad among all slices or agreed seconds of the
        window, of which those to come count as good.
    target : Fraction
        0 <= target < 1.

    >>> budget = error_budget(7, 777, Fraction(999, 1000))
    >>> float(round(budget.spent, 6)), float(round(budget.left, 6))
    (9.009009, -8.009009)

    Raises
    ------
    ValueError
        If more is bad than there is.
    """
    share = budget_share(target)
    sli = good_share(whole - bad, whole)
    return None if sli is None else ErrorBudget(share, (1 - sli) / share)


def budget_of(sli: Number, target: Number) -> ErrorBudget:
    """Return the budget when only the SLI of the window is known.

    >>> budget_of(Fraction(995, 1000), Fraction(99, 100)).spent
    Fraction(1, 2)
    """
    share = budget_share(target)
    return ErrorBudget(share, (1 - sli) / share)


def budget_verdict(sli: Number | None, target: Number, left: Number | None) -> Verdict:
    """Return how an objective stands by its SLI so far and the budget left of its whole window.

    No SLI is no data. At or above the target it is met. Below it, the window can still be
    saved while the budget is not overspent, a near-breach; after that it is a breach. A budget
    that is spent exactly is not overspent.

    >>> [str(budget_verdict(Fraction(4, 5), Fraction(9, 10), left)) for left in (0, -1)]
    ['near_breach', 'breach']
    """
    if sli is None:
        return Verdict.NO_DATA
    if sli >= target:
        return Verdict.MET
    left = budget_of(sli, target).left if left is None else left
    return Verdict.BREACH if left < 0 else Verdict.NEAR_BREACH


def bad_share(bad: Number, whole: Number, excluded: Number, *, counts_as_up: bool) -> Fraction:
    """Return the share of a window that was bad when part of it is excluded.

    The two ways of accounting between which an agreement chooses: what is excluded leaves the
    denominator, or stays in it as time that was up. `bad` holds nothing of it in either.

    >>> ways = (False, True)  # an hour down in a week, of which a day was excluded
    >>> [float(round(bad_share(60, 10_080, 1440, counts_as_up=up), 5)) for up in ways]
    [0.00694, 0.00595]

    Raises
    ------
    ValueError
        If nothing of the window is left.
    """
    counted = whole if counts_as_up else whole - excluded
    good = good_share(counted - bad, counted)
    if good is None:
        msg = "everything is excluded, nothing is left to judge"
        raise ValueError(msg)
    return 1 - good
