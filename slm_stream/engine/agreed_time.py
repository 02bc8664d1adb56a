"""Agreed service time: how long, which minutes agreements let through, and where that changes."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.agreement import Agreement
from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS

Cuts = Callable[[int, int], Sequence[int]]
_MAX_KNOWN = 8192


class Masks:
    """Agreed minutes in an hour, and minutes in force, in turn.

    Agreements of the same calendar and time in force share theirs.
    """

    def __init__(self, agreements: Iterable[Agreement]) -> None:
        unique = dict.fromkeys(times_of(agreement) for agreement in agreements)
        self.index_of = {key: i for i, key in enumerate(unique)}

    def __call__(self, hour: int) -> NDArray[np.bool_]:
        """Return which minutes of an hour each mask lets through, shape (n_masks, 60)."""
        result = np.zeros((2 * len(self.index_of), 60), bool)
        starts = hour * HOUR_MS + np.arange(60) * MINUTE_MS
        for (calendar, from_ms, to_ms), i in self.index_of.items():
            in_force = starts >= from_ms
            if to_ms is not None:
                in_force &= starts < to_ms
            result[2 * i + 1] = in_force
            result[2 * i] = in_force & calendar.minute_mask(hour)
        return result

    def open_minutes(self, first_hour: int, n_hours: int) -> NDArray[np.int64]:
        """Return how many minutes each mask lets through, by hour."""
        result = np.zeros((2 * len(self.index_of), n_hours), np.int64)
        starts = (first_hour + np.arange(n_hours)) * HOUR_MS
        partly = np.zeros(n_hours, bool)
        for (calendar, from_ms, to_ms), i in self.index_of.items():
            in_force = starts >= from_ms
            if to_ms is not None:
                in_force &= starts < to_ms
                partly |= (starts < to_ms) & (to_ms < starts + HOUR_MS)
            partly |= (starts < from_ms) & (from_ms < starts + HOUR_MS)
            result[2 * i + 1] = in_force * 60
            result[2 * i] = in_force * calendar.open_minutes_per_hour(first_hour, n_hours)
        for k in np.flatnonzero(partly).tolist():
            result[:, k] = self(first_hour + k).sum(1)
        return result


class AgreedTime:
    """Agreed seconds of spans, remembered: the same month is asked for every second."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], int] = {}

    def seconds(self, agreement: Agreement, start_ms: int, end_ms: int) -> int:
        """Return the agreed service time in [start_ms, end_ms) while the agreement is in force."""
        key = (id(agreement), start_ms, end_ms)
        if key not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            low, high = max(start_ms, agreement.effective_from_ms), end_ms
            if agreement.effective_to_ms is not None:
                high = min(end_ms, agreement.effective_to_ms)
            self._known[key] = agreement.calendar.open_seconds(low // 1000, high // 1000)
        return self._known[key]


def times_of(agreement: Agreement) -> tuple[ServiceTime, int, int | None]:
    """Return all that decides when an agreement counts."""
    return agreement.calendar, agreement.effective_from_ms, agreement.effective_to_ms


def cuts_of(agreements: Sequence[Sequence[Agreement]]) -> Cuts:
    """Return where the parts of an hour begin that all agreements of a service count or do not.

    Parameters
    ----------
    agreements : sequence of sequence of Agreement
        Those of each service.

    Returns
    -------
    callable
        ``cuts(service, hour)`` gives the minutes, the first of which is 0. Most hours are one
        part: those in which no agreement opens, closes, begins or ends.
    """
    masks = [Masks(each) for each in agreements]

    @lru_cache(_MAX_KNOWN)
    def cuts(service: int, hour: int) -> Sequence[int]:
        agreed = masks[service](hour)[::2]
        changes = (agreed[:, 1:] != agreed[:, :-1]).any(axis=0)
        return (0, *(np.flatnonzero(changes) + 1).tolist())

    return cuts
