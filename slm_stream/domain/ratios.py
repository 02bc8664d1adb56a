"""Ratios of counted integers, compared many at once and exactly, however large they are.

Sums of a long window, weighed by a field, outgrow the products that a comparison in 64 bits
needs. So ratios are compared in floating point, and the few that lie closer to their bound than
its error again in integers of any size.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

E8 = 10**8
"""Shares and budgets are integer parts of this many: six decimals of a percentage."""
_HALF = 10**4
_FLOAT_ERROR = 1e-14


class Bounds:
    """Numbers that as many ratios are compared with; None compares like 0.

    Examples
    --------
    >>> third = Bounds([Fraction(1, 3)] * 3)
    >>> above = np.array([10**17 - 1, 10**17, 10**17 + 1])
    >>> third.compare(above, np.full(3, 3 * 10**17)).tolist()
    [-1, 0, 1]
    """

    def __init__(self, values: Sequence[Fraction | None]) -> None:
        given = [value or Fraction(0) for value in values]
        self._above = [value.numerator for value in given]
        self._below = [value.denominator for value in given]
        self._floats = np.array([self._above, self._below], np.float64).reshape(2, len(given))

    def compare(self, above: Int64, below: Int64) -> Int64:
        """Return -1, 0 or 1 for each ratio that is below, at or above its number.

        Parameters
        ----------
        above, below : ndarray of int64, shape (n,)
            Numerators and denominators, these not negative; n / 0 is infinitely much, 0 / 0
            equals any number.
        """
        mine, theirs = above * self._floats[1], self._floats[0] * below
        distance, size = mine - theirs, np.abs(mine) + np.abs(theirs)
        result: Int64 = np.sign(distance).astype(np.int64)
        doubtful = (np.abs(distance) <= _FLOAT_ERROR * size) & (size > 0)
        for i in np.flatnonzero(doubtful).tolist():
            exact = int(above[i]) * self._below[i] - self._above[i] * int(below[i])
            result[i] = (exact > 0) - (exact < 0)
        return result


def share_e8(good: Int64, valid: Int64) -> Int64:
    """Return good by valid in parts of `E8`, rounded down; 0 where nothing is valid.

    A share is below a number of such parts exactly when it is below it rounded down.

    Parameters
    ----------
    good, valid : ndarray of int64, any shape
        ``0 <= good <= valid < 9 * 10**14``.

    Examples
    --------
    >>> share_e8(np.array([2, 3 * 10**13, 0]), np.array([3, 4 * 10**13, 0])).tolist()
    [66666666, 75000000, 0]
    """
    divisor = np.maximum(valid, 1)
    whole, rest = np.divmod(good * _HALF, divisor)
    result: Int64 = whole * _HALF + rest * _HALF // divisor
    return result
