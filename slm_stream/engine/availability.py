"""Probes and outage tickets of one partition, as up and down milliseconds per minute."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec.state import WatchBlob
from slm_stream.domain.agreement import ProbeRule
from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.outage_union import OutageUnion
from slm_stream.domain.probe_watch import ProbeWatch
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.timeline import UNKNOWN, Segment, per_minute
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.engine.evidence import Evidence
from slm_stream.engine.plan import Plan, Series

Int64 = NDArray[np.int64]


class _Painter:
    """Keeps the two columns of one availability series in step with its timeline."""

    def __init__(self, series: Series, segments: Callable[[int, int], list[Segment]]) -> None:
        self.series = series
        self.segments = segments
        self.stale_from: int | None = None
        self.painted_ms = 0

    def stale(self, from_ms: int) -> None:
        """Note that the timeline has changed from an instant on."""
        self.stale_from = from_ms if self.stale_from is None else min(self.stale_from, from_ms)

    def paint(self, table: SliTable, now_ms: int) -> None:
        """Bring the columns up to `now_ms`."""
        start = self.painted_ms or self._since(table, now_ms)
        if self.stale_from is not None:
            start = min(start, self.stale_from)
        self.stale_from = None
        self.painted_ms = max(self.painted_ms, now_ms)
        # No further back than is kept, whatever a ticket says about its outage.
        start = max(start, table.oldest_ms(now_ms))
        if start >= self.painted_ms:
            return
        first, end_h = start // MINUTE_MS, -(-self.painted_ms // HOUR_MS)
        segments = self.segments(first * MINUTE_MS, self.painted_ms)
        down, known = per_minute(segments, first, end_h * 60 - first)
        for hour in self._after_calm(table, first, down, known):
            if table.holds(hour):
                # Of the first hour what comes before `first` stays.
                low = max(first, hour * 60)
                minutes = slice(low - hour * 60, 60)
                source = slice(low - first, (hour + 1) * 60 - first)
                counts = table.change(hour)
                counts[self.series.bad_column, minutes] = down[source]
                counts[self.series.valid_column, minutes] = known[source]

    def _after_calm(self, table: SliTable, first: int, down: Int64, known: Int64) -> list[int]:
        """Write down whole hours that were up at once; return the hours that are left."""
        hours = np.arange(first // 60, (first + len(down)) // 60)
        if first % 60:
            before = 60 - first % 60
            down, known, partial, hours = down[before:], known[before:], hours[:1], hours[1:]
        else:
            partial = hours[:0]
        calm = ((down.reshape(-1, 60) == 0) & (known.reshape(-1, 60) == MINUTE_MS)).all(1)
        calm &= np.array([table.holds(hour) for hour in hours.tolist()], bool)
        left = table.lay(self.series.valid_column, MINUTE_MS, hours[calm])
        return sorted([*partial.tolist(), *hours[~calm].tolist(), *left.tolist()])

    def _since(self, table: SliTable, now_ms: int) -> int:
        """Return since when a series that was never painted is known.

        No ticket is good news from the day of the agreement on; no probe result is no news.
        """
        if self.series.source is Source.PROBES or self.series.agreement is None:
            return now_ms
        return max(self.series.agreement.effective_from_ms, table.oldest_ms(now_ms))

    def fill(self, hour: int, counts: Int64) -> None:
        """Set the minutes of one hour as far as they were painted."""
        if self.painted_ms > hour * HOUR_MS:
            segments = self.segments(hour * HOUR_MS, min(self.painted_ms, (hour + 1) * HOUR_MS))
            down, known = per_minute(segments, hour * 60, 60)
            counts[self.series.bad_column] = down
            counts[self.series.valid_column] = known


class _Watch:
    """One rule over the probes of one service.

    Each hour's blob holds the state after the results of the hour, and the changes in it. A
    result may change hours before its own: it confirms a run that began there.
    """

    def __init__(self, series: Series, rule: ProbeRule, evidence: Evidence) -> None:
        since_ms = 0 if series.agreement is None else series.agreement.effective_from_ms
        self.watch = ProbeWatch(rule, since_ms)
        self.painter = _Painter(series, self.watch.timeline.segments)
        self._series = series
        self._evidence = evidence
        self._fed_hour = 0
        self._kept_hour = 0

    def feed(self, at_ms: int, location: str, ok: bool) -> None:
        """Take one result; one older than the last makes the hours since be read again."""
        hour = at_ms // HOUR_MS
        if self.watch.takes(at_ms, location) and hour >= self._fed_hour:
            self._enter(hour)
            self._changed(self.watch.feed(at_ms, location, ok), hour)
        else:
            self._again(hour)

    def advance(self, now_ms: int) -> None:
        """Let time pass."""
        changed = self.watch.advance(now_ms)
        if changed < now_ms:
            self._changed(changed, now_ms // HOUR_MS)

    def keep(self, hour: int) -> None:
        """Put what is known into an hour that is about to be written."""
        held, key = self._held(hour), self._series.key
        changes = self.watch.timeline.changes(hour * HOUR_MS, (hour + 1) * HOUR_MS)
        if key not in held and hour != self._fed_hour and not changes:
            return
        if hour >= self._fed_hour:
            self._note(hour)
        elif key not in held:
            _, blob = self._before(hour)
            held[key] = WatchBlob(blob.locations, blob.pending, []) if blob else _nothing()
        held[key].changes = changes
        self._kept_hour = max(self._kept_hour, hour)

    def restore(self, hour: int, blob: WatchBlob | None, *, trusted: bool) -> None:
        """Take over one stored hour; hours come in order.

        Parameters
        ----------
        hour : int
        blob : WatchBlob or None
        trusted : bool
            Whether the hours before are of the same checkpoint or an older one. If not, and
            for a rule that was not in force when the hour was written, its results are read.
        """
        self.watch.begin(hour * HOUR_MS)
        if blob is None or not trusted:
            self._read(hour)
            if blob is not None:
                self._note(hour)
                self._evidence.mark(self._series.service, hour)
            return
        for at, state in blob.changes:
            self.watch.timeline.set_from(at, state)
        self.watch.resume((blob.locations, blob.pending), (hour + 1) * HOUR_MS)
        self._fed_hour = self._kept_hour = hour

    def distrust(self) -> None:
        """Bring the timeline in line with the state, before hours are read again."""
        self.watch.redo()

    def _held(self, hour: int) -> dict[bytes, WatchBlob]:
        return self._evidence.at(self._series.service, hour).watches

    def _note(self, hour: int) -> None:
        self._held(hour)[self._series.key] = WatchBlob(
            *self.watch.state((hour + 1) * HOUR_MS),
            self.watch.timeline.changes(hour * HOUR_MS, (hour + 1) * HOUR_MS),
        )

    def _enter(self, hour: int) -> None:
        if hour > self._fed_hour > 0:
            self.keep(self._fed_hour)
            self._evidence.mark(self._series.service, self._fed_hour)
        self._fed_hour = hour

    def _changed(self, from_ms: int, hour: int) -> None:
        """Note since when columns must be painted anew, and which hours must be written."""
        service = self._series.service
        self.painter.stale(from_ms)
        hours = {at // HOUR_MS for at, _ in self.watch.timeline.changes(from_ms, 2**62)}
        for each in range(from_ms // HOUR_MS, max(hour, self._kept_hour) + 1):
            if each in hours or self._evidence.has(service, each):
                self._evidence.mark(service, each)

    def _before(self, hour: int) -> tuple[int, WatchBlob | None]:
        """Return the newest stored state before an hour that may still matter in it."""
        for start in range(hour - 1, hour - self.watch.rule.hold_s // 3600 - 3, -1):
            if self._evidence.has(self._series.service, start):
                blob = self._held(start).get(self._series.key)
                if blob is not None:
                    return start, blob
        return hour - 1, None

    def _again(self, hour: int) -> None:
        """Go back to what was known before an hour and read the results since."""
        service = self._series.service
        last = max(self._fed_hour, self._kept_hour, hour)
        start, blob = self._before(hour)
        if blob is None:
            from_ms = self.watch.restart(hour * HOUR_MS)
        else:
            self.watch.resume((blob.locations, blob.pending), (start + 1) * HOUR_MS)
            from_ms = self.watch.redo()
        self._fed_hour = start
        for each in range(start + 1, last + 1):
            if self._evidence.has(service, each):
                self._read(each)
                if self._series.key in self._held(each):
                    self._note(each)
                self._evidence.mark(service, each)
        self._changed(from_ms, last)

    def _read(self, hour: int) -> None:
        samples = self._evidence.at(self._series.service, hour).samples.get(
            self._series.samples_key
        )
        for (at_ms, location), ok in sorted((samples or {}).items()):
            self._enter(hour)
            self.painter.stale(self.watch.feed(at_ms, location, ok))


def _nothing() -> WatchBlob:
    return WatchBlob({}, [], [])


class Availability:
    """All availability series of one partition."""

    def __init__(self, plan: Plan, evidence: Evidence) -> None:
        self._evidence = evidence
        self._watches: dict[int, list[_Watch]] = {}
        self._unions: dict[int, OutageUnion] = {}
        self._painters: dict[int, _Painter] = {}
        for series in plan.series:
            if series.kind is not IndicatorKind.AVAILABILITY or series.objective is None:
                continue
            if series.source is Source.PROBES:
                watch = _Watch(series, series.objective.probe_rule, evidence)
                self._watches.setdefault(series.service, []).append(watch)
                self._painters[series.column] = watch.painter
            else:
                union = self._unions[series.column] = OutageUnion()
                self._painters[series.column] = _Painter(series, union.segments)

    @property
    def watched(self) -> bool:
        """Whether any objective is about availability, which every hour has a part in."""
        return bool(self._painters)

    def probe(self, service: int, series: Series, at_ms: int, location: str, ok: bool) -> bool:
        """Take one probe result for one series; False where it was known already."""
        hour = at_ms // HOUR_MS
        samples = self._evidence.at(service, hour).samples.setdefault(series.samples_key, {})
        if (at_ms, location) in samples:
            return False
        samples[at_ms, location] = ok
        self._evidence.mark(service, hour)
        for watch in self._watches.get(service, ()):
            if watch.painter.series.samples_key == series.samples_key:
                watch.feed(at_ms, location, ok)
        return True

    def outage(self, series: Series, name: str, outage: tuple[int, int | None] | None) -> None:
        """Set or remove the outage that a ticket reports."""
        changed = self._unions[series.column].put(name, outage)
        if changed is not None:
            self._painters[series.column].stale(changed)

    def segments(self, series: Series, start_ms: int, end_ms: int) -> list[Segment]:
        """Return what is known of a series in [start_ms, end_ms), exact to the millisecond."""
        painter = self._painters[series.column]
        known = painter.segments(start_ms, min(end_ms, painter.painted_ms))
        return [segment for segment in known if segment[2] != UNKNOWN]

    def advance(self, table: SliTable, now_ms: int) -> None:
        """Let time pass up to `now_ms` and bring all columns up to it."""
        for watches in self._watches.values():
            for watch in watches:
                watch.advance(now_ms)
        for painter in self._painters.values():
            painter.paint(table, now_ms)

    def fill(self, hour: int, counts: Int64) -> None:
        """Set the columns of an hour that is decoded anew."""
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
            watch.restore(hour, blobs.get(watch.painter.series.key), trusted=trusted)

    def distrust(self, service: int) -> None:
        """Read the hours of a service that come now again: the last was of a newer checkpoint."""
        for watch in self._watches.get(service, ()):
            watch.distrust()

    def repaint(self, until_ms: int) -> None:
        """After a restore: what probes said is filled in up to an instant, tickets are not yet."""
        for watches in self._watches.values():
            for watch in watches:
                watch.painter.painted_ms = until_ms
                watch.painter.stale_from = None
