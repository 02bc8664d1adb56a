"""The use cases: take measurements, let time pass, write a checkpoint, come back after a crash.

Synchronous and without transport: a Faust agent, a replay of files and a test call the same
methods. Nothing here knows a clock or a network.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_changes

from slm_stream.codec import events, topics
from slm_stream.codec.runs import Run
from slm_stream.codec.state import EventBlob
from slm_stream.domain.agreement import Agreement
from slm_stream.domain.catalogue import Service
from slm_stream.domain.partitions import partition_of
from slm_stream.engine.intake import Limits, Refusal
from slm_stream.engine.partition import PartitionState
from slm_stream.engine.plan import make_plan
from slm_stream.engine.verdicts import Verdicts
from slm_stream.ports import Count, Counts, Standing, Store

DAY_MS = 86_400_000
STALE_MS = 15_000
"""A verdict is stale once its evaluation lies this far behind the newest tick."""
_NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an installation decides.

    Attributes
    ----------
    n_partitions : int
        Of every input topic.
    lateness_ms : mapping of str to int
        By topic: how far behind the newest event time a measurement may be.
    skew_ms : int
        How far ahead of the broker's clock a measurement may be.
    corrections_h : int
        Hours kept behind the longest window.
    source : str
        ``source`` of the events, the same for every worker.
    refresh_ms : int
        How often the figures of an unchanged level are shown anew, in event time.
    """

    n_partitions: int = 1
    lateness_ms: Mapping[str, int] = field(
        default_factory=lambda: {
            topics.TRANSACTIONS: 3_600_000,
            topics.PROBES: 3_600_000,
            topics.INCIDENTS: 400 * DAY_MS,
            topics.FEEDBACK: 400 * DAY_MS,
        }
    )
    skew_ms: int = 300_000
    corrections_h: int = 24 * 35
    source: str = "/slm-stream"
    refresh_ms: int = 15_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record on its way to a topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Engine:
    """All partitions of one worker.

    Parameters
    ----------
    services : tuple of Service
    agreements : tuple of Agreement
    store : Store
    config : EngineConfig
    """

    def __init__(
        self,
        services: tuple[Service, ...],
        agreements: tuple[Agreement, ...],
        store: Store,
        config: EngineConfig | None = None,
    ) -> None:
        self.config = config or EngineConfig()
        self.counts = Counts()
        self._services = services
        self._agreements = agreements
        self._store = store
        self._partitions: dict[int, PartitionState] = {}
        for topic in topics.MEASUREMENTS:
            for name in (Count.MEASUREMENTS, Count.LATE, Count.DUPLICATES):
                self.counts.add(name, topic, by=0)

    def services_of(self, partition: int) -> tuple[Service, ...]:
        """Return the services that a partition owns, by the key rule of its topics."""
        n = self.config.n_partitions
        return tuple(s for s in self._services if partition_of(s.name, n) == partition)

    def assign(
        self, partition: int, items: Iterable[tuple[bytes, bytes]] = ()
    ) -> Mapping[str, int]:
        """Take over a partition with its stored blobs; return the last offset applied by topic."""
        config = self.config
        plan = make_plan(self.services_of(partition), self._agreements)
        state = PartitionState(
            partition,
            plan,
            store=self._store,
            limits={t: Limits(config.lateness_ms[t], config.skew_ms) for t in topics.MEASUREMENTS},
            corrections_h=config.corrections_h,
            verdicts=Verdicts(plan, config.source, config.refresh_ms),
            counts=self.counts,
        )
        state.restore(items)
        self._partitions[partition] = state
        return dict(state.applied)

    def revoke(self) -> None:
        """Drop all partitions, with their figures; what was not checkpointed is read again."""
        self._partitions = {}

    def owns(self, partition: int) -> bool:
        """Whether a partition is assigned and restored."""
        return partition in self._partitions

    def partition(self, partition: int) -> PartitionState:
        """Return the state of an owned partition; raise KeyError for another."""
        return self._partitions[partition]

    def ingest(self, partition: int, topic: str, runs: Sequence[Run]) -> list[Outgoing]:
        """Take one batch of one partition; return what was set aside, on its way out."""
        aside = self._partitions[partition].ingest(topic, runs)
        out = []
        for refusal in aside.refused:
            self.counts.add(Count.DEAD_LETTERS, topic, refusal.reason)
            out.append(_set_aside(topics.DEAD_LETTERS, topic, partition, refusal))
        out += [_set_aside(topics.LATE, topic, partition, late) for late in aside.late]
        return out

    def evaluate(self, partition: int, caught_up: Mapping[str, bool]) -> bool:
        """Evaluate the ticks that no measurement can precede any more; whether a level moved.

        Parameters
        ----------
        partition : int
        caught_up : mapping of str to bool
            By measurement topic: whether all that the broker has was applied. A topic that is
            not holds the watermark at its newest event time.
        """
        state = self._partitions[partition]
        watermark = min(
            (
                state.newest_ms.get(topic, 0)
                for topic in topics.MEASUREMENTS
                if not caught_up.get(topic, True)
            ),
            default=_NO_LIMIT,
        )
        return state.evaluate(watermark)

    def refreshed(self, partition: int) -> list[Outgoing]:
        """Return new figures of unchanged levels, once."""
        verdicts = self._partitions[partition].verdicts
        fresh, verdicts.refreshed = verdicts.refreshed, []
        return [_emit(event) for event in fresh]

    def leaving(self, partition: int) -> list[Outgoing]:
        """Return the events that may leave now that a checkpoint holds them."""
        return [_emit(event) for event in self._partitions[partition].verdicts.leaving()]

    def levels(self, partition: int) -> list[Outgoing]:
        """Return the current level of every objective in force, as an event each."""
        return [_emit(event) for event in self._partitions[partition].verdicts.levels()]

    @property
    def partitions(self) -> tuple[int, ...]:
        """Return the owned partitions."""
        return tuple(sorted(self._partitions))

    def standings(self) -> tuple[Standing, ...]:
        """Return one standing per objective of the owned partitions; safe from other threads."""
        result: list[Standing] = []
        for state in list(self._partitions.values()):
            stale = state.behind_ms() > STALE_MS
            standings = state.verdicts.standings()
            result += [with_changes(s, stale=True) for s in standings] if stale else standings
        return tuple(result)

    def watermarks_ms(self) -> dict[int, int]:
        """Return the event time up to which each owned partition is evaluated."""
        return {p: s.evaluated_ms for p, s in list(self._partitions.items()) if s.evaluated_ms}


def _emit(event: EventBlob) -> Outgoing:
    return Outgoing(event.topic, event.key.encode(), event.value, events.HEADERS)


def _set_aside(target: str, topic: str, partition: int, refusal: Refusal) -> Outgoing:
    headers = (
        ("slm-topic", topic.encode()),
        ("slm-partition", b"%d" % partition),
        ("slm-offset", b"%d" % refusal.offset),
        ("slm-reason", refusal.reason.encode()),
        ("slm-detail", refusal.detail.encode()),
    )
    return Outgoing(
        target, b"%s-%d-%d" % (topic.encode(), partition, refusal.offset), refusal.value, headers
    )
