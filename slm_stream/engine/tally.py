"""From measurements to counts: every predicate shape once per batch, over all services.

Fifty services with twenty indicators each are not a thousand loops. Indicators that test the
same fields with the same operators form a *lane*: one threshold per service. A batch is sorted
by (service, minute) once; each lane is one comparison over all of it, and one reduction counts
all lanes by cell::

    service     a  a  a  a  b  b  c  c  c        sorted, so thresholds are repeated, not looked up
    minute      0  0  1  1  0  1  0  0  1
    lane 1      .  x  .  .  x  .  .  .  .   ->   counts by cell: 1 0 1 0 0 0
    lane 2      .  x  .  x  x  .  .  .  x   ->                   1 1 1 0 0 1
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec.columns import TYPES, VALUES
from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.histogram import bins_of
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.engine.agreed_time import Cuts
from slm_stream.engine.lanes import Bool, Float64, Int64, Lane, Predicate, lanes_of, text_codes
from slm_stream.engine.plan import Plan

_OTHER_TEXT = -1.0
_MANY_HOURS = 10**8
"""More hours than the time line has: a service and an hour make one number."""
_WIDEST = 1440
"""Minutes that one grid may span; an import with days in one batch is counted by the part."""


class Batch(NamedTuple):
    """Measurements of one topic as columns, all of known services; shape (n,) each."""

    service: Int64
    at_ms: Int64
    columns: dict[str, Float64]

    def pick(self, where: Int64 | Bool) -> "Batch":
        """Return some measurements, in the order given."""
        columns = {name: values[where] for name, values in self.columns.items()}
        return Batch(self.service[where], self.at_ms[where], columns)


class Durations(NamedTuple):
    """Durations of one series in a part of an hour: bin of each, first start, last end.

    `part` is the minute at which the part begins, see `agreed_time.cuts_of`.
    """

    service: int
    key: bytes
    hour: int
    part: int
    bins: Int64
    first_ms: int
    last_ms: int


class Counted(NamedTuple):
    """What a batch touched besides the table: durations, and every (service, hour)."""

    durations: list[Durations]
    hours: set[tuple[int, int]]


class _Grid:
    """A batch sorted by cell, and what has been evaluated over it."""

    def __init__(self, batch: Batch, n_services: int) -> None:
        minute = batch.at_ms // MINUTE_MS
        self.first = int(minute.min())
        self.width = int(minute.max()) - self.first + 1
        self.shape = (n_services, self.width)
        cell = batch.service * self.width + (minute - self.first)
        order = np.argsort(
            cell.astype(np.uint16) if n_services * self.width < 2**16 else cell, kind="stable"
        )
        self.batch = batch.pick(order)
        counts = np.bincount(cell, minlength=n_services * self.width)
        self.everything = counts.reshape(self.shape)
        self.repeats = self.everything.sum(1)
        self.cells = np.flatnonzero(counts)
        self.starts = (np.cumsum(counts) - counts)[self.cells]
        hours = (self.cells % self.width + self.first) // 60
        self._hours = self.cells // self.width * _MANY_HOURS + hours
        self.size = len(batch.at_ms)
        self._known: dict[int, Bool] = {}

    def hours(self) -> set[tuple[int, int]]:
        """Return every (service, hour) that the batch touches."""
        return {divmod(code, _MANY_HOURS) for code in set(self._hours.tolist())}

    def parts(self, cuts: Cuts) -> Int64:
        """Return for each measurement a number that tells its service, hour and part of it."""
        minutes = (self.cells % self.width + self.first) % 60
        parts = np.zeros_like(minutes)
        for service, hour in self.hours():
            starts = cuts(service, hour)
            if len(starts) > 1:
                here = self._hours == service * _MANY_HOURS + hour
                where = np.searchsorted(starts, minutes[here], side="right") - 1
                parts[here] = np.array(starts)[where]
        return np.repeat(self._hours * 60 + parts, np.diff(self.starts, append=self.size))

    def all(self, tests: tuple[Predicate, ...]) -> Bool | None:
        """Return where all tests hold; None where there is nothing to test."""
        result: Bool | None = None
        for test in tests:
            if id(test) not in self._known:
                self._known[id(test)] = test.holds(self.batch.columns, self.repeats)
            holds = self._known[id(test)]
            result = holds if result is None else result & holds
        return result

    def sums(self, rows: NDArray[Any]) -> Int64:
        """Add rows of shape (k, n) up by cell, shape (k, n_services, width)."""
        result = np.zeros((len(rows), self.shape[0] * self.width), np.int64)
        result[:, self.cells] = np.add.reduceat(rows, self.starts, axis=1, dtype=np.int64)
        return result.reshape(len(rows), *self.shape)


class Tallier:
    """Counts the measurements of one source into a plan's columns."""

    def __init__(self, plan: Plan, source: Source) -> None:
        series = [s for s in plan.series if s.stored and s.source is source]
        self._n_services = len(plan.services)
        self._cuts = plan.cuts
        self._codes = text_codes(series)
        lanes = lanes_of(series, self._n_services, self._codes)
        ratios = [lane for lane in lanes if lane.kind is IndicatorKind.RATIO]
        self._ratios = [lane for lane in ratios if not lane.amounts.weight]
        self._weighted = [lane for lane in ratios if lane.amounts.weight]
        self._valids = list(dict.fromkeys(lane.valid for lane in self._ratios))
        self._durations = [lane for lane in lanes if lane.kind is IndicatorKind.DURATION]
        self._numbers = [lane for lane in lanes if lane.kind is IndicatorKind.NUMBER]
        self.idle = not lanes
        self.fields = {test.field for lane in lanes for test in (*lane.valid, *lane.good)}
        self.fields |= {field for lane in lanes for field in lane.amounts if field}

    def columns(self, measurements: Sequence[Any]) -> dict[str, Float64]:
        """Return the fields that any indicator tests as numbers; NaN where there is no value."""
        return {field: self._column(field, measurements) for field in self.fields}

    def count(self, batch: Batch, write: Callable[[int], Int64]) -> Counted:
        """Add a batch to the table.

        Parameters
        ----------
        batch : Batch
        write : callable
            ``write(hour)`` gives the hour's counts for writing, shape (n_columns, 60).
        """
        if self.idle or not len(batch.at_ms):
            return Counted([], set())
        minute = batch.at_ms // MINUTE_MS
        if int(minute.max()) - int(minute.min()) >= _WIDEST:
            day = minute // _WIDEST
            parts = [self.count(batch.pick(day == one), write) for one in np.unique(day)]
            return Counted(
                [found for part in parts for found in part.durations],
                {hour for part in parts for hour in part.hours},
            )
        grid = _Grid(batch, self._n_services)
        if self._ratios:
            self._count_ratios(grid, write)
        for lane in self._weighted:
            _count(lane, grid, *_weights(lane, grid), write)
        for lane in self._numbers:
            _count(lane, grid, *_thousandths(lane, grid), write)
        return Counted(self._count_durations(grid, write), grid.hours())

    def _count_ratios(self, grid: _Grid, write: Callable[[int], Int64]) -> None:
        valid = {tests: grid.all(tests) for tests in self._valids}
        bad = np.zeros((len(self._ratios), len(grid.batch.at_ms)), bool)
        for row, lane in zip(bad, self._ratios, strict=True):
            good, counts = grid.all(lane.good), valid[lane.valid]
            if good is not None:
                np.logical_not(good, out=row)
            if counts is not None:
                np.logical_and(row, counts, out=row)
        n_valid = {
            tests: grid.everything if counts is None else grid.sums(counts[None])[0]
            for tests, counts in valid.items()
        }
        lanes = list(zip(self._ratios, grid.sums(bad), strict=True))
        _add(
            np.concatenate([lane.columns for lane in self._ratios]),
            np.concatenate([n_bad[lane.services] for lane, n_bad in lanes]),
            np.concatenate([n_valid[lane.valid][lane.services] for lane in self._ratios]),
            grid.first,
            write,
        )

    def _count_durations(self, grid: _Grid, write: Callable[[int], Int64]) -> list[Durations]:
        if not self._durations:
            return []
        took_us = np.rint(grid.batch.columns["duration_ms"] * 1000)
        given = ~np.isnan(took_us)
        us = np.where(given, took_us, 0).astype(np.int64)
        bins, end_ms = bins_of(us), grid.batch.at_ms + us // 1000
        parts = grid.parts(self._cuts)
        found = []
        for lane in self._durations:
            valid = grid.all(lane.valid)
            known = given if valid is None else given & valid
            _count(lane, grid, us * known, known, write)
            chosen = np.flatnonzero(known)
            if not len(chosen):
                continue
            codes = parts[chosen]
            starts = np.flatnonzero(np.diff(codes, prepend=-1))
            places, minute = np.divmod(codes[starts], 60)
            groups = np.column_stack((*np.divmod(places, _MANY_HOURS), minute)).tolist()
            first_ms = np.minimum.reduceat(grid.batch.at_ms[chosen], starts).tolist()
            last_ms = np.maximum.reduceat(end_ms[chosen], starts).tolist()
            found += [
                Durations(service, lane.keys[service], hour, part, some, first, last)
                for (service, hour, part), some, first, last in zip(
                    groups, np.split(bins[chosen], starts[1:]), first_ms, last_ms, strict=True
                )
                if service in lane.keys
            ]
        return found

    def _column(self, field: str, measurements: Sequence[Any]) -> Float64:
        values = VALUES[field](measurements)
        empty = "" if field in self._codes else None
        if values[0] == empty and values.count(empty) == len(values):
            # Few send every field: a column of nothing is not converted value by value.
            return np.full(len(values), np.nan if empty is None else _OTHER_TEXT)
        if field in self._codes:
            codes = self._codes[field]
            values = [codes.get(value, _OTHER_TEXT) for value in values]
        return np.array(values, TYPES.get(field, np.float64)).astype(np.float64, copy=False)


