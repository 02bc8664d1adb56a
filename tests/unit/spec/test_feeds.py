"""iCalendar feeds become closed days and spans, or are refused with a remedy."""

from datetime import date, datetime
from pathlib import Path

import pytest

from slm_stream.spec.closings import Closing
from slm_stream.spec.feeds import FeedError, fingerprint, read_feed

ZONE = "Europe/Amsterdam"


def feed(folder: Path, *events: str, head: str = "") -> Path:
    """Write a feed with some events, each given by its lines."""
    file = folder / "days.ics"
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    file.write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{body}END:VCALENDAR\n")
    return file


def span(start: str, end: str) -> tuple[int, int]:
    """Return two ISO 8601 instants as seconds since the epoch."""
    return int(datetime.fromisoformat(start).timestamp()), int(
        datetime.fromisoformat(end).timestamp()
    )


def whens(file: Path, years: tuple[int, int] = (2026, 2027), zone: str = ZONE) -> list[object]:
    """Return when a feed closes."""
    return [closing.when for closing in read_feed(file, years, zone)]


def test_an_all_day_event_closes_its_days(tmp_path: Path) -> None:
    """DTEND is the first day that is open again; without it one day is meant (RFC 5545, 3.6.1)."""
    file = feed(
        tmp_path,
        "UID:a\nSUMMARY:Summer\nDTSTART;VALUE=DATE:20260713\nDTEND;VALUE=DATE:20260715",
        "UID:b\nSUMMARY:Inventory\nDTSTART;VALUE=DATE:20260102",
    )

    assert read_feed(file, (2026, 2026), ZONE) == [
        Closing(date(2026, 1, 2), "Inventory", "b"),
        Closing(date(2026, 7, 13), "Summer", "a"),
        Closing(date(2026, 7, 14), "Summer", "a"),
    ]


def test_a_timed_event_closes_its_span(tmp_path: Path) -> None:
    """From start to end, or for its duration, to the second."""
    file = feed(
        tmp_path,
        "UID:a\nDTSTART:20260301T100000Z\nDTEND:20260301T113015Z",
        "UID:b\nDTSTART:20260302T100000Z\nDURATION:PT45M",
        "UID:c\nDTSTART:20260303T100000Z",  # takes no time
    )

    assert whens(file) == [
        span("2026-03-01T10:00:00Z", "2026-03-01T11:30:15Z"),
        span("2026-03-02T10:00:00Z", "2026-03-02T10:45:00Z"),
    ]


def test_times_are_meant_in_their_own_zone(tmp_path: Path) -> None:
    """An IANA zone, Windows' name of one, that of the feed (X-WR-TIMEZONE); else the calendar's."""
    file = feed(
        tmp_path,
        "UID:a\nDTSTART;TZID=America/New_York:20260601T080000\nDURATION:PT1H",  # UTC-4
        "UID:b\nDTSTART;TZID=W. Europe Standard Time:20260602T080000\nDURATION:PT1H",  # UTC+2
        "UID:c\nDTSTART:20260603T080000\nDURATION:PT1H",  # in Amsterdam UTC+2
    )

    assert whens(file) == [
        span("2026-06-01T12:00:00Z", "2026-06-01T13:00:00Z"),
        span("2026-06-02T06:00:00Z", "2026-06-02T07:00:00Z"),
        span("2026-06-03T06:00:00Z", "2026-06-03T07:00:00Z"),
    ]
    assert whens(file, zone="Asia/Tokyo")[2] == span("2026-06-02T23:00:00Z", "2026-06-03T00:00:00Z")
    event = "UID:c\nDTSTART:20260603T080000\nDURATION:PT1H"
    of_a_zone = feed(tmp_path, event, head="X-WR-TIMEZONE:Europe/London\n")  # UTC+1
    assert whens(of_a_zone) == [span("2026-06-03T07:00:00Z", "2026-06-03T08:00:00Z")]


def test_a_repeated_event_keeps_its_wall_time(tmp_path: Path) -> None:
    """Over the change to summer time on 29 March, without the date that is left out."""
    file = feed(
        tmp_path,
        "UID:a\nDTSTART;TZID=Europe/Amsterdam:20260322T010000\n"
        "DTEND;TZID=Europe/Amsterdam:20260322T040000\nRRULE:FREQ=WEEKLY;COUNT=4\n"
        "EXDATE;TZID=Europe/Amsterdam:20260405T010000",
    )

    assert whens(file) == [
        span("2026-03-22T01:00:00+01:00", "2026-03-22T04:00:00+01:00"),  # 3 h
        span("2026-03-29T01:00:00+01:00", "2026-03-29T04:00:00+02:00"),  # 2 h
        span("2026-04-12T01:00:00+02:00", "2026-04-12T04:00:00+02:00"),
    ]


