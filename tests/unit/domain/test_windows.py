"""Calendar periods in their zone, across clock changes."""

from datetime import UTC, datetime

import pytest

from slm_stream.domain.agreement import ComplianceWindow, Period
from slm_stream.domain.windows import period_bounds, window_bounds

HOURS_MS = 3_600_000


def ms(*when: int) -> int:
    """Return an instant in UTC."""
    return round(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("period", "at", "start", "end", "hours"),
    [
        # Amsterdam is an hour ahead in winter, two in summer.
        (Period.DAY, (2026, 3, 29, 12), (2026, 3, 28, 23), (2026, 3, 29, 22), 23),
        (Period.DAY, (2026, 10, 25, 12), (2026, 10, 24, 22), (2026, 10, 25, 23), 25),
        (Period.WEEK, (2026, 3, 25), (2026, 3, 22, 23), (2026, 3, 29, 22), 167),
        (Period.MONTH, (2026, 10, 31, 22, 59), (2026, 9, 30, 22), (2026, 10, 31, 23), 745),
        (Period.MONTH, (2026, 10, 31, 23), (2026, 10, 31, 23), (2026, 11, 30, 23), 720),
        (Period.QUARTER, (2026, 2, 1), (2025, 12, 31, 23), (2026, 3, 31, 22), 2159),
        (Period.YEAR, (2026, 7, 1), (2025, 12, 31, 23), (2026, 12, 31, 23), 8760),
    ],
)
def test_periods_of_amsterdam(
    period: Period, at: tuple[int, ...], start: tuple[int, ...], end: tuple[int, ...], hours: int
) -> None:
    """Bounds by hand."""
    bounds = period_bounds(period, ms(*at), "Europe/Amsterdam")

    assert bounds == (ms(*start), ms(*end))
    assert bounds[1] - bounds[0] == hours * HOURS_MS


def test_the_boundary_still_judges_what_ends_there() -> None:
    """Midnight is the last look at the day, a millisecond later the first at the next."""
    day = ComplianceWindow(period=Period.DAY)
    midnight = ms(2026, 3, 2)

    assert window_bounds(day, midnight, "UTC") == (ms(2026, 3, 1), midnight)
    assert window_bounds(day, midnight + 1, "UTC") == (midnight, ms(2026, 3, 3))


def test_rolling_windows_end_now() -> None:
    """And begin their length before."""
    assert window_bounds(ComplianceWindow(rolling_s=60), 100_000, "") == (40_000, 100_000)
