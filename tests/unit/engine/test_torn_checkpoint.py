"""A worker dies between two blobs of a checkpoint: each blob knows what it has seen."""

from slm_stream.codec import state, topics
from slm_stream.codec.runs import Run
from slm_stream.domain.agreement import Agreement, AgreementKind, ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.engine.core import Engine

HOUR_MS = 3_600_000
AT_MS = 1_772_323_200_000  # 2026-03-01T00:00Z
SERVICE = Service(
    "checkout",
    (
        Indicator(
            "success", IndicatorKind.RATIO, Source.TRANSACTIONS, (), (Condition("ok", "==", True),)
        ),
        Indicator("found", IndicatorKind.RATIO, Source.PROBES, (), (Condition("value", ">=", 10),)),
    ),
)
DAY = ComplianceWindow(rolling_s=86_400)
AGREEMENT = Agreement(
    "sla",
    AgreementKind.SLA,
    1,
    "checkout",
    "us",
    "them",
    Calendar.always("UTC"),
    (Objective("success", "success", 1_000_000, DAY), Objective("found", "found", 1_000_000, DAY)),
)


def engine_with(store: dict[bytes, bytes]) -> Engine:
    """Return an engine that owns partition 0 with what is stored."""
    engine = Engine((SERVICE,), (AGREEMENT,), store)
    engine.assign(0, list(store.items()))
    return engine


def ingest(engine: Engine, topic: str, first: int, n: int) -> None:
    """Take `n` measurements from an offset on, all of the same hour."""
    values: list[bytes | None] = [
        b'{"service":"checkout","at_ms":%d,"value":12}' % (AT_MS + offset)
        for offset in range(first, first + n)
    ]
    engine.ingest(0, topic, [Run(first, first + n - 1, AT_MS + first + n, values)])


def checkpoint(engine: Engine, store: dict[bytes, bytes], *, torn: bool = False) -> None:
    """Write a checkpoint; a torn one lacks its marker."""
    partition = engine.partition(0)
    blobs = partition.frozen()
    store.update({key: value for key, value in blobs if value is not None})
    if not torn:
        store.update([partition.marker()])


def counted(store: dict[bytes, bytes]) -> list[int]:
    """Return how many valid measurements the stored hour holds, by series."""
    raw = store[state.key_of(0, state.HOUR, "checkout", str(AT_MS // HOUR_MS))]
    blob = state.decode(raw, state.HourBlob)
    return sorted(int(valid.sum()) for _, valid in state.columns_of(blob).values())


def test_a_checkpoint_while_sources_are_read_again_forgets_nothing() -> None:
    """Another topic makes the hour be written anew before it has caught up with itself."""
    store: dict[bytes, bytes] = {}
    engine = engine_with(store)
    ingest(engine, topics.TRANSACTIONS, 0, 500)
    checkpoint(engine, store)
    ingest(engine, topics.TRANSACTIONS, 500, 500)
    checkpoint(engine, store, torn=True)  # the hour has seen 1000, the marker says 500

    engine = engine_with(store)
    ingest(engine, topics.TRANSACTIONS, 500, 200)
    ingest(engine, topics.PROBES, 0, 7)
    checkpoint(engine, store)
    ingest(engine, topics.TRANSACTIONS, 700, 300)
    checkpoint(engine, store)

    assert counted(store) == [7, 1000]


def test_a_second_crash_in_the_middle_of_it_changes_nothing() -> None:
    """What the hour has seen outlives a checkpoint that the partition wrote on its way back."""
    store: dict[bytes, bytes] = {}
    engine = engine_with(store)
    ingest(engine, topics.TRANSACTIONS, 0, 1000)
    checkpoint(engine, store, torn=True)

    engine = engine_with(store)
    ingest(engine, topics.TRANSACTIONS, 0, 200)
    ingest(engine, topics.PROBES, 0, 7)
    checkpoint(engine, store)

    engine = engine_with(store)
    ingest(engine, topics.TRANSACTIONS, 200, 800)
    ingest(engine, topics.PROBES, 7, 1)
    checkpoint(engine, store)

    assert counted(store) == [8, 1000]