def _weights(lane: Lane, grid: _Grid) -> tuple[Int64, Int64]:
    """Return how much of each measurement is bad, and how much is valid."""
    columns, given = grid.batch.columns, grid.all(lane.valid)
    # What says nothing of its weight counts once.
    valid = np.nan_to_num(columns[lane.amounts.weight], nan=1.0).astype(np.int64)
    if given is not None:
        valid = valid * given
    if lane.amounts.bad:
        wrong = np.nan_to_num(columns[lane.amounts.bad], nan=0.0).astype(np.int64)
        return np.minimum(wrong, valid), valid
    good = grid.all(lane.good)
    return (np.zeros_like(valid) if good is None else valid * ~good), valid


def _thousandths(lane: Lane, grid: _Grid) -> tuple[Int64, Bool]:
    """Return the number that each measurement carries, and which do."""
    number, valid = grid.batch.columns[lane.amounts.field], grid.all(lane.valid)
    given = ~np.isnan(number)
    if valid is not None:
        given &= valid
    return np.rint(np.where(given, number, 0) * 1000).astype(np.int64), given


def _count(
    lane: Lane, grid: _Grid, bad: NDArray[Any], valid: NDArray[Any], write: Callable[[int], Int64]
) -> None:
    """Add two amounts of each measurement to the columns of one lane."""
    n_bad, n_valid = grid.sums(bad[None])[0], grid.sums(valid[None])[0]
    _add(lane.columns, n_bad[lane.services], n_valid[lane.services], grid.first, write)


def _add(
    columns: Int64, bad: Int64, valid: Int64, first: int, write: Callable[[int], Int64]
) -> None:
    """Add counts by (series, minute) to the hours that they span.

    Parameters
    ----------
    columns : ndarray of int64, shape (n_series,)
        First column of each series.
    bad, valid : ndarray of int64, shape (n_series, n_minutes)
    first : int
        Minute at which they begin.
    write : callable
    """
    last = first + bad.shape[1] - 1
    for hour in range(first // 60, last // 60 + 1):
        low, high = max(first, hour * 60), min(last, hour * 60 + 59) + 1
        source = slice(low - first, high - first)
        if not valid[:, source].any():
            continue
        counts = write(hour)
        target = slice(low - hour * 60, high - hour * 60)
        counts[columns, target] += bad[:, source]
        counts[columns + 1, target] += valid[:, source]
