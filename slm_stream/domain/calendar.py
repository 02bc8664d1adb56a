"""Calendars: agreed service time from opening hours, holidays, breaks and overrides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from slm_stream.domain import spans
from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.spans import Span
from slm_stream.domain.zones import DAY_S, constant_offsets, load_zone

MINUTES_PER_DAY = 1440
WHOLE_DAY: Span = (0, MINUTES_PER_DAY)

_ONE_DAY = timedelta(days=1)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_A_LEAP_YEAR = 2000


@dataclass(frozen=True)
class Calendar(ServiceTime):
    """Opening hours of a service in a time zone.

    An instant is open when its wall time in the zone lies in a window of its date. Windows
    are (open, close) in minutes of the day, 0-1440; a close at or before the open lies on
    the next date, and the whole window belongs to the date on which it opens.

    What holds for a date, strongest first:

    1. `date_overrides` replace the windows that open on it, also on a holiday;
    2. a holiday has no windows, and cuts off those that run into it from the eve;
    3. otherwise the windows of its weekday hold.

    `breaks` and `closures` are then cut out, whatever the windows came from.

    Parameters
    ----------
    zone : str
        IANA name.
    hours : mapping of int to windows
        By weekday, 0 = Monday to 6 = Sunday; a weekday that is absent is closed.
    holidays : frozenset of date
        Dates that are closed.
    annual_holidays : frozenset of (month, day)
        Dates that are closed every year.
    breaks, date_overrides : mapping of date to windows
        Windows removed on that date; windows that replace its own.
    closures : tuple of (start, end)
        Closed time in seconds since the epoch, half-open, in any order.

    Raises
    ------
    ValueError
        If a value is out of its range, or the zone is not known.

    Examples
    --------
    >>> office = Calendar("Europe/Amsterdam", {day: ((540, 1020),) for day in range(5)})
    >>> friday_16h = 1_772_809_200  # 2026-03-06T15:00Z, an hour before closing
    >>> (office.deadline(friday_16h, 7200) - friday_16h) / 3600  # Monday 10:00
    66.0
    >>> office.open_seconds(friday_16h, friday_16h + 7 * 86_400) / 3600
    40.0
    """

    zone: str
    hours: Mapping[int, tuple[Span, ...]] = field(hash=False)
    holidays: frozenset[date] = frozenset()
    annual_holidays: frozenset[tuple[int, int]] = frozenset()
    breaks: Mapping[date, tuple[Span, ...]] = field(default_factory=dict, hash=False)
    date_overrides: Mapping[date, tuple[Span, ...]] = field(default_factory=dict, hash=False)
    closures: tuple[Span, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        load_zone(self.zone)
        for weekday, windows in self.hours.items():
            if not 0 <= weekday <= 6:
                msg = f"a weekday is 0 (Monday) to 6 (Sunday), got {weekday!r}"
                raise ValueError(msg)
            _check_windows(f"weekday {weekday}", windows)
        for day, windows in (*self.breaks.items(), *self.date_overrides.items()):
            _check_windows(str(day), windows)
        for month, day_of_month in self.annual_holidays:
            _check_annual_holiday(month, day_of_month)

    @classmethod
    def always(cls, zone: str) -> Self:
        """Return the calendar that never closes.

        >>> Calendar.always("UTC").open_seconds(0, 86_400)
        86400
        """
        return cls(zone, dict.fromkeys(range(7), (WHOLE_DAY,)), name="always")

    @cached_property
    def _zone_info(self) -> ZoneInfo:
        return load_zone(self.zone)

    def _find_open_spans(self, start_s: int, end_s: int) -> list[Span]:
        # Wall time runs evenly while the offset stands. Going from one offset to the next by
        # instants, not by dates, gets repeated and skipped hours right wherever they fall.
        found: list[Span] = []
        for from_s, to_s, offset_s in constant_offsets(self._zone_info, start_s, end_s):
            first_day = (from_s + offset_s) // DAY_S
            end_day = -(-(to_s + offset_s) // DAY_S)
            for day in range(first_day, end_day):
                midnight_s = day * DAY_S - offset_s
                for opens, closes in self._open_minutes(date.fromordinal(_EPOCH_ORDINAL + day)):
                    opens_s = max(midnight_s + opens * 60, from_s)
                    spans.append(found, (opens_s, min(midnight_s + closes * 60, to_s)))
        return spans.difference(found, self._closed_spans)

    @cached_property
    def _closed_spans(self) -> list[Span]:
        return spans.union(self.closures)

    def _open_minutes(self, day: date) -> list[Span]:
        """Return the open minutes of a local date, as if no offset changed on it."""
        eve = day - _ONE_DAY
        if self._is_ordinary(day) and self._is_ordinary(eve):
            return self._ordinary_week[day.weekday()]
        if self._is_closed(day):
            return []
        is_open = _minutes_of_date(self._opening_on(day), self._opening_on(eve))
        on_break = _minutes_of_date(self.breaks.get(day, ()), self.breaks.get(eve, ()))
        return spans.difference(is_open, on_break)

    @cached_property
    def _ordinary_week(self) -> list[list[Span]]:
        by_weekday = [self.hours.get(weekday, ()) for weekday in range(7)]
        return [_minutes_of_date(by_weekday[day], by_weekday[day - 1]) for day in range(7)]

    @cached_property
    def _dated(self) -> frozenset[date]:
        return self.holidays.union(self.breaks, self.date_overrides)

    def _is_ordinary(self, day: date) -> bool:
        return day not in self._dated and (day.month, day.day) not in self.annual_holidays

    def _opening_on(self, day: date) -> tuple[Span, ...]:
        if day in self.date_overrides:
            return self.date_overrides[day]
        return () if self._is_closed(day) else self.hours.get(day.weekday(), ())

    def _is_closed(self, day: date) -> bool:
        is_holiday = day in self.holidays or (day.month, day.day) in self.annual_holidays
        return is_holiday and day not in self.date_overrides


@dataclass(frozen=True)
class Intersection(ServiceTime):
    """Time that is open in both of two: an OLA's hours inside an SLA's."""

    zone: str
    one: ServiceTime
    other: ServiceTime
    name: str = ""

    def _find_open_spans(self, start_s: int, end_s: int) -> list[Span]:
        return spans.intersection(
            self.one.open_spans(start_s, end_s), self.other.open_spans(start_s, end_s)
        )


def intersection(
    one: ServiceTime, other: ServiceTime, name: str = "", zone: str | None = None
) -> Intersection:
    """Return the time that is open in both; without a zone, dates are meant in that of `one`.

    >>> weekdays = Calendar("UTC", {day: ((480, 1200),) for day in range(5)})
    >>> late_shift = Calendar("UTC", {day: ((1080, 1320),) for day in range(7)})
    >>> monday = 1_772_409_600  # 2026-03-02T00:00Z; open from 18:00 to 20:00
    >>> intersection(weekdays, late_shift).open_seconds(monday, monday + 7 * 86_400)
    36000
    """
    return Intersection(zone or one.zone, one, other, name or f"{one.name} and {other.name}")


def _minutes_of_date(own: Iterable[Span], of_eve: Iterable[Span]) -> list[Span]:
    """Return the minutes of a date that its own windows and those of the eve cover."""
    begun = [(opens, closes if closes > opens else MINUTES_PER_DAY) for opens, closes in own]
    carried = [(0, closes) for opens, closes in of_eve if closes <= opens]
    return spans.union(begun + carried)


def _check_windows(where: str, windows: Iterable[Span]) -> None:
    for opens, closes in windows:
        if not (0 <= opens < MINUTES_PER_DAY and 0 <= closes <= MINUTES_PER_DAY):
            msg = (
                f"a window of {where} opens at minute 0-1439 and closes at minute 0-1440 "
                f"of the day, got ({opens}, {closes})"
            )
            raise ValueError(msg)


def _check_annual_holiday(month: int, day_of_month: int) -> None:
    try:
        date(_A_LEAP_YEAR, month, day_of_month)
    except ValueError as error:
        msg = f"an annual holiday is (month, day), got ({month}, {day_of_month})"
        raise ValueError(msg) from error
