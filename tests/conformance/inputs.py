"""Inputs and outputs of objective cases, whose names end in their units."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

from slm_stream.domain.budget import Number, good_share
from slm_stream.domain.units import parse_duration_ms
from tests.conformance.values import read_number

Outputs: TypeAlias = dict[str, Callable[[], object]]
"""What a case may expect, by key; computed only if it does."""

UNITS = {
    "s": 1,
    "seconds": 1,
    "minutes": 60,
    "hours": 3600,
    "days": 86_400,
    "weeks": 604_800,
}


class Inputs(dict[str, Any]):
    """The inputs of a case; a null is as good as absent."""

    def has(self, *names: str) -> bool:
        """Return whether all are given."""
        return all(self.get(name) is not None for name in names)

    def number(self, *names: str) -> Number:
        """Return the first of some numbers that is given."""
        for name in names:
            if self.has(name):
                return read_number(self[name])
        msg = f"the case gives no {' or '.join(names)}"
        raise ValueError(msg)

    def ratio(self, *names: str) -> Number:
        """Return the first of some ratios that is given, as it is or in percent."""
        for name in names:
            if self.has(name):
                return read_number(self[name])
            if self.has(f"{name}_percent"):
                return Fraction(read_number(self[f"{name}_percent"])) / 100
        msg = f"the case gives no {' or '.join(names)}"
        raise ValueError(msg)

    def has_time(self, *stems: str) -> bool:
        """Return whether one of some times is given, in any unit."""
        return any(self.has(name) for stem in stems for name in _named(stem))

    def seconds(self, *stems: str) -> Fraction:
        """Return the first of some times that is given, whatever the unit in its name."""
        for stem in stems:
            for name, size in _named(stem).items():
                if self.has(name):
                    value = self[name]
                    if isinstance(value, str):
                        return parse_duration_ms(value) / 1000
                    return Fraction(read_number(value)) * size
        msg = f"the case gives no {' or '.join(stems)}"
        raise ValueError(msg)

    def good_and_valid(self) -> tuple[Number, Number] | None:
        """Return the counts, of which one may follow from two others; None without them."""
        if self.has("total"):
            total = self.number("total")
            if not total:
                return 0, 0
            if self.has("good") or self.has("bad"):
                good = self.number("good") if self.has("good") else total - self.number("bad")
                return good, total
        if self.has("good", "bad"):
            return self.number("good"), self.number("good") + self.number("bad")
        return None

    def sli(self) -> Fraction | None:
        """Return the SLI that is given, or that the counts or slices make."""
        if "sli" in self or "sli_percent" in self:
            known = self.has("sli") or self.has("sli_percent")
            return Fraction(self.ratio("sli")) if known else None
        if self.has("good_slices"):
            whole = self.number("window_slices", "total_slices", "slices")
            return good_share(self.number("good_slices"), whole)
        if self.has("error_ratio") or self.has("error_ratio_percent"):
            return 1 - Fraction(self.ratio("error_ratio"))
        counts = self.good_and_valid()
        return None if counts is None else good_share(*counts)


def ratios(name: str, value: Callable[[], Number | None]) -> Outputs:
    """Return an output that is a ratio, and the same in percent."""

    def percent() -> Number | None:
        ratio = value()
        return None if ratio is None else 100 * ratio

    return {name: value, f"{name}_percent": percent}


def times(pattern: str, seconds: Callable[[], Number | None]) -> Outputs:
    """Return an output that is a time, in every unit; {} in its name stands for the unit."""

    def in_unit(size: int) -> Callable[[], Number | None]:
        def amount() -> Number | None:
            known = seconds()
            return None if known is None else Fraction(known) / size

        return amount

    return {pattern.format(unit): in_unit(size) for unit, size in UNITS.items()}


def _named(stem: str) -> dict[str, int]:
    return {stem: 1} | {f"{stem}_{unit}": size for unit, size in UNITS.items()}