def test_a_yearly_event_is_written_out_for_the_years_asked(tmp_path: Path) -> None:
    """It has no end of its own."""
    file = feed(
        tmp_path, "UID:a\nDTSTART;VALUE=DATE:20200229\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"
    )

    # The last day of each February.
    assert whens(file, (2027, 2028)) == [date(2027, 2, 28), date(2028, 2, 29)]


def test_one_of_a_series_may_be_moved_or_cancelled(tmp_path: Path) -> None:
    """What overrides an occurrence (RECURRENCE-ID) replaces it; cancelled events close nothing."""
    series = "UID:a\nDTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY;COUNT=3"
    file = feed(
        tmp_path,
        series,
        "UID:a\nRECURRENCE-ID;VALUE=DATE:20260112\nDTSTART;VALUE=DATE:20260113",
        "UID:a\nRECURRENCE-ID;VALUE=DATE:20260119\nDTSTART;VALUE=DATE:20260119\nSTATUS:CANCELLED",
    )

    assert whens(file) == [date(2026, 1, 5), date(2026, 1, 13)]


def test_only_the_years_asked_are_told(tmp_path: Path) -> None:
    """By the calendar's own midnight: 31 December 23:30 UTC is next year in Amsterdam."""
    file = feed(
        tmp_path,
        "UID:a\nDTSTART;VALUE=DATE:20251231\nDTEND;VALUE=DATE:20260102",
        "UID:b\nDTSTART:20261231T213000Z\nDURATION:PT1H",
        "UID:c\nDTSTART:20261231T233000Z\nDURATION:PT1H",
    )

    assert whens(file, (2026, 2026)) == [
        date(2026, 1, 1),
        span("2026-12-31T21:30:00Z", "2026-12-31T22:30:00Z"),
    ]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            "UID:a\nSUMMARY:Party",
            "event 'Party': has no DTSTART; say when it begins or take it out",
        ),
        (
            "UID:a\nSUMMARY:Party\nDTSTART:soon",
            "event 'Party': DTSTART cannot be read, "
            "Expected datetime, date, or time. Got: 'soon'; correct it",
        ),
        (
            "UID:a\nDTSTART;TZID=Europe/Amsterdm:20260601T120000",
            "event 'a': DTSTART has TZID 'Europe/Amsterdm', which is not known and not defined in "
            "the file; write an IANA zone such as Europe/Amsterdam",
        ),
        (
            "DTSTART:20260105T000000Z\nDTEND:20260101T000000Z",
            "event '1': DTEND lies before DTSTART or is of another sort; correct it",
        ),
        (
            "DTSTART;VALUE=DATE:20260105\nDTEND:20260107T000000Z",
            "event '1': DTEND lies before DTSTART or is of another sort; correct it",
        ),
        (
            "UID:a\nDTSTART:20260101T000000Z\nDURATION:-PT1H",
            "event 'a': DURATION is negative; correct it",
        ),
        (
            "UID:a\nDTSTART:20260101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
            "event 'a': is repeated SECONDLY; write one event that lasts",
        ),
        (
            "UID:a\nDTSTART:20260101T000000Z\nRRULE:FREQ=OFTEN",
            "event 'a': RRULE cannot be read, Expected frequency, got: OFTEN; correct it",
        ),
    ],
)
def test_an_event_that_cannot_be_meant_is_refused(tmp_path: Path, event: str, told: str) -> None:
    """By its title, else its UID, else its number."""
    with pytest.raises(FeedError) as caught:
        read_feed(feed(tmp_path, event), (2026, 2026), ZONE)

    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<html>Sign in</html>", "is no iCalendar file"),
        (b"", "is no iCalendar file"),
        (b"\xff\xfe\x00", "is no iCalendar file"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "is no iCalendar file"),
        (
            b"BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20260105\nEND:VEVENT\n",
            "does not begin with BEGIN:VCALENDAR; save the feed again",
        ),
    ],
)
def test_what_is_no_feed_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    """A page of a portal, half a download, another encoding."""
    file = tmp_path / "days.ics"
    file.write_bytes(content)

    with pytest.raises(FeedError, match=told):
        read_feed(file, (2026, 2026), ZONE)


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    """The same bytes, the same fingerprint; no file is said in words."""
    file = feed(tmp_path, "UID:a\nDTSTART;VALUE=DATE:20260102")
    first = fingerprint(file)
    feed(tmp_path, "UID:a\nDTSTART;VALUE=DATE:20260103")
    assert fingerprint(file) != first
    feed(tmp_path, "UID:a\nDTSTART;VALUE=DATE:20260102")
    assert fingerprint(file) == first
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert fingerprint(file) == first  # line ends are not content

    with pytest.raises(
        FeedError, match=r"cannot be read \(no such file or directory\); put the feed"
    ):
        fingerprint(tmp_path / "other.ics")
