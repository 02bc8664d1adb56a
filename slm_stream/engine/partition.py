"""Everything of one partition: evidence in, verdicts and events out, blobs to survive a crash."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import state, topics
from slm_stream.codec.decode import DECODERS, MAX_AT_MS
from slm_stream.codec.runs import Run, offsets_of, timestamps_of
from slm_stream.domain.agreement import Agreement
from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.conditions import holds
from slm_stream.domain.incident import IncidentStatus
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.timeline import Segment
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.engine.agreed_time import Masks
from slm_stream.engine.availability import Availability
from slm_stream.engine.evidence import Evidence
from slm_stream.engine.intake import FUTURE, Intake, Limits, Refusal, take_in
from slm_stream.engine.notices import Told, threshold_event
from slm_stream.engine.plan import Plan, Series
from slm_stream.engine.sieve import Sieve
from slm_stream.engine.tally import Batch, Tallier
from slm_stream.engine.tickets import Tickets
from slm_stream.engine.verdicts import Verdicts
from slm_stream.ports import Count, Counts, Store

Int64 = NDArray[np.int64]
_SOURCES = {
    topics.TRANSACTIONS: Source.TRANSACTIONS,
    topics.PROBES: Source.PROBES,
    topics.INCIDENTS: Source.INCIDENTS,
    topics.FEEDBACK: Source.FEEDBACK,
}
_STATUSES = frozenset(IncidentStatus)
WARM_HOURS = 48


@dataclass(slots=True)
class Sidelined:
    """What a batch did not count: refused for good, or too late."""

    refused: list[Refusal] = field(default_factory=list)
    late: list[Refusal] = field(default_factory=list)


class PartitionState:
    """The engine's state of one partition. Changes only by `ingest` and `tick`.

    Parameters
    ----------
    partition : int
    plan : Plan
    store : Store
        Where decoded hours are read from again.
    limits : dict of str to Limits
        By topic.
    corrections_h : int
        Hours kept behind the longest window, for what arrives after the fact.
    verdicts : Verdicts
    counts : Counts
    """

    def __init__(
        self,
        partition: int,
        plan: Plan,
        *,
        store: Store,
        limits: dict[str, Limits],
        corrections_h: int,
        verdicts: Verdicts,
        counts: Counts,
    ) -> None:
        self.partition = partition
        self.plan = plan
        self.applied: dict[str, int] = {}
        self.newest_ms: dict[str, int] = {}
        self.evaluated_ms = 0
        self._evaluated_offset = -1
        self._counts = counts
        self._horizon_h = plan.horizon_hours(corrections_h)
        kept_ms = (self._horizon_h - 1) * HOUR_MS
        self._limits = {
            topic: Limits(min(limit.lateness_ms, kept_ms), limit.skew_ms)
            for topic, limit in limits.items()
        }
        self._tick_skew_ms = max((each.skew_ms for each in limits.values()), default=0)
        self._replay_until: dict[str, int] = {}
        self._evidence = Evidence(partition, plan, store)
        self._sieve = Sieve(plan, self._evidence)
        self._availability = Availability(plan, self._evidence)
        self.tickets = Tickets(plan, self._availability.outage)
        self.table = SliTable(plan.n_columns, plan.row_plan(), self._horizon_h, self._load)
        self.verdicts = verdicts
        self._talliers = {t: Tallier(plan, s) for t, s in _SOURCES.items()}
        # Rules that read the same results share them: each result is taken once.
        self._probed = [
            {
                s.samples_key: s
                for s in mine
                if s.kind is IndicatorKind.AVAILABILITY
                and s.source is Source.PROBES
                and not s.witnesses
            }
            for mine in plan.by_service
        ]
        self._ticks: list[int] = []
        self._first_waiting = 0

    def ingest(self, topic: str, runs: Sequence[Run]) -> Sidelined:
        """Take one batch of one topic; return what was not counted."""
        if topic == topics.TICKS:
            return self._take_ticks(runs)
        newest = self.newest_ms.get(topic, 0)
        batch = take_in(topic, runs, self.plan.index, newest, self._limits[topic])
        self.newest_ms[topic] = batch.newest_ms
        last = runs[-1].last
        self._sieve.drop_too_old(
            batch, (self.evaluated_ms // HOUR_MS - self._horizon_h + 1) * HOUR_MS
        )
        if topic == topics.INCIDENTS:
            self._ingest_incidents(batch)
        else:
            if topic in self._replay_until:
                self._sieve.skip_seen(topic, batch)
            repeated = self._sieve.drop_repeated(topic, batch)
            self._counts.add(Count.DUPLICATES, topic, by=repeated)
            if topic == topics.PROBES:
                self._ingest_probes(batch)
            self._count(topic, batch)
        self._counts.add(Count.MEASUREMENTS, topic, by=len(batch.measurements))
        self.applied[topic] = max(self.applied.get(topic, -1), last)
        self._settle_replay(topic)
        self._counts.add(Count.LATE, topic, by=len(batch.late))
        batch.refused.sort(key=lambda refusal: refusal.offset)
        return Sidelined(batch.refused, batch.late)

    @property
    def replaying(self) -> bool:
        """Whether sources are being read again that stored state has partly seen."""
        return bool(self._replay_until)

    @property
    def availability(self) -> Availability:
        """Return what witnesses say about availability."""
        return self._availability

    def behind_ms(self) -> int:
        """Return how far the last evaluation lies behind the newest tick."""
        ticks = self._ticks
        return ticks[-1] - self.evaluated_ms if ticks and self.evaluated_ms else 0

    def evaluate(self, watermark_ms: int) -> bool:
        """Evaluate every waiting tick up to a watermark; return whether any level moved."""
        moved = False
        while self._ticks and self._ticks[0] <= watermark_ms and not self.replaying:
            moved |= self._evaluate_at(self._ticks.pop(0))
        return moved

    def frozen(self) -> list[tuple[bytes, bytes | None]]:
        """Return all that has changed since the last call as blobs by key; None deletes.

        The marker is not among them: it is written by `marker` once these are safe.
        """
        self._availability.keep(self._evidence.dirty)
        written: list[tuple[bytes, bytes | None]] = []
        written += self._evidence.frozen(self.table, self.applied)
        written += self.tickets.frozen(self.partition, self.applied)
        offsets = {name: self.tickets.notices.told(i).offset for name, i in self.plan.index.items()}
        seen = {**self.applied, **self._replay_until}
        written += self.verdicts.frozen(self.partition, seen, offsets)
        # Not behind the newest measurement: ticks that lag behind it still look back from there.
        oldest_h = self.evaluated_ms // HOUR_MS - self._horizon_h
        gone = self._evidence.expire(oldest_h)
        gone += self.tickets.expire(self.partition, oldest_h * HOUR_MS)
        written += [(key, None) for key in gone]
        return written

    def cool(self) -> None:
        """Let go of decoded hours that nobody has asked for lately; call after a checkpoint."""
        unwritten = {hour for _, hour in self._evidence.dirty}
        self._evidence.cool(self.table.forget(WARM_HOURS, unwritten))

    def marker(self) -> tuple[bytes, bytes]:
        """Return where the sources stand; safe to write once all of `frozen` is."""
        applied = dict(self.applied)
        if self._ticks:
            # A tick that still waits must be read again after a crash: none is lost, and one
            # that was evaluated already changes nothing.
            applied[topics.TICKS] = min(applied.get(topics.TICKS, -1), self._first_waiting - 1)
        blob = state.MarkerBlob(
            applied, dict(self.newest_ms), self.evaluated_ms, self._evaluated_offset
        )
        return state.key_of(self.partition, state.MARKER), state.encode(blob)

    def restore(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over stored blobs; afterwards read every source from `applied` + 1 on."""
        hours: dict[int, list[int]] = {}
        tickets, heads = [], []
        for key, raw in items:
            _, kind, service_name, name = state.parse_key(key)
            if kind == state.MARKER:
                marker = state.decode(raw, state.MarkerBlob)
                self.applied = dict(marker.applied)
                self.newest_ms = dict(marker.newest_ms)
                self.evaluated_ms = marker.evaluated_ms
                self._evaluated_offset = marker.evaluated_offset
                continue
            service = self.plan.index.get(service_name)
            if service is None:
                continue  # no longer in the catalogue; its blobs stay until they expire
            if kind == state.HOUR:
                hours.setdefault(int(name), []).append(service)
                self._evidence.stored.add((service, int(name)))
            elif kind == state.TICKET:
                tickets.append((service, state.decode(raw, state.TicketBlob)))
            elif kind == state.HEAD:
                heads.append((service_name, state.decode(raw, state.HeadBlob)))
        self._restore_hours(hours)
        for service, blob in tickets:
            self._see(blob.applied)
            self.tickets.restore(service, blob, self.table, self.evaluated_ms)
        for service in range(len(self.plan.services)):
            told = Told(self.evaluated_ms, self._evaluated_offset)
            self.tickets.notices.recall(service, told)
        for service_name, head in heads:
            self._see(head.applied)
            self.verdicts.restore(service_name, head)
            told = Told(head.judged_ms, head.judged_offset)
            self.tickets.notices.recall(self.plan.index[service_name], told)
        self.table.settle()
        self.cool()
        for topic in list(self._replay_until):
            self._settle_replay(topic)

    def _restore_hours(self, hours: dict[int, list[int]]) -> None:
        self._availability.repaint(self.evaluated_ms)
        ahead: set[int] = set()
        for hour in sorted(hours):
            for service in sorted(hours[hour]):
                kept = self._evidence.at(service, hour)
                self._see(kept.applied)
                trusted = service not in ahead
                self._availability.restore(service, hour, kept.watches, trusted=trusted)
                probes = kept.applied.get(topics.PROBES, -1)
                if trusted and probes > self.applied.get(topics.PROBES, -1):
                    ahead.add(service)
                    self._availability.distrust(service)
        self._availability.repaint(self.evaluated_ms)
        if not hours:
            return
        wanted: Iterable[int] = sorted(hours)
        if self._availability.watched:
            wanted = range(min(hours), max(self._newest_hour(), *hours) + 1)
        for hour in wanted:
            self.table.touch((hour,))
            self.table.settle()
            self.cool()
        if not self.evaluated_ms:
            # The crash came before the first marker: nothing counts as painted.
            self._availability.stale(min(hours) * HOUR_MS)

    def _see(self, applied: dict[str, int]) -> None:
        """Note how far stored state is ahead of the marker: up to there, batches are re-read."""
        for topic, offset in applied.items():
            if topic in _SOURCES and offset > self.applied.get(topic, -1):
                self._replay_until[topic] = max(self._replay_until.get(topic, -1), offset)

    def _settle_replay(self, topic: str) -> None:
        if self.applied.get(topic, -1) >= self._replay_until.get(topic, 2**62):
            del self._replay_until[topic]

    def _newest_hour(self) -> int:
        newest = max([self.evaluated_ms, *self.newest_ms.values()], default=0)
        return newest // HOUR_MS

    def _load(self, hour: int, counts: Int64) -> None:
        self._evidence.load(hour, counts)
        self._availability.fill(hour, counts)
        self.tickets.fill(hour, counts)

    def _take_ticks(self, runs: Sequence[Run]) -> Sidelined:
        values = [value for run in runs for value in run.values]
        ticks, bad = DECODERS[topics.TICKS].decode(values)
        offsets, stamped = offsets_of(runs).tolist(), timestamps_of(runs).tolist()
        refused = [Refusal(offsets[i], values[i], e.reason, e.detail) for i, e in bad]
        unreadable = {i for i, _ in bad}
        readable = [i for i in range(len(values)) if i not in unreadable]
        if not self._ticks:
            self._first_waiting = runs[0].first
        newest = max([self.evaluated_ms, *self._ticks])
        for i, tick in zip(readable, ticks, strict=True):
            if tick.at_ms > min(stamped[i] + self._tick_skew_ms, MAX_AT_MS):
                refused.append(Refusal(offsets[i], values[i], "future", FUTURE.format(tick.at_ms)))
            elif tick.at_ms > newest:
                newest = tick.at_ms
                self._ticks.append(newest)
        self.applied[topics.TICKS] = max(self.applied.get(topics.TICKS, -1), runs[-1].last)
        return Sidelined(sorted(refused, key=lambda refusal: refusal.offset))

    def _evaluate_at(self, now_ms: int) -> bool:
        self.evaluated_ms = now_ms
        self._evaluated_offset = self.applied.get(topics.INCIDENTS, -1)
        self._availability.advance(self.table, now_ms, self.cool)
        self.tickets.advance(self.table, now_ms)
        self.table.settle()
        moved = self.verdicts.evaluate(self.table, self.tickets, self._availability, now_ms)
        return self._announce(now_ms) or moved

    def _announce(self, now_ms: int) -> bool:
        """Tell of the thresholds that clocks have passed since the last tick."""
        notices = self.tickets.notices.due(now_ms, self._evaluated_offset)
        for notice in notices:
            event = threshold_event(notice, self.verdicts.source, now_ms)
            self.verdicts.announce(notice.counter.agreement.service, event)
        return bool(notices)

    def _ingest_probes(self, batch: Intake) -> None:
        """Give each result to the timelines of those that count it."""
        for service, probe in zip(batch.service.tolist(), batch.measurements, strict=True):
            for series in self._probed[service].values():
                if all(holds(c, getattr(probe, c.field)) for c in series.valid):
                    ok = all(holds(c, getattr(probe, c.field)) for c in series.good)
                    ok = ok if series.good else probe.ok
                    self._availability.probe(service, series, probe.at_ms, probe.location, ok)

    def _ingest_incidents(self, batch: Intake) -> None:
        status = np.array([m.status not in _STATUSES for m in batch.measurements], bool)
        batch.refuse(
            status, "unknown_status", f"status must be one of {', '.join(sorted(_STATUSES))}"
        )
        for message, service, offset in zip(
            batch.measurements, batch.service.tolist(), batch.offsets.tolist(), strict=True
        ):
            if self.tickets.applied(service, message.incident).get(topics.INCIDENTS, -1) >= offset:
                continue
            if not self.tickets.update(service, message, offset, self.table, self.evaluated_ms):
                self._counts.add(Count.DUPLICATES, topics.INCIDENTS)

    def _count(self, topic: str, batch: Intake) -> None:
        tallier = self._talliers[topic]
        if tallier.idle or not batch.measurements:
            return
        columns = tallier.columns(batch.measurements)
        counted = tallier.count(Batch(batch.service, batch.at_ms, columns), self.table.change)
        for found in counted.durations:
            warm = self._evidence.at(found.service, found.hour)
            warm.add(found.key, found.part, found.bins, found.first_ms, found.last_ms)
        for service, hour in counted.hours:
            self._evidence.mark(service, hour)
            if topic == topics.TRANSACTIONS:
                self._availability.counted(service, hour)

    def counts_of(
        self, series: Series, start_ms: int, end_ms: int, agreement: Agreement | None = None
    ) -> tuple[int, int]:
        """Return the sums of a series' two columns over the minutes that start in a span.

        With an agreement, only over those inside its agreed service time.
        """
        agreed = None if agreement is None else Masks([agreement])
        first, last = -(-start_ms // MINUTE_MS), -(-end_ms // MINUTE_MS)
        total = np.zeros(2, np.int64)
        for hour in self._evidence.hours(series.service, first // 60, -(-last // 60)):
            minutes = slice(max(0, first - hour * 60), min(60, last - hour * 60))
            columns = self.table.hour(hour)[[series.bad_column, series.valid_column]]
            if agreed is not None:
                columns = columns * agreed(hour)[0]
            total += columns[:, minutes].sum(1)
        return int(total[0]), int(total[1])

    def segments_of(self, series: Series, start_ms: int, end_ms: int) -> list[Segment]:
        """Return what is known of an AVAILABILITY series in a span, to the millisecond."""
        return self._availability.segments(series, start_ms, end_ms)

    def figures_of(
        self, series: Series, start_h: int, end_h: int, agreement: Agreement | None = None
    ) -> list[tuple[Int64, tuple[int, int]]]:
        """Return (histogram, extremes) of a DURATION series for the hours in [start_h, end_h).

        With an agreement, only of the parts of hours that begin in its agreed service time.
        """
        agreed = None if agreement is None else Masks([agreement])
        return [
            found
            for hour in self._evidence.hours(series.service, start_h, end_h)
            for part, found in self._evidence.at(series.service, hour).parts(series.key)
            if agreed is None or agreed(hour)[0, part]
        ]
