"""Days, instants and hours as people write them."""

import re
from datetime import date, datetime

from slm_stream.domain.calendar import MINUTES_PER_DAY
from slm_stream.domain.wording import shown

_SPAN = re.compile(r"([0-9]{2}):([0-9]{2})\s*-\s*([0-9]{2}):([0-9]{2})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 2100
MOST_YEARS = 30

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+", re.ASCII)
_YEARS = re.compile(r"([0-9]{4})(?:\s*-\s*([0-9]{4}))?", re.ASCII)
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)


def parse_span(text: object) -> tuple[int, int]:
    """Return the minutes at which a span of a day opens and closes.

    >>> parse_span("09:00-17:30"), parse_span("22:00-06:00"), parse_span("00:00-24:00")
    ((540, 1050), (1320, 360), (0, 1440))
    """
    match = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        msg = f'{shown(text)} is no span of hours; write for example "09:00-17:00"'
        raise ValueError(msg)
    opens, closes = (int(match[i]) * 60 + int(match[i + 1]) for i in (1, 3))
    minutes_ok = int(match[2]) < 60 and int(match[4]) < 60
    if not minutes_ok or opens >= MINUTES_PER_DAY or closes > MINUTES_PER_DAY:
        msg = f"{text} has a time that no clock shows; write times from 00:00 to 24:00"
        raise ValueError(msg)
    if opens == closes:
        msg = f"{text} is no time at all; for the whole day write 00:00-24:00"
        raise ValueError(msg)
    return opens, closes


def parse_day(text: object) -> date:
    """Return the day of ``2026-12-25``."""
    if isinstance(text, str) and _DAY.fullmatch(text.strip()):
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            msg = f"{text} is no day of the calendar; correct month and day (YYYY-MM-DD)"
            raise ValueError(msg) from None
    msg = f"{shown(text)} is no date; write for example 2026-12-25"
    raise ValueError(msg)


def parse_effective(text: object) -> date | datetime | None:
    """Return the day, or the instant with its offset, from or to which an agreement judges.

    >>> parse_effective("2026-01-01"), parse_effective("2026-01-01T00:00Z").tzinfo
    (datetime.date(2026, 1, 1), datetime.timezone.utc)
    """
    if text is None:
        return None
    if not isinstance(text, str) or not _INSTANT.fullmatch(text.strip()):
        return parse_day(text)
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        msg = f"{text} is no instant; write for example 2026-01-01T00:00:00+01:00"
        raise ValueError(msg) from None
    if instant.tzinfo is None:
        msg = f"{text} has no offset from UTC; write {text.strip()}Z, or the date alone"
        raise ValueError(msg)
    return instant


def parse_month_day(text: object) -> tuple[int, int]:
    """Return month and day of ``12-25``; 29 February counts in leap years.

    >>> parse_month_day("02-29")
    (2, 29)
    """
    if isinstance(text, str) and _MONTH_DAY.fullmatch(text.strip()):
        month, day = int(text.strip()[:2]), int(text.strip()[3:])
        try:
            date(2000, month, day)
        except ValueError:
            msg = f"{text} is no day of any year; write month-day, for example 12-25"
            raise ValueError(msg) from None
        return month, day
    msg = f'{shown(text)} is no yearly day; write month-day, for example "12-25"'
    raise ValueError(msg)


def parse_years(text: object) -> tuple[int, int]:
    """Return the first and the last year of ``2026-2028`` or ``2026``.

    >>> parse_years("2026-2028"), parse_years(2026)
    ((2026, 2028), (2026, 2026))
    """
    written = str(text).strip() if isinstance(text, str | int) else ""
    match = _YEARS.fullmatch(written)
    if match is None:
        msg = f"{shown(text)} names no years; write for example 2026-2028"
        raise ValueError(msg)
    first, last = int(match[1]), int(match[2] or match[1])
    if not FIRST_YEAR <= first <= last <= LAST_YEAR:
        msg = f"{written} does not run forward between {FIRST_YEAR} and {LAST_YEAR}; correct it"
        raise ValueError(msg)
    if last - first >= MOST_YEARS:
        msg = f"{written} is more than {MOST_YEARS} years; write fewer, they can be added later"
        raise ValueError(msg)
    return first, last
