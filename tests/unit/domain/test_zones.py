"""Zones: offsets over a span, and wall time to instants."""

from datetime import datetime, timedelta

import pytest

from slm_stream.domain.zones import (
    constant_offsets,
    fixed_zone,
    iso_text,
    load_zone,
    wall_time_s,
)


def instant(text: str) -> int:
    """Return the instant of an ISO 8601 time with offset."""
    return int(datetime.fromisoformat(text).timestamp())


def test_a_year_in_berlin_has_three_stretches() -> None:
    """Winter, summer and winter time meet at the seconds of the EU's rule, 01:00 UTC."""
    start_s, end_s = instant("2026-01-01T00:00Z"), instant("2027-01-01T00:00Z")
    spring_s, autumn_s = instant("2026-03-29T01:00Z"), instant("2026-10-25T01:00Z")

    assert list(constant_offsets(load_zone("Europe/Berlin"), start_s, end_s)) == [
        (start_s, spring_s, 3600),
        (spring_s, autumn_s, 7200),
        (autumn_s, end_s, 3600),
    ]


def test_changes_a_week_apart_are_both_found() -> None:
    """Recife kept daylight saving for one week in October 2000, the shortest in the data."""
    # A look an hour before the first change, and again a week later, would miss both.
    start_s, end_s = instant("2000-10-08T02:00Z"), instant("2000-12-01T00:00Z")

    stretches = list(constant_offsets(load_zone("America/Recife"), start_s, end_s))

    assert [offset_s // 3600 for _, _, offset_s in stretches] == [-3, -2, -3]
    # From Sunday 8 October, 00:00-03:00, to Sunday 15 October, 00:00-02:00: an hour short of 7 d.
    assert stretches[1][:2] == (instant("2000-10-08T03:00Z"), instant("2000-10-15T02:00Z"))


def test_a_change_at_the_very_start_or_end_of_a_span_makes_no_empty_stretch() -> None:
    """Stretches are half-open: a change at the end belongs to what follows."""
    spring_s = instant("2026-03-29T01:00Z")
    berlin = load_zone("Europe/Berlin")

    assert list(constant_offsets(berlin, spring_s - 60, spring_s)) == [
        (spring_s - 60, spring_s, 3600)
    ]
    assert list(constant_offsets(berlin, spring_s, spring_s + 60)) == [
        (spring_s, spring_s + 60, 7200)
    ]


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        ("2026-06-01T00:00", "Europe/Amsterdam", "2026-05-31T22:00Z"),
        ("2026-10-25T02:30", "Europe/Amsterdam", "2026-10-25T00:30Z"),  # the first of two
        ("2026-03-29T02:30", "Europe/Amsterdam", "2026-03-29T01:30Z"),  # = 03:30 +02:00
        ("2018-11-04T00:00", "America/Sao_Paulo", "2018-11-04T03:00Z"),  # = 01:00 -02:00
    ],
)
def test_wall_time_is_the_first_occurrence_or_moves_over_the_gap(
    wall: str, zone: str, expected: str
) -> None:
    """Repeated and skipped wall times have one instant each."""
    assert wall_time_s(datetime.fromisoformat(wall), zone) == instant(expected)


@pytest.mark.parametrize("name", ["Europe/Amsterdan", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused_with_a_remedy(name: str) -> None:
    """Whatever is wrong with a name, the sentence is the same."""
    with pytest.raises(ValueError, match=r"unknown time zone .*; use an IANA name such as"):
        load_zone(name)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("+02:00", 120),
        ("-0530", -330),
        ("+1", 60),
        ("UTC+5:45", 345),
        ("gmt-3", -180),
        ("Z", 0),
        ("utc", 0),
    ],
)
def test_offsets_as_people_write_them(text: str, minutes: int) -> None:
    """Hours, and minutes if any."""
    assert fixed_zone(text).utcoffset(None) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "+25:00", "+02:60", "Europe/Amsterdam"])
def test_other_offsets_are_refused(text: str) -> None:
    """The message shows what to write."""
    with pytest.raises(ValueError, match=r"no offset from UTC; write for example \+02:00"):
        fixed_zone(text)


@pytest.mark.parametrize(
    ("at_us", "zone", "text"),
    [
        # 2023-06-15T16:17:18Z; Chicago is five hours behind in summer.
        (1_686_845_838_000_000, "America/Chicago", "2023-06-15T11:17:18-05:00"),
        (1_686_845_838_000_001, "UTC", "2023-06-15T16:17:18.000001+00:00"),
        (-1_000_000, "UTC", "1969-12-31T23:59:59+00:00"),
    ],
)
def test_instants_as_text(at_us: int, zone: str, text: str) -> None:
    """Offset as a number, six digits of fraction or none."""
    assert iso_text(at_us, load_zone(zone)) == text
