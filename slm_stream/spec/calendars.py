"""Calendars: checked, and made into domain values."""

from dataclasses import dataclass
from functools import reduce
from itertools import combinations

from slm_stream.domain.calendar import MINUTES_PER_DAY, Calendar, intersection
from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.wording import shown
from slm_stream.domain.zones import DAY_S
from slm_stream.spec.calendar_models import CalendarSpec, IntersectionSpec
from slm_stream.spec.closings import days_of, spans_of
from slm_stream.spec.frozen import Block, closings_of
from slm_stream.spec.places import Place
from slm_stream.spec.shelf import Shelf

ALWAYS = "always"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YEAR_2000_S = 10_957 * DAY_S
"""From here on a search sees 40 years: a calendar that is not open in them is never open."""


@dataclass(frozen=True)
class ReadCalendar:
    """A calendar, and the first and last year whose holidays it knows; None: it needs none."""

    hours: ServiceTime
    years: tuple[int, int] | None = None


def read_calendars(
    places: list[Place], frozen: Shelf[tuple[Block, ...]], shelf: Shelf[ReadCalendar]
) -> None:
    """Put all calendars on a shelf: those with hours of their own, then what is made of them."""
    made_of_others = []
    for place in places:
        if place.mapping.get("name") == ALWAYS:
            place.at("name").refuse("'always' is built in; choose another name")
        if "intersect" in place.mapping:
            made_of_others.append(place)
        else:
            shelf.put(place.mapping.get("name"), read_calendar(place, frozen), place)
    _Intersections(made_of_others, shelf).put_all()


def read_calendar(place: Place, frozen: Shelf[tuple[Block, ...]]) -> ReadCalendar | None:
    """Return the calendar that stands at a place, or None where something is wrong."""
    before = len(place.mistakes)
    spec = place.read(CalendarSpec)
    for key in ("holidays", "annual_holidays"):
        _check_repeats(place, key)
    for key in ("breaks", "date_overrides"):
        _check_dates(place, key)
    if spec is None:
        return None
    if not any(spec.hours.values()) and not any(spec.date_overrides.values()):
        place.at("hours").refuse('is never open; add hours, for example mon: ["09:00-17:00"]')
    for day, spans in spec.hours.items():
        _check_overlap(place.at("hours", day), spans)
    for key, days in (("breaks", spec.breaks), ("date_overrides", spec.date_overrides)):
        for date_, spans in days.items():
            _check_overlap(place.at(key, date_.isoformat()), spans)
    closings = closings_of(spec, place, frozen)
    if len(place.mistakes) > before:
        return None
    try:
        calendar = Calendar(
            zone=spec.time_zone,
            hours={WEEKDAYS.index(day): tuple(spans) for day, spans in spec.hours.items()},
            holidays=days_of(closings).union(spec.holidays),
            annual_holidays=frozenset(spec.annual_holidays),
            breaks={day: tuple(spans) for day, spans in spec.breaks.items()},
            date_overrides={day: tuple(spans) for day, spans in spec.date_overrides.items()},
            closures=spans_of(closings),
            name=spec.name,
        )
    except ValueError as error:
        place.refuse(f"{error}; correct the calendar")
        return None
    return ReadCalendar(calendar, spec.years)


class _Intersections:
    """Calendars that are open where several others are, in whatever order they stand."""

    def __init__(self, places: list[Place], shelf: Shelf[ReadCalendar]) -> None:
        self._shelf = shelf
        self._places = places
        self._waiting = {
            name: place for place in places if isinstance(name := place.mapping.get("name"), str)
        }

    def put_all(self) -> None:
        """Make them all and put them on the shelf."""
        for place in self._places:
            name = place.mapping.get("name")
            if not isinstance(name, str) or self._waiting.get(name) is not place:
                self._put(place, ())  # nameless, or named as another one is
        while self._waiting:
            self._put(next(iter(self._waiting.values())), ())

    def _put(self, place: Place, path: tuple[str, ...]) -> None:
        name = place.mapping.get("name")
        if isinstance(name, str) and self._waiting.get(name) is place:
            del self._waiting[name]
            path = (*path, name)
        self._shelf.put(name, self._make(place, path), place)

    def _make(self, place: Place, path: tuple[str, ...]) -> ReadCalendar | None:
        before = len(place.mistakes)
        spec = place.read(IntersectionSpec)
        _check_repeats(place, "intersect")
        parts = [self._part(child, path) for child in place.children("intersect")]
        known = [part for part in parts if part is not None]
        if spec is None or len(known) < len(parts) or len(place.mistakes) > before:
            return None
        zones = {part.hours.zone for part in known}
        if spec.time_zone is None and len(zones) > 1:
            place.at("time_zone").refuse(
                f"is missing, the calendars are in {' and '.join(sorted(zones))}; "
                "say in which of them days and months begin"
            )
            return None
        zone = spec.time_zone or known[0].hours.zone
        hours = reduce(
            lambda one, other: intersection(one, other, name=spec.name, zone=zone),
            (part.hours for part in known),
        )
        if hours.next_opening(_YEAR_2000_S) is None:
            place.at("intersect").refuse(
                "is never open, the calendars have no time in common; correct their hours"
            )
            return None
        return ReadCalendar(hours, _common_years(known))

    def _part(self, place: Place, path: tuple[str, ...]) -> ReadCalendar | None:
        name = place.value
        if not isinstance(name, str):
            return None  # told by the model
        if name in path:
            circle = " -> ".join((*path[path.index(name) :], name))
            place.refuse(f"goes round in a circle, {circle}; take one of them out")
            return None
        if name == ALWAYS:
            place.refuse("'always' closes nothing; take it out")
            return None
        if name in self._waiting:
            self._put(self._waiting[name], path)
        return self._shelf.find(name, place)


def _common_years(parts: list[ReadCalendar]) -> tuple[int, int] | None:
    years = [part.years for part in parts if part.years is not None]
    return (max(first for first, _ in years), min(last for _, last in years)) if years else None


def _check_repeats(place: Place, key: str) -> None:
    seen: set[object] = set()
    for child in place.children(key):
        value = child.value
        if isinstance(value, str) and value in seen:
            child.refuse(f"{shown(value)} is listed twice; keep one")
        seen.add(str(value))


def _check_dates(place: Place, key: str) -> None:
    dates = place.at(key).mapping
    for date_, spans in dates.items():
        if spans == [] and key == "breaks":
            place.at(key, date_).refuse('has no break; add for example "12:00-13:00"')


def _check_overlap(place: Place, spans: list[tuple[int, int]]) -> None:
    for one, other in combinations(range(len(spans)), 2):
        if max(spans[one][0], spans[other][0]) < min(_end(spans[one]), _end(spans[other])):
            texts = place.value
            first = texts[one] if isinstance(texts, list) else ""
            place.at(other).refuse(f"overlaps {first}; write each minute once")


def _end(span: tuple[int, int]) -> int:
    """Return the minute at which a span closes, counted on past midnight."""
    return span[1] if span[1] > span[0] else span[1] + MINUTES_PER_DAY
