"""Thresholds of a clock: a share of the target, or agreed time before or after the deadline."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from slm_stream.domain.agreement import Threshold
from slm_stream.domain.clock import ClockReading
from slm_stream.domain.units import format_percent, parse_duration_s
from slm_stream.domain.wording import shown

_PERCENT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?)\s*%", re.ASCII)
_OFFSET = re.compile(r"([+-])\s*(.+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Passed:
    """A clock has reached a threshold.

    Attributes
    ----------
    threshold : str
        Its label.
    amount_s, target_s : int
        Agreed seconds at which it lies, and that are promised.
    reached_s : int
        The instant.
    deadline_s : int or None
        The deadline as it stood at that instant, whatever rest came later; None where the
        calendar never gets there.
    started_s : int
        When the clock began.
    """

    threshold: str
    amount_s: int
    target_s: int
    reached_s: int
    deadline_s: int | None
    started_s: int


def parse_threshold(text: object) -> Threshold:
    """Return the threshold that a text says; raise ValueError with the remedy.

    >>> [parse_threshold(text).label for text in ("50%", "- 30m", "+1h")]
    ['50 %', '-30m', '+1h']
    """
    words = text.strip() if isinstance(text, str) else ""
    if match := _PERCENT.fullmatch(words):
        share = Fraction(match[1]) / 100
        if not share:
            msg = f'{shown(text)} is where every clock begins; write for example "50 %"'
            raise ValueError(msg)
        return Threshold(format_percent(share), share)
    if match := _OFFSET.fullmatch(words):
        amount = match[2].strip()
        seconds = parse_duration_s(amount)
        return Threshold(f"{match[1]}{amount}", None, -seconds if match[1] == "-" else seconds)
    msg = (
        f"{shown(text)} is no threshold; write a share of the target such as "
        '"75 %", or agreed time before or after the deadline such as "-30m" or "+1h"'
    )
    raise ValueError(msg)


def passed(reading: ClockReading, thresholds: Iterable[Threshold]) -> tuple[Passed, ...]:
    """Return the thresholds that a clock has reached by its reading, in the order of time.

    What it reached, it reached: a rest that comes later moves neither the instant nor the
    deadline that is told with it. A cancelled clock has reached nothing.
    """
    target_s, started_s = reading.judged_by_s, reading.started_at_s
    if target_s is None or started_s is None:
        return ()
    found = []
    for threshold in thresholds:
        amount_s = threshold.amount_s(target_s)
        if amount_s is None or amount_s > reading.elapsed_s:
            continue
        at_s = reading.reaches(amount_s)
        if at_s is None:
            continue
        if amount_s <= target_s:
            deadline_s = reading.calendar.deadline(at_s, target_s - amount_s)
        else:
            deadline_s = reading.reaches(target_s)
        found.append(Passed(threshold.label, amount_s, target_s, at_s, deadline_s, started_s))
    return tuple(sorted(found, key=lambda each: (each.reached_s, each.amount_s)))


def ahead(reading: ClockReading, thresholds: Iterable[Threshold]) -> tuple[tuple[int, str], ...]:
    """Return what a clock that runs on will reach next, as instants with labels, in order."""
    target_s = reading.judged_by_s
    if target_s is None:
        return ()
    found = []
    for threshold in thresholds:
        amount_s = threshold.amount_s(target_s)
        if amount_s is not None and amount_s > reading.elapsed_s:
            at_s = reading.reaches(amount_s)
            found += [] if at_s is None else [(at_s, threshold.label)]
    return tuple(sorted(found))
