"""Objective cases about many figures made one: slices, composites, reports."""

from fractions import Fraction
from functools import partial

from slm_stream.domain import budget, timeslices
from slm_stream.domain.agreement import Verdict
from slm_stream.domain.budget_report import BudgetReport, is_enough
from slm_stream.domain.burn_rates import burn_rate
from slm_stream.domain.composite import all_good, normalised, weighted_sli
from slm_stream.domain.units import duration_label
from tests.conformance.budgets import budget_outputs, status_of
from tests.conformance.inputs import Inputs, Outputs, ratios, times
from tests.conformance.values import is_number, read_number

STATUS = {
    Verdict.MET: "HEALTHY",
    Verdict.NEAR_BREACH: "DEGRADING",
    Verdict.BREACH: "VIOLATED",
    Verdict.NO_DATA: "NO_DATA",
}
"""Our words for those of the files."""


def budgeting_methods(inputs: Inputs) -> Outputs:
    """One budgeting method over slices."""
    good, valid = inputs.get("good") or [], inputs.get("total") or []
    method = str(inputs.get("method") or inputs.get("budgeting") or "").lower()

    def slices() -> tuple[int, int]:
        return timeslices.good_slices(good, valid, inputs.ratio("slice_target"))

    def share() -> Fraction | None:
        if method == "occurrences":
            return timeslices.occurrences_sli(good, valid)
        if method == "timeslices":
            return budget.good_share(*slices())
        if method == "ratiotimeslices":
            return timeslices.ratio_timeslices_sli(good, valid)
        msg = f"{inputs.get('method')!r} is no budgeting method"
        raise ValueError(msg)

    def burnt() -> Fraction | None:
        known = share()
        return None if known is None else burn_rate(known, inputs.ratio("target"))

    return (
        ratios("sli", share)
        | ratios("budget_burnt", burnt)
        | {
            "good_sum": lambda: sum(good),
            "total_sum": lambda: sum(valid),
            "good_slices": lambda: slices()[0],
            "slices": lambda: len(valid),
        }
    )


def timeslices_(inputs: Inputs) -> Outputs:
    """Slices of a window, and how many may be bad."""

    def window() -> Fraction:
        return inputs.seconds("window", "period", "slo_period")

    def bad_s() -> Fraction:
        return budget.allowed(window(), inputs.ratio("target"))

    def attack_s() -> Fraction | None:
        otherwise = "baseline_slice_ratio"
        return timeslices.fault_to_exhaust(
            window(),
            inputs.ratio("target"),
            inputs.ratio("attack_slice_ratio"),
            inputs.ratio(otherwise) if inputs.has(otherwise) else 1,
        )

    return (
        ratios("sli", inputs.sli)
        | {
            "slices": lambda: timeslices.n_slices(window(), inputs.seconds("slice")),
            "text": lambda: duration_label(bad_s(), largest="h"),
        }
        | times("bad_{}_allowed", bad_s)
        | times("attack_{}_to_exhaust", attack_s)
    )


def composite(inputs: Inputs) -> Outputs:
    """One figure out of those of members."""
    given = inputs.get("members") or []
    members = [Inputs(m if isinstance(m, dict) else {"sli": m}) for m in given]
    weights = inputs.get("weights") or [m.get("weight", 1) for m in members]

    def share() -> Fraction | None:
        return weighted_sli(
            (read_number(weight), member.sli())
            for weight, member in zip(weights, members, strict=True)
        )

    def spent() -> budget.ErrorBudget | None:
        known = share()
        return None if known is None else budget.budget_of(known, inputs.ratio("target"))

    return (
        ratios("sli", share)
        | budget_outputs(inputs, spent)
        | {
            "normalised": lambda: normalised(map(read_number, weights)),
            "status": partial(status_of, inputs, share),
        }
        | _any_bad(inputs)
    )


def report(inputs: Inputs) -> Outputs:
    """The figures of one window; a count that is no data is none that came."""
    known = "sli" in inputs and inputs.has("sli")
    good, bad = (inputs[n] if is_number(inputs.get(n)) else 0 for n in ("good", "bad"))

    def window() -> BudgetReport:
        target, window_s = inputs.ratio("target"), Fraction(0)
        if inputs.has_time("window", "period"):
            window_s = inputs.seconds("window", "period")
        if known:
            return BudgetReport(inputs.sli(), target, window_s)
        return BudgetReport.of_events(good, bad, target, window_s)

    def enough() -> bool:
        if known and not inputs.has("good") and not inputs.has("bad"):
            return True
        at_least = inputs.number("min_valid_events") if inputs.has("min_valid_events") else 1
        return is_enough(good + bad, at_least)

    return (
        ratios("sli", lambda: inputs.sli() if known else budget.good_share(good, good + bad))
        | ratios("gap", lambda: window().above_target)
        | ratios("error_budget_target", lambda: window().budget)
        | times("error_budget_{}", lambda: window().budget_s)
        | times("error_{}", lambda: window().bad_s)
        | times("error_budget_remaining_{}", lambda: window().left_s)
        | {
            "events": lambda: good + bad,
            "good": lambda: good,
            "bad": lambda: bad,
            "valid": enough,
            "burn_rate": lambda: window().burn_rate,
            "alert": lambda: window().burns_faster_than(inputs.number("burn_rate_threshold")),
        }
    )


def _any_bad(inputs: Inputs) -> Outputs:
    """Members by minute, or by slot, of which any that is bad makes the whole bad."""
    minutes = [[word == "good" for word in member] for member in inputs.get("member_minutes", [])]
    slots = [[letter == "O" for letter in member] for member in inputs.get("slots", {}).values()]

    def percent(good: list[bool]) -> object:
        return ratios("x", lambda: budget.good_share(sum(good), len(good)))["x_percent"]()

    return {
        "composite_minutes": lambda: ["good" if good else "bad" for good in all_good(minutes)],
        "member_percent": lambda: [percent(member) for member in slots],
        "overall_percent": lambda: percent(all_good(slots)),
    }


CATEGORIES = {
    "budgeting_methods": budgeting_methods,
    "composite": composite,
    "report": report,
    "timeslices": timeslices_,
}
