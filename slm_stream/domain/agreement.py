"""What is promised: agreements and their objectives."""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from slm_stream.domain.limit import Limit
from slm_stream.domain.ratios import E8
from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.witness_rule import WitnessRule

STOP_STATUSES = ("resolved", "closed")
"""Incident statuses that may end what a TIMELINESS objective times."""

BUDGET_SCALE = E8
"""Budgets are integer parts per 10**8, so that verdicts compare integers, never rounded ratios."""


class AgreementKind(StrEnum):
    """Who promises whom: a provider a customer, a department, a supplier."""

    SLA = "SLA"
    OLA = "OLA"
    UC = "UC"


class Verdict(StrEnum):
    """The outcome of one evaluation."""

    MET = "met"
    NEAR_BREACH = "near_breach"
    BREACH = "breach"
    NO_DATA = "no_data"


class Period(StrEnum):
    """A calendar period in the agreement's time zone; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def span_label(seconds: int) -> str:
    """Return a span in its largest whole unit.

    >>> span_label(2_419_200), span_label(5400)
    ('28d', '90m')
    """
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


@dataclass(frozen=True, slots=True)
class ComplianceWindow:
    """The time over which a target holds: rolling seconds, or a calendar period."""

    rolling_s: int | None = None
    period: Period | None = None

    def __post_init__(self) -> None:
        if (self.rolling_s is None) == (self.period is None):
            msg = "a compliance window is either rolling or a calendar period"
            raise ValueError(msg)

    @property
    def label(self) -> str:
        """Return ``28d``, ``6h`` or ``month``, as metrics and tables show it."""
        if self.period is not None:
            return str(self.period)
        return span_label(self.rolling_s or 0)


class BudgetingMethod(StrEnum):
    """Whether single events or whole minutes spend the budget."""

    OCCURRENCES = "occurrences"
    TIMESLICES = "timeslices"


@dataclass(frozen=True, slots=True)
class ProbeRule:
    """When probes make a service down, and which outages count.

    Attributes
    ----------
    fail_after, recover_after : int
        Failures (successes) in a row at one location that turn it down (up), >= 1. The
        state changes at the first of them.
    quorum : int
        Locations that must be down at once, >= 1.
    hold_s : int
        How long a location's last result stands without a new one.
    strike_off_s, strike_off_after_s : int
        Outages shorter than `strike_off_s` are struck off, `strike_off_after_s` after
        they close; 0 keeps every outage.
    up_before_first : bool
        Once there is a result, the time from the agreement's start to it counts as up;
        otherwise nobody knows what was before.
    """

    fail_after: int = 1
    recover_after: int = 1
    quorum: int = 1
    hold_s: int = 300
    strike_off_s: int = 0
    strike_off_after_s: int = 0
    up_before_first: bool = False


@dataclass(frozen=True, slots=True)
class BurnPair:
    """Spending faster than `factor` over both lookbacks is a near-breach.

    Source: *The Site Reliability Workbook*, chapter 5.
    """

    long_s: int
    short_s: int
    factor: float
    severity: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A point that a clock passes: `share` of the target, or `offset_s` from it.

    `label` is how an agreement writes it: ``75 %``, ``-30m``, ``+1h``.
    """

    label: str
    share: Fraction | None = None
    offset_s: int = 0

    def amount_s(self, target_s: int) -> int | None:
        """Return the agreed seconds at which it lies; None where a clock would begin beyond it.

        A share that is no whole second is reached at the next one.

        >>> early, late = Threshold("75 %", Fraction(3, 4)), Threshold("+1m", offset_s=60)
        >>> early.amount_s(7), late.amount_s(7), Threshold("-7s", offset_s=-7).amount_s(7)
        (6, 67, None)
        """
        amount_s = target_s + self.offset_s
        if self.share is not None:
            share = self.share * target_s
            amount_s = -(-share.numerator // share.denominator)
        return amount_s if amount_s > 0 else None


@dataclass(frozen=True, slots=True)
class Objective:
    """A target or a limit for a measure of an indicator over a compliance window.

    Attributes
    ----------
    budget_e8 : int
        1 - target in parts per `BUDGET_SCALE`, 0 < x < BUDGET_SCALE; 0 where `limit` is promised.
    measure : str
        Which figure of the indicator, as its kind names it.
    limit : Limit or None
        What measures without a target are held against.
    within_ms : float or None
        DURATION only: an event is good when it took no longer.
    percentile : float or None
        How the promise was worded ("p95"); the target already says it.
    targets_s : dict of str to int
        TIMELINESS only: agreed seconds by priority; other priorities are not promised.
    stop_at : tuple of str
        TIMELINESS only: the incident statuses, of `STOP_STATUSES`, that stop the clock.
    warn_at : tuple of Threshold
        TIMELINESS only: what to tell when a ticket's clock passes it.
    slice_target : float
        TIMESLICES only: a minute is good when its SLI reaches this ratio.
    expected_volume : int
        Valid events that a calendar period is expected to bring; 0 where not agreed.
    """

    name: str
    indicator: str
    budget_e8: int
    window: ComplianceWindow
    method: BudgetingMethod = BudgetingMethod.OCCURRENCES
    slice_target: float = 1.0
    min_valid: int = 1
    expected_volume: int = 0
    within_ms: float | None = None
    percentile: float | None = None
    targets_s: dict[str, int] = field(default_factory=dict)
    stop_at: tuple[str, ...] = ("resolved", "closed")
    probe_rule: ProbeRule = ProbeRule()
    witness_rule: WitnessRule = field(default_factory=WitnessRule)
    near_breach_ratio: float = 0.75
    burn_pairs: tuple[BurnPair, ...] = ()
    measure: str = "share"
    limit: Limit | None = None
    warn_at: tuple[Threshold, ...] = ()

    @property
    def target(self) -> float | None:
        """Return the target as a ratio, for showing; verdicts use `budget_e8`."""
        if self.limit is not None:
            return None
        return (BUDGET_SCALE - self.budget_e8) / BUDGET_SCALE


@dataclass(frozen=True, slots=True)
class Agreement:
    """A set of objectives between two parties for one service.

    `effective_from_ms` and `effective_to_ms` bound the half-open time in which it judges.
    """

    id: str
    kind: AgreementKind
    version: int
    service: str
    provider: str
    customer: str
    calendar: ServiceTime
    objectives: tuple[Objective, ...]
    title: str = ""
    effective_from_ms: int = 0
    effective_to_ms: int | None = None
