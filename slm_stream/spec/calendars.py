"""Calendars: checked, and made into domain values."""

from itertools import combinations

from slm_stream.domain.calendar import MINUTES_PER_DAY, Calendar
from slm_stream.domain.wording import shown
from slm_stream.spec.models import CalendarSpec
from slm_stream.spec.places import Place

ALWAYS = "always"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_calendar(place: Place) -> Calendar | None:
    """Return the calendar that stands at a place, or None where something is wrong."""
    before = len(place.mistakes)
    if place.mapping.get("name") == ALWAYS:
        place.at("name").refuse("'always' is built in; choose another name")
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
    if len(place.mistakes) > before:
        return None
    try:
        return Calendar(
            zone=spec.time_zone,
            hours={WEEKDAYS.index(day): tuple(spans) for day, spans in spec.hours.items()},
            holidays=frozenset(spec.holidays),
            annual_holidays=frozenset(spec.annual_holidays),
            breaks={day: tuple(spans) for day, spans in spec.breaks.items()},
            date_overrides={day: tuple(spans) for day, spans in spec.date_overrides.items()},
            name=spec.name,
        )
    except ValueError as error:
        place.refuse(f"{error}; correct the calendar")
        return None


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
