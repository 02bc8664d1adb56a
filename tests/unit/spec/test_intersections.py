"""Calendars made of others: open where all of them are."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from slm_stream.spec.loader import load

K = "calendars/shop.yaml"
CALENDARS = """\
calendars:
  - name: both
    intersect: [office, supplier]
  - name: office
    time_zone: Europe/Amsterdam
    hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"]}
  - name: supplier
    time_zone: Europe/Amsterdam
    hours: {mon: ["12:00-20:00"], wed: ["09:00-17:00"]}
    holidays: ["2026-03-09"]
"""


@pytest.fixture
def both(folder: Path) -> Path:
    """Return the folder with an intersection that stands before what it is made of."""
    (folder / K).write_text(CALENDARS)
    return folder


def spoil(folder: Path, there: str, written: str) -> None:
    """Write something else in one place."""
    text = (folder / K).read_text()
    assert there in text
    (folder / K).write_text(text.replace(there, written, 1))


def open_hours(folder: Path, name: str, start: str, end: str) -> float:
    """Return a calendar's open hours between two instants."""
    (found,) = (read.hours for read in load(folder).calendars if read.hours.name == name)
    low, high = (int(datetime.fromisoformat(at).timestamp()) for at in (start, end))
    return found.open_seconds(low, high) / 3600


def test_an_intersection_is_open_where_all_are(both: Path) -> None:
    """Only Mondays have common hours, 12-17; on 9 March the supplier is closed."""
    week = ("2026-03-02T00:00+01:00", "2026-03-09T00:00+01:00")

    assert open_hours(both, "both", *week) == 5.0
    assert open_hours(both, "both", week[1], "2026-03-16T00:00+01:00") == 0.0


def test_an_agreement_may_be_for_common_hours(both: Path) -> None:
    """Of any number of calendars, also of intersections."""
    spoil(
        both,
        "calendars:\n",
        "calendars:\n  - {name: late, time_zone: Europe/Amsterdam, "
        'hours: {mon: ["16:00-24:00"]}}\n  - {name: all, intersect: [late, both, office]}\n',
    )
    sla = both / "agreements" / "shop.yaml"
    sla.write_text(sla.read_text().replace("time_zone: Europe/Amsterdam", "calendar: all"))

    (agreement,) = load(both).agreements

    assert (agreement.calendar.name, agreement.calendar.zone) == ("all", "Europe/Amsterdam")
    # Mondays 16-17.
    assert open_hours(both, "all", "2026-03-02T00:00+01:00", "2026-03-09T00:00+01:00") == 1.0


def test_calendars_of_two_zones_meet_by_instants(both: Path) -> None:
    """09-17 in Amsterdam is 08-16 UTC in winter; the zone says where months begin."""
    spoil(
        both,
        "  - name: supplier\n    time_zone: Europe/Amsterdam",
        "  - name: supplier\n    time_zone: UTC",
    )
    spoil(both, "[office, supplier]", "[office, supplier]\n    time_zone: UTC")

    # 12-16 UTC.
    assert open_hours(both, "both", "2026-03-02T00:00Z", "2026-03-03T00:00Z") == 4.0
    assert {read.hours.name: read.hours.zone for read in load(both).calendars} == {
        "both": "UTC",
        "office": "Europe/Amsterdam",
        "supplier": "UTC",
    }


MISTAKES = [
    (
        "[office, supplier]",
        "[office, suplier]",
        "3: calendar both, intersect, 2: there is no calendar 'suplier'; did you mean supplier?",
    ),
    (
        "[office, supplier]",
        "[office, both]",
        "3: calendar both, intersect, 2: goes round in a circle, both -> both; "
        "take one of them out",
    ),
    (
        "intersect: [office, supplier]",
        "intersect: [office, other]\n  - name: other\n    intersect: [supplier, both]",
        "5: calendar other, intersect, 2: goes round in a circle, both -> other -> both; "
        "take one of them out",
    ),
    (
        "[office, supplier]",
        "[office, always]",
        "3: calendar both, intersect, 2: 'always' closes nothing; take it out",
    ),
    (
        "[office, supplier]",
        "[office, office]",
        "3: calendar both, intersect, 2: 'office' is listed twice; keep one",
    ),
    (
        "[office, supplier]",
        "[office]",
        "3: calendar both, intersect: is empty; add at least one",
    ),
    (
        '"12:00-20:00"',
        '"17:00-20:00"',
        "3: calendar both, intersect: is never open, the calendars have no time in common; "
        "correct their hours",
    ),
    (
        "  - name: supplier\n    time_zone: Europe/Amsterdam",
        "  - name: supplier\n    time_zone: UTC",
        "2: calendar both, time_zone: is missing, the calendars are in Europe/Amsterdam and UTC; "
        "say in which of them days and months begin",
    ),
    (
        "[office, supplier]",
        "[office, supplier]\n    hours: {}",
        "4: calendar both, hours: is not known here; known: name, intersect, time_zone",
    ),
    (
        '"12:00-20:00"',
        '"12-20"',
        "9: calendar supplier, hours, mon, 1: '12-20' is no span of hours; "
        'write for example "09:00-17:00"',
    ),
]


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_an_intersection_is_told_alone(
    both: Path, mistakes: Callable[[], list[str]], case: tuple[str, str, str]
) -> None:
    """With its line and its remedy, and without dragging others along."""
    there, written, told = case
    spoil(both, there, written)

    assert mistakes() == [f"{K}:{told}"]


def test_two_of_a_name_are_refused(both: Path, mistakes: Callable[[], list[str]]) -> None:
    """Nobody knows which is meant."""
    spoil(both, "calendars:\n", "calendars:\n  - {name: both, intersect: [supplier, office]}\n")

    assert mistakes() == [
        f"{K}:3: calendar both: another calendar 'both' stands at {K}:2; rename one or delete it"
    ]
