"""How the case files write instants, wall times and zones."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Any

from slm_stream.domain.budget import Number
from slm_stream.domain.windows import wall_instant_ms, wall_time
from slm_stream.domain.zones import fixed_zone, load_zone

_NUMBER = re.compile(r"-?\d{5,}(\.\d+)?", re.ASCII)
_MIDNIGHT_AFTER = re.compile(r"T24:00(:00)?(\.0+)?")
_MOST_HOURS = 18


def is_number(value: object) -> bool:
    """Return whether a value is a number; true and false are none."""
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def read_number(value: object) -> Number:
    """Return a number; refuse anything else."""
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return value
    msg = f"{value!r} is not a number"
    raise ValueError(msg)


def read_whole(value: object) -> int:
    """Return a whole number, also when it is written 2.0."""
    number = Fraction(read_number(value))
    if number.denominator != 1:
        msg = f"{float(number):g} is not a whole number"
        raise ValueError(msg)
    return number.numerator


def read_time(text: str) -> datetime:
    """Return an ISO 8601 time, with or without offset; T24:00 is the end of its date."""
    plain = re.sub(r"\s+(?=[+-]\d)", "", text.strip().upper())
    plain = re.sub(r"^(\d{4}-\d\d-\d\d)\s+", r"\1T", plain)
    days = 0
    if _MIDNIGHT_AFTER.search(plain):
        days, plain = 1, _MIDNIGHT_AFTER.sub("T00:00:00", plain)
    return datetime.fromisoformat(plain) + timedelta(days=days)


def epoch_of(value: object) -> Number | None:
    """Return epoch seconds where a value is that, else None."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Fraction(value.strip())
    return read_number(value) if is_number(value) else None


def read_instant_ms(value: object) -> int:
    """Return an instant in whole milliseconds, of ISO 8601 with offset or of epoch seconds."""
    epoch = epoch_of(value)
    if epoch is not None:
        return int(epoch * 1000 // 1)
    time = read_time(str(value))
    if time.tzinfo is None:
        msg = f"{value} has no offset"
        raise ValueError(msg)
    return wall_instant_ms(time.replace(tzinfo=None), time.tzinfo)


def read_instant_s(value: object) -> int:
    """Return an instant in whole seconds."""
    return read_instant_ms(value) // 1000


def read_zone(inputs: dict[str, Any]) -> tzinfo:
    """Return the zone that `tz` names or `utc_offset` gives; UTC where there is neither."""
    name, offset = inputs.get("tz"), inputs.get("utc_offset")
    if name:
        return fixed_zone(name) if name[0] in "+-" else load_zone(name)
    if is_number(offset):
        hours_or_seconds = Fraction(read_number(offset))
        in_hours = abs(hours_or_seconds) <= _MOST_HOURS
        ahead_minutes = int(hours_or_seconds * 60 if in_hours else hours_or_seconds / 60)
        sign = "-" if ahead_minutes < 0 else "+"
        hours, minutes = divmod(abs(ahead_minutes), 60)
        return fixed_zone(f"{sign}{hours:02}:{minutes:02}")
    return fixed_zone(offset) if offset else UTC


def read_anchor(value: object, zone: tzinfo) -> datetime | None:
    """Return the wall time in a zone of an anchor: a wall time, an instant, or none."""
    if value is None:
        return None
    if epoch_of(value) is None:
        time = read_time(str(value))
        if time.tzinfo is None:
            return time
    return wall_time(read_instant_ms(value), zone)


def iso(at_ms: int) -> str:
    """Return an instant as people read it."""
    text = wall_time(at_ms, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix(".000") + "Z"
