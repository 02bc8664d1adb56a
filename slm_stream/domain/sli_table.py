r"""The SLI table of one partition: what each minute brought, and sums over any window.

Evidence lies in *columns* (say: valid events of one series), a column has 60 minutes an hour.
A *row* is what one objective counts: ``bad``, ``valid`` and ``seen`` of two columns inside agreed
service time. Hours of the rows are kept as prefix sums, so a window of any length costs one
subtraction and the minutes of its first hour::

    start                                                          end
      |  . . . . ][-- hour --][-- hour --] ... [-- hour --][ . . .  |
       \_ minutes           prefix[end] - prefix[start + 1]      the same at the end

Rows are derived: a changed hour is marked and recomputed, whatever changed it (new data, late
data, a correction).
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.ratios import share_e8
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS

Int64 = NDArray[np.int64]
BAD, VALID, SEEN = range(3)
ROOM_H = 24
"""Least room ahead of the newest hour, so that sums are moved once a day at most."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """How rows come from columns.

    Attributes
    ----------
    bad, valid : ndarray of int64, shape (n_rows,)
        Column of each.
    mask : ndarray of int64, shape (n_rows,)
        Which mask of `masks` bounds the row.
    slice_target_e8 : ndarray of int64, shape (n_rows,)
        A minute is good when good >= target * valid, in parts per 10**8; -1 counts events.
    masks : callable
        ``masks(hour)`` gives bool of shape (n_masks, 60): which minutes each mask lets through.
    open_minutes : callable
        ``open_minutes(first_hour, n_hours)`` counts them: int64 of shape (n_masks, n_hours).
    """

    bad: Int64
    valid: Int64
    mask: Int64
    slice_target_e8: Int64
    masks: Callable[[int], NDArray[np.bool_]]
    open_minutes: Callable[[int, int], Int64]

    def __len__(self) -> int:
        return len(self.bad)


@dataclass(slots=True)
class Hour:
    """The evidence of one hour, decoded: int64 of shape (n_columns, 60)."""

    counts: Int64
    edges: dict[int, Int64] = field(default_factory=dict)


class SliTable:
    """Minutes by column, sums by row.

    Parameters
    ----------
    n_columns : int
    rows : RowPlan
    horizon_h : int
        Hours kept behind the newest one.
    load : callable
        ``load(hour, counts)`` fills in what is stored of an hour that is not in memory.
    """

    def __init__(
        self, n_columns: int, rows: RowPlan, horizon_h: int, load: Callable[[int, Int64], None]
    ) -> None:
        self.rows = rows
        self._n_columns = n_columns
        self._horizon = horizon_h
        self._load = load
        self._hours: dict[int, Hour] = {}
        self._changed: set[int] = set()
        self._base: int | None = None
        self._newest = 0
        self._totals = np.zeros((0, len(rows), 3), np.int64)
        self._prefix = np.zeros((1, len(rows), 3), np.int64)
        self._clean = 0

    def hour(self, hour: int) -> Int64:
        """Return the minutes of an hour for reading, shape (n_columns, 60)."""
        return self._hour(hour).counts

    def change(self, hour: int) -> Int64:
        """Return the minutes of an hour for writing; `settle` recomputes its rows."""
        block = self._hour(hour)
        self._changed.add(hour)
        block.edges.clear()
        return block.counts

    def touch(self, hours: Iterable[int]) -> None:
        """Mark hours whose agreed service time or stored evidence has changed."""
        for hour in hours:
            self.change(hour)

    def lay(self, valid_column: int, amount: int, hours: Int64) -> Int64:
        """Set a column to one amount a minute, none of it bad, in hours that are not decoded.

        Months without an outage cost no decoding. Returns the hours where this cannot be done.

        Parameters
        ----------
        valid_column : int
            `load` must give the same when one of the hours is decoded.
        amount : int
        hours : ndarray of int64
            Ascending.
        """
        cold = np.array([hour not in self._hours for hour in hours.tolist()], bool)
        laid: Int64 = hours[cold]
        left: Int64 = hours[~cold]
        if not len(laid):
            return left
        first, last = int(laid[0]), int(laid[-1])
        self._make_room(last)
        self._make_room(first)
        laid = laid[laid >= (self._base or 0)]
        minutes = self.rows.open_minutes(first, last - first + 1)[:, laid - first]
        for row in np.flatnonzero(self.rows.valid == valid_column).tolist():
            seen = minutes[self.rows.mask[row]]
            slices = self.rows.slice_target_e8[row] >= 0
            totals = self._totals[laid - (self._base or 0), row]
            totals[:, BAD], totals[:, SEEN] = 0, seen
            totals[:, VALID] = seen if slices else seen * amount
            self._totals[laid - (self._base or 0), row] = totals
        self._clean = min([self._clean, *(laid[:1] - (self._base or 0)).tolist()])
        return left

    def holds(self, hour: int) -> bool:
        """Whether an hour is young enough to be kept."""
        return self._base is None or hour > self._newest - self._horizon

    def oldest_ms(self, now_ms: int) -> int:
        """Return the start of the oldest hour that would be kept at an instant."""
        return (now_ms // HOUR_MS - self._horizon + 1) * HOUR_MS

    def settle(self) -> None:
        """Recompute the rows of every changed hour."""
        changed = sorted(self._changed)
        for hour in (*changed[:1], *changed[-1:]):
            self._make_room(hour)
        for hour in changed:
            if self._make_room(hour):
                index = hour - (self._base or 0)
                self._totals[index] = self._row_sums(hour, 0)
                self._clean = min(self._clean, index)
        self._changed.clear()
        last = len(self._totals)
        if self._clean < last:
            tail = self._totals[self._clean :]
            np.cumsum(tail, axis=0, out=self._prefix[self._clean + 1 :])
            self._prefix[self._clean + 1 :] += self._prefix[self._clean]
            self._clean = last

    def sums(self, start_ms: int, end_ms: int, rows: Int64 | None = None) -> Int64:
        """Return bad, valid and seen minutes of the minutes that start in [start_ms, end_ms).

        Returns
        -------
        ndarray of int64, shape (n_rows, 3)
        """
        return self._sums_since(start_ms, rows) - self._sums_since(end_ms, rows)

    def _sums_since(self, at_ms: int, rows: Int64 | None) -> Int64:
        start_ms = -(-at_ms // MINUTE_MS) * MINUTE_MS
        chosen = slice(None) if rows is None else rows
        index = 0 if self._base is None else start_ms // HOUR_MS - self._base
        if self._base is None or index >= len(self._totals):
            return np.zeros_like(self._prefix[0][chosen])
        if index < 0:
            return np.array(self._prefix[-1][chosen])
        since_next_hour = self._prefix[-1][chosen] - self._prefix[index + 1][chosen]
        minute = start_ms % HOUR_MS // MINUTE_MS
        edge = self._edge(start_ms // HOUR_MS, minute) if minute else self._totals[index]
        return np.asarray(since_next_hour + edge[chosen], np.int64)

    def forget(self, keep: int, pinned: Container[int] = ()) -> list[int]:
        """Drop decoded hours beyond the `keep` youngest-used; return those dropped.

        What is in `pinned` stays: it is stored nowhere else yet.
        """
        oldest = list(self._hours)[: max(0, len(self._hours) - keep)]
        dropped = [hour for hour in oldest if hour not in pinned]
        for hour in dropped:
            del self._hours[hour]
        return dropped

    def _edge(self, hour: int, minute: int) -> Int64:
        edges = self._hour(hour).edges
        if minute not in edges:
            edges[minute] = self._row_sums(hour, minute)
        return edges[minute]

    def _hour(self, hour: int) -> Hour:
        block = self._hours.pop(hour, None)
        if block is None:
            block = Hour(np.zeros((self._n_columns, 60), np.int64))
            self._load(hour, block.counts)
        self._hours[hour] = block  # youngest use last
        return block

    def _row_sums(self, hour: int, minute: int) -> Int64:
        """Sum the minutes of one hour from `minute` on into rows, shape (n_rows, 3)."""
        rows = self.rows
        counts = self._hour(hour).counts[:, minute:]
        open_minutes = rows.masks(hour)[:, minute:][rows.mask]
        bad = counts[rows.bad] * open_minutes
        valid = counts[rows.valid] * open_minutes
        slices = np.flatnonzero(rows.slice_target_e8 >= 0)
        if len(slices):
            reached = share_e8(valid[slices] - bad[slices], valid[slices])
            missed = reached < rows.slice_target_e8[slices, None]
            valid[slices] = valid[slices] > 0
            bad[slices] = missed & (valid[slices] > 0)
        return np.stack((bad.sum(1), valid.sum(1), np.count_nonzero(valid, axis=1)), axis=1)

    def _make_room(self, hour: int) -> bool:
        """Extend the prefix sums so that they hold `hour`; False where it is too old."""
        if self._base is None:
            self._base = hour
            self._newest = hour - 1
        if hour < self._base:
            if hour <= self._newest - self._horizon:
                return False
            self._rebase(hour, self._newest)
        elif hour - self._base >= len(self._totals):
            self._rebase(max(self._base, hour - self._horizon), hour)
        self._newest = max(self._newest, hour)
        return True

    def _rebase(self, base: int, newest: int) -> None:
        """Move the prefix sums to hours [base, newest], with room for some more."""
        old_base = self._base or 0
        room = ROOM_H + (newest - base) // 16
        totals = np.zeros((newest - base + 1 + room, len(self.rows), 3), np.int64)
        low, high = max(base, old_base), min(newest, self._newest) + 1
        if high > low:
            totals[low - base : high - base] = self._totals[low - old_base : high - old_base]
        self._totals = totals
        self._prefix = np.zeros((len(totals) + 1, len(self.rows), 3), np.int64)
        self._base, self._newest, self._clean = base, newest, 0
