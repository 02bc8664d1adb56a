"""The figures of one objective over one window, as a report shows them."""

from dataclasses import dataclass
from fractions import Fraction

from slm_stream.domain.budget import Number, allowed, budget_share, good_share
from slm_stream.domain.burn_rates import burn_rate


@dataclass(frozen=True, slots=True)
class BudgetReport:
    """Good and bad events of a window against a target; figures are None without data.

    Budgets are shown as time at an even rate of events: the share that may be bad (was bad),
    times the window.

    Attributes
    ----------
    sli : Fraction or None
        0 to 1.
    target : Fraction
        0 <= target < 1.
    window_s : int or Fraction
        Length of the window.

    >>> report = BudgetReport.of_events(50, 50, Fraction(9, 10), 3600)
    >>> float(report.burn_rate), float(report.budget_s), float(report.left_s)
    (5.0, 360.0, -1440.0)
    """

    sli: Fraction | None
    target: Number
    window_s: Number

    @classmethod
    def of_events(
        cls, good: Number, bad: Number, target: Number, window_s: Number
    ) -> "BudgetReport":
        """Return the report of a window with so many good and bad events."""
        return cls(good_share(good, good + bad), target, window_s)

    @property
    def above_target(self) -> Fraction | None:
        """Return SLI less target, negative when it is missed."""
        return None if self.sli is None else self.sli - self.target

    @property
    def budget(self) -> Fraction:
        """Return the share that may be bad."""
        return budget_share(self.target)

    @property
    def budget_s(self) -> Fraction:
        """Return the budget as seconds of the window."""
        return allowed(self.window_s, self.target)

    @property
    def bad_s(self) -> Fraction | None:
        """Return what was bad as seconds of the window."""
        return None if self.sli is None else (1 - self.sli) * self.window_s

    @property
    def left_s(self) -> Fraction | None:
        """Return what is left of the budget in seconds, negative when overspent."""
        return None if self.bad_s is None else self.budget_s - self.bad_s

    @property
    def burn_rate(self) -> Fraction | None:
        """Return how many times faster than the target allows the window was spent."""
        return None if self.sli is None else burn_rate(self.sli, self.target)

    def burns_faster_than(self, threshold: Number) -> bool:
        """Return whether the burn rate exceeds a threshold; never without data."""
        return self.burn_rate is not None and self.burn_rate > threshold


def is_enough(valid: Number, min_valid: Number = 1) -> bool:
    """Return whether there are enough events to say anything.

    >>> is_enough(9, 10), is_enough(0, 0)
    (False, False)
    """
    return valid >= max(1, min_valid)
