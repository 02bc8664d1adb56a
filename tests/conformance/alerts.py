"""Objective cases about burn rates, alerts and exhaustion."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial

from slm_stream.domain import burn_rates
from slm_stream.domain.agreement import ComplianceWindow
from slm_stream.domain.budget import Number, good_share
from slm_stream.domain.burn_pairs import DEFAULTS
from slm_stream.domain.burn_timeline import BurnRule, BurnTimeline
from slm_stream.domain.units import duration_label
from tests.conformance.inputs import UNITS, Inputs, Outputs, ratios, times
from tests.conformance.values import read_number, read_whole

PERIOD = ("slo_period", "period", "window")
_LONGEST_PERIOD_DAYS = 366


def burn_rate(inputs: Inputs) -> Outputs:
    """From counts, from slices, or given."""

    def share() -> Fraction | None:
        if inputs.has("observed_slices", "good_slices"):
            whole = _slices(inputs)
            bad = inputs.number("observed_slices") - inputs.number("good_slices")
            return good_share(whole - bad, whole)
        return inputs.sli()

    def burn() -> Number | None:
        if inputs.has("burn_rate"):
            return inputs.number("burn_rate")
        known = share()
        return None if known is None else burn_rates.burn_rate(known, inputs.ratio("target"))

    def errors() -> Fraction | None:
        known = burn()
        return None if known is None else burn_rates.error_ratio(known, inputs.ratio("target"))

    def lasts(days: int) -> Fraction | None:
        known = burn()
        return None if known is None else burn_rates.time_to_exhaustion(days, known)

    return (
        ratios("sli", share)
        | {"burn_rate": burn}
        | ratios("error_rate", errors)
        | ratios("error_ratio", errors)
        | {
            f"days_to_exhaustion_of_{days}d": partial(lasts, days)
            for days in range(1, _LONGEST_PERIOD_DAYS + 1)
        }
    )


def burn_rate_bound(inputs: Inputs) -> Outputs:
    """The fastest burn, and whether a threshold can be exceeded."""

    def threshold() -> Fraction:
        return burn_rates.error_ratio(_factor(inputs), inputs.ratio("target"))

    return {
        "max_burn_rate": lambda: burn_rates.max_burn_rate(inputs.ratio("target")),
        "can_fire": lambda: burn_rates.can_fire(_factor(inputs), inputs.ratio("target")),
    } | ratios("threshold_error_ratio", threshold)


def burn_rate_factor(inputs: Inputs) -> Outputs:
    """The burn rate that spends a share of the budget within the long lookback."""
    factor = partial(_factor_of_lookback, inputs)
    return {"burn_rate_factor": factor, "burn_rate_threshold": factor}


def budget_consumed(inputs: Inputs) -> Outputs:
    """The share of the budget that is spent when an alert fires."""
    return ratios("budget_consumed", partial(_spent_within, inputs))


def alert_timing(inputs: Inputs) -> Outputs:
    """How long a steady fault lasts before it is told."""

    def seconds() -> Fraction:
        return burn_rates.time_to_fire(
            inputs.ratio("error_ratio", "error_rate"),
            inputs.ratio("target", "slo"),
            inputs.seconds("long_window", "long"),
            _factor(inputs),
        )

    spent = partial(_spent_within, inputs)
    return times("time_to_fire_{}", seconds) | ratios("budget_consumed_at_fire", spent)


def alert_timeline(inputs: Inputs) -> Outputs:
    """Which rules fire at a minute."""
    spans = [(*_minutes(row["minutes"]), row) for row in inputs["per_minute"]]
    rules = [_rule(Inputs({**inputs, **row})) for row in inputs["windows"]]
    longest = max((rule.long_minutes for rule in rules), default=0)
    n_minutes = max(last for _, last, _ in spans) + 1 + longest
    good, bad = [Fraction()] * n_minutes, [Fraction()] * n_minutes
    for first, last, row in spans:
        for minute in range(first, last + 1):
            good[minute] += read_number(row.get("good") or 0)
            bad[minute] += read_number(row.get("bad") or 0)
    timeline = BurnTimeline(good, bad, inputs.ratio("target"))

    def firing(minute: int) -> list[str]:
        return sorted(timeline.firing(minute, rules))

    return {f"at_minute_{minute}": partial(firing, minute) for minute in range(n_minutes)}


def time_to_exhaustion(inputs: Inputs) -> Outputs:
    """How long a full budget lasts at a burn rate."""

    def seconds() -> Fraction | None:
        return burn_rates.time_to_exhaustion(inputs.seconds(*PERIOD), inputs.number("burn_rate"))

    def label() -> str | None:
        known = seconds()
        return None if known is None else duration_label(known, largest="w")

    return (
        times("{}", seconds)
        | times("{}_to_exhaustion", seconds)
        | times("time_to_exhaustion_{}", seconds)
        | {"label": label}
    )


def low_traffic_correction(inputs: Inputs) -> Outputs:
    """An hour's errors, weighed by how much traffic it had."""
    hour, days_30 = UNITS["hours"], 30 * UNITS["days"]

    def ratio() -> Fraction:
        failed, total = inputs.number("hour_failed"), inputs.number("hour_total")
        share = good_share(total - failed, total)
        return Fraction(0) if share is None else 1 - share

    def weight() -> Fraction:
        known = burn_rates.traffic_weight(
            inputs.number("hour_total"), hour, inputs.number("requests_30d"), days_30
        )
        return Fraction(0) if known is None else known

    def spent(error_ratio: Callable[[], Fraction]) -> Fraction:
        target = 1 - inputs.number("hours_of_budget") * hour / Fraction(days_30)
        return burn_rates.spent_within(
            burn_rates.burn_rate(1 - error_ratio(), target), hour, days_30
        )

    def corrected() -> Fraction:
        return ratio() * weight()

    return (
        ratios("hour_error_ratio", ratio)
        | ratios("correction_factor", weight)
        | ratios("corrected_error_ratio", corrected)
        | ratios("budget_burn", lambda: spent(ratio))
        | ratios("corrected_burn", lambda: spent(corrected))
    )


