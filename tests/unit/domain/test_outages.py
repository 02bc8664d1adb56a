"""Outages inside agreed time, by hand."""

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Source
from slm_stream.domain.outages import (
    Outage,
    availability_window,
    clipped,
    figures_of,
    outages_of,
)
from slm_stream.domain.timeline import DOWN, EXCLUDED, UNKNOWN, UP
from slm_stream.domain.witnesses import Finding

HOUR = 3600
MONDAY_S = 1_772_409_600  # 2026-03-02T00:00Z
OFFICE = Calendar("UTC", dict.fromkeys(range(5), ((480, 1080),)))  # 08:00 to 18:00


def test_an_outage_over_a_night_is_one_outage() -> None:
    """Monday 17:00 to Tuesday 09:30: an hour and an hour and a half of it are agreed time."""
    start, end = MONDAY_S + 17 * HOUR, MONDAY_S + 33 * HOUR + 1800
    figures, found = availability_window(OFFICE, MONDAY_S, MONDAY_S + 48 * HOUR, [(start, end)])

    assert found == [Outage(start, end, 9000, 59_400)]
    assert (figures.known, figures.down, figures.n_outages) == (72_000, 9000, 1)
    assert figures.longest == 9000


def test_outages_with_no_agreed_time_left_are_none() -> None:
    """One at night, one that begins as the office closes, one in maintenance."""
    night = (MONDAY_S + 2 * HOUR, MONDAY_S + 5 * HOUR)
    at_closing = (MONDAY_S + 18 * HOUR, MONDAY_S + 19 * HOUR)
    planned = (MONDAY_S + 10 * HOUR, MONDAY_S + 12 * HOUR)
    figures, found = availability_window(
        OFFICE, MONDAY_S, MONDAY_S + 24 * HOUR, [night, planned, at_closing], [planned]
    )

    assert found == []
    assert (figures.known, figures.down, figures.longest) == (36_000, 0, 0)
    assert (figures.mtbf, figures.mtrs, figures.mtbsi) == (None, None, None)


def test_an_outage_is_exact_to_the_second_and_cut_at_the_window() -> None:
    """It begins a second before the office opens and lasts past the end of the window."""
    figures, found = availability_window(
        OFFICE, MONDAY_S, MONDAY_S + 9 * HOUR, [(MONDAY_S + 8 * HOUR - 1, MONDAY_S + 20 * HOUR)]
    )

    assert found == [Outage(MONDAY_S + 8 * HOUR, MONDAY_S + 9 * HOUR, 3600, 3601)]
    assert figures.mtbf == 0


def test_no_agreed_time_has_no_figures() -> None:
    """A calendar that is never open, and an empty window."""
    closed = Calendar("UTC", {})
    spans = [(MONDAY_S, MONDAY_S + HOUR)]

    assert availability_window(closed, MONDAY_S, MONDAY_S + HOUR, spans)[1] == []
    assert availability_window(OFFICE, MONDAY_S, MONDAY_S, spans)[0].known == 0


def test_the_means_fit_together() -> None:
    """100 hours known, outages of 1 and 3 hours: 48 between failures, 2 to restore, 50 in all."""
    figures = figures_of([Outage(0, 1, 1, 1), Outage(50, 53, 3, 3)], known=100)

    assert (figures.mtbf, figures.mtrs, figures.mtbsi) == (48, 2, 50)
    assert figures.longest == 3


def test_touching_spans_of_open_time_are_not_needed() -> None:
    """Milliseconds do as well as seconds; what lies outside all open spans is left out."""
    assert clipped([(1, 2), (7, 25)], [(3, 9), (20, 30)]) == [Outage(7, 25, 7, 18)]


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
