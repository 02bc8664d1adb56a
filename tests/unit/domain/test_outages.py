"""Outages inside agreed time, by hand."""

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Source
from slm_stream.domain.outages import Outage, clipped, outages_of
from slm_stream.domain.timeline import DOWN, EXCLUDED, UNKNOWN, UP
from slm_stream.domain.witnesses import Finding

HOUR = 3600
MONDAY_S = 1_772_409_600  # 2026-03-02T00:00Z
OFFICE = Calendar("UTC", dict.fromkeys(range(5), ((480, 1080),)))  # 08:00 to 18:00
WEEK = OFFICE.open_spans(MONDAY_S, MONDAY_S + 7 * 24 * HOUR)


def test_an_outage_over_a_night_is_one_outage() -> None:
    """Monday 17:00 to Tuesday 09:30: an hour and an hour and a half of it are agreed time."""
    start, end = MONDAY_S + 17 * HOUR, MONDAY_S + 33 * HOUR + 1800

    assert clipped([(start, end)], WEEK) == [Outage(start, end, 9000, 59_400)]


def test_outages_with_no_agreed_time_left_are_none() -> None:
    """One at night, one that begins as the office closes, one in maintenance."""
    night = (MONDAY_S + 2 * HOUR, MONDAY_S + 5 * HOUR)
    at_closing = (MONDAY_S + 18 * HOUR, MONDAY_S + 19 * HOUR)
    planned = (MONDAY_S + 10 * HOUR, MONDAY_S + 12 * HOUR)

    assert clipped([night, planned, at_closing], WEEK, [planned]) == []


def test_an_outage_is_exact_to_the_second() -> None:
    """It begins a second before the office opens and ends a second after."""
    opens = MONDAY_S + 8 * HOUR

    assert clipped([(opens - 1, opens + 1)], WEEK) == [Outage(opens, opens + 1, 1, 2)]


def test_no_agreed_time_has_no_outages() -> None:
    """A calendar that is never open."""
    assert clipped([(MONDAY_S, MONDAY_S + HOUR)], []) == []


def test_milliseconds_do_as_well_as_seconds() -> None:
    """What lies outside all open spans is left out, what touches them only too."""
    assert clipped([(1, 3), (7, 25)], [(3, 9), (20, 30)]) == [Outage(7, 25, 7, 18)]


def test_an_outage_ends_where_nobody_knows() -> None:
    """Another witness and excluded time do not end it, up and unknown do."""
    probes, tickets = Source.PROBES, Source.INCIDENTS
    found = [
        Finding(0, 5, DOWN, probes),
        Finding(5, 7, DOWN, tickets),
        Finding(7, 8, EXCLUDED, None),
        Finding(8, 10, DOWN, probes),
        Finding(10, 12, UNKNOWN, None),
        Finding(12, 14, DOWN, probes),
        Finding(14, 15, UP, probes),
        Finding(15, 16, EXCLUDED, None),
        Finding(16, 17, DOWN, tickets),
    ]

    assert outages_of(found) == ([(0, 10), (12, 14), (16, 17)], [(7, 8), (15, 16)])
