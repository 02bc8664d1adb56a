"""From measurements to counts: every predicate shape once per batch, over all services.

Fifty services with twenty indicators each are not a thousand loops. Indicators that test the
same fields with the same operators form a *lane*: an array of thresholds by service. A lane is
evaluated once per batch whatever the number of services, and reduced with one bincount.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.catalogue import Condition, IndicatorKind, Source
from slm_stream.domain.histogram import N_BINS, bins_of
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.engine.plan import Plan, Series

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OTHER_TEXT = -1.0


@dataclass(frozen=True, slots=True)
class _Test:
    """One condition of a lane: a field, an operator, and each service's threshold."""

    field: str
    op: str
    thresholds: Float64
    uniform: float | None

    def holds(self, columns: dict[str, Float64], service: Int64) -> Bool:
        values = columns[self.field]
        wanted = self.thresholds[service] if self.uniform is None else self.uniform
        result: Bool = _COMPARE[self.op](values, wanted)
        if self.op == "!=":
            result &= ~np.isnan(values)
        return result


@dataclass(frozen=True, slots=True)
class Lane:
    """Series of one shape, at most one per service."""

    kind: IndicatorKind
    has: Int64
    columns: Int64
    everywhere: bool
    member: Bool
    valid: tuple[_Test, ...]
    good: tuple[_Test, ...]
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Measurements of one topic as columns, all of known services.

    Attributes
    ----------
    service : ndarray of int64, shape (n,)
        Position in the plan.
    at_ms : ndarray of int64, shape (n,)
    """

    service: Int64
    at_ms: Int64
    columns: dict[str, Float64]


class Tallier:
    """Counts the measurements of one source into a plan's columns."""

    def __init__(self, plan: Plan, source: Source) -> None:
        series = [s for s in plan.series if s.stored and s.source is source]
        self._n_services = len(plan.services)
        self._codes = _text_codes(series)
        self.lanes = _lanes(series, self._n_services, self._codes)
        tests = [test for lane in self.lanes for test in (*lane.valid, *lane.good)]
        self.fields = {test.field for test in tests}
        if any(lane.kind is IndicatorKind.DURATION for lane in self.lanes):
            self.fields.add("duration_ms")

    def column(self, field: str, measurements: Sequence[Any]) -> Float64:
        """Return one field of all measurements as numbers; NaN where it has no value."""
        values = [getattr(m, field) for m in measurements]
        if field in self._codes:
            get = self._codes[field].get
            return np.array([get(value, _OTHER_TEXT) for value in values], np.float64)
        return np.array(values, np.float64)

    def count(self, batch: Batch, write: Callable[[int], Int64]) -> None:
        """Add a batch to the table.

        Parameters
        ----------
        batch : Batch
        write : callable
            ``write(hour)`` gives the hour's counts for writing, shape (n_columns, 60).
        """
        if not len(batch.at_ms) or not self.lanes:
            return
        minute = batch.at_ms // MINUTE_MS
        first, last = int(minute.min()), int(minute.max())
        width = last - first + 1
        if width > 1440:
            # Days in one batch (an import): a grid over all of it would be mostly empty.
            for hour in np.unique(batch.at_ms // HOUR_MS):
                part = batch.at_ms // HOUR_MS == hour
                columns = {name: values[part] for name, values in batch.columns.items()}
                self.count(Batch(batch.service[part], batch.at_ms[part], columns), write)
            return
        cell = batch.service * width + (minute - first)
        shape = (self._n_services, width)
        everything = np.bincount(cell, minlength=shape[0] * width).reshape(shape)
        for lane in self.lanes:
            bad, valid = self._lane(lane, batch, cell, shape, everything)
            _add(lane, bad, valid, first, write)

    def _lane(
        self, lane: Lane, batch: Batch, cell: Int64, shape: tuple[int, int], everything: Int64
    ) -> tuple[Int64, Int64]:
        valid = _all(lane.valid, batch)
        size = shape[0] * shape[1]
        if lane.kind is IndicatorKind.DURATION:
            took = np.rint(batch.columns["duration_ms"] * 1000)
            known = ~np.isnan(took) if valid is None else valid & ~np.isnan(took)
            where = cell[known]
            total = np.bincount(where, took[known], size).astype(np.int64)
            return total.reshape(shape), np.bincount(where, minlength=size).reshape(shape)
        good = _all(lane.good, batch)
        bad = np.zeros(len(cell), bool) if good is None else ~good
        if valid is None:
            n_valid = everything
        else:
            bad &= valid
            n_valid = np.bincount(cell[valid], minlength=size).reshape(shape)
        return np.bincount(cell[bad], minlength=size).reshape(shape), n_valid

    def durations(self, batch: Batch) -> "list[tuple[int, bytes, int, Int64, int, int]]":
        """Return (service, key, hour, counts by bin, first start, last end) of DURATION series."""
        result = []
        for lane in self.lanes:
            if lane.kind is not IndicatorKind.DURATION:
                continue
            took = batch.columns["duration_ms"]
            valid = _all(lane.valid, batch)
            known = lane.member[batch.service] & ~np.isnan(took)
            known = known if valid is None else known & valid
            service, at, took_us = (
                batch.service[known],
                batch.at_ms[known],
                np.rint(took[known] * 1000),
            )
            hour = at // HOUR_MS
            group = service * 10_000_000 + hour
            for one in np.unique(group).tolist():
                mine = group == one
                counts = np.bincount(bins_of(took_us[mine].astype(np.int64)), minlength=N_BINS)
                ends = at[mine] + took_us[mine] / 1000
                index = one // 10_000_000
                key = lane.keys[int(np.searchsorted(lane.has, index))]
                result.append(
                    (
                        index,
                        key,
                        one % 10_000_000,
                        counts,
                        int(at[mine].min()),
                        int(np.rint(ends.max())),
                    )
                )
        return result


def _all(tests: tuple[_Test, ...], batch: Batch) -> Bool | None:
    """Return where all tests hold; None where there is nothing to test."""
    result: Bool | None = None
    for test in tests:
        holds = test.holds(batch.columns, batch.service)
        result = holds if result is None else result & holds
    return result


def _add(lane: Lane, bad: Int64, valid: Int64, first: int, write: Callable[[int], Int64]) -> None:
    """Add two grids (service, minute) to the hours that they span."""
    if not lane.everywhere:
        bad, valid = bad[lane.has], valid[lane.has]
    last = first + bad.shape[1] - 1
    for hour in range(first // 60, last // 60 + 1):
        low, high = max(first, hour * 60), min(last, hour * 60 + 59) + 1
        source = slice(low - first, high - first)
        if not valid[:, source].any():
            continue
        counts = write(hour)
        target = slice(low - hour * 60, high - hour * 60)
        counts[lane.columns, target] += bad[:, source]
        counts[lane.columns + 1, target] += valid[:, source]


def _text_codes(series: list[Series]) -> dict[str, dict[str, float]]:
    """Give every text that a condition names a number."""
    codes: dict[str, dict[str, float]] = {}
    for one in series:
        for condition in (*one.valid, *one.good):
            if isinstance(condition.value, str):
                known = codes.setdefault(condition.field, {})
                known.setdefault(condition.value, float(len(known)))
    return codes


def _lanes(series: list[Series], n_services: int, codes: dict[str, dict[str, float]]) -> list[Lane]:
    """Sort series into as few lanes as their shapes allow."""
    groups: dict[tuple[Any, ...], list[Series]] = {}
    taken: dict[tuple[int, tuple[Any, ...]], int] = {}
    for one in series:
        shape = (one.kind, _shape(one.valid), _shape(one.good))
        nth = taken[one.service, shape] = taken.get((one.service, shape), -1) + 1
        groups.setdefault((shape, nth), []).append(one)
    lanes = []
    for group in groups.values():
        members = sorted(group, key=lambda one: one.service)
        has = np.array([m.service for m in members], np.int64)
        member = np.zeros(n_services, bool)
        member[has] = True
        lanes.append(
            Lane(
                kind=members[0].kind,
                has=has,
                columns=np.array([m.column for m in members], np.int64),
                everywhere=len(members) == n_services,
                member=member,
                valid=_tests([m.valid for m in members], has, n_services, codes),
                good=_tests([m.good for m in members], has, n_services, codes),
                keys=tuple(m.key for m in members),
            )
        )
    return lanes


def _shape(conditions: tuple[Condition, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((c.field, c.op) for c in conditions)


def _tests(
    lists: list[tuple[Condition, ...]],
    has: Int64,
    n_services: int,
    codes: dict[str, dict[str, float]],
) -> tuple[_Test, ...]:
    tests = []
    for column in zip(*lists, strict=True):
        thresholds = np.full(n_services, np.nan)
        for service, condition in zip(has.tolist(), column, strict=True):
            value = condition.value
            thresholds[service] = (
                codes[condition.field][value] if isinstance(value, str) else float(value)
            )
        uniform = (
            float(thresholds[has[0]]) if (thresholds[has] == thresholds[has[0]]).all() else None
        )
        tests.append(_Test(column[0].field, column[0].op, thresholds, uniform))
    return tuple(tests)
