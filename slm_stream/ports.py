"""What the engine shows and what it needs, without saying who provides it."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Protocol

from slm_stream.domain.agreement import AgreementKind, Verdict
from slm_stream.domain.kinds.base import Unit


class Trigger(StrEnum):
    """What warns of a breach, in words few enough for a label."""

    BUDGET_SPENT = "budget_spent"
    LIMIT_NEAR = "limit_near"
    BURN_PAGE = "burn_page"
    BURN_TICKET = "burn_ticket"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure that is held against a limit, both in `unit`; `value` is ``nan`` without data."""

    name: str
    unit: Unit
    value: float
    limit: float
    at_most: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one objective stood at its last evaluation.

    It has a target, or `measured` a limit; `bad` and `valid` are then what that is made of.
    `percentiles_s` has those of durations by ``0.95``; empty for others, and while unknown.

    Ratios are 0-1 and ``nan`` without data; `bad` and `valid` count the `unit`. `burn_rates`
    maps a lookback such as ``1h`` to a burn rate. `triggers` are the warnings that hold now.
    `transitions` counts, by the level entered, and survives a restart.
    """

    service: str
    agreement: str
    kind: AgreementKind
    objective: str
    indicator: str
    window: str
    verdict: Verdict
    target: float | None
    sli: float
    bad: int
    valid: int
    unit: str
    budget_spent_ratio: float
    coverage_ratio: float
    evaluated_at_ms: int
    stale: bool = False
    burn_rates: Mapping[str, float] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    transitions: Mapping[Verdict, int] = field(default_factory=dict)
    measured: Measured | None = None
    percentiles_s: Mapping[str, float] = field(default_factory=dict)


class Count(StrEnum):
    """What is counted while measurements flow, with the labels that `Counts.add` takes."""

    MEASUREMENTS = "measurements"
    """Measurements applied, by topic."""
    LATE = "late_measurements"
    """Measurements too late to be applied, by topic."""
    DUPLICATES = "duplicates"
    """Measurements that repeat one already applied, by topic."""
    DEAD_LETTERS = "dead_letters"
    """Messages set aside, by topic and reason."""
    CHECKPOINTS = "checkpoints"
    """Checkpoints written and acknowledged."""


class Counts:
    """Monotonic counters of this process: one thread adds, a scrape reads.

    >>> counts = Counts()
    >>> counts.add(Count.LATE, "slm.probes.v1", by=2)
    >>> counts.snapshot()
    {('late_measurements', 'slm.probes.v1'): 2}
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[tuple[str, ...], int] = {}

    def add(self, name: Count, *labels: str, by: int = 1) -> None:
        """Count; by 0 a counter becomes known before its first event."""
        key = (str(name), *labels)
        with self._lock:
            self._values[key] = self._values.get(key, 0) + by

    def snapshot(self) -> dict[tuple[str, ...], int]:
        """Return a copy by (name, label values...)."""
        with self._lock:
            return dict(self._values)


DELAY_BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class Delays:
    """A histogram of seconds by `DELAY_BOUNDS_S`: one thread observes, a scrape reads.

    >>> delays = Delays()
    >>> delays.observe(0.1)  # a bound belongs to its own bucket
    >>> delays.observe(400.0)
    >>> delays.snapshot()
    ((1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 400.1)
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = [0] * (len(DELAY_BOUNDS_S) + 1)
        self._sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """Add one delay."""
        with self._lock:
            self._counts[bisect_left(DELAY_BOUNDS_S, seconds)] += 1
            self._sum_s += seconds

    def snapshot(self) -> tuple[tuple[int, ...], float]:
        """Return how many fell into each bucket (not cumulated; last: beyond), and their sum."""
        with self._lock:
            return tuple(self._counts), self._sum_s


class Store(Protocol):
    """Blobs that survive a crash, by key."""

    def get(self, key: bytes) -> bytes | None:
        """Return a blob; None where there is none."""


class MonitorView(Protocol):
    """What a scrape may read, from another thread, at any time.

    Each method answers from values that are replaced as a whole, never changed in place, and
    only about partitions that this worker owns and has fully restored.
    """

    @property
    def restoring(self) -> bool:
        """Whether state is being restored; figures are withheld until it is not."""

    def owned_partitions(self) -> tuple[int, ...]:
        """Return the partitions that this worker owns."""

    def standings(self) -> tuple[Standing, ...]:
        """Return one standing per objective of the owned partitions."""

    def watermarks_ms(self) -> Mapping[int, int]:
        """Return the event time up to which each owned partition is evaluated."""

    def lags(self) -> Mapping[tuple[str, int], int]:
        """Return records not yet applied, by topic and owned partition."""

    def counts(self) -> Mapping[tuple[str, ...], int]:
        """Return `Counts.snapshot` of this process."""

    def detection_delays(self) -> tuple[tuple[int, ...], float]:
        """Return `Delays.snapshot`: event time of a transition to its sending, wall-clock."""

    def checkpointed_at_ms(self) -> int | None:
        """Return the wall-clock time up to which all is checkpointed; None before the first."""
