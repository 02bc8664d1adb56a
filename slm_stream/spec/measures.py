"""Measures and their limits: which figure of an indicator is promised, and how far it may go."""

import re
from fractions import Fraction

from slm_stream.domain.catalogue import Indicator, IndicatorKind
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.kinds.base import Measure, Unit
from slm_stream.domain.limit import Limit
from slm_stream.domain.units import parse_duration_ms, parse_number
from slm_stream.domain.wording import hint
from slm_stream.spec.fields import parse_near_breach
from slm_stream.spec.models import ObjectiveSpec
from slm_stream.spec.places import Place

_PERCENTILE = re.compile(r"p[0-9]{1,2}(\.[0-9]+)?")
_BOUNDS = ("at_most", "at_least")
_OF_TARGETS = frozenset(
    {"target", "percentile", "method", "slice_target", "burn", "expected_volume"}
)
_OF_CLOCKS = frozenset({"within", "warn_at"})
"""What only measures that hold clocks against targets look at."""
_EXAMPLES = {
    Unit.COUNT: "at_most: 3",
    Unit.SECONDS: "at_most: 4h",
    Unit.PER_HOUR: "at_most: 0.5",
    Unit.PER_SECOND: "at_least: 10",
    Unit.NUMBER: "at_least: 7.5",
}


def read_measure(indicator: Indicator, place: Place) -> Measure | None:
    """Return the measure that an objective asks for; None where its kind has no such figure."""
    measures = KINDS[indicator.kind].by_name
    asked = str(place.mapping.get("measure", next(iter(measures))))
    if "measure" not in place.mapping and asked != ObjectiveSpec.model_fields["measure"].default:
        place.at("measure").refuse(
            f"is missing, a {indicator.kind} has no good share; "
            f"write measure: {' or '.join(measures)}"
        )
        return None
    if _PERCENTILE.fullmatch(asked) and indicator.kind is IndicatorKind.DURATION:
        place.at("measure").refuse(
            f"{asked} is promised as a share, which is exact; write percentile: {asked[1:]} and "
            "within: instead"
        )
        return None
    if asked not in measures:
        place.at("measure").refuse(
            f"{asked!r} is no figure of {indicator.name} ({indicator.kind}); "
            f"{hint(asked, measures)}"
        )
        return None
    measure = measures[asked]
    if measure.budgeted:
        for bound in _BOUNDS:
            if bound in place.mapping:
                place.at(bound).refuse(
                    f"does not fit {measure.name}, which has a target; write target: instead"
                )
    return measure


def read_limit(measure: Measure, near_breach: Fraction, place: Place) -> Limit | None:
    """Return the limit of a figure that has no error budget.

    An upper limit is near from the agreement's share of it on; a lower one only where the
    objective itself says so, for most figures are always near those.
    """
    for key in sorted(_OF_TARGETS & {*place.mapping}):
        place.at(key).refuse(
            f"does not fit the measure {measure.name}, which has a limit and no error budget; "
            "take it out"
        )
    if measure.unit is not Unit.COUNT:
        for key in sorted(_OF_CLOCKS & {*place.mapping}):
            place.at(key).refuse(f"does nothing for the measure {measure.name}; take it out")
    bounds = [bound for bound in _BOUNDS if bound in place.mapping]
    if len(bounds) != 1:
        place.at(bounds[-1] if bounds else "at_most").refuse(
            "contradicts at_most; keep one of the two"
            if bounds
            else f"is missing, how far may {measure.name} go? Add for example "
            f"{_EXAMPLES[measure.unit]}"
        )
        return None
    (bound,) = bounds
    try:
        value = _parse(place.mapping[bound], measure.unit)
    except ValueError as error:
        place.at(bound).refuse(str(error))
        return None
    spec = place.mapping.get("near_breach")
    near: float | None = float(near_breach) if bound == "at_most" else None
    if spec is not None:
        try:
            near = float(parse_near_breach(spec))
        except ValueError:
            return None  # told already
    return Limit(bound == "at_most", value, near)


def _parse(text: object, unit: Unit) -> Fraction:
    if unit is Unit.SECONDS:
        return parse_duration_ms(text) / 1000
    number = parse_number(text)
    if number is None:
        msg = f"{text!r} is not a number; write for example {_EXAMPLES[unit].split(': ')[1]}"
        raise ValueError(msg)
    if unit is Unit.COUNT and (number < 0 or number.denominator != 1):
        msg = f"{text} is not a count; write a whole number, for example 3"
        raise ValueError(msg)
    return number
