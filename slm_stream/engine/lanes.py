"""Lanes: indicators of all services that test the same fields with the same operators.

One lane has at most one series of each service, and one threshold per service for each of its
tests; lanes that share a test share its result.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.catalogue import Condition, IndicatorKind
from slm_stream.domain.conditions import COMPARE
from slm_stream.engine.rows import Series

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Predicate:
    """One condition of a lane: a field, an operator, and each service's threshold."""

    field: str
    op: str
    thresholds: Float64

    def holds(self, columns: dict[str, Float64], repeats: Int64) -> Bool:
        """Return where it holds, of measurements sorted by service.

        `repeats` says how many each service has.
        """
        values = columns[self.field]
        result: Bool = COMPARE[self.op](values, np.repeat(self.thresholds, repeats))
        if self.op == "!=":
            result &= ~np.isnan(values)
        return result


class Amounts(NamedTuple):
    """Fields that say how much a measurement counts for; "" where it counts once."""

    weight: str
    bad: str
    field: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Series of one shape, at most one per service, in the order of services."""

    kind: IndicatorKind
    services: Int64
    columns: Int64
    valid: tuple[Predicate, ...]
    good: tuple[Predicate, ...]
    amounts: Amounts
    keys: dict[int, bytes]


def text_codes(series: list[Series]) -> dict[str, dict[str, float]]:
    """Give every text that a condition names a number."""
    codes: dict[str, dict[str, float]] = {}
    for one in series:
        for condition in (*one.valid, *one.good):
            if isinstance(condition.value, str):
                known = codes.setdefault(condition.field, {})
                known.setdefault(condition.value, float(len(known)))
    return codes


def lanes_of(
    series: list[Series], n_services: int, codes: dict[str, dict[str, float]]
) -> list[Lane]:
    """Sort series into as few lanes as their shapes allow."""
    groups: dict[tuple[Any, ...], list[Series]] = {}
    taken: dict[tuple[int, tuple[Any, ...]], int] = {}
    for one in series:
        amounts = Amounts(one.weight, one.bad, one.field)
        shape = (one.kind, _shape(one.valid), _shape(one.good), amounts)
        nth = taken[one.service, shape] = taken.get((one.service, shape), -1) + 1
        groups.setdefault((shape, nth), []).append(one)
    tests = _Predicates(n_services, codes)
    lanes = []
    for ((*_, amounts), _), group in groups.items():
        members = sorted(group, key=lambda one: one.service)
        services = np.array([m.service for m in members], np.int64)
        lanes.append(
            Lane(
                kind=members[0].kind,
                services=services,
                columns=np.array([m.column for m in members], np.int64),
                valid=tests.of([m.valid for m in members], services),
                good=tests.of([m.good for m in members], services),
                amounts=amounts,
                keys={m.service: m.key for m in members},
            )
        )
    return lanes


def _shape(conditions: tuple[Condition, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((c.field, c.op) for c in conditions)


class _Predicates:
    """Makes tests, each once: lanes that share one share its result."""

    def __init__(self, n_services: int, codes: dict[str, dict[str, float]]) -> None:
        self._n_services = n_services
        self._codes = codes
        self._made: dict[tuple[str, str, bytes], Predicate] = {}

    def of(self, lists: list[tuple[Condition, ...]], services: Int64) -> tuple[Predicate, ...]:
        """Return the tests of a lane from its members' conditions."""
        return tuple(self._one(column, services) for column in zip(*lists, strict=True))

    def _one(self, conditions: tuple[Condition, ...], services: Int64) -> Predicate:
        thresholds = np.full(self._n_services, np.nan)
        for service, condition in zip(services.tolist(), conditions, strict=True):
            value = condition.value
            text = isinstance(value, str)
            thresholds[service] = self._codes[condition.field][str(value)] if text else float(value)
        field, op = conditions[0].field, conditions[0].op
        return self._made.setdefault(
            (field, op, thresholds.tobytes()), Predicate(field, op, thresholds)
        )
