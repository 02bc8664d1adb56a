"""Limits on figures: at most so much, at least so much, and what is close to that.

A figure is a fraction of two integers and a limit an exact number, so exactly the limit is kept
and nothing hangs on a rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.ratios import Bounds

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

HYSTERESIS = Fraction(5, 100)
"""A near-breach clears once this share of a limit or budget less than its threshold is reached."""


class Figure(NamedTuple):
    """A figure as a fraction of integers; a denominator of 0 is no figure.

    >>> float(Figure(3, 2)), float(Figure(3, 0))
    (1.5, nan)
    """

    numerator: int
    denominator: int

    def __float__(self) -> float:
        return self.numerator / self.denominator if self.denominator else float("nan")


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a figure may go, in the figure's unit.

    Attributes
    ----------
    at_most : bool
        Whether `value` bounds the figure from above or from below.
    value : Fraction
    near_ratio : float or None
        From above: the share of the limit that is near it. From below: the limit over a figure
        that is near it. None: nothing is near.
    """

    at_most: bool
    value: Fraction
    near_ratio: float | None = None

    def near_value(self, kept: Fraction) -> Fraction | None:
        """Return the figure from which on it is near; None where nothing is.

        `kept` is how much less of the limit counts, of a small share at most the half.

        >>> Limit(True, Fraction(40), 0.75).near_value(Fraction(0))
        Fraction(30, 1)
        """
        if self.near_ratio is None:
            return None
        ratio = Fraction(self.near_ratio).limit_denominator(10**6)
        share = ratio - min(kept, ratio / 2)
        return self.value * share if self.at_most else self.value / share


class Limits:
    """Limits of several figures, compared at once.

    Examples
    --------
    >>> four_hours = Limits([Limit(True, Fraction(4 * 3600), 0.75)] * 4)
    >>> seconds, one = np.array([10_799, 10_800, 14_400, 14_401]), np.ones(4, np.int64)
    >>> four_hours.breached(seconds, one).tolist()
    [False, False, False, True]
    >>> four_hours.near(seconds, one, np.zeros(4, bool)).tolist()
    [False, True, True, True]
    """

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._side = np.array([1 if limit.at_most else -1 for limit in limits], np.int64)
        self._values = Bounds([limit.value for limit in limits])
        self._near = Bounds([limit.near_value(Fraction(0)) for limit in limits])
        self._kept = Bounds([limit.near_value(HYSTERESIS) for limit in limits])
        self._warns = np.array([limit.near_ratio is not None for limit in limits], bool)

    def breached(self, above: Int64, below: Int64) -> Bool:
        """Return which figures lie beyond their limit; a denominator of 0 is infinitely much.

        Parameters
        ----------
        above, below : ndarray of int64, shape (n_limits,)
            Numerators and denominators.
        """
        result: Bool = self._side * self._values.compare(above, below) > 0
        return result

    def near(self, above: Int64, below: Int64, kept: Bool) -> Bool:
        """Return which figures have come near their limit; nothing at all never has.

        `kept` says which have been near it before: these clear a little later.
        """
        fresh, again = self._near.compare(above, below), self._kept.compare(above, below)
        side = self._side * np.where(kept, again, fresh)
        result: Bool = (side >= 0) & self._warns & (above != 0)
        return result
