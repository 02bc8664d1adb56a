"""What a kind of indicator is: what it hears, and which figures it gives over a window.

Evidence of a row is two sums over the agreed minutes of a window, ``bad`` and ``valid``; what
does not add (outages) comes beside them. A *measure* is a fraction of integers made of these, so
that comparing it with a limit never hangs on a rounding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.catalogue import IndicatorKind, Source

Int64 = NDArray[np.int64]
SHARE = "share"
MILLI = 1000
MICRO = 10**6


class Unit(StrEnum):
    """What a figure is in, on the wire and in metrics."""

    RATIO = "ratio"
    COUNT = "count"
    SECONDS = "seconds"
    PER_HOUR = "per_hour"
    PER_SECOND = "per_second"
    NUMBER = "number"


class Need(StrEnum):
    """What a measure needs besides the two sums."""

    OUTAGES = "outages"
    OVERDUE = "overdue"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True)
class Observed:
    """What was observed of some rows, each over its window inside agreed service time.

    Attributes
    ----------
    bad, valid : ndarray of int64, shape (n,)
        Sums of the row's two columns; what they count is the kind's.
    agreed_ms : ndarray of int64, shape (n,)
        Agreed service time of the window so far; 0 where not needed.
    outages, longest_ms : ndarray of int64, shape (n,)
        Outages with agreed time in the window, and the longest of them; 0 where not needed.
    overdue : ndarray of int64, shape (n,)
        Tickets that are overdue and still open; 0 where not needed.
    """

    bad: Int64
    valid: Int64
    agreed_ms: Int64
    outages: Int64
    longest_ms: Int64
    overdue: Int64


Parts: TypeAlias = tuple[Int64 | int, Int64 | int]
"""Numerator and denominator of a figure in its unit; a denominator of 0 is no figure."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an indicator.

    Attributes
    ----------
    name : str
        As objectives ask for it.
    unit : Unit
    line : str
        What it says, in a few words.
    formula : str
        As the documentation shows it.
    parts : callable
        ``parts(observed)`` gives numerator and denominator.
    needs : Need or None
    counts : bool
        Whether it counts what people report: then silence is a figure, not a gap.
    """

    name: str
    unit: Unit
    line: str
    formula: str
    parts: Callable[[Observed], Parts]
    needs: Need | None = None
    counts: bool = False

    @property
    def budgeted(self) -> bool:
        """Whether an objective promises it as a target with an error budget."""
        return self.unit is Unit.RATIO


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of indicator.

    Attributes
    ----------
    kind : IndicatorKind
    line : str
        What it is, in a few words.
    sources : tuple of Source
        Which witnesses can tell it.
    options : frozenset of str
        What an objective may say beyond the common keys.
    measures : tuple of Measure
        First the share, where there is one.
    example : str
        An indicator as it stands in a catalogue.
    columns : tuple of str
        What `bad` and `valid` are sums of.
    """

    kind: IndicatorKind
    line: str
    sources: tuple[Source, ...]
    options: frozenset[str]
    measures: tuple[Measure, ...]
    example: str
    columns: tuple[str, str]

    def measure(self, name: str) -> Measure:
        """Return the measure of that name; raise KeyError where there is none."""
        return self.by_name[name]

    @property
    def by_name(self) -> Mapping[str, Measure]:
        """Return the measures by name."""
        return {measure.name: measure for measure in self.measures}


def share(line: str, formula: str = "1 - bad / valid") -> Measure:
    """Return the good share, of which target and error budget speak."""
    return Measure(SHARE, Unit.RATIO, line, formula, lambda o: (o.valid - o.bad, o.valid))


def amount(name: str, line: str, formula: str, column: str) -> Measure:
    """Return a plain count of one column."""
    return Measure(name, Unit.COUNT, line, formula, lambda o: (getattr(o, column), 1), counts=True)
