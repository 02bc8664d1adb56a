"""Availability from several witnesses: who is heard, and the rule that joins them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from slm_stream.domain.agreement import BUDGET_SCALE
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Source, Witness
from slm_stream.domain.conditions import parse_condition
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.units import format_percent
from slm_stream.domain.witness_rule import MinuteRule, WitnessPolicy, WitnessRule
from slm_stream.domain.wording import hint, shown
from slm_stream.spec.contradictions import refuse_contradictions
from slm_stream.spec.fields import Count, Name, PositiveSeconds, Seconds, SliceTarget
from slm_stream.spec.models import SpecModel
from slm_stream.spec.places import Place

DEFAULT_DISAGREEMENT_S = 600


def _by_witness(value: object) -> dict[str, list[Any]]:
    if not isinstance(value, dict) or not all(isinstance(each, list) for each in value.values()):
        msg = (
            "does not say which witness it is about; "
            'write for example {transactions: ["status != 404"]}'
        )
        raise ValueError(msg)
    return value


ByWitness = Annotated[dict[str, list[Any]], PlainValidator(_by_witness)]


class WitnessesSpec(SpecModel):
    """An indicator with a list of witnesses; conditions are read one by one."""

    name: Name = Field(examples=["availability"])
    title: str = ""
    kind: IndicatorKind = Field(examples=["availability"])
    sources: list[Source] = Field(alias="from", examples=["[probes, transactions]"])
    valid: ByWitness = Field({})
    good: ByWitness = Field({})
    interval: PositiveSeconds | None = None


class MinuteSpec(SpecModel):
    """What a minute of transactions says."""

    min_valid: Count = 10
    degraded_below: SliceTarget = Fraction(99, 100)
    down_below: SliceTarget = Fraction(1, 2)


class WitnessRuleSpec(SpecModel):
    """How an objective joins the witnesses of its indicator."""

    rule: WitnessPolicy = WitnessPolicy.ANY
    order: list[Source] = Field([])
    transactions: MinuteSpec = MinuteSpec()
    degraded: Literal["up", "down"] = "up"
    disagreement: Seconds = DEFAULT_DISAGREEMENT_S


def read_witnessed(place: Place) -> Indicator | None:
    """Return the indicator at a place whose `from` is a list, or None where something is wrong."""
    before = len(place.mistakes)
    spec = place.read(WitnessesSpec)
    if spec is None:
        return None
    if spec.kind is not IndicatorKind.AVAILABILITY:
        place.at("from").refuse(
            f"{spec.kind} is told by one witness, only availability by several; "
            f"write for example from: {next(iter(spec.sources), Source.PROBES)}"
        )
    elif len(spec.sources) < 2:
        one = next(iter(spec.sources), Source.PROBES)
        place.at("from").refuse(f"is a list for several witnesses; write from: {one}")
    for i, source in enumerate(spec.sources):
        possible = KINDS[IndicatorKind.AVAILABILITY].sources
        if source in spec.sources[:i]:
            place.at("from", i).refuse(f"{source} is listed twice; keep one")
        elif source not in possible:
            place.at("from", i).refuse(
                f"availability cannot be told from {source}; {hint(source, possible)}"
            )
    if spec.interval is not None and Source.PROBES not in spec.sources:
        place.at("interval").refuse("is how often probes come, only they do; take it out")
    for key in ("valid", "good"):
        _check_keys(getattr(spec, key), spec.sources, place.at(key))
    if len(place.mistakes) > before:
        return None
    witnesses = tuple(_read_witness(source, place) for source in spec.sources)
    if len(place.mistakes) > before:
        return None
    return Indicator(
        name=spec.name,
        kind=spec.kind,
        source=spec.sources[0],
        title=spec.title,
        witnesses=witnesses,
        interval_s=spec.interval or 0,
    )


def read_rule(place: Place, indicator: Indicator | None) -> WitnessRule:
    """Return the rule of the objective at a place; what is wrong with it is noted.

    Parameters
    ----------
    place : Place
    indicator : Indicator or None
        None where it is not known: then only the rule itself is read.
    """
    several = indicator is not None and len(indicator.heard) > 1
    if "witnesses" not in place.mapping:
        return WitnessRule(disagreement_s=DEFAULT_DISAGREEMENT_S if several else 0)
    inside = place.at("witnesses")
    spec = inside.read(WitnessRuleSpec) if isinstance(inside.value, dict) else None
    if spec is None:
        return WitnessRule()
    minutes = spec.transactions
    if minutes.down_below > minutes.degraded_below:
        inside.at("transactions", "down_below").refuse(
            f"{format_percent(minutes.down_below)} is above degraded_below, "
            f"{format_percent(minutes.degraded_below)}, so that nothing would be degraded; "
            "write less, or the same"
        )
    if indicator is not None and indicator.kind is IndicatorKind.AVAILABILITY:
        _check_fit(spec, indicator, inside)
    return WitnessRule(
        policy=spec.rule,
        order=tuple(spec.order) or WitnessRule().order,
        minutes=MinuteRule(minutes.min_valid, _e8(minutes.degraded_below), _e8(minutes.down_below)),
        degraded_is_down=spec.degraded == "down",
        disagreement_s=spec.disagreement if several else 0,
    )


def _check_fit(spec: WitnessRuleSpec, indicator: Indicator, place: Place) -> None:
    """Refuse what the witnesses of the indicator have no use for."""
    heard = [witness.source for witness in indicator.heard]
    if len(heard) == 1:
        for key in ("rule", "order", "disagreement"):
            if key in place.mapping:
                place.at(key).refuse(
                    f"joins several witnesses, but indicator {indicator.name} hears "
                    f"{indicator.by} only; take it out"
                )
    elif spec.order:
        for i, source in enumerate(spec.order):
            if source not in heard:
                place.at("order", i).refuse(
                    f"indicator {indicator.name} does not hear {source}; {hint(source, heard)}"
                )
            elif source in spec.order[:i]:
                place.at("order", i).refuse(f"{source} is listed twice; keep one")
        missing = [source for source in heard if source not in spec.order]
        if missing:
            place.at("order").refuse(f"leaves out {' and '.join(missing)}; add it")
    if Source.TRANSACTIONS not in heard:
        for key in ("transactions", "degraded"):
            if key in place.mapping:
                place.at(key).refuse(
                    f"is about transactions, which indicator {indicator.name} "
                    f"({indicator.kind} from {indicator.by}) does not hear; take it out"
                )


def _check_keys(given: dict[str, list[Any]], heard: Sequence[Source], place: Place) -> None:
    for key in given:
        if key not in heard:
            place.at(key).refuse(f"{shown(key)} is not among from; {hint(str(key), heard)}")
        elif key == Source.INCIDENTS and place.steps[-1] == "good":
            place.at(key).refuse("tickets report outages, none of them is good; move it to valid")


def _read_witness(source: Source, place: Place) -> Witness:
    valid, good = (_read_conditions(source, place.at(key, source)) for key in ("valid", "good"))
    if good and {*good} <= {*valid}:
        place.at("good", source).refuse(
            "repeats valid, so that all that is valid is good; take the condition out of valid"
        )
    refuse_contradictions(source, valid, good, place.at("valid", source), place.at("good", source))
    return Witness(source, valid, good)


def _read_conditions(source: Source, place: Place) -> tuple[Condition, ...]:
    found = []
    texts = place.value
    for i, text in enumerate(texts if isinstance(texts, list) else ()):
        try:
            found.append(parse_condition(text, source))
        except ValueError as error:
            place.at(i).refuse(str(error))
    return tuple(found)


def _e8(share: Fraction) -> int:
    return round(share * BUDGET_SCALE)
