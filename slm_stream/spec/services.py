"""Services and indicators: checked, and made into domain values."""

from dataclasses import dataclass, replace
from typing import Any

from slm_stream.domain.agreement import BUDGET_SCALE
from slm_stream.domain.catalogue import (
    ClockRule,
    Indicator,
    IndicatorKind,
    Service,
    Source,
)
from slm_stream.domain.clock import ClockAction
from slm_stream.domain.clock_rules import RESOLVE, RULES
from slm_stream.domain.conditions import FIELDS, FieldType
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.wording import hint, shown
from slm_stream.spec.contradictions import refuse_contradictions
from slm_stream.spec.models import IndicatorSpec, ServiceSpec
from slm_stream.spec.places import Place
from slm_stream.spec.shelf import Shelf
from slm_stream.spec.witnesses import read_witnessed

WHOLE = (FieldType.INTEGER,)
NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)

_ACTIONS = tuple(str(action) for action in ClockAction)


@dataclass(frozen=True)
class ReadService:
    """A service as far as it could be read; `service` is None where something is wrong."""

    service: Service | None
    indicators: Shelf[Indicator]


def read_service(place: Place) -> ReadService:
    """Return the service that stands at a place."""
    before = len(place.mistakes)
    spec = place.read(ServiceSpec)
    indicators: Shelf[Indicator] = Shelf("indicator")
    for child in place.children("indicators"):
        indicators.put(child.mapping.get("name"), _read_indicator(child), child)
    _check_parts(indicators, place)
    if spec is None:
        indicators.complete = indicators.complete and isinstance(
            place.mapping.get("indicators"), list
        )
    if spec is None or len(place.mistakes) > before:
        return ReadService(None, indicators)
    service = Service(
        name=spec.name,
        indicators=indicators.good(),
        title=spec.title,
        owner=spec.owner,
        dedupe_transactions=spec.dedupe_transactions,
    )
    return ReadService(service, indicators)


def _read_indicator(place: Place) -> Indicator | None:
    if isinstance(place.mapping.get("from"), list):
        return read_witnessed(place)
    before = len(place.mistakes)
    spec = place.read(IndicatorSpec)
    if spec is None:
        return None
    _check_source(spec, place)
    _check_keys(spec, place)
    _check_good(spec, place)
    _check_clock(spec, place)
    if len(place.mistakes) == before:
        if spec.source is not None:
            at_valid, at_good = place.at("valid"), place.at("good")
            refuse_contradictions(spec.source, spec.valid, spec.good, at_valid, at_good)
        _check_fields(spec, place)
    if len(place.mistakes) > before:
        return None
    return Indicator(
        name=spec.name,
        kind=spec.kind,
        source=spec.source,
        valid=tuple(spec.valid),
        good=tuple(spec.good),
        title=spec.title,
        clock=_clock(spec),
        weight=spec.weight,
        bad=spec.bad,
        field=spec.field,
        parts=tuple(spec.parts.items()),
        works_at_e8=int(spec.works_at * BUDGET_SCALE),
        interval_s=spec.interval or 0,
    )


def _clock(spec: IndicatorSpec) -> ClockRule | None:
    if spec.kind is not IndicatorKind.TIMELINESS:
        return None
    changes: dict[str, Any] = {
        key: tuple(own) for key in _ACTIONS if (own := getattr(spec, key)) is not None
    }
    return replace(RULES[spec.clock or RESOLVE.name], **changes)


def _check_clock(spec: IndicatorSpec, place: Place) -> None:
    """Refuse what says nothing of a clock, or makes one that never starts or stops."""
    if spec.kind is not IndicatorKind.TIMELINESS:
        for key in ("clock", *_ACTIONS):
            if key in place.mapping:
                place.at(key).refuse(f"does not fit {spec.kind}, it is for timeliness; take it out")
        return
    if spec.clock is not None and spec.clock not in RULES:
        place.at("clock").refuse(f"{shown(spec.clock)} is no clock; {hint(spec.clock, RULES)}")
    for key, example in (("start", "status == opened"), ("stop", "status == resolved")):
        if getattr(spec, key) == []:
            place.at(key).refuse(
                f'is empty, so no clock ever {key}s; add for example "{example}", or take it out'
            )


