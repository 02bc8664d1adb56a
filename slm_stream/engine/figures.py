"""Figures of one partition over any span: how many, how long, how fast, how much of it up."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from slm_stream.domain.agreement import Agreement
from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.histogram import N_BINS, QUANTILES, quantile_us
from slm_stream.domain.spans import intersection
from slm_stream.domain.timeline import DOWN
from slm_stream.domain.windows import HOUR_MS
from slm_stream.engine.partition import PartitionState
from slm_stream.engine.rows import Row


@dataclass(frozen=True, slots=True)
class Figures:
    """How many valid measurements came, and how long they took.

    Attributes
    ----------
    n : int
    mean_ms : float
        Exact to the microseconds that measurements are kept in; ``nan`` without data.
    quantiles_ms : mapping of float to float
        By `QUANTILES`, each within `histogram.RELATIVE_ERROR` of a value of that rank.
    first_ms, last_ms : int or None
        First start and last end.
    """

    n: int
    mean_ms: float
    quantiles_ms: Mapping[float, float]
    first_ms: int | None
    last_ms: int | None

    @property
    def throughput_per_s(self) -> float:
        """Return measurements a second from first start to last end; ``nan`` without data."""
        if self.first_ms is None or self.last_ms is None or self.last_ms == self.first_ms:
            return math.nan
        return self.n * 1000 / (self.last_ms - self.first_ms)


@dataclass(frozen=True, slots=True)
class Share:
    """Good among valid measurements, or up among known milliseconds of agreed service time."""

    good: int
    valid: int

    @property
    def ratio(self) -> float:
        """Return the share; ``nan`` without data."""
        return self.good / self.valid if self.valid else math.nan


def durations(
    state: PartitionState,
    service: str,
    indicator: str,
    start_ms: int,
    end_ms: int,
    *,
    agreement: Agreement | None = None,
) -> Figures:
    """Return the figures of a DURATION indicator, whatever is promised about it.

    Number and mean are those of the minutes that start in ``[start_ms, end_ms)``; quantiles,
    first and last are kept by the hour and take in every hour that the span touches. With an
    agreement all of them are of its agreed service time alone: hours are kept in parts where an
    agreement of the service opens or closes. (What was kept before the agreement was there is in
    the parts of that time, each of which counts by its first minute.)

    Raises
    ------
    KeyError
        If there is no such service or indicator, or it is of another kind.
    """
    series = state.plan.series_of(service, indicator, IndicatorKind.DURATION)
    total_us, n = state.tallies.counts(series, start_ms, end_ms, agreement)
    histogram = np.zeros(N_BINS, np.int64)
    extremes = []
    first, end = start_ms // HOUR_MS, -(-end_ms // HOUR_MS)
    for counts, span in state.tallies.parts(series, first, end, agreement):
        histogram += counts
        extremes.append(span)
    return Figures(
        n=n,
        mean_ms=total_us / n / 1000 if n else math.nan,
        quantiles_ms={q: quantile_us(histogram, q) / 1000 for q in QUANTILES},
        first_ms=min((first for first, _ in extremes), default=None),
        last_ms=max((last for _, last in extremes), default=None),
    )


def share(state: PartitionState, service: str, indicator: str, start_ms: int, end_ms: int) -> Share:
    """Return the good share of a RATIO indicator in the minutes that start in a span.

    Raises
    ------
    KeyError
        If there is no such service or indicator, or it is of another kind.
    """
    series = state.plan.series_of(service, indicator, IndicatorKind.RATIO)
    bad, valid = state.tallies.counts(series, start_ms, end_ms)
    return Share(valid - bad, valid)


def uptime(state: PartitionState, row: Row, start_ms: int, end_ms: int) -> Share:
    """Return how much of a span an AVAILABILITY objective saw its service up.

    Exact to the millisecond, inside the agreement's service hours and time in force.
    """
    agreement = row.agreement
    low = max(start_ms, agreement.effective_from_ms)
    high = end_ms if agreement.effective_to_ms is None else min(end_ms, agreement.effective_to_ms)
    hours = agreement.calendar.open_spans(low // 1000, -(-high // 1000)) if low < high else []
    agreed = intersection([(low, high)], [(1000 * at, 1000 * to) for at, to in hours])
    known = down = 0
    for at_ms, to_ms in agreed:
        for segment_at_ms, segment_to_ms, up in state.availability.segments(
            row.series, at_ms, to_ms
        ):
            known += segment_to_ms - segment_at_ms
            down += segment_to_ms - segment_at_ms if up == DOWN else 0
    return Share(known - down, known)
