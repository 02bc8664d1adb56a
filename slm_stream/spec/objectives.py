"""Objectives: checked against their indicator, and made into domain values."""

from dataclasses import replace
from fractions import Fraction

from slm_stream.domain.agreement import (
    BUDGET_SCALE,
    STOP_STATUSES,
    BudgetingMethod,
    BurnPair,
    Objective,
    ProbeRule,
    span_label,
)
from slm_stream.domain.burn_pairs import (
    MAX_PAIRS,
    Lookbacks,
    default_pairs,
    fastest_burn,
    nominal_s,
)
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Source
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.kinds.base import Measure
from slm_stream.domain.units import format_duration_ms, format_percent
from slm_stream.domain.wording import hint, shown
from slm_stream.spec.measures import read_limit, read_measure
from slm_stream.spec.models import BurnSpec, ObjectiveSpec
from slm_stream.spec.places import Place
from slm_stream.spec.shelf import Shelf
from slm_stream.spec.witnesses import read_rule

OPTIONS = {kind: one.options for kind, one in KINDS.items()}
"""What an objective may say beyond the common keys, by its indicator's kind."""

_ANY_OPTION = frozenset[str]().union(*OPTIONS.values())


def read_objective(
    place: Place, indicators: Shelf[Indicator] | None, near_breach: Fraction
) -> Objective | None:
    """Return the objective that stands at a place, or None where something is wrong.

    Parameters
    ----------
    place : Place
        Where it stands.
    indicators : Shelf or None
        The service's indicators; None where the service could not be read.
    near_breach : Fraction
        The agreement's share of the budget at which a breach is near.
    """
    before = len(place.mistakes)
    spec = place.read(ObjectiveSpec)
    indicator = None
    if indicators is not None and "indicator" in place.mapping:
        indicator = indicators.find(place.mapping["indicator"], place.at("indicator"))
    witness_rule = read_rule(place, indicator)
    measure = None
    if indicator is not None:
        _check_options(indicator, place)
        measure = read_measure(indicator, place)
        if measure is None:
            return None
        _check_within(indicator, measure, place)
        if spec is not None and indicator.interval_s:
            _check_interval(indicator, spec, place)
    if measure is not None and not measure.budgeted:
        limit = read_limit(measure, near_breach, place)
        if spec is not None:
            _check_consistency(spec, place)
        if spec is None or limit is None or len(place.mistakes) > before:
            return None
        objective = _objective(spec, 0, (), near_breach)
        return replace(objective, limit=limit, witness_rule=witness_rule)
    if isinstance(place.value, dict) and not {"target", "percentile"} & place.meant(ObjectiveSpec):
        place.at("target").refuse('is missing; add for example target: "99.9 %"')
    if spec is None:
        return None
    budget_e8 = _budget_e8(spec, place)
    _check_consistency(spec, place)
    pairs = () if budget_e8 is None else _burn_pairs(spec, budget_e8, place)
    if budget_e8 is None or len(place.mistakes) > before:
        return None
    objective = _objective(spec, budget_e8, pairs, near_breach)
    return replace(objective, witness_rule=witness_rule)


def _objective(
    spec: ObjectiveSpec, budget_e8: int, pairs: tuple[BurnPair, ...], near_breach: Fraction
) -> Objective:
    within, probes = spec.within, spec.probes
    return Objective(
        name=spec.name,
        indicator=spec.indicator,
        measure=spec.measure,
        budget_e8=budget_e8,
        window=spec.window,
        method=spec.method,
        slice_target=1.0 if spec.slice_target is None else float(spec.slice_target),
        min_valid=spec.min_valid,
        expected_volume=spec.expected_volume,
        within_ms=float(within) if isinstance(within, Fraction) else None,
        percentile=None if spec.percentile is None else float(spec.percentile),
        targets_s=dict(within) if isinstance(within, dict) else {},
        probe_rule=ProbeRule(
            fail_after=probes.fail_after,
            recover_after=probes.recover_after,
            quorum=probes.quorum,
            hold_s=probes.hold,
            strike_off_s=probes.strike_off,
            strike_off_after_s=probes.strike_off_after,
            up_before_first=probes.up_before_first,
        ),
        stop_at=tuple(spec.stop_at),
        warn_at=tuple(spec.warn_at),
        near_breach_ratio=float(near_breach if spec.near_breach is None else spec.near_breach),
        burn_pairs=pairs,
    )


def _check_options(indicator: Indicator, place: Place) -> None:
    """Refuse what does not fit the kind; works on the keys, whatever their values."""
    what = f"indicator {indicator.name} ({indicator.kind} from {indicator.by})"
    for key in sorted(_ANY_OPTION & {*place.mapping} - OPTIONS[indicator.kind]):
        kinds = " and ".join(kind for kind, options in OPTIONS.items() if key in options)
        place.at(key).refuse(f"does not fit {what}, it is for {kinds}; take it out")
    if (
        indicator.kind is IndicatorKind.AVAILABILITY
        and Source.PROBES not in [witness.source for witness in indicator.heard]
        and "probes" in place.mapping
    ):
        place.at("probes").refuse(f"does not fit {what}, which hears no probes; take it out")


