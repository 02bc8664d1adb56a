"""Up, down or unknown over time: what a witness says about availability.

A timeline is a list of half-open segments without gaps or repeats::

    unknown        up               down        up
    -------)[---------------)[--------------)[-------
            first result      2nd failure confirms,
                              counted from the 1st
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.windows import MINUTE_MS

UP, DOWN, UNKNOWN = 0, 1, -1
DEGRADED, EXCLUDED = 2, 3
STATES = {UP: "up", DEGRADED: "degraded", DOWN: "down", EXCLUDED: "excluded", UNKNOWN: "unknown"}
NO_END = 2**62
Segment = tuple[int, int, int]
"""Start and end in milliseconds, and a state."""


class Timeline:
    """Change points of one state, kept sorted; the state before the first is unknown."""

    def __init__(self) -> None:
        self._at: list[int] = []
        self._state: list[int] = []

    def __bool__(self) -> bool:
        """Whether anything is known at any time."""
        return bool(self._at)

    def state_at(self, at_ms: int) -> int:
        """Return the state at an instant."""
        index = bisect_right(self._at, at_ms) - 1
        return self._state[index] if index >= 0 else UNKNOWN

    def set_from(self, at_ms: int, state: int) -> None:
        """Replace everything from an instant on by one state."""
        self.drop_from(at_ms)
        if (self._state[-1] if self._state else UNKNOWN) != state:
            self._at.append(at_ms)
            self._state.append(state)

    def put(self, segments: Sequence[Segment]) -> None:
        """Replace what lies in the span of consecutive segments; before and after stay.

        >>> line = Timeline()
        >>> line.put([(10, 20, UP), (20, 40, DOWN)])
        >>> line.put([(15, 25, UNKNOWN)])
        >>> line.segments(0, 50)
        [(0, 10, -1), (10, 15, 0), (15, 25, -1), (25, 40, 1), (40, 50, -1)]
        """
        start_ms, end_ms = segments[0][0], segments[-1][1]
        low, high = bisect_left(self._at, start_ms), bisect_right(self._at, end_ms)
        before = self._state[low - 1] if low else UNKNOWN
        changes = []
        for at, state in (*((at, s) for at, _, s in segments), (end_ms, self.state_at(end_ms))):
            if state != before:
                changes.append((at, state))
            before = state
        self._at[low:high] = [at for at, _ in changes]
        self._state[low:high] = [state for _, state in changes]

    def drop_from(self, at_ms: int) -> None:
        """Drop the changes at and after an instant."""
        index = bisect_right(self._at, at_ms - 1)
        del self._at[index:], self._state[index:]

    def changes(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """Return (instant, state) of the changes in [start_ms, end_ms)."""
        low, high = bisect_right(self._at, start_ms - 1), bisect_right(self._at, end_ms - 1)
        return list(zip(self._at[low:high], self._state[low:high], strict=True))

    def segments(self, start_ms: int, end_ms: int) -> list[Segment]:
        """Return what lies in [start_ms, end_ms), clipped to it."""
        if end_ms <= start_ms:
            return []
        points = [(start_ms, self.state_at(start_ms)), *self.changes(start_ms + 1, end_ms)]
        ends = [at for at, _ in points[1:]] + [end_ms]
        return [(at, end, state) for (at, state), end in zip(points, ends, strict=True)]

    def forget(self, before_ms: int) -> None:
        """Drop changes that ended before an instant; the state there stays known."""
        index = bisect_right(self._at, before_ms) - 1
        if index > 0:
            del self._at[:index], self._state[:index]


def per_minute(
    segments: Iterable[Segment], first_minute: int, n_minutes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return down and known milliseconds of consecutive minutes.

    Parameters
    ----------
    segments : iterable of (start_ms, end_ms, state)
    first_minute : int
        Minutes since the epoch.
    n_minutes : int

    Returns
    -------
    down_ms, known_ms : ndarray of int64, shape (n_minutes,)
        0 to 60,000.

    Examples
    --------
    >>> down, known = per_minute([(30_000, 90_000, DOWN)], 0, 2)
    >>> down.tolist(), known.tolist()
    ([30000, 30000], [30000, 30000])
    """
    down, known = np.zeros(n_minutes, np.int64), np.zeros(n_minutes, np.int64)
    grid = (first_minute + np.arange(n_minutes, dtype=np.int64)) * MINUTE_MS
    for start, end, state in segments:
        if state == UNKNOWN:
            continue
        low = max(0, start // MINUTE_MS - first_minute)
        high = min(n_minutes, -(-end // MINUTE_MS) - first_minute)
        if low >= high:
            continue
        part = np.minimum(end, grid[low:high] + MINUTE_MS) - np.maximum(start, grid[low:high])
        known[low:high] += part
        if state == DOWN:
            down[low:high] += part
    return down, known
