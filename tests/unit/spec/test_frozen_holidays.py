"""Public holidays and feeds: frozen once, judged by from then on."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from slm_stream.domain.calendar import Calendar
from slm_stream.errors import SpecError
from slm_stream.spec.country_holidays import source_version
from slm_stream.spec.freezing import freeze
from slm_stream.spec.frozen import LOCK
from slm_stream.spec.loader import load

Mistakes = Callable[[], list[str]]

OFFICE = """\
calendars:
  - name: office
    time_zone: Europe/Amsterdam
    hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-17:00"],
            thu: ["09:00-17:00"], fri: ["09:00-17:00"]}
    years: 2026-2027
    public_holidays: {country: NL, except: ["Good Friday"]}
    feeds: [{file: days.ics, except: [b@shop]}]
    date_overrides: {"2026-12-25": ["09:00-10:00"]}
"""
FEED = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
UID:a@shop
SUMMARY:Move
DTSTART;TZID=Europe/Amsterdam:20260408T150000
DTEND;TZID=Europe/Amsterdam:20260409T110000
END:VEVENT
BEGIN:VEVENT
UID:b@shop
SUMMARY:Painting
DTSTART;VALUE=DATE:20260410
END:VEVENT
END:VCALENDAR
"""
K = "calendars/shop.yaml"


@pytest.fixture
def office(folder: Path) -> Path:
    """Return the folder with holidays and a feed, not frozen yet."""
    (folder / K).write_text(OFFICE)
    (folder / "calendars" / "days.ics").write_text(FEED)
    return folder


def write_frozen(folder: Path) -> list[str]:
    """Do what `slm calendars freeze` does; return what it tells."""
    frozen = freeze(folder)
    (folder / LOCK).write_text(frozen.text)
    return [*frozen.said]


def hours(folder: Path, start: str, end: str) -> float:
    """Return the office's open hours between two local dates."""
    (read,) = load(folder).calendars
    low, high = (
        int(datetime.fromisoformat(f"{day}T00:00+02:00").timestamp()) for day in (start, end)
    )
    return read.hours.open_seconds(low, high) / 3600


def replace(folder: Path, there: str, written: str, file: str | Path = K) -> None:
    """Write something else in one place of a file."""
    text = (folder / file).read_text()
    assert there in text
    (folder / file).write_text(text.replace(there, written, 1))


def test_holidays_and_feeds_close_the_office(office: Path) -> None:
    """A week worked out by hand; an override opens a holiday, what is excepted closes nothing."""
    write_frozen(office)

    # Mon 6 April 2026 is Easter Monday: 0. Tue 8. Wed from 15:00 moving: 6. Thu until 11:00: 6.
    # Fri 10 April would be painted, but that is excepted: 8.
    assert hours(office, "2026-04-06", "2026-04-11") == 28.0
    # Mon 30 March to Fri 3 April, Good Friday: 5 x 8, for that is excepted too.
    assert hours(office, "2026-03-30", "2026-04-04") == 40.0
    (read,) = load(office).calendars
    assert isinstance(read.hours, Calendar)
    assert read.years == (2026, 2027)
    assert date(2026, 12, 25) in read.hours.holidays
    at_ten = int(datetime.fromisoformat("2026-12-25T09:30+01:00").timestamp())
    assert read.hours.is_open(at_ten)


def test_what_is_frozen_decides_not_the_library(office: Path) -> None:
    """A day that the file does not name is worked, whatever the library says by now."""
    write_frozen(office)
    day = '    - {when: "2026-04-27", title: "King\'s Day"}\n'
    replace(office, day, "", LOCK)

    # Mon 27 April to Fri 1 May: 5 x 8 instead of 4 x 8.
    assert hours(office, "2026-04-27", "2026-05-02") == 40.0
    assert write_frozen(office) == [
        "office: country NL, 2026-2027: 19 closings, frozen already",
        f"office: {source_version()} says otherwise; what is frozen stays "
        "(delete the block from the file and freeze again to follow it)",
        "office:   + 2026-04-27 King's Day",
        "office: feed days.ics, 2026-2027: 2 closings, frozen already",
    ]
    assert hours(office, "2026-04-27", "2026-05-02") == 40.0


def test_new_years_are_added_to_what_is_frozen(office: Path) -> None:
    """Each run of new years is a block of its own; those that were there stay as they are."""
    write_frozen(office)
    before = (office / LOCK).read_text()
    replace(office, "2026-2027", "2025-2028")

    write_frozen(office)

    after = (office / LOCK).read_text()
    holidays = before.partition("  - of")[2].partition("  - of")[0]
    assert holidays in after
    years = [line.strip() for line in after.splitlines() if "years:" in line]
    assert years == ['years: "2025"', 'years: "2026-2027"', 'years: "2028"'] * 2
    # King's Day 2028 is on a Thursday, 27 April: 4 x 8.
    assert hours(office, "2028-04-24", "2028-04-29") == 32.0


