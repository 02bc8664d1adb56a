"""Durations and ratios as people write them, read exactly.

Everything is a `Fraction` until it becomes an integer: `99.9 %` leaves a budget of 100 000
parts in 10**8, not of 99 999.99999999434.
"""

import math
import re
from fractions import Fraction

from slm_stream.domain.agreement import BUDGET_SCALE
from slm_stream.domain.wording import shown

UNIT_MS = {
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
WEEK_MS = 7 * UNIT_MS["d"]
"""Weeks are read but never shown: people compare windows in days."""
LONGEST_MS = 10_000 * UNIT_MS["d"]
"""No promise spans 27 years; beyond that a unit was mistaken."""

_LABEL_S = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_READ_MS = {"w": WEEK_MS, **UNIT_MS}
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(ms|[smhdw])", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,18})?)\s*%", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)


def parse_duration_ms(text: object) -> Fraction:
    """Return the milliseconds of a duration such as ``300ms``, ``1.5s``, ``5m``, ``4h``, ``2w``.

    Months, quarters and years have no fixed length: `lengths.parse_length` reads them.

    >>> parse_duration_ms("4h")
    Fraction(14400000, 1)
    >>> parse_duration_ms("300")
    Traceback (most recent call last):
    ...
    ValueError: 300 has no unit; write 300ms, 300s, 300m, 300h or 300d
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str):
        msg = f"{shown(text)} is not a duration; write for example 300ms, 30s, 5m, 4h or 28d"
        raise ValueError(msg)
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        if _NUMBER.fullmatch(text.strip()):
            number = text.strip()
            *most, last = [f"{number}{unit}" for unit in reversed(UNIT_MS)]
            msg = f"{number} has no unit; write {', '.join(most)} or {last}"
        else:
            msg = f"{shown(text)} is not a duration; write for example 300ms, 30s, 5m, 4h or 28d"
        raise ValueError(msg)
    duration_ms = Fraction(match[1]) * _READ_MS[match[2]]
    if duration_ms > LONGEST_MS:
        msg = f"{text} is longer than 10000d; check the unit"
        raise ValueError(msg)
    return duration_ms


def parse_duration_s(text: object) -> int:
    """Return the seconds of a duration; refuse parts of a second.

    >>> parse_duration_s("1.5h")
    5400
    """
    seconds = parse_duration_ms(text) / 1000
    if seconds.denominator != 1:
        msg = f"{text} is not a whole number of seconds; write for example 1s"
        raise ValueError(msg)
    return seconds.numerator


def parse_ratio(value: object) -> Fraction:
    """Return the ratio 0-1 of ``"99.9 %"`` or ``0.999``; refuse a bare ``99.9``.

    >>> parse_ratio("99.9 %"), parse_ratio(0.75)
    (Fraction(999, 1000), Fraction(3, 4))
    >>> parse_ratio(99.9)
    Traceback (most recent call last):
    ...
    ValueError: 99.9 is above 1 and carries no % sign; write "99.9 %" or 0.999
    """
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value.strip())):
        ratio = Fraction(match[1]) / 100
        if ratio > 1:
            msg = f"{value} is above 100 %; write for example 99.9 %"
            raise ValueError(msg)
        return ratio
    number = parse_number(value)
    if number is None or number < 0:
        msg = f'{shown(value)} is not a ratio; write for example "99.9 %" or 0.999'
        raise ValueError(msg)
    if number > 1:
        plain = str(value).strip()
        as_ratio = float(number / 100)
        remedy = f'write "{plain} %" or {as_ratio!r}' if as_ratio <= 1 else "write 0 to 1"
        msg = f"{plain} is above 1 and carries no % sign; {remedy}"
        raise ValueError(msg)
    return number


def target_budget_e8(target: Fraction) -> int:
    """Return 1 - target in parts per 10**8, exactly, for a target inside (0, 1).

    >>> target_budget_e8(parse_ratio("99.9 %"))
    100000
    >>> target_budget_e8(Fraction(1))
    Traceback (most recent call last):
    ...
    ValueError: 100 % leaves no error budget, so the first bad event breaks it; write say 99.9 %
    """
    if target >= 1:
        msg = "100 % leaves no error budget, so the first bad event breaks it; write say 99.9 %"
        raise ValueError(msg)
    if target <= 0:
        msg = "0 % can never be missed; write for example 99.9 %"
        raise ValueError(msg)
    budget = (1 - target) * BUDGET_SCALE
    if budget.denominator != 1:
        msg = "is finer than one part in 10**8; write at most six decimals before the % sign"
        raise ValueError(msg)
    return budget.numerator


def format_percent(ratio: Fraction) -> str:
    """Return a ratio as percent, exact to six decimals.

    >>> format_percent(Fraction(999, 1000)), format_percent(Fraction(1, 4))
    ('99.9 %', '25 %')
    """
    text = f"{round(ratio * BUDGET_SCALE) / 10**6:.6f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def format_duration_ms(duration_ms: Fraction | float) -> str:
    """Return a duration in the largest unit that divides it.

    >>> [format_duration_ms(ms) for ms in (300, 1500, 14_400_000, 86_400_000, 0)]
    ['300 ms', '1500 ms', '4 h', '1 d', '0 s']
    """
    if not duration_ms:
        return "0 s"
    for unit, size in UNIT_MS.items():
        if duration_ms % size == 0:
            return f"{int(duration_ms // size)} {'min' if unit == 'm' else unit}"
    return f"{float(duration_ms):g} ms"


def duration_label(seconds: Fraction | int, *, largest: str = "d") -> str:
    """Return a duration as one word of descending units, parts that are zero left out.

    Parameters
    ----------
    seconds : int or Fraction
        Not negative; parts of a second are shown to six decimals.
    largest : {"w", "d", "h", "m", "s"}
        The unit to begin with. Weeks stand alone or not at all.

    >>> [duration_label(s) for s in (43_200, 304_200, Fraction(3024, 10), 0)]
    ['12h', '3d12h30m', '5m2.4s', '0s']
    >>> duration_label(1_209_600, largest="w"), duration_label(1_296_000, largest="w")
    ('2w', '15d')
    >>> duration_label(108_000, largest="h")
    '30h'

    Raises
    ------
    ValueError
        If the duration is negative, or there is no such unit.
    """
    rest = Fraction(round(seconds * 10**6), 10**6)
    if rest < 0 or largest not in _LABEL_S:
        msg = f"cannot show {seconds} s from unit {largest!r} down"
        raise ValueError(msg)
    if largest == "w":
        if rest and rest % _LABEL_S["w"] == 0:
            return f"{rest // _LABEL_S['w']}w"
        largest = "d"
    label = ""
    for unit in "dhm"["dhms".index(largest) :]:
        whole, rest = divmod(rest, _LABEL_S[unit])
        label += f"{whole}{unit}" if whole else ""
    if rest or not label:
        label += f"{float(rest):.6f}".rstrip("0").rstrip(".") + "s"
    return label


def parse_number(value: object) -> Fraction | None:
    """Return a plain number exactly as its shortest decimal reads."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        return Fraction(repr(value)) if math.isfinite(value) else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Fraction(value.strip())
    return None