def _factor(inputs: Inputs) -> Number:
    return inputs.number("factor", "burn_rate", "burn_rate_factor")


def _factor_of_lookback(inputs: Inputs) -> Fraction:
    """Return the factor of a share of the budget; without one, that of the default pair."""
    period_s = inputs.seconds(*PERIOD)
    long_s = inputs.seconds("long_window", "long", "time_range")
    if inputs.has("error_budget_consumed_percent") or inputs.has("error_budget_consumed"):
        return burn_rates.burn_factor(inputs.ratio("error_budget_consumed"), period_s, long_s)
    window = ComplianceWindow(rolling_s=read_whole(period_s))
    for pair in DEFAULTS:
        if pair.long_s == long_s:
            return pair.factor(window)
    msg = f"no default pair looks back {float(long_s):g} s"
    raise ValueError(msg)


def _spent_within(inputs: Inputs) -> Fraction:
    long_s, period_s = inputs.seconds("long_window", "long"), inputs.seconds(*PERIOD)
    return burn_rates.spent_within(_factor(inputs), long_s, period_s)


def _slices(inputs: Inputs) -> Fraction:
    """Return the slices that a window expects."""
    if inputs.has("window_slices"):
        return Fraction(inputs.number("window_slices"))
    return inputs.seconds("window") / inputs.seconds("slice")


def _rule(inputs: Inputs) -> BurnRule:
    if inputs.has("factor") or inputs.has("burn_rate") or inputs.has("burn_rate_factor"):
        factor = _factor(inputs)
    else:
        factor = _factor_of_lookback(inputs)
    return BurnRule(
        long_minutes=read_whole(inputs.seconds("long_window", "long") / 60),
        short_minutes=read_whole(inputs.seconds("short_window", "short") / 60),
        factor=factor,
        severity=str(inputs.get("severity")),
    )


def _minutes(span: object) -> tuple[int, int]:
    """Return the first and the last minute of "31-61" or "31"."""
    first, _, last = str(span).partition("-")
    return int(first), int(last or first)


CATEGORIES = {
    "alert_timeline": alert_timeline,
    "alert_timing": alert_timing,
    "budget_consumed_when_alert_fires": budget_consumed,
    "burn_rate": burn_rate,
    "burn_rate_bound": burn_rate_bound,
    "burn_rate_factor": burn_rate_factor,
    "low_traffic_correction": low_traffic_correction,
    "time_to_exhaustion": time_to_exhaustion,
}
