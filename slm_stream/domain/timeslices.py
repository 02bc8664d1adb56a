"""Budgeting methods over slices of time: what each makes of good and valid per slice.

Source: OpenSLO v1, ``budgetingMethod``: Occurrences, Timeslices, RatioTimeslices. A slice
without valid events says nothing, and is left out.
"""

from collections.abc import Sequence
from fractions import Fraction

from slm_stream.domain.budget import Number, budget_share, good_share


def n_slices(window: Number, slice_length: Number) -> int:
    """Return into how many slices a window falls; a part of one counts.

    >>> n_slices(60, 7), n_slices(14 * 1440, 1)
    (9, 20160)
    """
    return -int(-Fraction(window) // slice_length)


def occurrences_sli(good: Sequence[Number], valid: Sequence[Number]) -> Fraction | None:
    """Return all good events among all valid ones, however they fell.

    >>> occurrences_sli([2, 10], [4, 10])
    Fraction(6, 7)
    """
    return good_share(sum(good), sum(valid))


def good_slices(
    good: Sequence[Number], valid: Sequence[Number], slice_target: Number
) -> tuple[int, int]:
    """Return how many slices reach the slice target, and how many there are.

    >>> good_slices([2, 10, 0], [4, 10, 0], Fraction(95, 100))
    (1, 2)
    """
    shares = _shares(good, valid)
    return sum(share >= slice_target for share in shares), len(shares)


def ratio_timeslices_sli(good: Sequence[Number], valid: Sequence[Number]) -> Fraction | None:
    """Return the mean of the slices' shares, each slice weighing the same.

    >>> ratio_timeslices_sli([2, 10], [4, 10])
    Fraction(3, 4)
    """
    shares = _shares(good, valid)
    return sum(shares, Fraction()) / len(shares) if shares else None


def fault_to_exhaust(
    window: Number, target: Number, during: Number, otherwise: Number = 1
) -> Fraction | None:
    """Return how long a fault may last until it has spent a window's whole budget.

    Solves ``x (1 - during) + (window - x) (1 - otherwise) = window (1 - target)`` for ``x``.

    Parameters
    ----------
    window : int or Fraction
        Length of the compliance window; the result has its unit.
    target : Fraction
        0 <= target < 1.
    during, otherwise : int or Fraction
        Share of good events in every slice of the fault, and of the rest of the window.

    Returns
    -------
    Fraction or None
        Longer than the window if the fault alone does not spend it, negative if the rest
        spends more than all; None where the fault is no different from the rest.

    >>> fault_to_exhaust(10_080, Fraction(99, 100), 0)  # total failure, 1 % of a week's minutes
    Fraction(504, 5)
    """
    if during == otherwise:
        return None
    rest_spends = 1 - Fraction(otherwise)
    return window * (budget_share(target) - rest_spends) / (otherwise - Fraction(during))


def _shares(good: Sequence[Number], valid: Sequence[Number]) -> list[Fraction]:
    shares = (good_share(*slice_) for slice_ in zip(good, valid, strict=True))
    return [share for share in shares if share is not None]