def test_freezing_again_changes_nothing(office: Path) -> None:
    """The same files give the same text."""
    write_frozen(office)
    before = (office / LOCK).read_text()

    write_frozen(office)

    assert (office / LOCK).read_text() == before


def test_a_changed_feed_must_be_frozen_again(office: Path, mistakes: Mistakes) -> None:
    """Until then nothing is judged by a calendar that nobody has looked at."""
    write_frozen(office)
    replace(office, "20260410", "20260417", "calendars/days.ics")

    assert mistakes() == [
        f"{K}:8: calendar office, feeds, 1: feed days.ics has changed since it was frozen; "
        "run slm calendars freeze"
    ]
    assert write_frozen(office)[1:] == [
        "office: feed days.ics, 2026-2027: 2 closings, frozen",
        "office:   - 2026-04-10 Painting",
        "office:   + 2026-04-17 Painting",
    ]
    load(office)


def test_titles_are_read_back_as_they_were(office: Path) -> None:
    """Whatever a feed calls its events."""
    title, uid = 'null: "12e5" {x} \\\\ # é 🎉', "12e5"
    replace(office, "SUMMARY:Move", f"SUMMARY:{title}", "calendars/days.ics")
    replace(office, "UID:a@shop", f"UID:{uid}", "calendars/days.ics")
    replace(office, "b@shop", f'"{uid}", b@shop')

    write_frozen(office)

    # Nothing moves on Wed and Thu: 0 + 4 x 8.
    assert hours(office, "2026-04-06", "2026-04-11") == 32.0


MISTAKES = [
    (
        "",
        "",
        [
            "7: calendar office, public_holidays: country NL is not frozen for 2026-2027; "
            "run slm calendars freeze",
            "8: calendar office, feeds, 1: feed days.ics is not frozen for 2026-2027; "
            "run slm calendars freeze",
        ],
    ),
    (
        "country: NL",
        "country: NX",
        [
            "7: calendar office, public_holidays, country: 'NX' is no country that is known; "
            "write two letters of ISO 3166, for example NL or DE"
        ],
    ),
    (
        "country: NL",
        "country: Nederland",
        [
            "7: calendar office, public_holidays, country: 'Nederland' is no country that is "
            "known; did you mean NL (Netherlands)?"
        ],
    ),
    (
        "country: NL",
        "country: GBR",
        [
            "7: calendar office, public_holidays, country: 'GBR' is no country that is known; "
            "did you mean GB (UnitedKingdom)?"
        ],
    ),
    (
        "country: NL",
        "country: DE, subdivision: Bavaria",
        [
            "7: calendar office, public_holidays, subdivision: 'Bavaria' is no subdivision of DE; "
            "known: BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH, Augsburg, "
            "Brandenburg, Berlin, Baden-Württemberg, Bayern, Bremen, Hessen, Hamburg, "
            "Mecklenburg-Vorpommern, Niedersachsen, Nordrhein-Westfalen, Rheinland-Pfalz, "
            "Schleswig-Holstein, Saarland, Sachsen, Sachsen-Anhalt, Thüringen"
        ],
    ),
    (
        "country: NL",
        "country: DE, subdivision: Bayer",
        [
            "7: calendar office, public_holidays, subdivision: 'Bayer' is no subdivision of DE; "
            "did you mean Bayern?"
        ],
    ),
    (
        "country: NL",
        "country: NL, categories: [publc]",
        [
            "7: calendar office, public_holidays, categories, 1: 'publc' is no category of NL; "
            "did you mean public?"
        ],
    ),
    (
        "file: days.ics",
        "file: day.ics",
        [
            "8: calendar office, feeds, 1, file: calendars/day.ics cannot be read (no such "
            "file or directory); put the feed there or correct the name"
        ],
    ),
    (
        "    years: 2026-2027\n",
        "",
        [
            "2: calendar office, years: is missing, for which years are holidays frozen? "
            "Add for example years: 2026-2028"
        ],
    ),
    (
        "years: 2026-2027",
        "years: 2027-2026",
        [
            "6: calendar office, years: 2027-2026 does not run forward between 1970 and 2100; "
            "correct it"
        ],
    ),
    (
        "years: 2026-2027",
        "years: soon",
        ["6: calendar office, years: 'soon' names no years; write for example 2026-2028"],
    ),
    (
        "years: 2026-2027",
        "years: 1990-2026",
        [
            "6: calendar office, years: 1990-2026 is more than 30 years; "
            "write fewer, they can be added later"
        ],
    ),
]


