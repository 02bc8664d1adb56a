"""Amounts of working days: "answered within two working days".

A working day is a local date with open time on it. Counted are dates, not hours: two days
from Tuesday 10:00 is Thursday 10:00, however long those days are.

Source: GLPI, working day mode of its calendars, whose test suite gives the figures.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.spans import Span
from slm_stream.domain.windows import wall_time
from slm_stream.domain.zones import load_zone, wall_time_s

_LONGEST_DAYS = 366 * 40


def add_working_days(
    service_time: ServiceTime, start_s: int, days: int, *, end_of_day: bool = False
) -> int | None:
    """Return the instant so many working days later, or earlier if negative.

    The time of day is that of the start, but no later than the last closing of the date that
    is reached. A start on a date without open time begins at the first opening after it.

    Parameters
    ----------
    service_time : ServiceTime
        Which dates, in its zone, are working days.
    start_s : int
        Seconds since the epoch.
    days : int
        Working days after the date of the start.
    end_of_day : bool
        Take the last closing of the date that is reached.

    Returns
    -------
    int or None
        None where no such date comes within 40 years.

    >>> from slm_stream.domain.calendar import Calendar
    >>> office = Calendar("UTC", {day: ((540, 1020),) for day in range(5)})
    >>> friday_16h = 1_772_812_800  # 2026-03-06T16:00Z
    >>> (add_working_days(office, friday_16h, 1) - friday_16h) / 3600  # Monday 16:00
    72.0
    """
    local = _local(service_time, start_s)
    if not _open_on(service_time, local):
        opening_s = service_time.next_opening(start_s)
        if opening_s is None:
            return None
        start_s, local = opening_s, _local(service_time, opening_s)
    reached = _nth_open_date(service_time, local, days)
    if reached is None:
        return None
    closing_s = _open_on(service_time, reached)[-1][1]
    return closing_s if end_of_day else min(_instant_s(service_time, reached), closing_s)


def _nth_open_date(service_time: ServiceTime, local: datetime, days: int) -> datetime | None:
    """Return the same wall time on the n-th date with open time after (before) a date."""
    if not days:
        return local
    open_dates = (day for day in _dates(local, days) if _open_on(service_time, day))
    for n, day in enumerate(open_dates, start=1):
        if n == abs(days):
            return day
    return None


def _dates(local: datetime, days: int) -> Iterator[datetime]:
    step = timedelta(days=1 if days > 0 else -1)
    return (local + n * step for n in range(1, _LONGEST_DAYS))


def _open_on(service_time: ServiceTime, local: datetime) -> list[Span]:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return service_time.open_spans(
        _instant_s(service_time, midnight), _instant_s(service_time, midnight + timedelta(days=1))
    )


def _instant_s(service_time: ServiceTime, wall: datetime) -> int:
    return wall_time_s(wall, service_time.zone)


def _local(service_time: ServiceTime, at_s: int) -> datetime:
    return wall_time(at_s * 1000, load_zone(service_time.zone))
