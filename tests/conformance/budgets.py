"""Objective cases about SLIs and error budgets."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial

from slm_stream.domain import budget, timeslices
from slm_stream.domain.agreement import Verdict
from slm_stream.domain.lengths import Length
from slm_stream.domain.units import parse_duration_ms
from tests.conformance.inputs import Inputs, Outputs, ratios, times
from tests.conformance.values import read_whole

STATUS = {
    Verdict.MET: "HEALTHY",
    Verdict.NEAR_BREACH: "DEGRADING",
    Verdict.BREACH: "VIOLATED",
    Verdict.NO_DATA: "NO_DATA",
}
"""Our words for those of the files."""


def sli(inputs: Inputs) -> Outputs:
    """Good among valid."""
    return ratios("sli", inputs.sli) | {"status": partial(status_of, inputs, inputs.sli)}


def status(inputs: Inputs) -> Outputs:
    """Verdict from an SLI and the budget left."""
    return {"status": partial(status_of, inputs, inputs.sli)}


def error_budget(inputs: Inputs) -> Outputs:
    """What is spent, by events or by slices."""

    def spent() -> budget.ErrorBudget | None:
        target = inputs.ratio("target")
        if "sli" in inputs:
            known = inputs.sli()
            return None if known is None else budget.budget_of(known, target)
        if inputs.has("good_slices") or inputs.has("bad_slices"):
            return budget.error_budget(*_bad_and_all_slices(inputs), target)
        counts = inputs.good_and_valid()
        if counts is None:
            return None
        return budget.error_budget(counts[1] - counts[0], counts[1], target)

    return budget_outputs(inputs, spent) | ratios("sli", inputs.sli)


def error_budget_time(inputs: Inputs) -> Outputs:
    """A budget as time; a list of windows gives a list."""

    def of_window(one: Inputs) -> Fraction:
        return budget.allowed(one.seconds("window", "period"), one.ratio("target"))

    def uptime(one: Inputs) -> Fraction | None:
        period = one.seconds("period", "window")
        return budget.good_share(period - one.seconds("down"), period)

    def of_one(one: Inputs) -> Outputs:
        budget_s = partial(of_window, one)
        rounded = times("budget_{}_rounded", budget_s)
        return times("budget_{}", budget_s) | rounded | ratios("uptime", partial(uptime, one))

    name = next((name for name, value in inputs.items() if isinstance(value, list)), None)
    if name is None:
        return of_one(inputs)
    each = [of_one(Inputs({**inputs, name: item})) for item in inputs[name]]
    return {key: partial(_all, each, key) for key in of_one(inputs)}


def exclusion(inputs: Inputs) -> Outputs:
    """The two ways of accounting for what is excluded."""

    def down() -> Fraction:
        return budget.bad_share(
            inputs.seconds("down"),
            inputs.seconds("window"),
            inputs.seconds("excluded"),
            counts_as_up="counts as up" in str(inputs.get("rule")),
        )

    return ratios("down", down)


def duration(inputs: Inputs) -> Outputs:
    """Seconds that a text stands for."""
    return times("{}", lambda: parse_duration_ms(inputs.get("text")) / 1000)


def period_seconds(inputs: Inputs) -> Outputs:
    """Days as seconds."""
    return times("{}", lambda: Length.of(read_whole(inputs["days_in_month"]), "day").fixed_s)


def status_of(inputs: Inputs, share: Callable[[], Fraction | None]) -> str:
    """Return the verdict of a share of good events, in the words of the files."""
    known = share()
    if known is None:
        return STATUS[budget.budget_verdict(None, 0, None)]
    left = inputs.number("budget_remaining") if inputs.has("budget_remaining") else None
    return STATUS[budget.budget_verdict(known, inputs.ratio("target"), left)]


def budget_outputs(inputs: Inputs, spent: Callable[[], budget.ErrorBudget | None]) -> Outputs:
    """Return what is said of a budget."""

    def consumed() -> Fraction | None:
        known = spent()
        return None if known is None else known.spent

    def remaining() -> Fraction | None:
        known = spent()
        return None if known is None else known.left

    return (
        ratios("initial", lambda: budget.budget_share(inputs.ratio("target")))
        | ratios("consumed", consumed)
        | ratios("remaining", remaining)
        | ratios("budget_burnt", consumed)
    )


def _bad_and_all_slices(inputs: Inputs) -> tuple[Fraction, Fraction]:
    """Return the bad slices, and those of the whole window: to come, they count as good."""
    if inputs.has("window_slices") or inputs.has("total_slices"):
        whole = inputs.number("window_slices", "total_slices")
    else:
        whole = timeslices.n_slices(inputs.seconds("window"), inputs.seconds("slice"))
    if inputs.has("bad_slices"):
        return Fraction(inputs.number("bad_slices")), Fraction(whole)
    seen = inputs.number("elapsed_slices", "observed_slices", "total_slices", "window_slices")
    return Fraction(seen - inputs.number("good_slices")), Fraction(whole)


def _all(each: list[Outputs], key: str) -> list[object]:
    return [outputs[key]() for outputs in each]


CATEGORIES = {
    "duration": duration,
    "error_budget": error_budget,
    "error_budget_time": error_budget_time,
    "exclusion": exclusion,
    "period_seconds": period_seconds,
    "sli": sli,
    "status": status,
}