@pytest.mark.parametrize("case", MISTAKES)
def test_what_cannot_be_frozen_is_refused(
    office: Path, mistakes: Mistakes, case: tuple[str, str, list[str]]
) -> None:
    """Each with its line and its remedy; before anything is frozen."""
    there, written, told = case
    wanted = {f"{K}:{each}" for each in told}
    replace(office, there, written)
    if there and "feeds" not in told[0] and "years:" not in told[0]:
        wanted.add(
            f"{K}:8: calendar office, feeds, 1: feed days.ics is not frozen for 2026-2027; "
            "run slm calendars freeze"
        )
    if "feeds" in told[0]:
        wanted.add(f"{K}:{MISTAKES[0][2][0]}")

    assert {*mistakes()} == wanted


def test_an_unreadable_feed_is_refused_before_it_is_frozen(
    office: Path, mistakes: Mistakes
) -> None:
    """With what is wrong in it."""
    (office / "calendars" / "days.ics").write_text("<html>Sign in</html>")

    (told,) = (each for each in mistakes() if "feeds" in each)

    assert told.startswith(
        f"{K}:8: calendar office, feeds, 1, file: days.ics is no iCalendar file, "
    )
    assert told.endswith("; save the feed again, as text/calendar")
    with pytest.raises(SpecError, match="is no iCalendar file"):
        freeze(office)


@pytest.mark.parametrize(
    ("there", "written", "told"),
    [
        (
            "[b@shop]",
            "[Panting]",
            "8: calendar office, feeds, 1, except, 1: 'Panting' closes nothing in feed days.ics, "
            "by title, UID or day; did you mean Painting?",
        ),
        (
            '["Good Friday"]',
            "[2026-04-03, 2026-04-02]",
            "7: calendar office, public_holidays, except, 2: '2026-04-02' closes nothing in "
            "country NL, by title, UID or day; known: New Year's Day, Good Friday, Easter Sunday, "
            "Easter Monday, King's Day, Ascension Day, Pentecost, Pentecost Monday, Christmas Day, "
            "Second Day of Christmas",
        ),
    ],
)
def test_an_exception_from_nothing_is_refused(
    office: Path, mistakes: Mistakes, there: str, written: str, told: str
) -> None:
    """It would be a day that closes after all."""
    write_frozen(office)
    replace(office, there, written)

    assert mistakes() == [f"{K}:{told}"]


def test_years_without_holidays_are_refused(folder: Path, mistakes: Mistakes) -> None:
    """They would say nothing."""
    replace(folder, "    breaks", "    years: 2026\n    breaks")

    assert mistakes() == [
        f"{K}:8: calendar office, years: is for public_holidays and feeds; take it out or add one"
    ]


@pytest.mark.parametrize(
    ("effective", "told"),
    [
        ("", "effective_from: is missing, but {} only; add for example effective_from: 2026-01-01"),
        ("effective_from: 2025-12-31", "effective_from: lies in 2025, but {}; {}"),
        (
            "effective_from: 2026-01-01\n    effective_to: 2028-01-02",
            "effective_to: is in force in 2028, but {}; {}",
        ),
    ],
)
def test_an_agreement_lies_in_the_years_of_its_calendar(
    office: Path, mistakes: Mistakes, effective: str, told: str
) -> None:
    """In another year nobody would know which days are holidays."""
    write_frozen(office)
    replace(office, "time_zone: Europe/Amsterdam", "calendar: office", "agreements/shop.yaml")
    replace(office, "effective_from: 2026-01-01", effective, "agreements/shop.yaml")

    (mistake,) = mistakes()

    expected = told.format(
        "calendar office knows the holidays of 2026-2027",
        "widen the years of office and run slm calendars freeze",
    )
    assert mistake.partition(": agreement sla-shop, ")[2] == expected


def test_an_agreement_may_fill_the_years_of_its_calendar(office: Path) -> None:
    """From their first midnight to the one that ends them, in the calendar's zone."""
    write_frozen(office)
    replace(office, "time_zone: Europe/Amsterdam", "calendar: office", "agreements/shop.yaml")
    replace(
        office,
        "effective_from: 2026-01-01",
        "effective_from: 2026-01-01\n    effective_to: 2028-01-01",
        "agreements/shop.yaml",
    )

    (sla,) = load(office).agreements

    assert sla.calendar.name == "office"


@pytest.mark.parametrize(
    ("there", "written", "told"),
    [
        ("2026-04-27", "2026-04-31", "when: 2026-04-31 is no day of the calendar"),
        ("2026-04-09T09:00:00Z", "2026-04-08T09:00:00Z", "when: '2026-04-08T13:00:00Z/2026-04-08T"),
        ('years: "2026-2027"', "year: 2026", "year: is not known here; did you mean years?"),
    ],
)
def test_a_spoilt_file_of_frozen_days_is_refused(
    office: Path, mistakes: Mistakes, there: str, written: str, told: str
) -> None:
    """It is read as strictly as everything else, and its calendar is not blamed."""
    write_frozen(office)
    replace(office, there, written, LOCK)

    (mistake,) = mistakes()

    assert mistake.startswith("calendars/holidays.lock.yaml:")
    assert told in mistake
