"""What the catalogue and the agreements ask of one partition, as columns and rows.

A *series* is one thing counted of one service; it has two columns. A *row* is one objective's
view of a series: its columns inside the agreement's agreed service time.
"""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.agreement import Agreement, BudgetingMethod, Objective
from slm_stream.domain.catalogue import (
    ClockRule,
    Condition,
    Indicator,
    IndicatorKind,
    Service,
    Source,
)
from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.sli_table import RowPlan
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS

Unit = Literal["events", "milliseconds", "minutes"]


@dataclass(frozen=True, slots=True)
class Series:
    """One thing counted of one service.

    `key` names it in stored state: it says what is counted, so that evidence outlives a
    renamed objective and never serves a changed one. `samples_key` names the probe results
    that it reads, whatever the rule that judges them.
    """

    service: int
    source: Source
    kind: IndicatorKind
    valid: tuple[Condition, ...]
    good: tuple[Condition, ...]
    objective: Objective | None
    agreement: Agreement | None
    key: bytes
    samples_key: bytes
    column: int
    clock: ClockRule | None = None

    @property
    def bad_column(self) -> int:
        """Column of bad events, late tickets or down milliseconds; DURATION: of microseconds."""
        return self.column

    @property
    def valid_column(self) -> int:
        """Column of valid events, tickets or known milliseconds."""
        return self.column + 1

    @property
    def stored(self) -> bool:
        """Whether the columns are evidence themselves or follow from probes and tickets."""
        return self.kind in (IndicatorKind.RATIO, IndicatorKind.DURATION)


@dataclass(frozen=True, slots=True)
class Row:
    """One objective of one agreement."""

    agreement: Agreement
    objective: Objective
    series: Series
    service: str

    @property
    def key(self) -> str:
        """Return ``agreement/objective``, the key of its level."""
        return f"{self.agreement.id}/{self.objective.name}"

    @property
    def unit(self) -> Unit:
        """Return what `bad` and `valid` count."""
        if self.objective.method is BudgetingMethod.TIMESLICES:
            return "minutes"
        return "milliseconds" if self.series.kind is IndicatorKind.AVAILABILITY else "events"


@dataclass
class Plan:
    """Columns and rows of the services of one partition."""

    services: tuple[Service, ...]
    series: list[Series] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

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
        asked = (kind, wanted.kind, wanted.source, wanted.valid, wanted.good)
        for series in self.by_service[index]:
            counted = (series.kind, kind, series.source, series.valid, series.good)
            if series.stored and counted == asked:
                return series
        raise KeyError(indicator)

    def horizon_hours(self, corrections_h: int) -> int:
        """Return how many hours the longest window plus the limit on corrections needs."""
        longest = max((_window_hours(row.objective) for row in self.rows), default=24)
        return longest + corrections_h

    def row_plan(self) -> RowPlan:
        """Return the rows for the table."""
        masks = _Masks([row.agreement for row in self.rows])
        targets = [
            round(row.objective.slice_target * 10**8)
            if row.objective.method is BudgetingMethod.TIMESLICES
            else -1
            for row in self.rows
        ]
        timely = [row.series.kind is IndicatorKind.TIMELINESS for row in self.rows]
        return RowPlan(
            bad=np.array([row.series.bad_column for row in self.rows], np.int64),
            valid=np.array([row.series.valid_column for row in self.rows], np.int64),
            mask=np.array(
                # A ticket counts when it is done or overdue, though the shop may be closed.
                [
                    2 * masks.index_of[_times(r.agreement)] + t
                    for r, t in zip(self.rows, timely, strict=True)
                ],
                np.int64,
            ),
            slice_target_e8=np.array(targets, np.int64),
            masks=masks,
            open_minutes=masks.open_minutes,
        )


class _Masks:
    """Agreed minutes in an hour, and minutes in force, in turn.

    Agreements of the same calendar and time in force share theirs.
    """

    def __init__(self, agreements: list[Agreement]) -> None:
        unique = dict.fromkeys(_times(agreement) for agreement in agreements)
        self.index_of = {key: i for i, key in enumerate(unique)}

    def __call__(self, hour: int) -> NDArray[np.bool_]:
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


def _times(agreement: Agreement) -> tuple[ServiceTime, int, int | None]:
    """Return all that decides when an agreement counts."""
    return agreement.calendar, agreement.effective_from_ms, agreement.effective_to_ms


def _window_hours(objective: Objective) -> int:
    days = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
    window = objective.window
    if window.period is not None:
        return 24 * days[window.period]
    return -(-(window.rolling_s or 0) // 3600)


def make_plan(services: tuple[Service, ...], agreements: tuple[Agreement, ...]) -> Plan:
    """Lay out columns and rows for the services of one partition."""
    plan = Plan(services)
    seen: dict[tuple[int, bytes], Series] = {}

    def series_for(
        service: int, indicator: Indicator, objective: Objective | None, agreement: Agreement | None
    ) -> Series:
        good = indicator.good
        kind = indicator.kind
        if kind is IndicatorKind.DURATION and objective is not None:
            # "p95 <= 300 ms" is exactly "95 % of valid events took <= 300 ms".
            kind, good = (
                IndicatorKind.RATIO,
                (Condition("duration_ms", "<=", objective.within_ms or 0),),
            )
        scoped = kind in (IndicatorKind.AVAILABILITY, IndicatorKind.TIMELINESS)
        scope = _scope(agreement, objective) if scoped and agreement and objective else ""
        text = f"{indicator.source}|{kind}|{indicator.valid}|{good}"
        key, samples_key = _digest(f"{text}|{scope}"), _digest(text)
        if (service, key) not in seen:
            series = Series(
                service,
                indicator.source,
                kind,
                indicator.valid,
                good,
                objective if scoped else None,
                agreement if scoped else None,
                key,
                samples_key,
                2 * len(plan.series),
                indicator.clock,
            )
            seen[service, key] = series
            plan.series.append(series)
        return seen[service, key]

    for i, service in enumerate(services):
        for indicator in service.indicators:
            if indicator.kind in (IndicatorKind.RATIO, IndicatorKind.DURATION):
                series_for(i, indicator, None, None)
    for agreement in agreements:
        index = plan.index.get(agreement.service)
        if index is None:
            continue
        for objective in agreement.objectives:
            indicator = services[index].indicator(objective.indicator)
            series = series_for(index, indicator, objective, agreement)
            plan.rows.append(Row(agreement, objective, series, agreement.service))
    return plan


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _scope(agreement: Agreement, objective: Objective) -> str:
    """Say what of an agreement decides the evidence of probes and tickets."""
    targets = sorted(objective.targets_s.items())
    rule = f"{objective.probe_rule}|{targets}|{objective.stop_at}"
    return f"{rule}|{agreement.id}|{agreement.version}|{objective.name}"
