"""Which burn rate pairs fire at each minute of a history.

What `evaluation` does for all objectives at one instant, without hysteresis, for one objective
over time: for showing when a warning would have come, and for trying other pairs on a history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from slm_stream.domain.budget import Number, good_share
from slm_stream.domain.burn_rates import burn_rate


@dataclass(frozen=True, slots=True)
class BurnRule:
    """Fires while both lookbacks burn faster than a factor.

    Attributes
    ----------
    long_minutes, short_minutes : int
        Lookbacks, at least 1.
    factor : Fraction
        Burn rate.
    severity : str
        Its name among rules.
    """

    long_minutes: int
    short_minutes: int
    factor: Number
    severity: str


class BurnTimeline:
    """Good and bad events by minute, against a target.

    Parameters
    ----------
    good, bad : sequence of int or Fraction
        What came in during each minute, from minute 0.
    target : Fraction
        0 <= target < 1.

    Examples
    --------
    >>> rule = BurnRule(60, 5, Fraction(144, 10), "page")
    >>> timeline = BurnTimeline([100] * 10, [0] * 5 + [50] * 5, Fraction(99, 100))
    >>> timeline.firing(4, [rule]), timeline.firing(9, [rule])
    (set(), {'page'})
    """

    def __init__(self, good: Sequence[Number], bad: Sequence[Number], target: Number) -> None:
        self._good = [Fraction(), *accumulate(map(Fraction, good))]
        self._bad = [Fraction(), *accumulate(map(Fraction, bad))]
        self._target = target

    def burn_rate(self, minute: int, lookback_minutes: int) -> Fraction | None:
        """Return the burn rate of a lookback that ends with a minute, cut to the data there is.

        Returns
        -------
        Fraction or None
            None where the lookback holds no events.

        Raises
        ------
        IndexError
            If the minute is not in the history.
        """
        end = minute + 1
        if not 0 < end < len(self._good):
            msg = f"minute {minute} is not in a history of {len(self._good) - 1} minutes"
            raise IndexError(msg)
        start = max(0, end - lookback_minutes)
        good = self._good[end] - self._good[start]
        bad = self._bad[end] - self._bad[start]
        sli = good_share(good, good + bad)
        return None if sli is None else burn_rate(sli, self._target)

    def firing(self, minute: int, rules: Iterable[BurnRule]) -> set[str]:
        """Return the severities of the rules that fire at a minute."""
        return {rule.severity for rule in rules if self._fires(minute, rule)}

    def _fires(self, minute: int, rule: BurnRule) -> bool:
        long = self.burn_rate(minute, rule.long_minutes)
        short = self.burn_rate(minute, rule.short_minutes)
        return long is not None and short is not None and min(long, short) > rule.factor
