"""What the engine shows and what it needs, without saying who provides it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from slm_stream.domain.agreement import Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one objective stood at its last evaluation.

    Ratios are 0-1 and ``nan`` without data; `bad` and `valid` are events or milliseconds
    (`unit`). `burn_rates` maps a lookback such as ``1h`` to a burn rate.
    """

    service: str
    agreement: str
    objective: str
    indicator: str
    window: str
    verdict: Verdict
    target: float
    sli: float
    bad: int
    valid: int
    unit: str
    budget_spent_ratio: float
    coverage_ratio: float
    evaluated_at_ms: int
    stale: bool = False
    burn_rates: Mapping[str, float] = field(default_factory=dict)
    triggers: tuple[str, ...] = ()
    transitions: Mapping[str, int] = field(default_factory=dict)


class Store(Protocol):
    """Blobs that survive a crash, by key."""

    def get(self, key: bytes) -> bytes | None:
        """Return a blob; None where there is none."""


class MonitorView(Protocol):
    """What a scrape may read, from another thread, at any time."""

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
        """Return monotonic counters of this process, by (metric, label values...)."""
