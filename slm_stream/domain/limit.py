"""Limits on figures: at most so much, at least so much, and what is close to that.

A figure is a fraction of two integers and a limit an exact number, so exactly the limit is kept
and nothing hangs on a rounding.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple


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

    Examples
    --------
    >>> four_hours = Limit(True, Fraction(4 * 3600), 0.75)
    >>> [four_hours.breached(Figure(n, 1)) for n in (14_400, 14_401)]
    [False, True]
    >>> [four_hours.near(Figure(n, 1)) for n in (10_799, 10_800)]
    [False, True]
    """

    at_most: bool
    value: Fraction
    near_ratio: float | None = None

    def breached(self, figure: Figure) -> bool:
        """Whether a figure lies beyond the limit; a denominator of 0 is infinitely much."""
        distance = _distance(self.value, figure)
        return distance > 0 if self.at_most else distance < 0

    def near(self, figure: Figure, *, kept: float = 0.0) -> bool:
        """Whether a figure has come near the limit.

        `kept` is how much less of the limit still counts as near, once it has been.
        """
        if self.near_ratio is None or not figure.numerator:
            return False
        share = Fraction(self.near_ratio - kept).limit_denominator(10**6)
        if self.at_most:
            return _distance(share * self.value, figure) >= 0
        return _distance(self.value / share, figure) <= 0


def _distance(value: Fraction, figure: Figure) -> int:
    """Return a number with the sign of figure less value."""
    return figure.numerator * value.denominator - value.numerator * figure.denominator
