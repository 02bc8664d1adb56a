"""What has been counted of a series over any span, read back from the hours of one partition."""

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.agreement import Agreement
from slm_stream.domain.histogram import N_BINS
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.engine.agreed_time import Masks
from slm_stream.engine.evidence import Evidence
from slm_stream.engine.rows import Series

Int64 = NDArray[np.int64]


class Tallies:
    """Sums and histograms of series; with an agreement, of its agreed service time alone."""

    def __init__(self, evidence: Evidence, table: SliTable) -> None:
        self._evidence = evidence
        self._table = table

    def counts(
        self, series: Series, start_ms: int, end_ms: int, agreement: Agreement | None = None
    ) -> tuple[int, int]:
        """Return the sums of a series' two columns over the minutes that start in a span."""
        agreed = None if agreement is None else Masks([agreement])
        first, last = -(-start_ms // MINUTE_MS), -(-end_ms // MINUTE_MS)
        total = np.zeros(2, np.int64)
        for hour in self._evidence.hours(series.service, first // 60, -(-last // 60)):
            minutes = slice(max(0, first - hour * 60), min(60, last - hour * 60))
            columns = self._table.hour(hour)[[series.bad_column, series.valid_column]]
            if agreed is not None:
                columns = columns * agreed(hour)[0]
            total += columns[:, minutes].sum(1)
        return int(total[0]), int(total[1])

    def parts(
        self, series: Series, start_h: int, end_h: int, agreement: Agreement | None = None
    ) -> list[tuple[Int64, tuple[int, int]]]:
        """Return (histogram, extremes) of a DURATION series for the hours in [start_h, end_h).

        With an agreement, only of the parts of hours that begin in its agreed service time.
        """
        agreed = None if agreement is None else Masks([agreement])
        return [
            found
            for hour in self._evidence.hours(series.service, start_h, end_h)
            for part, found in self._evidence.at(series.service, hour).parts(series.key)
            if agreed is None or agreed(hour)[0, part]
        ]

    def histogram(self, series: Series, start_h: int, end_h: int, agreement: Agreement) -> Int64:
        """Return the durations of the hours in [start_h, end_h) as one histogram.

        Hours that are not in memory do not stay there.
        """
        agreed, total = Masks([agreement]), np.zeros(N_BINS, np.int64)
        for hour in self._evidence.hours(series.service, start_h, end_h):
            counts = self._evidence.histogram(series.service, hour, series.key, agreed(hour)[0])
            if counts is not None:
                total += counts
        return total
