"""Burn rates: how fast an error budget is spent, and what follows from that.

A burn rate of 1 spends the whole budget in exactly one window.

Source: *The Site Reliability Workbook*, chapter 5 (alerting on SLOs), equations for burn rate,
detection time and budget consumed.
"""

from fractions import Fraction

from slm_stream.domain.budget import Number, budget_of, budget_share


def burn_rate(sli: Number, target: Number) -> Fraction:
    """Return (1 - sli) / (1 - target).

    >>> burn_rate(Fraction(9, 10), Fraction(999, 1000))
    Fraction(100, 1)
    """
    return budget_of(sli, target).spent


def max_burn_rate(target: Number) -> Fraction:
    """Return the burn rate when everything is bad: 1 / (1 - target).

    >>> max_burn_rate(Fraction(96, 100))
    Fraction(25, 1)
    """
    return burn_rate(0, target)


def error_ratio(burn: Number, target: Number) -> Fraction:
    """Return the share of bad events that makes a burn rate: burn × (1 - target).

    >>> float(error_ratio(10, Fraction(999, 1000)))
    0.01
    """
    return burn * budget_share(target)


def can_fire(factor: Number, target: Number) -> bool:
    """Return whether any share of bad events can exceed a threshold.

    >>> can_fire(Fraction(144, 10), Fraction(1, 10))  # would need 1296 % bad
    False
    """
    return error_ratio(factor, target) < 1


def burn_factor(budget: Number, period: Number, long: Number) -> Fraction:
    """Return the burn rate that spends a share of the period's budget within a lookback.

    Parameters
    ----------
    budget : Fraction
        Share of the budget, 0.02 for 2 %.
    period, long : int or Fraction
        Lengths of the compliance window and of the long lookback, in one unit.

    >>> float(burn_factor(Fraction(2, 100), 30 * 24, 1))
    14.4
    """
    return budget * Fraction(period) / long


def spent_within(burn: Number, long: Number, period: Number) -> Fraction:
    """Return the share of the budget that a burn rate spends within a lookback.

    >>> float(spent_within(6, 6, 30 * 24))
    0.05
    """
    return burn * Fraction(long) / period


def time_to_exhaustion(period: Number, burn: Number, left: Number = 1) -> Fraction | None:
    """Return how long the budget lasts at a burn rate, in the unit of the period.

    Parameters
    ----------
    period : int or Fraction
        Length of the compliance window.
    burn : int or Fraction
        Burn rate.
    left : int or Fraction
        Share of the budget that is left; 1 for a full one.

    Returns
    -------
    Fraction or None
        None where nothing is being spent: it lasts for ever. 0 where nothing is left.

    >>> time_to_exhaustion(28, 7), time_to_exhaustion(28, 0)
    (Fraction(4, 1), None)
    """
    if left <= 0:
        return Fraction(0)
    return left * Fraction(period) / burn if burn > 0 else None


def time_to_fire(bad_ratio: Number, target: Number, long: Number, factor: Number) -> Fraction:
    """Return how long a steady share of bad events lasts before a lookback is over its factor.

    After a spotless past: ``(1 - target) / bad_ratio × long × factor``, in the unit of `long`.
    A result longer than `long` says that it never fires.

    >>> float(time_to_fire(1, Fraction(999, 1000), 3600, Fraction(144, 10)))
    51.84

    Raises
    ------
    ValueError
        If nothing is bad.
    """
    if bad_ratio <= 0:
        msg = f"a fault has a share of bad events above 0, got {float(bad_ratio):g}"
        raise ValueError(msg)
    return error_ratio(factor, target) / bad_ratio * long


def traffic_weight(
    valid: Number, lookback: Number, period_valid: Number, period: Number
) -> Fraction | None:
    """Return the traffic of a lookback as a multiple of what is usual.

    An error ratio times this weight says what the bad events of a quiet hour mean for the
    whole period. None where the period brought nothing.

    >>> traffic_weight(120, 1, 90_000, 720)  # 125 an hour are usual
    Fraction(24, 25)
    """
    if not period_valid:
        return None
    return Fraction(valid) / lookback / (Fraction(period_valid) / period)
