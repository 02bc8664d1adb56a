"""Figures and limits in words."""

from fractions import Fraction

from slm_stream.domain.kinds.base import Unit
from slm_stream.domain.units import format_duration_ms, format_percent

_SIZES_S = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))
_SUFFIXES = {Unit.PER_HOUR: " /h", Unit.PER_SECOND: " /s"}


def format_figure(value: float, unit: Unit) -> str:
    """Return a figure in three or four digits.

    >>> [format_figure(v, Unit.SECONDS) for v in (0.2354, 75, 5400, 200_000)]
    ['235.4 ms', '1.25 min', '1.5 h', '2.315 d']
    >>> format_figure(3, Unit.COUNT), format_figure(0.25, Unit.PER_HOUR)
    ('3', '0.25 /h')
    """
    if unit is Unit.RATIO:
        return format_percent(Fraction(value).limit_denominator(10**8))
    if unit is Unit.SECONDS:
        for size, name in _SIZES_S:
            if value >= size:
                return f"{value / size:.4g} {name}"
        return f"{value * 1000:.4g} ms" if value else "0 s"
    return f"{value:.15g}" if unit is Unit.COUNT else f"{value:.4g}{_SUFFIXES.get(unit, '')}"


def format_limit(limit: float, unit: Unit, *, at_most: bool) -> str:
    """Return a limit as it was promised.

    >>> format_limit(14_400, Unit.SECONDS, at_most=True)
    '≤ 4 h'
    """
    mark = "≤" if at_most else "≥"
    if unit is Unit.SECONDS:
        return f"{mark} {format_duration_ms(Fraction(str(limit)) * 1000)}"
    return f"{mark} {limit:.15g}{_SUFFIXES.get(unit, '')}"
