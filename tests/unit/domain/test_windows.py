"""Windows in their zone, across clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.agreement import ComplianceWindow, Period
from slm_stream.domain.lengths import parse_length
from slm_stream.domain.windows import (
    period_bounds,
    rolling_bounds,
    tile_bounds,
    wall_instant_ms,
    window_bounds,
)

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


@pytest.mark.parametrize(
    ("tiles", "anchor", "at", "bounds"),
    [
        # Two weeks from 5 July: 19 July, 2 August, 16 August.
        ("2w UTC", "2022-07-05T08:00", "2022-08-11", "2022-08-02T08:00 2022-08-16T08:00"),
        # Before the anchor as well: 1 January, 29 December, less Amsterdam's hour in winter.
        ("3d Europe/Amsterdam", "2026-01-04", "2025-12-31", "2025-12-28T23:00 2025-12-31T23:00"),
        # Noon in New York is 17:00Z in winter, 16:00Z in summer.
        ("1Q America/New_York", "2026-01-02T12:00", "2026-03-01",
         "2026-01-02T17:00 2026-04-02T16:00"),
        # Anchored on the 31st: February ends on the 28th, March on the 31st.
        ("1M UTC", "2026-01-31", "2026-03-01", "2026-02-28 2026-03-31"),
        ("1Y UTC", "2024-02-29", "2026-01-01", "2025-02-28 2026-02-28"),
        # A boundary at 02:30 is skipped on 29 March: it moves to 03:30, which is 01:30Z.
        ("1d Europe/Amsterdam", "2026-01-01T02:30", "2026-03-29T01:00",
         "2026-03-28T01:30 2026-03-29T01:30"),
        # One at 02:30 on 25 October comes twice: the first is 00:30Z.
        ("1d Europe/Amsterdam", "2026-01-01T02:30", "2026-10-25T01:00",
         "2026-10-25T00:30 2026-10-26T01:30"),
        # Without an anchor: two months from January, six hours from midnight.
        ("2M UTC", None, "2026-04-30", "2026-03-01 2026-05-01"),
        ("6h Asia/Kolkata", None, "2026-01-01", "2025-12-31T18:30 2026-01-01T00:30"),
    ],
)  # fmt: skip
def test_windows_tile_time_from_their_anchor(
    tiles: str, anchor: str | None, at: str, bounds: str
) -> None:
    """Bounds in UTC by hand."""
    length, zone = tiles.split()
    wall = None if anchor is None else datetime.fromisoformat(anchor)
    expected = tuple(wall_instant_ms(datetime.fromisoformat(text), UTC) for text in bounds.split())
    at_ms = wall_instant_ms(datetime.fromisoformat(at), UTC)

    assert tile_bounds(parse_length(length), at_ms, ZoneInfo(zone), wall) == expected


@given(
    at_ms=st.integers(-(10**12), 4 * 10**12),
    length=st.sampled_from(["1h", "1d", "5d", "2w", "1M", "7M", "1Q", "1Y"]),
    zone=st.sampled_from(["UTC", "Europe/Amsterdam", "America/Sao_Paulo", "Pacific/Apia"]),
    anchor=st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_every_instant_lies_in_exactly_one_window(
    at_ms: int, length: str, zone: str, anchor: datetime | None
) -> None:
    """It lies in the window found, and the windows next to it begin and end where that does."""
    if anchor is not None:
        anchor = anchor.replace(microsecond=0)
    tiles = parse_length(length), ZoneInfo(zone), anchor
    start, end = tile_bounds(tiles[0], at_ms, *tiles[1:])

    assert start <= at_ms < end
    assert tile_bounds(tiles[0], start, *tiles[1:]) == (start, end)
    assert tile_bounds(tiles[0], end - 1, *tiles[1:]) == (start, end)
    assert tile_bounds(tiles[0], start - 1, *tiles[1:])[1] == start
    assert tile_bounds(tiles[0], end, *tiles[1:])[0] == end


def test_rolling_days_are_elapsed_time_and_rolling_months_the_calendars() -> None:
    """Back over the change to summer time: 24 hours, or the same time of day a month ago."""
    amsterdam, at = ZoneInfo("Europe/Amsterdam"), ms(2026, 3, 29, 8)  # 10:00 there

    day, _ = rolling_bounds(parse_length("1d"), at, amsterdam)
    month, end = rolling_bounds(parse_length("1M"), at, amsterdam)

    assert day == ms(2026, 3, 28, 8)  # 09:00 there
    assert month == ms(2026, 2, 28, 9)  # 10:00 on the last day of February
    assert end == at
