"""What the catalogue and the agreements ask of one partition, as columns and rows.

A *series* is one thing counted of one service; it has two columns. A *row* is one objective's
view of a series: its columns inside the agreement's agreed service time.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np

from slm_stream.domain.agreement import Agreement, BudgetingMethod, Objective
from slm_stream.domain.catalogue import (
    Condition,
    Indicator,
    IndicatorKind,
    Service,
    Source,
)
from slm_stream.domain.sli_table import RowPlan
from slm_stream.engine.agreed_time import Cuts, Masks, cuts_of, times_of
from slm_stream.engine.rows import TALLIED, Part, Row, Series

_OK = (Condition("ok", "==", value=True),)


@dataclass
class Plan:
    """Columns and rows of the services of one partition.

    The table has a row for each objective, and after them one for each part of an INDEX that
    an objective asks for; `parts` names these by the objective's row.
    """

    services: tuple[Service, ...]
    series: list[Series] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    part_rows: list[Row] = field(default_factory=list)
    parts: dict[int, tuple[Part, ...]] = field(default_factory=dict)

    @cached_property
    def index(self) -> dict[str, int]:
        """Return each service's position."""
        return {service.name: i for i, service in enumerate(self.services)}

    @property
    def n_columns(self) -> int:
        """Return how many columns the table has."""
        return 2 * len(self.series)

    @cached_property
    def by_service(self) -> list[list[Series]]:
        """Return the series of each service."""
        result: list[list[Series]] = [[] for _ in self.services]
        for series in self.series:
            result[series.service].append(series)
        return result

    def series_of(self, service: str, indicator: str, kind: IndicatorKind) -> Series:
        """Return what is counted for an indicator itself, whatever is promised about it.

        Raises
        ------
        KeyError
            If there is no such service or indicator, or it is not of that kind.
        """
        index = self.index[service]
        wanted = self.services[index].indicator(indicator)
        if wanted.kind is not kind or wanted.source is None:
            raise KeyError(indicator)
        key = _digest(_text(wanted, kind, wanted.good))
        for series in self.by_service[index]:
            if series.objective is None and series.key == key:
                return series
        raise KeyError(indicator)

    def horizon_hours(self, corrections_h: int) -> int:
        """Return how many hours the longest window plus the limit on corrections needs."""
        longest = max((_window_hours(row.objective) for row in self.rows), default=24)
        return longest + corrections_h

    @cached_property
    def cuts(self) -> Cuts:
        """Return ``cuts(service, hour)``: where agreed service time changes inside an hour."""
        agreements: list[list[Agreement]] = [[] for _ in self.services]
        for row in self.rows:
            agreements[row.series.service].append(row.agreement)
        return cuts_of(agreements)

    def row_plan(self) -> RowPlan:
        """Return the rows for the table."""
        rows = [*self.rows, *self.part_rows]
        masks = Masks([row.agreement for row in rows])
        targets = [
            round(row.objective.slice_target * 10**8)
            if row.objective.method is BudgetingMethod.TIMESLICES
            else -1
            for row in rows
        ]
        timely = [row.series.kind is IndicatorKind.TIMELINESS for row in rows]
        return RowPlan(
            bad=np.array([row.series.bad_column for row in rows], np.int64),
            valid=np.array([row.series.valid_column for row in rows], np.int64),
            mask=np.array(
                # A ticket counts when it is done or overdue, though the shop may be closed.
                [
                    2 * masks.index_of[times_of(r.agreement)] + t
                    for r, t in zip(rows, timely, strict=True)
                ],
                np.int64,
            ),
            slice_target_e8=np.array(targets, np.int64),
            masks=masks,
            open_minutes=masks.open_minutes,
        )


