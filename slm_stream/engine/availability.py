"""What probes, transactions and outage tickets of one partition say about availability."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec.state import WatchBlob
from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.outage_union import OutageUnion
from slm_stream.domain.outages import Outage, clipped, outages_of
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.spans import Span
from slm_stream.domain.timeline import DOWN, UNKNOWN, UP, Segment
from slm_stream.domain.windows import HOUR_MS
from slm_stream.domain.witnesses import Finding
from slm_stream.engine.evidence import Evidence
from slm_stream.engine.painter import Painter, Strip
from slm_stream.engine.plan import Plan
from slm_stream.engine.probe_hours import Watch
from slm_stream.engine.rows import Series
from slm_stream.engine.transaction_minutes import TransactionMinutes

Int64 = NDArray[np.int64]
HOURS_AT_ONCE = 48


class Availability:
    """All availability series of one partition."""

    def __init__(self, plan: Plan, evidence: Evidence) -> None:
        self._evidence = evidence
        self._watches: dict[int, list[Watch]] = {}
        self._minutes: dict[int, list[tuple[TransactionMinutes, Painter]]] = {}
        self._unions: dict[int, OutageUnion] = {}
        self._painters: dict[int, Painter] = {}
        self._painter_of_part: dict[int, Painter] = {}
        self._counted: set[tuple[int, int]] = set()
        parts = {part.column for series in plan.series for part in series.witnesses}
        for series in plan.series:
            if series.kind is not IndicatorKind.AVAILABILITY or series.column in parts:
                continue
            if series.objective is None:
                continue
            painter = Painter(series, series.objective.witness_rule)
            self._painters[series.column] = painter
            for part in series.witnesses or (series,):
                self._listen(part, painter)

    def _listen(self, part: Series, painter: Painter) -> None:
        """Let a painter hear one witness."""
        objective = painter.series.objective
        if objective is None:
            return
        if part.source is Source.PROBES:
            watch = Watch(part, objective.probe_rule, self._evidence, painter.stale)
            self._watches.setdefault(part.service, []).append(watch)
            painter.lines[part.source] = watch.watch.timeline.segments
        elif part.source is Source.INCIDENTS:
            union = self._unions[part.column] = OutageUnion()
            self._painter_of_part[part.column] = painter
            painter.lines[part.source] = union.segments
        else:
            minutes = TransactionMinutes(part, objective.witness_rule.minutes)
            self._minutes.setdefault(part.service, []).append((minutes, painter))
            painter.lines[part.source] = minutes.segments

    @property
    def watched(self) -> bool:
        """Whether any objective is about availability, which every hour has a part in."""
        return bool(self._painters)

    def probe(self, service: int, series: Series, at_ms: int, location: str, ok: bool) -> None:
        """Take one probe result, which has not been counted yet, for one series."""
        hour = at_ms // HOUR_MS
        samples = self._evidence.at(service, hour).samples.setdefault(series.samples_key, {})
        samples[at_ms, location] = ok
        self._evidence.mark(service, hour)
        for watch in self._watches.get(service, ()):
            if watch.series.samples_key == series.samples_key:
                watch.feed(at_ms, location, ok)

    def outage(self, series: Series, name: str, outage: tuple[int, int | None] | None) -> None:
        """Set or remove the outage that a ticket reports."""
        changed = self._unions[series.column].put(name, outage)
        if changed is not None:
            self._painter_of_part[series.column].stale(changed)

    def counted(self, service: int, hour: int) -> None:
        """Note that transactions of one hour were counted, which may be a witness."""
        if service in self._minutes:
            self._counted.add((service, hour))

    def segments(self, series: Series, start_ms: int, end_ms: int) -> list[Segment]:
        """Return what counts as up and as down in [start_ms, end_ms), exact to the millisecond."""
        counted = self._painters[series.column].segments(start_ms, end_ms)
        return [segment for segment in counted if segment[2] != UNKNOWN]

    def findings(self, series: Series, start_ms: int, end_ms: int) -> list[Finding]:
        """Return the verdict at every instant of a span so far, and the witness that decided."""
        return self._painters[series.column].findings(start_ms, end_ms)

    def outages(self, series: Series, start_ms: int, end_ms: int) -> list[Outage]:
        """Return the outages in a span, in agreed time; one that lasts counts until now."""
        low, high = _in_force(series, start_ms, end_ms)
        down, excluded = outages_of(self._painters[series.column].lost(low, high))
        if not down or series.agreement is None:
            return []
        return clipped(down, _open_ms(series, down[0][0], down[-1][1]), excluded)

    def outage_counts(self, asked: Iterable[tuple[Series, int, int]]) -> Int64:
        """Return how many outages each series had in its span, and the longest.

        Parameters
        ----------
        asked : iterable of (series, start_ms, end_ms)

        Returns
        -------
        ndarray of int64, shape (2, n_asked)
            Number, and milliseconds of agreed time.
        """
        found = [self.outages(*each) for each in asked]
        longest = [max((outage.agreed for outage in each), default=0) for each in found]
        return np.array([[len(each) for each in found], longest], np.int64)

    def deciders(self, series: Series, start_ms: int, end_ms: int) -> list[Source]:
        """Return who decided that a span was down in agreed time, the one with most first.

        All that are heard, where nothing was down.
        """
        low, high = _in_force(series, start_ms, end_ms)
        painter = self._painters[series.column]
        spans: dict[Source, list[Span]] = {}
        for finding in painter.lost(low, high):
            if finding.witness is not None and finding.state == DOWN:
                spans.setdefault(finding.witness, []).append((finding.start_ms, finding.end_ms))
        agreed = _open_ms(series, low, high) if spans else []
        lost_ms = {
            source: lost
            for source, mine in spans.items()
            if (lost := sum(outage.agreed for outage in clipped(mine, agreed)))
        }
        return sorted(lost_ms, key=lambda source: -lost_ms[source]) or list(painter.heard)

    def said(self, series: Series, at_ms: int) -> dict[Source, int]:
        """Return what each witness of a series says at an instant."""
        return self._painters[series.column].said(at_ms)

    def contradictions(self, series: Series, start_ms: int, end_ms: int) -> list[Span]:
        """Return when witnesses of a series contradict each other in a span."""
        return self._painters[series.column].contradictions(start_ms, end_ms)

    def contradicting_since(self, series: Series, at_ms: int) -> int | None:
        """Return since when witnesses contradict each other just before an instant, if they do."""
        painter = self._painters[series.column]
        states = painter.said(at_ms - 1).values()
        if UP not in states or DOWN not in states:
            return None
        floor_ms = 0 if series.agreement is None else series.agreement.effective_from_ms
        back_ms = HOUR_MS
        while True:
            start_ms = max(floor_ms, at_ms - back_ms)
            since_ms = painter.contradictions(start_ms, at_ms)[-1][0]
            if since_ms > start_ms or start_ms == floor_ms:
                return since_ms
            back_ms *= 4

    def advance(self, table: SliTable, now_ms: int, cool: Callable[[], None]) -> None:
        """Let time pass up to `now_ms` and bring all columns up to it.

        Parameters
        ----------
        table : SliTable
        now_ms : int
        cool : callable
            Lets go of decoded hours; called between, where months are painted after a restart.
        """
        for watches in self._watches.values():
            for watch in watches:
                watch.advance(now_ms)
        self._hear_transactions(table, now_ms)
        strips: dict[int, list[Strip]] = {}
        for painter in self._painters.values():
            for hour, strip in painter.paint(table, now_ms).items():
                strips.setdefault(hour, []).append(strip)
        for n, hour in enumerate(sorted(strips), 1):
            counts = table.change(hour)
            for strip in strips[hour]:
                strip.write(counts)
            if n % HOURS_AT_ONCE == 0:
                table.settle()
                cool()

    def _hear_transactions(self, table: SliTable, now_ms: int) -> None:
        for service, hour in self._counted:
            counts = table.hour(hour)
            for minutes, painter in self._minutes[service]:
                changed = minutes.read(hour, counts)
                if changed is not None:
                    painter.stale(changed)
        self._counted.clear()
        oldest_ms = table.oldest_ms(now_ms)
        for heard in self._minutes.values():
            for minutes, painter in heard:
                minutes.forget(oldest_ms)
                since_ms = minutes.speak(now_ms)
                if since_ms is not None:
                    painter.stale(since_ms)

    def fill(self, hour: int, counts: Int64) -> None:
        """Set the columns of an hour that is decoded anew."""
        for heard in self._minutes.values():
            for minutes, _ in heard:
                minutes.read(hour, counts)
        for painter in self._painters.values():
            painter.fill(hour, counts)

    def keep(self, dirty: set[tuple[int, int]]) -> None:
        """Put what the watches know into the hours that are about to be written."""
        for service, hour in dirty:
            for watch in self._watches.get(service, ()):
                watch.keep(hour)

    def restore(
        self, service: int, hour: int, blobs: dict[bytes, WatchBlob], *, trusted: bool
    ) -> None:
        """Take over one stored hour of one service; hours come in order."""
        for watch in self._watches.get(service, ()):
            watch.restore(hour, blobs.get(watch.series.key), trusted=trusted)

    def distrust(self, service: int) -> None:
        """Read the hours of a service that come now again: the last was of a newer checkpoint."""
        for watch in self._watches.get(service, ()):
            watch.distrust()

    def stale(self, from_ms: int) -> None:
        """Bring all columns up to date from an instant on at the next evaluation."""
        for painter in self._painters.values():
            painter.stale(from_ms)

    def repaint(self, until_ms: int) -> None:
        """After a restore: what is stored is filled in up to an instant, tickets are not yet."""
        for heard in self._minutes.values():
            for minutes, _ in heard:
                minutes.speak(until_ms)
        for painter in self._painters.values():
            painter.repaint(until_ms)


def _in_force(series: Series, start_ms: int, end_ms: int) -> Span:
    """Return the part of a span in which the agreement of a series holds."""
    agreement = series.agreement
    if agreement is None:
        return start_ms, end_ms
    if agreement.effective_to_ms is not None:
        end_ms = min(end_ms, agreement.effective_to_ms)
    return max(start_ms, agreement.effective_from_ms), end_ms


def _open_ms(series: Series, start_ms: int, end_ms: int) -> list[Span]:
    """Return the agreed time that touches a span, in milliseconds."""
    if series.agreement is None:
        return [(start_ms, end_ms)]
    spans = series.agreement.calendar.open_spans(start_ms // 1000, -(-end_ms // 1000))
    return [(1000 * at, 1000 * to) for at, to in spans]