_KEYS: dict[str, tuple[IndicatorKind, ...]] = {
    "from": tuple(kind for kind in IndicatorKind if kind is not IndicatorKind.INDEX),
    "valid": tuple(kind for kind in IndicatorKind if kind is not IndicatorKind.INDEX),
    "weight": (IndicatorKind.RATIO,),
    "bad": (IndicatorKind.RATIO,),
    "field": (IndicatorKind.NUMBER,),
    "parts": (IndicatorKind.INDEX,),
    "works_at": (IndicatorKind.INDEX,),
}
"""Which kinds a key is for; of `good`, `clock` and `interval` there is more to say below."""


def _check_source(spec: IndicatorSpec, place: Place) -> None:
    if spec.interval is not None and spec.source is not Source.PROBES:
        place.at("interval").refuse("is how often probes come, only they do; take it out")
    possible = KINDS[spec.kind].sources
    if possible and spec.source is None:
        place.at("from").refuse(f"is missing; write from: {' or '.join(possible)}")
    elif possible and spec.source not in possible:
        place.at("from").refuse(
            f"{spec.kind} cannot be told from {spec.source}; write from: {' or '.join(possible)}"
        )


def _check_keys(spec: IndicatorSpec, place: Place) -> None:
    """Refuse what another kind of indicator may say."""
    for key, kinds in _KEYS.items():
        if key in place.mapping and spec.kind not in kinds:
            fitting = " and ".join(kinds)
            place.at(key).refuse(f"does not fit {spec.kind}, it is for {fitting}; take it out")
    if spec.kind is IndicatorKind.NUMBER and not spec.field:
        place.at("field").refuse("is missing, which number? Add for example field: value")
    if spec.kind is IndicatorKind.INDEX and not spec.parts:
        place.at("parts").refuse(
            "is missing, what is it made of? Add for example parts: {search-works: 2, pay-works: 3}"
        )


def _check_good(spec: IndicatorSpec, place: Place) -> None:
    if spec.kind is IndicatorKind.RATIO:
        if bool(spec.good) == bool(spec.bad):
            place.at("good").refuse(
                "and bad say the same thing twice; keep one of the two"
                if spec.good
                else 'a ratio needs to know what is good; add for example good: ["ok == true"]'
            )
        elif spec.good and {*spec.good} <= {*spec.valid}:
            place.at("good").refuse(
                "repeats valid, so that all that is valid is good and the ratio always 100 %; "
                "take the condition out of valid"
            )
    elif spec.good and not (
        spec.kind is IndicatorKind.AVAILABILITY and spec.source is not Source.INCIDENTS
    ):
        place.at("good").refuse(
            f"does not fit {spec.kind}, only a ratio counts good events; move it to valid"
        )


def _check_fields(spec: IndicatorSpec, place: Place) -> None:
    """Refuse amounts that no measurement of the source carries."""
    if spec.source is None:
        return
    types = {"weight": WHOLE, "bad": WHOLE, "field": NUMBERS}
    for key, fitting in types.items():
        name = getattr(spec, key)
        known = [f for f, field in FIELDS[spec.source].items() if field.type in fitting]
        if name and name not in known:
            what = "a whole number" if fitting is WHOLE else "a number"
            place.at(key).refuse(
                f"{spec.source} have no field {name!r} that holds {what}; {hint(name, known)}"
                if known
                else f"{spec.source} have no field that holds {what}; take it out"
            )
    if spec.bad and not spec.weight:
        place.at("weight").refuse(
            f"is missing, of how much is {spec.bad} a part? Add for example weight: records"
        )


def _check_parts(indicators: Shelf[Indicator], place: Place) -> None:
    """Refuse parts of an index that are no ratio of the same service."""
    for child in place.children("indicators"):
        for name in child.at("parts").mapping:
            part = indicators.find(name, child.at("parts", name))
            if part is not None and part.kind is not IndicatorKind.RATIO:
                child.at("parts", name).refuse(
                    f"is {part.kind}, only ratios can be parts of an index; take it out"
                )
