"""Compliance windows on the time line: half-open spans in the agreement's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slm_stream.domain.agreement import ComplianceWindow, Period

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def local_midnight_ms(day: datetime, zone: ZoneInfo) -> int:
    """Return the first instant of a local date.

    A midnight that a clock change skips moves forward by the length of the gap; one that
    occurs twice is its first occurrence (what `datetime` does with ``fold=0``).

    >>> local_midnight_ms(datetime(2026, 3, 29), ZoneInfo("Europe/Amsterdam"))
    1774738800000
    """
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return round(local.timestamp() * 1000)


def period_bounds(period: Period, at_ms: int, zone: str) -> tuple[int, int]:
    """Return start and end of the calendar period that holds an instant, in milliseconds.

    Days begin at local midnight, weeks on Monday, quarters in January, April, July and October.

    >>> start, end = period_bounds(Period.MONTH, 1_774_738_800_000, "Europe/Amsterdam")
    >>> (end - start) / 3_600_000  # March 2026 loses an hour to summer time
    743.0
    """
    info = ZoneInfo(zone)
    local = datetime.fromtimestamp(at_ms / 1000, info)
    day = datetime(local.year, local.month, local.day)  # noqa: DTZ001 - a local date
    if period in (Period.DAY, Period.WEEK):
        length = 1 if period is Period.DAY else 7
        first = day if period is Period.DAY else day - timedelta(days=day.weekday())
        last = first + timedelta(days=length)
    else:
        months = _MONTHS[period]
        first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
        past = first.year * 12 + first.month - 1 + months
        last = first.replace(year=past // 12, month=past % 12 + 1)
    return local_midnight_ms(first, info), local_midnight_ms(last, info)


def window_bounds(window: ComplianceWindow, at_ms: int, zone: str) -> tuple[int, int]:
    """Return the span over which a verdict at `at_ms` looks.

    Rolling windows end at `at_ms`; calendar periods end when they end, which may be later.
    """
    if window.period is not None:
        # An instant on the boundary still judges the period that ends there.
        return period_bounds(window.period, at_ms - 1, zone)
    return at_ms - (window.rolling_s or 0) * 1000, at_ms
