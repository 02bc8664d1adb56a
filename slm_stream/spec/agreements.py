"""Agreements: checked against services and calendars, and made into domain values."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction
from itertools import combinations

from slm_stream.domain.agreement import Agreement, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.zones import load_zone, wall_time_s
from slm_stream.spec.calendars import ALWAYS, ReadCalendar
from slm_stream.spec.frozen import COMMAND
from slm_stream.spec.models import AgreementSpec
from slm_stream.spec.objectives import read_objective
from slm_stream.spec.places import Place
from slm_stream.spec.services import ReadService
from slm_stream.spec.shelf import Shelf


def read_agreement(
    place: Place, services: Shelf[ReadService], calendars: Shelf[ReadCalendar]
) -> Agreement | None:
    """Return the agreement that stands at a place, or None where something is wrong."""
    before = len(place.mistakes)
    spec = place.read(AgreementSpec)
    service = None
    if "service" in place.mapping:
        service = services.find(place.mapping["service"], place.at("service"))
    read = _calendar(place, calendars)
    near_breach = Fraction(3, 4) if spec is None else spec.near_breach
    objectives: Shelf[Objective] = Shelf("objective")
    for child in place.children("objectives"):
        objective = read_objective(child, service.indicators if service else None, near_breach)
        objectives.put(child.mapping.get("name"), objective, child)
    if spec is None or read is None:
        return None
    calendar = read.hours
    from_ms, to_ms = _instant_ms(spec.effective_from, calendar.zone), None
    if spec.effective_to is not None:
        to_ms = _instant_ms(spec.effective_to, calendar.zone)
        if to_ms <= from_ms:
            place.at("effective_to").refuse(
                "is not after effective_from, so it never judges; "
                "write the first day on which it no longer holds"
            )
    if len(place.mistakes) > before:
        return None
    _check_years(read, from_ms, to_ms, place)
    if len(place.mistakes) > before:
        return None
    return Agreement(
        id=spec.id,
        kind=spec.kind,
        version=spec.version,
        service=spec.service,
        provider=spec.provider,
        customer=spec.customer,
        calendar=calendar,
        objectives=objectives.good(),
        title=spec.title,
        effective_from_ms=from_ms,
        effective_to_ms=to_ms,
    )


def check_versions(agreements: Sequence[tuple[Agreement, Place]]) -> None:
    """Refuse two versions of an agreement that judge the same instant, or other services."""
    by_id: dict[str, list[tuple[Agreement, Place]]] = defaultdict(list)
    for agreement, place in agreements:
        by_id[agreement.id].append((agreement, place))
    for versions in by_id.values():
        versions.sort(key=lambda placed: placed[0].version)
        for (one, one_place), (other, place) in combinations(versions, 2):
            if one.version == other.version:
                continue  # told as a repeated name
            if _overlap(one, other):
                place.at("effective_from").refuse(
                    f"version {other.version} overlaps version {one.version} at "
                    f"{one_place.reference}, two versions cannot judge at once; "
                    "end the older (effective_to) where the newer begins (effective_from)"
                )
            if one.service != other.service:
                place.at("service").refuse(
                    f"version {one.version} at {one_place.reference} is for {one.service}; "
                    "give an agreement for another service an id of its own"
                )


def _check_years(read: ReadCalendar, from_ms: int, to_ms: int | None, place: Place) -> None:
    """Refuse an agreement in force in a year whose holidays its calendar does not know.

    One without an end is not refused: `slm check` says when the years run out.
    """
    if read.years is None:
        return
    first, last = read.years
    name = read.hours.name
    known = f"calendar {name} knows the holidays of {first}-{last}"
    remedy = f"widen the years of {name} and run {COMMAND}"
    if place.mapping.get("effective_from") is None:
        place.at("effective_from").refuse(
            f"is missing, but {known} only; add for example effective_from: {first}-01-01"
        )
    elif not first <= (year := _year(from_ms, read.hours.zone)) <= last:
        place.at("effective_from").refuse(f"lies in {year}, but {known}; {remedy}")
    elif to_ms is not None and (year := _year(to_ms - 1, read.hours.zone)) > last:
        place.at("effective_to").refuse(f"is in force in {year}, but {known}; {remedy}")


def _year(at_ms: int, zone: str) -> int:
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(load_zone(zone)).year


def _calendar(place: Place, calendars: Shelf[ReadCalendar]) -> ReadCalendar | None:
    """Return the agreement's calendar; its zone and the agreement's are one."""
    name = place.mapping.get("calendar", ALWAYS)
    zone = place.mapping.get("time_zone")
    if name == ALWAYS:
        if zone is None:
            place.at("time_zone").refuse(
                "is missing, where do days and months begin? "
                "Add for example time_zone: Europe/Amsterdam"
            )
        try:
            return ReadCalendar(Calendar.always(zone)) if isinstance(zone, str) else None
        except ValueError:
            return None  # told by the model
    if not isinstance(name, str):
        return None  # told by the model
    calendar = calendars.find(name, place.at("calendar"))
    if calendar is not None and zone not in (None, calendar.hours.zone):
        place.at("time_zone").refuse(
            f"{zone} is not the zone of calendar {name}, {calendar.hours.zone}; "
            "take time_zone out or choose another calendar"
        )
    return calendar


def _instant_ms(effective: date | datetime | None, zone: str) -> int:
    if effective is None:
        return 0
    if isinstance(effective, datetime):
        return round(effective.timestamp() * 1000)
    return wall_time_s(datetime.combine(effective, time()), zone) * 1000


def _overlap(one: Agreement, other: Agreement) -> bool:
    first, second = sorted((one, other), key=lambda agreement: agreement.effective_from_ms)
    return first.effective_to_ms is None or second.effective_from_ms < first.effective_to_ms
