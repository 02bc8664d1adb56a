"""Minutes of transactions as a witness of availability: each speaks once it is over."""

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.timeline import UNKNOWN, UP, Segment
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.domain.witness_rule import MinuteRule
from slm_stream.domain.witnesses import minute_states
from slm_stream.engine.plan import Series

_SILENT = np.full(60, UNKNOWN, np.int8).tobytes()
_UP = np.full(60, UP, np.int8).tobytes()


class TransactionMinutes:
    """What the minutes of one series of transactions say.

    A minute that still lasts says nothing, however its transactions have gone so far: the
    watermark decides when it is over.

    Parameters
    ----------
    series : Series
        Counts the transactions.
    rule : MinuteRule
    """

    def __init__(self, series: Series, rule: MinuteRule) -> None:
        self.series = series
        self.until_ms = 0
        """End of the last minute that speaks."""
        self._rule = rule
        self._hours: dict[int, bytes] = {}
        self._oldest_h = 2**62

    def read(self, hour: int, counts: NDArray[np.int64]) -> int | None:
        """Take over the counts of one hour; return the earliest instant that changed, if any.

        Parameters
        ----------
        hour : int
        counts : ndarray of int64, shape (n_columns, 60)
        """
        bad, valid = counts[self.series.bad_column], counts[self.series.valid_column]
        said = minute_states(bad, valid, self._rule).tobytes()
        before = self._hours.get(hour, _SILENT)
        if said == before:
            return None
        self._hours[hour] = _UP if said == _UP else said  # most hours share one
        self._oldest_h = min(self._oldest_h, hour)
        first = next(i for i in range(60) if said[i] != before[i])
        return hour * HOUR_MS + first * MINUTE_MS

    def speak(self, now_ms: int) -> int | None:
        """Let time pass; return since when minutes speak that did not before, if any do."""
        until_ms, before_ms = now_ms // MINUTE_MS * MINUTE_MS, self.until_ms
        if until_ms <= before_ms:
            return None
        self.until_ms = until_ms
        return before_ms or None

    def segments(self, start_ms: int, end_ms: int) -> list[Segment]:
        """Return what is said in [start_ms, end_ms), clipped to it."""
        spoken_ms = max(start_ms, min(end_ms, self.until_ms))
        first, end_h = max(start_ms // HOUR_MS, self._oldest_h), -(-spoken_ms // HOUR_MS)
        points = [(start_ms, UNKNOWN)]
        if first < end_h:
            raw = b"".join(self._hours.get(hour, _SILENT) for hour in range(first, end_h))
            states = np.frombuffer(raw, np.int8)
            changes = np.flatnonzero(np.diff(states, prepend=np.int8(UNKNOWN - 1)))
            at_ms = np.clip(first * HOUR_MS + changes * MINUTE_MS, start_ms, spoken_ms)
            points += zip(at_ms.tolist(), states[changes].tolist(), strict=True)
        points.append((spoken_ms, UNKNOWN))
        ends = [at for at, _ in points[1:]] + [end_ms]
        return [(at, to, s) for (at, s), to in zip(points, ends, strict=True) if at < to]

    def forget(self, before_hour: int) -> None:
        """Drop hours that are kept no longer."""
        if self._oldest_h < before_hour:
            self._hours = {h: said for h, said in self._hours.items() if h >= before_hour}
            self._oldest_h = min(self._hours, default=2**62)