def _window_hours(objective: Objective) -> int:
    days = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
    window = objective.window
    if window.period is not None:
        return 24 * days[window.period]
    return -(-(window.rolling_s or 0) // 3600)


def make_plan(services: tuple[Service, ...], agreements: tuple[Agreement, ...]) -> Plan:
    """Lay out columns and rows for the services of one partition."""
    plan = Plan(services)
    shelf = _Shelf(plan)
    for i, service in enumerate(services):
        for indicator in service.indicators:
            if indicator.kind in (*TALLIED,) and indicator.source is not None:
                shelf.series(i, indicator)
    for agreement in agreements:
        index = plan.index.get(agreement.service)
        if index is None:
            continue
        for objective in agreement.objectives:
            indicator = services[index].indicator(objective.indicator)
            parts = [services[index].indicator(name) for name, _ in indicator.parts]
            counted = [
                shelf.series(index, one, objective, agreement) for one in parts or (indicator,)
            ]
            if parts:
                weights = [weight for _, weight in indicator.parts]
                first = len(plan.part_rows)
                plan.parts[len(plan.rows)] = tuple(
                    Part(first + k, weight) for k, weight in enumerate(weights)
                )
                plan.part_rows += [
                    Row(agreement, objective, one, series, agreement.service)
                    for one, series in zip(parts, counted, strict=True)
                ]
            plan.rows.append(Row(agreement, objective, indicator, counted[0], agreement.service))
    n_rows = len(plan.rows)
    plan.parts = {
        row: tuple(replace(part, row=n_rows + part.row) for part in parts)
        for row, parts in plan.parts.items()
    }
    return plan


class _Shelf:
    """Makes series, each once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._made: dict[tuple[int, bytes], Series] = {}

    def series(
        self,
        service: int,
        indicator: Indicator,
        objective: Objective | None = None,
        agreement: Agreement | None = None,
    ) -> Series:
        """Return what is counted for an indicator, or for an objective's view of it."""
        if objective is not None and agreement is not None and (heard := _heard(indicator)):
            witnesses = [self.series(service, one, objective, agreement) for one in heard]
            return self._joint(tuple(witnesses), objective, agreement)
        kind, good = indicator.kind, indicator.good
        if kind is IndicatorKind.DURATION and objective is not None and objective.limit is None:
            # "p95 <= 300 ms" is exactly "95 % of valid events took <= 300 ms".
            kind = IndicatorKind.RATIO
            good = (Condition("duration_ms", "<=", objective.within_ms or 0),)
        scoped = kind in (IndicatorKind.AVAILABILITY, IndicatorKind.TIMELINESS)
        scope = _scope(agreement, objective, kind) if scoped and agreement and objective else ""
        text = _text(indicator, kind, good)
        key, samples_key = _digest(f"{text}{scope}"), _digest(text)
        if (service, key) not in self._made:
            if indicator.source is None:
                msg = f"indicator {indicator.name} is made of others, nothing is counted for it"
                raise ValueError(msg)
            series = Series(
                service=service,
                source=indicator.source,
                kind=kind,
                valid=indicator.valid,
                good=good,
                weight=indicator.weight,
                bad=indicator.bad,
                field="duration_ms" if kind is IndicatorKind.DURATION else indicator.field,
                objective=objective if scoped else None,
                agreement=agreement if scoped else None,
                key=key,
                samples_key=samples_key,
                column=2 * len(self._plan.series),
                clock=indicator.clock,
            )
            self._made[service, key] = series
            self._plan.series.append(series)
        return self._made[service, key]

    def _joint(
        self, witnesses: tuple[Series, ...], objective: Objective, agreement: Agreement
    ) -> Series:
        """Return a series that joins witnesses; it follows from them and is not stored."""
        first, kind = witnesses[0], IndicatorKind.AVAILABILITY
        keys = [witness.key for witness in witnesses]
        key = _digest(f"{keys}|{objective.witness_rule}|{_scope(agreement, objective, kind)}")
        if (first.service, key) in self._made:
            return self._made[first.service, key]
        series = self._made[first.service, key] = replace(
            first,
            kind=kind,
            valid=(),
            good=(),
            objective=objective,
            agreement=agreement,
            key=key,
            samples_key=key,
            column=2 * len(self._plan.series),
            witnesses=witnesses,
        )
        self._plan.series.append(series)
        return series


def _heard(indicator: Indicator) -> list[Indicator]:
    """Return what each witness of an availability indicator counts; none where that is plain.

    Minutes of transactions are counted as a ratio, which is stored and deduplicated as such.
    """
    if indicator.kind is not IndicatorKind.AVAILABILITY:
        return []
    if not indicator.witnesses and indicator.source is not Source.TRANSACTIONS:
        return []
    return [
        Indicator(indicator.name, IndicatorKind.RATIO, w.source, w.valid, w.good or _OK)
        if w.source is Source.TRANSACTIONS
        else Indicator(indicator.name, indicator.kind, w.source, w.valid, w.good)
        for w in indicator.heard
    ]


def _text(indicator: Indicator, kind: IndicatorKind, good: tuple[Condition, ...]) -> str:
    """Say what is counted; what is not said here may change without losing evidence."""
    amounts = "|".join((indicator.weight, indicator.bad, indicator.field)).strip("|")
    return f"{indicator.source}|{kind}|{indicator.valid}|{good}|{amounts}"


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _scope(agreement: Agreement, objective: Objective, kind: IndicatorKind) -> str:
    """Say what of an agreement decides the evidence of probes and tickets.

    Objectives about one availability by one rule share what is known of it; each has its own
    view of the tickets' clocks.
    """
    version = f"{objective.probe_rule}|{agreement.id}|{agreement.version}"
    if kind is IndicatorKind.AVAILABILITY:
        return f"{version}|{objective.witness_rule}|{objective.indicator}"
    targets = sorted(objective.targets_s.items())
    return f"{version}|{targets}|{objective.stop_at}|{objective.name}"
