"""Windows on the time line: half-open spans in a time zone, in milliseconds since the epoch.

All windows that tile time are one mechanism: boundary ``k`` is an anchor plus ``k`` lengths on
the wall clock of the zone, turned into an instant. A calendar period is that with an anchor at
a natural boundary.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from slm_stream.domain.agreement import ComplianceWindow, Period
from slm_stream.domain.lengths import PERIOD_LENGTHS, Length
from slm_stream.domain.units import WEEK_MS

MINUTE_MS = 60_000
HOUR_MS = 3_600_000

_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEW_YEAR = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time, in any zone
_A_MONDAY = datetime(1970, 1, 5)  # noqa: DTZ001


def wall_instant_ms(wall: datetime, zone: tzinfo) -> int:
    """Return the instant of a wall time (a naive datetime), parts of a millisecond cut off.

    A wall time that a clock change skips moves forward by the length of the gap; one that
    occurs twice is its first occurrence (what `datetime` does with ``fold=0``).

    >>> wall_instant_ms(datetime(2026, 3, 29), ZoneInfo("Europe/Amsterdam"))
    1774738800000
    """
    return (wall.replace(tzinfo=zone, fold=0) - _EPOCH) // _MS


def wall_time(at_ms: int, zone: tzinfo) -> datetime:
    """Return what the clocks of a zone show at an instant, as a naive datetime.

    >>> wall_time(1774738800000, ZoneInfo("Europe/Amsterdam"))
    datetime.datetime(2026, 3, 29, 0, 0)
    """
    return (_EPOCH + at_ms * _MS).astimezone(zone).replace(tzinfo=None, fold=0)


def tile_bounds(
    length: Length, at_ms: int, zone: tzinfo, anchor: datetime | None = None
) -> tuple[int, int]:
    """Return start and end of the window that holds an instant, of windows that tile time.

    Parameters
    ----------
    length : Length
        Of every window, on the wall clock: a day of a clock change has 23 or 25 hours.
    at_ms : int
        The instant.
    zone : tzinfo
        Whose wall clock.
    anchor : datetime, optional
        A wall time (naive) at which a window begins; windows lie before it as well. By
        default midnight of 1 January 1970, a Monday's for weeks, so that days begin at
        midnight, months on the first, and quarters in January, April, July and October.

    Returns
    -------
    (int, int)
        Milliseconds, ``start <= at_ms < end``.

    >>> noon = datetime(2026, 1, 2, 12)
    >>> start, end = tile_bounds(Length(months=1), 1_774_738_800_000, UTC, noon)
    >>> [str(wall_time(at, UTC)) for at in (start, end)]
    ['2026-03-02 12:00:00', '2026-04-02 12:00:00']
    """
    if anchor is None:
        anchor = _A_MONDAY if length.ms and length.ms % WEEK_MS == 0 else _NEW_YEAR

    def boundary(k: int) -> int:
        return wall_instant_ms(length.after(anchor, k), zone)

    k = length.whole_times(anchor, wall_time(at_ms, zone))
    start_ms = boundary(k)
    while start_ms > at_ms:
        k -= 1
        start_ms = boundary(k)
    end_ms = boundary(k + 1)
    while end_ms <= at_ms:
        k += 1
        start_ms, end_ms = end_ms, boundary(k + 1)
    return start_ms, end_ms


def rolling_bounds(length: Length, at_ms: int, zone: tzinfo = UTC) -> tuple[int, int]:
    """Return start and end of the window of a length that ends at an instant.

    Fixed lengths are elapsed time; months step back on the calendar of the zone, to the same
    day (the last, of a shorter month) and time of day.

    >>> rolling_bounds(Length.of(1, "day"), 100_000_000)
    (13600000, 100000000)
    """
    if not length.months:
        return at_ms - length.ms, at_ms
    return wall_instant_ms(length.after(wall_time(at_ms, zone), -1), zone), at_ms


def period_bounds(period: Period, at_ms: int, zone: str) -> tuple[int, int]:
    """Return start and end of the calendar period that holds an instant, in milliseconds.

    Days begin at local midnight, weeks on Monday, quarters in January, April, July and October.

    >>> start, end = period_bounds(Period.MONTH, 1_774_738_800_000, "Europe/Amsterdam")
    >>> (end - start) / 3_600_000  # March 2026 loses an hour to summer time
    743.0
    """
    return tile_bounds(PERIOD_LENGTHS[period], at_ms, ZoneInfo(zone))


def window_bounds(window: ComplianceWindow, at_ms: int, zone: str) -> tuple[int, int]:
    """Return the span over which a verdict at `at_ms` looks.

    Rolling windows end at `at_ms`; calendar periods end when they end, which may be later.
    """
    if window.period is not None:
        # An instant on the boundary still judges the period that ends there.
        return period_bounds(window.period, at_ms - 1, zone)
    return rolling_bounds(Length(ms=(window.rolling_s or 0) * 1000), at_ms)
