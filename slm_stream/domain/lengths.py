"""Lengths of windows: fixed ones, and months, whose length depends on where they lie."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from slm_stream.domain.agreement import Period
from slm_stream.domain.units import UNIT_MS, WEEK_MS, parse_duration_ms
from slm_stream.domain.wording import hint

_CALENDAR = re.compile(r"([0-9]{1,4})\s*([MQY])", re.ASCII)
_LETTER_MONTHS = {"M": 1, "Q": 3, "Y": 12}
_WORD_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_WORD_MS = {
    "second": UNIT_MS["s"],
    "minute": UNIT_MS["m"],
    "hour": UNIT_MS["h"],
    "day": UNIT_MS["d"],
    "week": WEEK_MS,
}


@dataclass(frozen=True, slots=True)
class Length:
    """A number of milliseconds, or a number of calendar months; one of the two, above 0.

    Raises
    ------
    ValueError
        If it is neither, or both, or negative.
    """

    ms: int = 0
    months: int = 0

    def __post_init__(self) -> None:
        if min(self.ms, self.months) != 0 or not max(self.ms, self.months):
            msg = f"a length is a time or months above 0, got {self.ms} ms, {self.months} months"
            raise ValueError(msg)

    @classmethod
    def of(cls, count: int, unit: str) -> Self:
        """Return so many seconds, minutes, hours, days, weeks, months, quarters or years.

        >>> Length.of(2, "week"), Length.of(1, "Quarter")
        (Length(ms=1209600000, months=0), Length(ms=0, months=3))

        Raises
        ------
        ValueError
            If there is no such unit, or the count is not above 0.
        """
        word = unit.strip().lower().removesuffix("s")
        if word in _WORD_MONTHS:
            return cls(months=count * _WORD_MONTHS[word])
        if word in _WORD_MS:
            return cls(ms=count * _WORD_MS[word])
        msg = f"{unit!r} is no unit of time; {hint(unit, [*_WORD_MS, *_WORD_MONTHS])}"
        raise ValueError(msg)

    @property
    def fixed_s(self) -> int:
        """Return the seconds of a fixed length.

        >>> Length.of(31, "day").fixed_s
        2678400

        Raises
        ------
        ValueError
            If it is one of months.
        """
        if self.months:
            msg = f"{self.months} months have no fixed length"
            raise ValueError(msg)
        return self.ms // 1000

    def after(self, wall: datetime, times: int) -> datetime:
        """Return the wall time so many lengths after another (before it, if negative).

        Months keep the day of the month, or end on the last day of a shorter month.

        >>> [str(Length(months=1).after(datetime(2026, 1, 31), n).date()) for n in (-2, 1, 2)]
        ['2025-11-30', '2026-02-28', '2026-03-31']
        """
        if not self.months:
            return wall + times * timedelta(milliseconds=self.ms)
        year, month = divmod(_months(wall) + times * self.months, 12)
        day = min(wall.day, monthrange(year, month + 1)[1])
        return wall.replace(year=year, month=month + 1, day=day)

    def whole_times(self, since: datetime, until: datetime) -> int:
        """Return about how many lengths lie between two wall times, at most one off."""
        if self.months:
            return (_months(until) - _months(since)) // self.months
        return (until - since) // timedelta(milliseconds=self.ms)


PERIOD_LENGTHS = {period: Length.of(1, period) for period in Period}


def parse_length(text: str) -> Length:
    """Return the length of ``30m``, ``28d``, ``2w``, ``1M``, ``1Q`` or ``1Y``; case matters.

    >>> parse_length("1Q").months, parse_length("1m").ms
    (3, 60000)

    Raises
    ------
    ValueError
        If it is not a length, or none at all.
    """
    match = _CALENDAR.fullmatch(text.strip())
    if match:
        return Length(months=int(match[1]) * _LETTER_MONTHS[match[2]])
    duration_ms = parse_duration_ms(text)
    if duration_ms.denominator != 1:
        msg = f"{text} is not a whole number of milliseconds; write for example 1ms"
        raise ValueError(msg)
    return Length(ms=duration_ms.numerator)


def _months(wall: datetime) -> int:
    return wall.year * 12 + wall.month - 1
