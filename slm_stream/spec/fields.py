"""Kinds of values that the models share: each reads what people write, or says how to write it."""

import re
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, PlainValidator, Tag

from slm_stream.domain.agreement import ComplianceWindow, Period
from slm_stream.domain.units import (
    parse_duration_ms,
    parse_duration_s,
    parse_ratio,
    target_budget_e8,
)
from slm_stream.domain.wording import hint, shown
from slm_stream.spec.days import (
    parse_day,
    parse_effective,
    parse_month_day,
    parse_span,
    parse_years,
)
from slm_stream.spec.zones import check_zone

LONGEST_WINDOW_S = 366 * 86_400

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}", re.ASCII)


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
            msg = f"{shown(word)} is no window; {hint(word, [*Period, '28d'])}"
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


def _within_tag(value: object) -> str:
    return "by priority" if isinstance(value, dict) else "one for all"


def parse_burn(value: object) -> list[Any] | None:
    """Return the burn pairs, to be read one by one; None stands for the default ones."""
    if value == "default":
        return None
    if not isinstance(value, list):
        msg = f"{shown(value)} is no list of pairs; write default, or [] for none"
        raise ValueError(msg)
    return value


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
Weight: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=100)]
CountOrNone: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=10**12)]
Flag: TypeAlias = Annotated[bool, Field(strict=True)]
Budget: TypeAlias = Annotated[int, PlainValidator(parse_target)]
Share: TypeAlias = Annotated[Fraction, PlainValidator(parse_share)]
NearBreach: TypeAlias = Annotated[Fraction, PlainValidator(parse_near_breach)]
SliceTarget: TypeAlias = Annotated[Fraction, PlainValidator(parse_slice_target)]
Percentile: TypeAlias = Annotated[Fraction, PlainValidator(parse_percentile)]
Burn: TypeAlias = Annotated[list[Any] | None, PlainValidator(parse_burn)]
Window: TypeAlias = Annotated[ComplianceWindow, PlainValidator(parse_window)]
Seconds: TypeAlias = Annotated[int, PlainValidator(parse_duration_s)]
PositiveSeconds: TypeAlias = Annotated[int, PlainValidator(parse_positive_s)]
Minutes: TypeAlias = Annotated[int, PlainValidator(parse_minutes_s)]
Span: TypeAlias = Annotated[tuple[int, int], PlainValidator(parse_span)]
Day: TypeAlias = Annotated[date, PlainValidator(parse_day)]
Effective: TypeAlias = Annotated[date | datetime | None, PlainValidator(parse_effective)]
MonthDay: TypeAlias = Annotated[tuple[int, int], PlainValidator(parse_month_day)]
Years: TypeAlias = Annotated[tuple[int, int], PlainValidator(parse_years)]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Words: TypeAlias = Annotated[str, AfterValidator(_check_not_blank)]
Within: TypeAlias = Annotated[
    Annotated[Fraction, PlainValidator(parse_positive_ms), Tag("one for all")]
    | Annotated[dict[Words, PositiveSeconds], Field(min_length=1), Tag("by priority")],
    Discriminator(_within_tag),
]
