"""Kinds of values that the models share: each reads what people write, or says how to write it."""

import re
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, PlainValidator, Tag

from slm_stream.domain.agreement import ComplianceWindow, Period
from slm_stream.domain.units import (
    parse_duration_ms,
    parse_duration_s,
    parse_ratio,
    target_budget_e8,
)
from slm_stream.domain.wording import hint, shown
from slm_stream.spec.zones import check_zone

MINUTES_PER_DAY = 1440
LONGEST_WINDOW_S = 366 * 86_400

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}", re.ASCII)
_SPAN = re.compile(r"([0-9]{2}):([0-9]{2})\s*-\s*([0-9]{2}):([0-9]{2})", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+", re.ASCII)
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)


def check_name(name: str) -> str:
    """Refuse names that cannot be a label, a Kafka key and a part of a file name.

    >>> check_name("sla-shop.v2")
    'sla-shop.v2'
    """
    if not _NAME.fullmatch(name):
        plain = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:100]
        remedy = f"write {plain}" if plain else "write for example checkout"
        msg = (
            f"{shown(name)} is not a name; use a-z, 0-9, '.', '_' and '-' "
            f"after a letter or digit: {remedy}"
        )
        raise ValueError(msg)
    return name


def parse_positive_s(text: object) -> int:
    """Return whole seconds above 0."""
    seconds = parse_duration_s(text)
    if not seconds:
        msg = f"{text} is no time at all; write for example 5m"
        raise ValueError(msg)
    return seconds


def parse_minutes_s(text: object) -> int:
    """Return the seconds of a duration in whole minutes, which is how figures are kept.

    >>> parse_minutes_s("90s")
    Traceback (most recent call last):
    ...
    ValueError: 90s is not in whole minutes, in which figures are kept; write for example 2m
    """
    seconds = parse_duration_s(text)
    if seconds < 60:
        msg = f"{text} is shorter than a minute, the step of all figures; write at least 1m"
        raise ValueError(msg)
    if seconds % 60:
        minutes = -(-seconds // 60)
        msg = (
            f"{text} is not in whole minutes, in which figures are kept; "
            f"write for example {minutes}m"
        )
        raise ValueError(msg)
    return seconds


def parse_window(text: object) -> ComplianceWindow:
    """Return the compliance window of ``28d`` (rolling) or ``month`` (calendar).

    >>> parse_window("28d").rolling_s, parse_window("month").period
    (2419200, <Period.MONTH: 'month'>)
    """
    if isinstance(text, str) and text.strip().isalpha():
        word = text.strip()
        if word not in list(Period):
            msg = f"{shown(word)} is no window; {hint(word, list(Period))} or write 28d"
            raise ValueError(msg)
        return ComplianceWindow(period=Period(word))
    seconds = parse_minutes_s(text)
    if seconds > LONGEST_WINDOW_S:
        msg = f"{text} is longer than a year; write at most 366d, or year"
        raise ValueError(msg)
    return ComplianceWindow(rolling_s=seconds)


def parse_target(value: object) -> int:
    """Return the budget of a target in parts per 10**8.

    >>> parse_target("99.999999 %")
    1
    """
    return target_budget_e8(parse_ratio(value))


def parse_share(value: object) -> Fraction:
    """Return a ratio inside (0, 1)."""
    ratio = parse_ratio(value)
    if not 0 < ratio < 1:
        msg = f'{value} is out of range, it must lie between 0 and 1; write for example "75 %"'
        raise ValueError(msg)
    return ratio


def parse_near_breach(value: object) -> Fraction:
    """Return a share in whole hundredths of a percent, as verdicts compare it."""
    share = parse_share(value)
    if (share * 10_000).denominator != 1:
        msg = f'{value} is too fine; write at most two decimals, for example "75 %"'
        raise ValueError(msg)
    return share


def parse_slice_target(value: object) -> Fraction:
    """Return a ratio above 0; 1 asks that everything in a minute is good."""
    ratio = parse_ratio(value)
    if not ratio:
        msg = '0 % makes every minute good; write for example "99 %"'
        raise ValueError(msg)
    return ratio


def parse_percentile(value: object) -> Fraction:
    """Return a percentile as written: 95, 99.9.

    >>> parse_percentile(0.95)
    Traceback (most recent call last):
    ...
    ValueError: 0.95 reads like a ratio; a percentile is written 95 or 99.9
    """
    ok = isinstance(value, int | float) and not isinstance(value, bool)
    if not ok or not 0 < float(str(value)) < 100:
        msg = f"{shown(value)} is not a percentile between 0 and 100; write for example 95"
        raise ValueError(msg)
    percentile = Fraction(repr(value))
    if percentile < 1:
        msg = f"{value} reads like a ratio; a percentile is written 95 or 99.9"
        raise ValueError(msg)
    try:
        target_budget_e8(percentile / 100)
    except ValueError as error:
        msg = f"{value} {error}"
        raise ValueError(msg) from None
    return percentile


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


def _within_tag(value: object) -> str:
    return "by priority" if isinstance(value, dict) else "one for all"


def _check_not_blank(text: str) -> str:
    if not text.strip():
        msg = "is blank; write a word"
        raise ValueError(msg)
    return text


def parse_positive_ms(text: object) -> Fraction:
    """Return milliseconds above 0."""
    duration_ms = parse_duration_ms(text)
    if not duration_ms:
        msg = f"{text} is no time at all; write for example 300ms"
        raise ValueError(msg)
    return duration_ms


Name: TypeAlias = Annotated[str, AfterValidator(check_name)]
Zone: TypeAlias = Annotated[str, AfterValidator(check_zone)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=10**12)]
CountOrNone: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=10**12)]
Flag: TypeAlias = Annotated[bool, Field(strict=True)]
Budget: TypeAlias = Annotated[int, PlainValidator(parse_target)]
Share: TypeAlias = Annotated[Fraction, PlainValidator(parse_share)]
NearBreach: TypeAlias = Annotated[Fraction, PlainValidator(parse_near_breach)]
SliceTarget: TypeAlias = Annotated[Fraction, PlainValidator(parse_slice_target)]
Percentile: TypeAlias = Annotated[Fraction, PlainValidator(parse_percentile)]
Window: TypeAlias = Annotated[ComplianceWindow, PlainValidator(parse_window)]
Seconds: TypeAlias = Annotated[int, PlainValidator(parse_duration_s)]
PositiveSeconds: TypeAlias = Annotated[int, PlainValidator(parse_positive_s)]
Minutes: TypeAlias = Annotated[int, PlainValidator(parse_minutes_s)]
Span: TypeAlias = Annotated[tuple[int, int], PlainValidator(parse_span)]
Day: TypeAlias = Annotated[date, PlainValidator(parse_day)]
Effective: TypeAlias = Annotated[date | datetime | None, PlainValidator(parse_effective)]
MonthDay: TypeAlias = Annotated[tuple[int, int], PlainValidator(parse_month_day)]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Words: TypeAlias = Annotated[str, AfterValidator(_check_not_blank)]
Within: TypeAlias = Annotated[
    Annotated[Fraction, PlainValidator(parse_positive_ms), Tag("one for all")]
    | Annotated[dict[Words, PositiveSeconds], Field(min_length=1), Tag("by priority")],
    Discriminator(_within_tag),
]
