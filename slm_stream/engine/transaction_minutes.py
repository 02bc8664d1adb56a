"""Minutes of transactions as a witness of availability: each speaks once it is over."""

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.timeline import UNKNOWN, Segment, Timeline
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.domain.witness_rule import MinuteRule
from slm_stream.domain.witnesses import minute_states
from slm_stream.engine.rows import Series


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
        self._line = Timeline()

    def read(self, hour: int, counts: NDArray[np.int64]) -> int | None:
        """Take over the counts of one hour; return the earliest instant that changed, if any.

        Parameters
        ----------
        hour : int
        counts : ndarray of int64, shape (n_columns, 60)
        """
        bad, valid = counts[self.series.bad_column], counts[self.series.valid_column]
        states = minute_states(bad, valid, self._rule)
        starts = np.flatnonzero(np.diff(states, prepend=np.int8(UNKNOWN - 1)))
        start_ms = hour * HOUR_MS
        at_ms = (start_ms + starts * MINUTE_MS).tolist()
        ends_ms = [*at_ms[1:], start_ms + HOUR_MS]
        said = list(zip(at_ms, ends_ms, states[starts].tolist(), strict=True))
        before = self._line.segments(start_ms, start_ms + HOUR_MS)
        if said == before:
            return None
        self._line.put(said)
        return next(
            min(new[1], old[1]) if new[2] == old[2] else new[0]
            for new, old in zip(said, before, strict=False)
            if new != old
        )

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
        segments = self._line.segments(start_ms, spoken_ms)
        if spoken_ms < end_ms:
            segments.append((spoken_ms, end_ms, UNKNOWN))
        return segments

    def forget(self, before_ms: int) -> None:
        """Drop what is kept no longer."""
        self._line.forget(before_ms)
