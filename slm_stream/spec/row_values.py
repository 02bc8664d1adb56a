"""One value of a mapping, turned into a function of the row.

A function returns None where the row has no value, and raises ValueError where it has one
that cannot be read.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import get_args

from slm_stream.spec.mapping_values import (
    PLACEHOLDER,
    AnyValue,
    Condition,
    DurationValue,
    FlagValue,
    InstantValue,
    IntegerValue,
    NumberValue,
    Status,
    StatusValue,
    TextValue,
    as_text,
)

Row = Mapping[str, object]
Read = Callable[[Row], object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
# Powers of ten from the file's unit to milliseconds.
EXPONENTS = {"s": 3, "ms": 0, "us": -3, "ns": -6}
# A wrong unit of an epoch lands decades away: no recording is from before or after these.
EARLIEST_MS = 631_152_000_000  # 1990-01-01
LATEST_MS = 4_102_444_800_000  # 2100-01-01
STATUSES = frozenset(get_args(Status))
NOT_A_SLUG = re.compile(r"[^a-z0-9]+")


def lookup(path: str) -> Read:
    """Return how a field is found: by its whole name, else step by step at the dots.

    >>> lookup("impact_window.end")({"impact_window": {"end": 5}})
    5
    """
    steps = path.split(".")
    if len(steps) == 1:
        return lambda row: row.get(path)

    def walk(row: Row) -> object:
        if path in row:
            return row[path]
        value: object = row
        for step in steps:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    return walk


def first_of(paths: tuple[str, ...], empty: frozenset[str]) -> Read:
    """Return how the first of several fields that has a value is found; texts come stripped."""
    lookups = [lookup(path) for path in paths]

    def read(row: Row) -> object:
        for look in lookups:
            value = look(row)
            if isinstance(value, str):
                value = value.strip()
                if value and value not in empty:
                    return value
            elif value not in (None, [], {}) and not (empty and as_text(value) in empty):
                return value
        return None

    return read


def compile_condition(condition: Condition, empty: frozenset[str]) -> Callable[[Row], bool]:
    """Return the condition as a test of a row."""
    read = first_of(condition.paths, empty)
    operator = condition.operator
    if operator == "present":
        return lambda row: (read(row) is not None) == condition.present
    test = _test(condition, operator)

    def passes(row: Row) -> bool:
        value = read(row)
        return value is not None and test(value)

    return passes


def _test(condition: Condition, operator: str) -> Callable[[object], bool]:
    wanted = getattr(condition, operator)
    tests: dict[str, Callable[[object], bool]] = {
        "equals": lambda value: as_text(value) == wanted,
        "not_equals": lambda value: as_text(value) != wanted,
        "one_of": lambda value: as_text(value) in wanted,
        "none_of": lambda value: as_text(value) not in wanted,
        "below": lambda value: number(value) < wanted,
        "at_most": lambda value: number(value) <= wanted,
        "above": lambda value: number(value) > wanted,
        "at_least": lambda value: number(value) >= wanted,
    }
    return tests[operator]


def compile_value(value: AnyValue, empty: frozenset[str], tz: tzinfo | None) -> Read:
    """Return the value as a function of the row."""
    empty = empty | frozenset(value.empty)
    if isinstance(value, InstantValue):
        return _converted(first_of(value.paths or (), empty), _instant(value.parse, tz))
    if value.const is not None:
        constant = value.const
        return lambda row: constant
    if isinstance(value, FlagValue) and value.test is not None:
        return compile_condition(value.test, empty)
    if isinstance(value, TextValue) and value.template is not None:
        read = _filled(value.template, empty)
    else:
        read = first_of(value.paths or (), empty)
    return _with_fallbacks(value, _converted(read, _conversion(value)))


def _with_fallbacks(value: AnyValue, read: Read) -> Read:
    if isinstance(value, InstantValue) or (value.default is None and value.otherwise is None):
        return read
    default, otherwise = value.default, value.otherwise

    def with_fallbacks(row: Row) -> object:
        try:
            found = read(row)
        except ValueError:
            if otherwise is None:
                raise
            return otherwise
        return default if found is None else found

    return with_fallbacks


def _converted(read: Read, convert: Callable[[object], object]) -> Read:
    def converted(row: Row) -> object:
        value = read(row)
        return None if value is None else convert(value)

    return converted


def _filled(template: str, empty: frozenset[str]) -> Read:
    """Return the template as a function: no value where one of its fields has none."""
    # re.split with one group alternates literal text and field.
    parts = PLACEHOLDER.split(template)
    literals, reads = parts[::2], [first_of((path,), empty) for path in parts[1::2]]

    def fill(row: Row) -> str | None:
        text = literals[0]
        for read, literal in zip(reads, literals[1:], strict=True):
            value = read(row)
            if value is None:
                return None
            text += plain_text(value) + literal
        return text

    return fill


def _conversion(value: AnyValue) -> Callable[[object], object]:
    if isinstance(value, InstantValue):
        msg = "an instant has no conversion without a zone"
        raise TypeError(msg)
    if value.table is not None:
        return _table(value.table)
    if isinstance(value, TextValue):
        return slug if value.slug else plain_text
    if isinstance(value, DurationValue):
        return _duration(value.unit)
    simple: dict[type, Callable[[object], object]] = {
        StatusValue: status,
        FlagValue: flag,
        IntegerValue: integer,
        NumberValue: number,
    }
    return simple[type(value)]


def _table(table: Mapping[str, object]) -> Callable[[object], object]:
    def find(value: object) -> object:
        text = as_text(value)
        if text not in table:
            msg = f"{text!r} is not in the map"
            raise ValueError(msg)
        return table[text]

    return find


def plain_text(value: object) -> str:
    """Return a scalar's text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        msg = f"a {'list' if isinstance(value, list) else 'JSON object'} is not a text"
        raise ValueError(msg)
    return as_text(value)


