"""Series and rows: what is counted of a service, and what objectives make of it."""

from dataclasses import dataclass
from typing import Literal

from slm_stream.domain.agreement import Agreement, BudgetingMethod, Objective
from slm_stream.domain.catalogue import ClockRule, Condition, Indicator, IndicatorKind, Source
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.kinds.base import Measure

Unit = Literal[
    "events",
    "milliseconds",
    "minutes",
    "weight",
    "weight_e8",
    "microseconds",
    "thousandths",
    "seconds",
]
TALLIED = (IndicatorKind.RATIO, IndicatorKind.DURATION, IndicatorKind.NUMBER)
"""Kinds whose columns are sums over measurements."""

_UNITS: dict[IndicatorKind, Unit] = {
    IndicatorKind.AVAILABILITY: "milliseconds",
    IndicatorKind.DURATION: "microseconds",
    IndicatorKind.NUMBER: "thousandths",
}


@dataclass(frozen=True, slots=True)
class Series:
    """One thing counted of one service.

    `key` names it in stored state: it says what is counted, so that evidence outlives a
    renamed objective and never serves a changed one. `samples_key` names the probe results
    that it reads, whatever the rule that judges them. `witnesses` are the
    series of each, for availability that is told by several, or by transactions.
    """

    service: int
    source: Source
    kind: IndicatorKind
    valid: tuple[Condition, ...]
    good: tuple[Condition, ...]
    weight: str
    bad: str
    field: str
    objective: Objective | None
    agreement: Agreement | None
    key: bytes
    samples_key: bytes
    column: int
    witnesses: tuple["Series", ...] = ()
    clock: ClockRule | None = None

    @property
    def bad_column(self) -> int:
        """Column of what is bad, or of the sum; `domain.kinds` says what it counts."""
        return self.column

    @property
    def valid_column(self) -> int:
        """Column of what is valid."""
        return self.column + 1

    @property
    def stored(self) -> bool:
        """Whether the columns are evidence themselves or follow from probes and tickets."""
        return self.kind in TALLIED and self.source is not Source.INCIDENTS


@dataclass(frozen=True, slots=True)
class Row:
    """One objective of one agreement, or one part of an INDEX that an objective asks for."""

    agreement: Agreement
    objective: Objective
    indicator: Indicator
    series: Series
    service: str

    @property
    def key(self) -> str:
        """Return ``agreement/objective``, the key of its level."""
        return f"{self.agreement.id}/{self.objective.name}"

    @property
    def name(self) -> str:
        """Return its name in stored state: versions of an agreement are judged apart."""
        return f"{self.key}@{self.agreement.version}"

    @property
    def kind(self) -> IndicatorKind:
        """Return the kind of indicator, of which the series may be a part only."""
        return self.indicator.kind

    @property
    def measure(self) -> Measure:
        """Return the figure that is promised."""
        return KINDS[self.kind].measure(self.objective.measure)

    @property
    def unit(self) -> Unit:
        """Return what `bad` and `valid` count; of means `bad` only, `valid` counts events."""
        if self.objective.method is BudgetingMethod.TIMESLICES:
            return "minutes"
        if self.kind is IndicatorKind.INDEX:
            return "weight_e8"
        if self.kind is IndicatorKind.TIMELINESS and self.objective.measure == "mean":
            return "seconds"
        if self.indicator.weight:
            return "weight"
        return _UNITS.get(self.kind, "events") if self.series.kind is self.kind else "events"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an INDEX: the table row that counts it, and its weight."""

    row: int
    weight: int
