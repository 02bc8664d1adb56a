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
from slm_stream.domain.figures_text import format_limit
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.limit import Limit
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
    over = describe_window(objective.window)
    if objective.limit is not None:
        return _describe_limit(objective, objective.limit, indicator, over)
    target = format_percent(objective_target(objective))
    if indicator.kind is IndicatorKind.INDEX:
        parts = ", ".join(f"{name} ({weight})" for name, weight in indicator.parts)
        return f"{KINDS[indicator.kind].measure(objective.measure).line}, {parts}: {target} {over}"
    if indicator.kind is IndicatorKind.AVAILABILITY:
        return f"available for {target} of agreed service time {over}, by {indicator.by}"
    if indicator.kind is IndicatorKind.TIMELINESS:
        within = ", ".join(
            f"{priority} {format_duration_ms(seconds * 1000)}"
            for priority, seconds in objective.targets_s.items()
        )
        done = " or ".join(objective.stop_at)
        return f"{target} of incidents {done} within {within} of agreed service time {over}"
    counted = f"valid {indicator.source}"
    if indicator.weight:
        counted = f"{indicator.weight} of {counted}"
    if indicator.kind is IndicatorKind.DURATION:
        good = f"within {format_duration_ms(objective.within_ms or 0)}"
    else:
        good = f"with {_good(indicator)}"
    if objective.method is BudgetingMethod.TIMESLICES:
        slice_target = format_percent(Fraction(objective.slice_target).limit_denominator(10**8))
        return f"{target} of minutes with {slice_target} of {counted} {good} {over}"
    return f"{target} of {counted} {good} {over}"


def _describe_limit(objective: Objective, limit: Limit, indicator: Indicator, over: str) -> str:
    """Return what a limit promises.

    >>> from slm_stream.domain.catalogue import Source
    >>> up = Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES)
    >>> month = ComplianceWindow(rolling_s=28 * 86_400)
    >>> four_hours = Limit(True, Fraction(4 * 3600))
    >>> describe(Objective("mtrs", "up", 0, month, measure="mtrs", limit=four_hours), up)
    'mean time to restore service: down time per outage ≤ 4 h over any 28 d, by probes'
    """
    measure = KINDS[indicator.kind].measure(objective.measure)
    bound = format_limit(float(limit.value), measure.unit, at_most=limit.at_most)
    if indicator.kind is IndicatorKind.RATIO:
        counted = (
            f"{indicator.weight} of {indicator.source}" if indicator.weight else indicator.source
        )
        if objective.measure == "total":
            return f"{bound} {counted} {over}"
        if indicator.bad:
            return f"{bound} {indicator.bad} in {indicator.source} {over}"
        return f"{bound} {counted} without {_good(indicator)} {over}"
    of = f" ({indicator.field})" if indicator.field else ""
    return f"{measure.line}{of} {bound} {over}, by {indicator.source}"


def _good(indicator: Indicator) -> str:
    if indicator.bad:
        return f"no {indicator.bad}"
    return " and ".join(map(written, indicator.good))


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
