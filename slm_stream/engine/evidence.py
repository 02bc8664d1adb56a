"""Stored evidence of one partition: one blob per service and hour, decoded while it is warm."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import state
from slm_stream.domain.histogram import N_BINS
from slm_stream.domain.sli_table import SliTable
from slm_stream.engine.plan import Plan
from slm_stream.ports import Store

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Sample = tuple[int, str]


@dataclass(slots=True)
class ServiceHour:
    """What one hour of one service holds besides counts; see `state.HourBlob`."""

    applied: dict[str, int] = field(default_factory=dict)
    samples: dict[bytes, dict[Sample, bool]] = field(default_factory=dict)
    watches: dict[bytes, state.WatchBlob] = field(default_factory=dict)
    histograms: dict[bytes, Int64] = field(default_factory=dict)
    extremes: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    ids: set[bytes] = field(default_factory=set)

    def add(self, key: bytes, part: int, bins: Int64, first_ms: int, last_ms: int) -> None:
        """Add durations of a series, given by their bins, to those of one part of the hour."""
        # The part that begins with the hour, mostly the only one, bears the series' own key.
        name = key + bytes([part]) if part else key
        counts = np.bincount(bins, minlength=N_BINS)
        have = self.histograms.get(name)
        if have is None:
            self.histograms[name], self.extremes[name] = counts, (first_ms, last_ms)
            return
        have += counts
        low, high = self.extremes[name]
        self.extremes[name] = (min(low, first_ms), max(high, last_ms))

    def parts(self, key: bytes) -> Iterator[tuple[int, tuple[Int64, tuple[int, int]]]]:
        """Yield what there is of a series: minute of the part, (histogram, extremes)."""
        for name in sorted(self.histograms):
            if name[: len(key)] == key:
                part = name[-1] if len(name) > len(key) else 0
                yield part, (self.histograms[name], self.extremes[name])


class Evidence:
    """Reads and writes hour blobs; knows which have changed since the last checkpoint."""

    def __init__(self, partition: int, plan: Plan, store: Store) -> None:
        self.dirty: set[tuple[int, int]] = set()
        self.stored: set[tuple[int, int]] = set()
        self._partition = partition
        self._plan = plan
        self._store = store
        self._warm: dict[tuple[int, int], ServiceHour] = {}
        self._columns = [{s.key: s.column for s in mine if s.stored} for mine in plan.by_service]

    def at(self, service: int, hour: int) -> ServiceHour:
        """Return one hour of one service for reading; call `mark` after a change."""
        warm = self._warm.get((service, hour))
        if warm is None:
            warm = self._warm[service, hour] = self._thaw(self._blob(service, hour))
        return warm

    def has(self, service: int, hour: int) -> bool:
        """Whether there is anything of one service in one hour."""
        return (service, hour) in self._warm or (service, hour) in self.stored

    def hours(self, service: int, first: int, end: int) -> list[int]:
        """Return the hours in [first, end) of which there is anything, in order."""
        return [hour for hour in range(first, end) if self.has(service, hour)]

    def histogram(self, service: int, hour: int, key: bytes, agreed: Bool | None) -> Int64 | None:
        """Return the durations of a series in one hour; None where there are none.

        With `agreed` (which minutes count, shape (60,)) only of the parts that begin in it. The
        hour does not stay in memory if it is not there already.
        """
        warm = self._warm.get((service, hour))
        if warm is None:
            warm = self._thaw(self._blob(service, hour))
        total: Int64 | None = None
        for part, (counts, _) in warm.parts(key):
            if agreed is None or agreed[part]:
                total = counts if total is None else total + counts
        return total

    def mark(self, service: int, hour: int) -> None:
        """Note that one hour of one service must be written."""
        self.dirty.add((service, hour))

    def load(self, hour: int, counts: Int64) -> None:
        """Fill in the stored columns of an hour, all services."""
        for service in range(len(self._plan.services)):
            if (service, hour) not in self.stored:
                continue
            blob = self._blob(service, hour)
            if blob is None:
                continue
            self._warm.setdefault((service, hour), self._thaw(blob))
            for key, minutes in state.columns_of(blob).items():
                column = self._columns[service].get(key)
                if column is not None:  # else no longer in the catalogue
                    counts[column : column + 2] = minutes

    def frozen(self, table: SliTable, applied: dict[str, int]) -> list[tuple[bytes, bytes]]:
        """Return every changed blob by key, with the offsets applied to it, and start anew."""
        result = []
        for service, hour in sorted(self.dirty):
            warm = self.at(service, hour)
            # While sources are read again, an hour may have seen more than the partition has.
            warm.applied = {t: max(at, warm.applied.get(t, -1)) for t, at in applied.items()}
            result.append((self._key(service, hour), self._freeze(service, warm, table.hour(hour))))
        self.stored |= self.dirty
        self.dirty = set()
        return result

    def cool(self, hours: Iterable[int]) -> None:
        """Let go of decoded hours; they are read from the store when they are needed again."""
        gone = set(hours)
        self._warm = {at: warm for at, warm in self._warm.items() if at[1] not in gone}

    def expire(self, before_hour: int) -> list[bytes]:
        """Forget hours before one; return the keys of their blobs."""
        old = sorted(at for at in self.stored if at[1] < before_hour)
        self.stored.difference_update(old)
        self.dirty = {at for at in self.dirty if at[1] >= before_hour}
        return [self._key(*at) for at in old]

    def _key(self, service: int, hour: int) -> bytes:
        name = self._plan.services[service].name
        return state.key_of(self._partition, state.HOUR, name, str(hour))

    def _blob(self, service: int, hour: int) -> state.HourBlob | None:
        if (service, hour) not in self.stored:
            return None
        raw = self._store.get(self._key(service, hour))
        return None if raw is None else state.decode(raw, state.HourBlob)

    def _thaw(self, blob: state.HourBlob | None) -> ServiceHour:
        if blob is None:
            return ServiceHour()
        return ServiceHour(
            applied=blob.applied,
            samples={
                key: {(at, location): ok for at, location, ok in samples}
                for key, samples in blob.samples.items()
            },
            watches=blob.watches,
            histograms={key: _dense(*packed) for key, packed in blob.histograms.items()},
            extremes=blob.extremes,
            ids={blob.ids[i : i + 8] for i in range(0, len(blob.ids), 8)},
        )

    def _freeze(self, service: int, warm: ServiceHour, counts: Int64) -> bytes:
        columns = self._columns[service]
        rows = [row for column in columns.values() for row in (column, column + 1)]
        return state.encode(
            state.HourBlob(
                applied=warm.applied,
                tallied=list(columns),
                tallies=state.pack(counts[rows]) if rows else b"",
                samples={
                    key: [(at, location, ok) for (at, location), ok in samples.items()]
                    for key, samples in warm.samples.items()
                },
                watches=warm.watches,
                histograms={key: _sparse(counts) for key, counts in warm.histograms.items()},
                extremes=warm.extremes,
                ids=b"".join(sorted(warm.ids)),
            )
        )


def _sparse(counts: Int64) -> tuple[bytes, bytes]:
    bins = np.flatnonzero(counts)
    return bins.astype("<u2").tobytes(), counts[bins].astype("<u4").tobytes()


def _dense(bins: bytes, counts: bytes) -> Int64:
    result = np.zeros(N_BINS, np.int64)
    result[np.frombuffer(bins, "<u2")] = np.frombuffer(counts, "<u4")
    return result
