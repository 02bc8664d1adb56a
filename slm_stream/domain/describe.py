"""Promises in words."""

from fractions import Fraction

from slm_stream.domain.agreement import (
    BUDGET_SCALE,
    BudgetingMethod,
    ComplianceWindow,
    Objective,
)
from slm_stream.domain.catalogue import Indicator, IndicatorKind
from slm_stream.domain.conditions import written
from slm_stream.domain.units import format_duration_ms, format_percent


def describe(objective: Objective, indicator: Indicator) -> str:
    """Return what an objective promises, as one sentence without a full stop.

    >>> from slm_stream.domain.catalogue import Source
    >>> latency = Indicator("latency", IndicatorKind.DURATION, Source.TRANSACTIONS)
    >>> month = ComplianceWindow(rolling_s=28 * 86_400)
    >>> p95 = Objective("p95", "latency", 5_000_000, month, within_ms=300.0)
    >>> describe(p95, latency)
    '95 % of valid transactions within 300 ms over any 28 d'
    """
    target = format_percent(objective_target(objective))
    over = describe_window(objective.window)
    if indicator.kind is IndicatorKind.AVAILABILITY:
        return f"available for {target} of agreed service time {over}, by {indicator.source}"
    if indicator.kind is IndicatorKind.TIMELINESS:
        within = ", ".join(
            f"{priority} {format_duration_ms(seconds * 1000)}"
            for priority, seconds in objective.targets_s.items()
        )
        done = " or ".join(objective.stop_at)
        return f"{target} of incidents {done} within {within} of agreed service time {over}"
    counted = f"valid {indicator.source}"
    if indicator.kind is IndicatorKind.DURATION:
        good = f"within {format_duration_ms(objective.within_ms or 0)}"
    else:
        good = f"with {' and '.join(map(written, indicator.good))}"
    if objective.method is BudgetingMethod.TIMESLICES:
        slice_target = format_percent(Fraction(objective.slice_target).limit_denominator(10**8))
        return f"{target} of minutes with {slice_target} of {counted} {good} {over}"
    return f"{target} of {counted} {good} {over}"


def objective_target(objective: Objective) -> Fraction:
    """Return the target as an exact ratio."""
    return Fraction(BUDGET_SCALE - objective.budget_e8, BUDGET_SCALE)


def describe_window(window: ComplianceWindow) -> str:
    """Return ``over any 28 d`` or ``in each calendar month``.

    >>> describe_window(ComplianceWindow(rolling_s=3600))
    'over any 1 h'
    """
    if window.period is not None:
        return f"in each calendar {window.period}"
    return f"over any {format_duration_ms((window.rolling_s or 0) * 1000)}"