def _check_within(indicator: Indicator, measure: Measure, place: Place) -> None:
    by_priority = isinstance(place.mapping.get("within"), dict)
    if indicator.kind is IndicatorKind.DURATION:
        if not measure.budgeted:
            return
        if "within" not in place.meant(ObjectiveSpec):
            place.at("within").refuse(
                "is missing, how long may it take? Add for example within: 300ms"
            )
        elif by_priority:
            place.at("within").refuse(
                "is by priority, which only incidents have; write one, for example within: 300ms"
            )
    elif indicator.kind is IndicatorKind.TIMELINESS and not (
        by_priority
        or measure.name == "mean"
        or "within" in place.meant(ObjectiveSpec) - {*place.mapping}
    ):
        place.at("within").refuse(
            "has no targets by priority; write for example within: {P1: 4h, P2: 8h}"
        )


def _check_interval(indicator: Indicator, spec: ObjectiveSpec, place: Place) -> None:
    """Refuse a window that may pass between two probes, and results that go stale before it."""
    every_s = indicator.interval_s
    every = f"indicator {indicator.name} is probed every {span_label(every_s)}"
    if nominal_s(spec.window) < every_s:
        place.at("window").refuse(
            f"{spec.window.label} is shorter than the probe interval, {every}: "
            f"most windows see no probe; write at least {span_label(every_s)}"
        )
    if indicator.kind is IndicatorKind.AVAILABILITY and spec.probes.hold < every_s:
        place.at("probes", "hold").refuse(
            f"{span_label(spec.probes.hold)} is shorter than the probe interval, {every}: between "
            f"probes nobody would know; write at least {span_label(every_s)}"
        )


def _budget_e8(spec: ObjectiveSpec, place: Place) -> int | None:
    if spec.percentile is None:
        return spec.target
    budget_e8 = int(BUDGET_SCALE - spec.percentile * BUDGET_SCALE / 100)
    if spec.target not in (None, budget_e8):
        target = format_percent(1 - Fraction(spec.target or 0, BUDGET_SCALE))
        place.at("target").refuse(
            f"{target} contradicts percentile {float(spec.percentile):g}, which says "
            f"{format_percent(spec.percentile / 100)}; keep one of the two"
        )
    return budget_e8


def _check_consistency(spec: ObjectiveSpec, place: Place) -> None:
    slices = spec.method is BudgetingMethod.TIMESLICES
    if slices and spec.slice_target is None:
        place.at("slice_target").refuse(
            'is missing, when is a minute good? Add for example slice_target: "99 %"'
        )
    if not slices and spec.slice_target is not None:
        place.at("slice_target").refuse("is for minutes; add method: timeslices or take it out")
    if spec.expected_volume and spec.window.period is None:
        place.at("expected_volume").refuse(
            f"is for calendar periods, the window {spec.window.label} is rolling; take it out"
        )
    for i, status in enumerate(spec.stop_at):
        if status not in STOP_STATUSES:
            place.at("stop_at", i).refuse(
                f"{shown(status)} ends no work; {hint(status, STOP_STATUSES)}"
            )
    _check_thresholds(spec, place)
    if spec.probes.strike_off_after and not spec.probes.strike_off:
        place.at("probes", "strike_off_after").refuse(
            "does nothing without strike_off; add for example strike_off: 2m"
        )


def _check_thresholds(spec: ObjectiveSpec, place: Place) -> None:
    targets_s = list(spec.within.values()) if isinstance(spec.within, dict) else []
    labels = [threshold.label for threshold in spec.warn_at]
    for i, threshold in enumerate(spec.warn_at):
        if labels.index(threshold.label) < i:
            place.at("warn_at", i).refuse(f"repeats {threshold.label}; take it out")
        elif targets_s and all(threshold.amount_s(each) is None for each in targets_s):
            longest = format_duration_ms(1000 * max(targets_s))
            place.at("warn_at", i).refuse(
                f"{threshold.label} lies before every clock begins, the longest target is "
                f"{longest}; write less"
            )


def _burn_pairs(spec: ObjectiveSpec, budget_e8: int, place: Place) -> tuple[BurnPair, ...]:
    if spec.burn is None:
        return default_pairs(spec.window, budget_e8)
    if len(spec.burn) > MAX_PAIRS:
        place.at("burn").refuse(f"has {len(spec.burn)} pairs; keep at most {MAX_PAIRS}")
    pairs = []
    for child in place.children("burn"):
        burn = child.read(BurnSpec)
        if burn is not None:
            _check_burn(burn, spec, budget_e8, child)
            pairs.append(
                Lookbacks(burn.long, burn.short, burn.budget, burn.severity).pair(spec.window)
            )
    return tuple(pairs)


def _check_burn(burn: BurnSpec, spec: ObjectiveSpec, budget_e8: int, place: Place) -> None:
    long, short = place.mapping["long"], place.mapping["short"]
    if burn.short >= burn.long:
        place.at("short").refuse(f"{short} is not shorter than long {long}; write less than {long}")
    window_s = nominal_s(spec.window)
    if burn.long >= window_s:
        place.at("long").refuse(
            f"{long} is not shorter than the window {spec.window.label}; write less"
        )
        return
    factor = Lookbacks(burn.long, burn.short, burn.budget, burn.severity).factor(spec.window)
    fastest = fastest_burn(budget_e8)
    if factor > fastest:
        target = format_percent(1 - Fraction(budget_e8, BUDGET_SCALE))
        most = fastest * burn.long / window_s
        place.at("budget").refuse(
            f"can never be reached: {format_percent(burn.budget)} of the budget of "
            f"{spec.window.label} in {long} is {float(factor):.4g} times the even speed, but with "
            f"target {target} even total failure is only {float(fastest):.4g} times; "
            f"write at most {int(most * 10_000) / 100:g} %, or a longer long"
        )
