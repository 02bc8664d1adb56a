"""Availability, MTBF, MTBSI, MTRS."""

from fractions import Fraction

from slm_stream.domain.calendar import Calendar
from slm_stream.domain.reliability import Reliability, reliability

HOUR_S = 3600
OFFICE = Calendar("UTC", dict.fromkeys(range(5), ((9 * 60, 17 * 60),)))
MONDAY = 1_772_409_600  # 2026-03-02T00:00Z
WEEK = MONDAY, MONDAY + 7 * 24 * HOUR_S


def at(hour: int, day: int = 0) -> int:
    """Return an instant of that week."""
    return MONDAY + (day * 24 + hour) * HOUR_S


def test_a_week_with_two_outages() -> None:
    """40 h agreed; down on Monday 16 to 18 (1 h agreed) and Tuesday 10 to 13 (3 h)."""
    week = reliability(OFFICE, WEEK, [(at(10, 1), at(13, 1)), (at(16), at(18))])

    assert (week.agreed_s, week.down_s, week.wall_s) == (40 * HOUR_S, 4 * HOUR_S, 5 * HOUR_S)
    assert (week.n_outages, week.longest_s) == (2, 3 * HOUR_S)
    assert week.availability == Fraction(9, 10)
    assert week.mtbf_s == 18 * HOUR_S
    assert week.mtrs_s == 2 * HOUR_S
    assert week.mtbsi_s == 20 * HOUR_S


def test_an_outage_at_night_is_none() -> None:
    """Only by the wall clock."""
    week = reliability(OFFICE, WEEK, [(at(20), at(22))])

    assert (week.down_s, week.wall_s, week.n_outages) == (0, 2 * HOUR_S, 0)
    assert week.availability == 1
    assert week.mtbf_s is week.mtrs_s is week.mtbsi_s is None


def test_outages_are_clipped_to_the_window() -> None:
    """One over the weekend before, one into the weekend after, on Monday and Friday alone."""
    days = at(0), at(0, 5)

    week = reliability(OFFICE, days, [(at(-30), at(10)), (at(16, 4), at(40, 4))])

    assert (week.down_s, week.wall_s, week.n_outages) == (2 * HOUR_S, 18 * HOUR_S, 2)


def test_planned_maintenance_is_taken_off_first() -> None:
    """Overlapping plans take off once; an outage inside them is none; agreed time stays."""
    planned = [(at(11), at(13)), (at(12), at(14))]

    week = reliability(OFFICE, WEEK, [(at(10), at(15)), (at(12), at(13))], planned)

    assert (week.agreed_s, week.down_s, week.n_outages) == (40 * HOUR_S, 2 * HOUR_S, 1)


def test_no_agreed_time_has_no_figures() -> None:
    """A weekend of an office: not 100 %, nothing."""
    weekend = reliability(OFFICE, (at(0, 5), at(0, 7)), [(at(1, 5), at(2, 5))])

    assert weekend.agreed_s == 0
    assert weekend.availability is weekend.mtbf_s is None


def test_totals_alone_give_the_means() -> None:
    """100 h agreed, 2 h down, four times."""
    totals = Reliability(100, 2, 4)

    assert totals.availability == Fraction(98, 100)
    assert totals.mtbsi_s == 25
    assert totals.mtbf_s == Fraction(49, 2)
    assert totals.mtrs_s == Fraction(1, 2)
