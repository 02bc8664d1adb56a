"""Percentiles over long windows: hours that enter are added, those that leave subtracted.

Of each objective about durations one histogram is held over the settled hours of its window; the
latest few, in which measurements still arrive, are added each time it is asked for::

    window      [---------------------------------------)
    held        [------------------------------)
    read anew                                  [--)[--)[-
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.agreement import Agreement
from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.histogram import N_BINS, QUANTILES, quantile_us
from slm_stream.domain.windows import HOUR_MS
from slm_stream.engine.plan import Plan
from slm_stream.engine.rows import Series

Int64 = NDArray[np.int64]
Read = Callable[[Series, int, int, Agreement], Int64]

LATEST_H = 3
STEP_H = 24
"""Hours taken up at once after a start: a month is there after some 30 askings."""


@dataclass(slots=True)
class _Held:
    """The durations of the hours in [first, end)."""

    first: int
    end: int
    counts: Int64


class Percentiles:
    """Percentiles of every objective about durations, inside its agreed service time.

    Parameters
    ----------
    plan : Plan
    read : callable
        ``read(series, first_hour, end_hour, agreement)`` gives the histogram of some hours.
    """

    def __init__(self, plan: Plan, read: Read) -> None:
        self._read = read
        self._of = {
            i: (
                row.agreement,
                plan.series_of(row.service, row.indicator.name, IndicatorKind.DURATION),
            )
            for i, row in enumerate(plan.rows)
            if row.kind is IndicatorKind.DURATION
        }
        self._rows: dict[int, list[int]] = {}
        for i, (_, series) in self._of.items():
            self._rows.setdefault(series.service, []).append(i)
        self._held: dict[int, _Held] = {}

    @property
    def rows(self) -> Iterable[int]:
        """Return the objectives about durations."""
        return self._of

    def changed(self, service: int, hour: int) -> None:
        """Note that an hour has changed: what holds it is taken up anew."""
        for row in self._rows.get(service, ()):
            held = self._held.get(row)
            if held is not None and held.first <= hour < held.end:
                del self._held[row]

    def of(self, row: int, start_ms: int, end_ms: int) -> Mapping[str, float] | None:
        """Return percentiles in seconds by ``0.95``, of the hours that a window touches.

        None for objectives of other kinds, without data, and as long as a window is still being
        taken up after a start.
        """
        if row not in self._of:
            return None
        agreement, series = self._of[row]
        first, end = start_ms // HOUR_MS, -(-end_ms // HOUR_MS)
        settled = max(first, end - LATEST_H)
        held = self._move(row, first, settled)
        if held.end < settled:
            return None
        counts = held.counts + self._read(series, settled, end, agreement)
        if not counts.any():
            return None
        return {f"{q:g}": quantile_us(counts, q) / 1e6 for q in QUANTILES}

    def _move(self, row: int, first: int, settled: int) -> _Held:
        """Bring what is held of a row nearer to the hours in [first, settled)."""
        agreement, series = self._of[row]
        held = self._held.get(row)
        if held is None or not held.first <= first <= held.end <= settled:
            held = self._held[row] = _Held(first, first, np.zeros(N_BINS, np.int64))
        if held.first < first:
            held.counts -= self._read(series, held.first, first, agreement)
            held.first = first
        end = min(settled, held.end + STEP_H)
        if held.end < end:
            held.counts += self._read(series, held.end, end, agreement)
            held.end = end
        return held