def slug(value: object) -> str:
    """Return a text in lower case, words joined by hyphens.

    >>> slug("Git Operations")
    'git-operations'
    """
    text = NOT_A_SLUG.sub("-", plain_text(value).lower()).strip("-")
    if not text:
        msg = f"{value!r} has no letter or digit to make a name of"
        raise ValueError(msg)
    return text


def status(value: object) -> str:
    """Return a ticket's status; raise ValueError where it isn't one of ours."""
    text = plain_text(value)
    if text not in STATUSES:
        msg = f"{text!r} is not in the map, nor one of {', '.join(sorted(STATUSES))}"
        raise ValueError(msg)
    return text


def flag(value: object) -> bool:
    """Return true or false."""
    text = plain_text(value).lower()
    if text not in ("true", "false"):
        msg = f"{text!r} is neither true nor false"
        raise ValueError(msg)
    return text == "true"


def _decimal(value: object) -> Decimal:
    text = plain_text(value)
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite() or "_" in text:
        msg = f"{text!r} is not a number"
        raise ValueError(msg)
    return found


def number(value: object) -> float:
    """Return a finite number."""
    found = float(_decimal(value))
    if not math.isfinite(found):
        msg = f"{value!r} is too large"
        raise ValueError(msg)
    return found


def integer(value: object) -> int:
    """Return a whole number."""
    found = _decimal(value)
    if found != found.to_integral_value():
        msg = f"{as_text(value)!r} is not a whole number"
        raise ValueError(msg)
    return int(found)


def _duration(unit: str) -> Callable[[object], float]:
    exponent = EXPONENTS[unit]

    def duration(value: object) -> float:
        # In decimal, so that 1.001 s is 1001 ms and not 1000.9999999999999.
        found = number(_decimal(value).scaleb(exponent))
        if found < 0:
            msg = f"{as_text(value)!r} is a negative duration"
            raise ValueError(msg)
        return found

    return duration


def _instant(parse: str, tz: tzinfo | None) -> Callable[[object], int]:
    if parse.startswith("epoch_"):
        exponent = EXPONENTS[parse.removeprefix("epoch_")]
        return lambda value: _plausible(int(_decimal(value).scaleb(exponent)), value)

    def instant(value: object) -> int:
        text = plain_text(value)
        try:
            if parse == "iso":
                stamp = datetime.fromisoformat(text)
            else:
                stamp = datetime.strptime(text, parse)  # noqa: DTZ007 - the zone follows
        except ValueError:
            how = "an ISO 8601 time" if parse == "iso" else f"a time like {parse}"
            msg = f"{text!r} is not {how}"
            raise ValueError(msg) from None
        if stamp.tzinfo is None:
            if tz is None:
                msg = f"{text!r} has no offset: give a time zone"
                raise ValueError(msg)
            stamp = stamp.replace(tzinfo=tz)
        return _plausible((stamp - EPOCH) // MILLISECOND, value)

    return instant


def _plausible(at_ms: int, value: object) -> int:
    if not EARLIEST_MS <= at_ms < LATEST_MS:
        msg = f"{as_text(value)!r} lies outside 1990-2100: check the unit in `parse`"
        raise ValueError(msg)
    return at_ms
