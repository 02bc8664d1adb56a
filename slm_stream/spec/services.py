"""Services and indicators: checked, and made into domain values."""

from dataclasses import dataclass, replace
from typing import Any

from slm_stream.domain.catalogue import (
    ClockRule,
    Condition,
    Indicator,
    IndicatorKind,
    Service,
    Source,
)
from slm_stream.domain.clock import ClockAction
from slm_stream.domain.clock_rules import RESOLVE, RULES
from slm_stream.domain.conditions import contradiction, written
from slm_stream.domain.wording import hint, shown
from slm_stream.spec.models import IndicatorSpec, ServiceSpec
from slm_stream.spec.places import Place
from slm_stream.spec.shelf import Shelf

SOURCES = {
    IndicatorKind.RATIO: (Source.TRANSACTIONS, Source.PROBES),
    IndicatorKind.DURATION: (Source.TRANSACTIONS, Source.PROBES),
    IndicatorKind.AVAILABILITY: (Source.PROBES, Source.INCIDENTS),
    IndicatorKind.TIMELINESS: (Source.INCIDENTS,),
}
"""Which witnesses can tell what."""

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
    before = len(place.mistakes)
    spec = place.read(IndicatorSpec)
    if spec is None:
        return None
    _check_source(spec, place)
    _check_good(spec, place)
    _check_clock(spec, place)
    if len(place.mistakes) == before:
        _check_conditions(spec, place)
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


def _check_source(spec: IndicatorSpec, place: Place) -> None:
    possible = SOURCES[spec.kind]
    if spec.source not in possible:
        place.at("from").refuse(
            f"{spec.kind} cannot be told from {spec.source}; write from: {' or '.join(possible)}"
        )


def _check_good(spec: IndicatorSpec, place: Place) -> None:
    if spec.kind is IndicatorKind.RATIO:
        if not spec.good:
            place.at("good").refuse(
                'a ratio needs to know what is good; add for example good: ["ok == true"]'
            )
        elif {*spec.good} <= {*spec.valid}:
            place.at("good").refuse(
                "repeats valid, so that all that is valid is good and the ratio always 100 %; "
                "take the condition out of valid"
            )
    elif spec.good:
        place.at("good").refuse(
            f"does not fit {spec.kind}, only a ratio counts good events; move it to valid"
        )


def _check_conditions(spec: IndicatorSpec, place: Place) -> None:
    """Refuse conditions that nothing fulfils together; good ones are asked of valid events."""
    if clash := contradiction(spec.valid, spec.source):
        place.at("valid").refuse(_clash(*clash, "no measurement would be valid"))
    elif clash := contradiction((*spec.valid, *spec.good), spec.source):
        place.at("good").refuse(_clash(*clash, "nothing would be good"))


def _clash(one: Condition, other: Condition, consequence: str) -> str:
    return (
        f'"{written(one)}" and "{written(other)}" exclude each other, {consequence}; '
        "all conditions of a list must hold, so take one out"
    )
