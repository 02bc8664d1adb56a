"""Probe results by the hour, as they are stored, and the timeline that a rule makes of them."""

from collections.abc import Callable

from slm_stream.codec.state import WatchBlob
from slm_stream.domain.agreement import ProbeRule
from slm_stream.domain.probe_watch import ProbeWatch
from slm_stream.domain.windows import HOUR_MS
from slm_stream.engine.evidence import Evidence
from slm_stream.engine.rows import Series


class Watch:
    """One rule over the probes of one service.

    Each hour's blob holds the state after the results of the hour, and the changes in it. A
    result may change hours before its own: it confirms a run that began there.

    Parameters
    ----------
    series : Series
    rule : ProbeRule
    evidence : Evidence
    stale : callable
        Told the instant from which on the timeline has changed.
    """

    def __init__(
        self, series: Series, rule: ProbeRule, evidence: Evidence, stale: Callable[[int], None]
    ) -> None:
        since_ms = 0 if series.agreement is None else series.agreement.effective_from_ms
        self.watch = ProbeWatch(rule, since_ms)
        self.series = series
        self._stale = stale
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
        held, key = self._held(hour), self.series.key
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
                self._evidence.mark(self.series.service, hour)
            return
        for at, state in blob.changes:
            self.watch.timeline.set_from(at, state)
        self.watch.resume((blob.locations, blob.pending), (hour + 1) * HOUR_MS)
        self._fed_hour = self._kept_hour = hour

    def distrust(self) -> None:
        """Bring the timeline in line with the state, before hours are read again."""
        self.watch.redo()

    def _held(self, hour: int) -> dict[bytes, WatchBlob]:
        return self._evidence.at(self.series.service, hour).watches

    def _note(self, hour: int) -> None:
        self._held(hour)[self.series.key] = WatchBlob(
            *self.watch.state((hour + 1) * HOUR_MS),
            self.watch.timeline.changes(hour * HOUR_MS, (hour + 1) * HOUR_MS),
        )

    def _enter(self, hour: int) -> None:
        if hour > self._fed_hour > 0:
            self.keep(self._fed_hour)
            self._evidence.mark(self.series.service, self._fed_hour)
        self._fed_hour = hour

    def _changed(self, from_ms: int, hour: int) -> None:
        """Note since when columns must be painted anew, and which hours must be written."""
        service = self.series.service
        self._stale(from_ms)
        if from_ms // HOUR_MS == max(hour, self._kept_hour) and self._evidence.has(service, hour):
            self._evidence.mark(service, hour)  # by far the most: nothing before this hour
            return
        hours = {at // HOUR_MS for at, _ in self.watch.timeline.changes(from_ms, 2**62)}
        for each in range(from_ms // HOUR_MS, max(hour, self._kept_hour) + 1):
            if each in hours or self._evidence.has(service, each):
                self._evidence.mark(service, each)

    def _before(self, hour: int) -> tuple[int, WatchBlob | None]:
        """Return the newest stored state before an hour that may still matter in it."""
        for start in range(hour - 1, hour - self.watch.rule.hold_s // 3600 - 3, -1):
            if self._evidence.has(self.series.service, start):
                blob = self._held(start).get(self.series.key)
                if blob is not None:
                    return start, blob
        return hour - 1, None

    def _again(self, hour: int) -> None:
        """Go back to what was known before an hour and read the results since."""
        service = self.series.service
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
                if self.series.key in self._held(each):
                    self._note(each)
                self._evidence.mark(service, each)
        self._changed(from_ms, last)

    def _read(self, hour: int) -> None:
        samples = self._evidence.at(self.series.service, hour).samples.get(self.series.samples_key)
        for (at_ms, location), ok in sorted((samples or {}).items()):
            self._enter(hour)
            self._stale(self.watch.feed(at_ms, location, ok))


def _nothing() -> WatchBlob:
    return WatchBlob({}, [], [])
