"""Burn rate pairs: how fast a budget may be spent before somebody is warned.

Source: *The Site Reliability Workbook*, chapter 5, table 5-8, scaled to the window.
"""

from dataclasses import dataclass
from fractions import Fraction

from slm_stream.domain.agreement import BUDGET_SCALE, BurnPair, ComplianceWindow, Period
from slm_stream.domain.burn_rates import burn_factor

MAX_PAIRS = 4

_DAY_S = 86_400
NOMINAL_DAYS = {
    Period.DAY: 1,
    Period.WEEK: 7,
    Period.MONTH: 30,
    Period.QUARTER: 91,
    Period.YEAR: 365,
}
"""Lengths of calendar periods for burn rates, whose factors should not change every month."""


@dataclass(frozen=True, slots=True)
class Lookbacks:
    """A pair as it is promised: the long lookback may spend `budget` of the window's budget."""

    long_s: int
    short_s: int
    budget: Fraction
    severity: str

    def factor(self, window: ComplianceWindow) -> Fraction:
        """Return the burn rate that spends `budget` within the long lookback.

        >>> month = ComplianceWindow(rolling_s=30 * 86_400)
        >>> float(Lookbacks(3600, 300, Fraction(2, 100), "page").factor(month))
        14.4
        """
        return burn_factor(self.budget, nominal_s(window), self.long_s)

    def pair(self, window: ComplianceWindow) -> BurnPair:
        """Return the pair with its factor for a window."""
        return BurnPair(self.long_s, self.short_s, float(self.factor(window)), self.severity)


DEFAULTS = (
    Lookbacks(3600, 300, Fraction(2, 100), "page"),
    Lookbacks(6 * 3600, 1800, Fraction(5, 100), "page"),
    Lookbacks(_DAY_S, 2 * 3600, Fraction(10, 100), "ticket"),
    Lookbacks(3 * _DAY_S, 6 * 3600, Fraction(10, 100), "ticket"),
)


def nominal_s(window: ComplianceWindow) -> int:
    """Return the length of a window, of calendar periods the nominal one."""
    if window.period is not None:
        return NOMINAL_DAYS[window.period] * _DAY_S
    return window.rolling_s or 0


def fastest_burn(budget_e8: int) -> Fraction:
    """Return the burn rate when everything is bad: 1 / (1 - target).

    >>> fastest_burn(100_000)  # 99.9 %
    Fraction(1000, 1)
    """
    return Fraction(BUDGET_SCALE, budget_e8)


def default_pairs(window: ComplianceWindow, budget_e8: int) -> tuple[BurnPair, ...]:
    """Return the workbook's pairs that make sense for a window and a budget.

    Left out are pairs that look back over the whole window or more, pairs that even total
    failure cannot fire, and pairs with a factor below 1, which would warn of a speed at which
    the budget lasts.

    >>> [pair.factor for pair in default_pairs(ComplianceWindow(rolling_s=7 * 86_400), 10**6)]
    [3.36, 1.4]
    """
    return tuple(
        lookbacks.pair(window)
        for lookbacks in DEFAULTS
        if lookbacks.long_s < nominal_s(window)
        and 1 <= lookbacks.factor(window) <= fastest_burn(budget_e8)
    )
