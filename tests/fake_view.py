"""A `MonitorView` whose figures a test sets by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slm_stream.codec.topics import TRANSACTIONS
from slm_stream.domain.agreement import AgreementKind, Verdict
from slm_stream.ports import Count, Counts, Delays, Standing

NOW_MS = 1_790_000_000_000
LOOKBACKS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def standing(
    service: str = "checkout",
    objective: str = "success",
    verdict: Verdict = Verdict.MET,
    **changes: object,
) -> Standing:
    """Return one objective: 99.5 % promised, 20 bad of 10,000, so 40 % of the budget spent."""
    values: dict[str, object] = {
        "service": service,
        "agreement": f"sla-{service}",
        "kind": AgreementKind.SLA,
        "objective": objective,
        "indicator": objective,
        "window": "28d",
        "verdict": verdict,
        "target": 0.995,
        "sli": 0.998,
        "bad": 20,
        "valid": 10_000,
        "unit": "events",
        "budget_spent_ratio": 0.4,
        "coverage_ratio": 1.0,
        "evaluated_at_ms": NOW_MS,
        "burn_rates": dict.fromkeys(LOOKBACKS, 0.4),
        "transitions": {Verdict.MET: 1},
    }
    return Standing(**(values | changes))  # type: ignore[arg-type]


@dataclass
class FakeView:
    """Set its fields; a scrape sees them."""

    restoring: bool = False
    by_partition: dict[int, tuple[Standing, ...]] = field(default_factory=dict)
    watermark_ms: int = NOW_MS
    lag: int = 0
    checkpoint_ms: int | None = NOW_MS
    counted: Counts = field(default_factory=Counts)
    delays: Delays = field(default_factory=Delays)

    def __post_init__(self) -> None:
        self.counted.add(Count.DEAD_LETTERS, TRANSACTIONS, "unreadable", by=0)

    def owned_partitions(self) -> tuple[int, ...]:
        """Return the partitions that were given standings."""
        return tuple(self.by_partition)

    def standings(self) -> tuple[Standing, ...]:
        """Return the standings of all partitions."""
        return tuple(one for some in self.by_partition.values() for one in some)

    def watermarks_ms(self) -> Mapping[int, int]:
        """Return the same watermark for every partition."""
        return dict.fromkeys(self.by_partition, self.watermark_ms)

    def lags(self) -> Mapping[tuple[str, int], int]:
        """Return the same lag for every partition."""
        return {(TRANSACTIONS, partition): self.lag for partition in self.by_partition}

    def counts(self) -> Mapping[tuple[str, ...], int]:
        """Return what was counted."""
        return self.counted.snapshot()

    def detection_delays(self) -> tuple[tuple[int, ...], float]:
        """Return what was observed."""
        return self.delays.snapshot()

    def checkpointed_at_ms(self) -> int | None:
        """Return the time that was set."""
        return self.checkpoint_ms
