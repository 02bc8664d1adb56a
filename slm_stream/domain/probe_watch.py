"""What probes say about availability: results of locations, debounced and joined by a quorum."""

from bisect import insort
from dataclasses import dataclass, field

from slm_stream.domain.agreement import ProbeRule
from slm_stream.domain.timeline import DOWN, NO_END, UNKNOWN, UP, Timeline


@dataclass(slots=True)
class _Location:
    """Results of one location, debounced."""

    timeline: Timeline = field(default_factory=Timeline)
    ok: bool | None = None
    run: int = 0
    run_start_ms: int = 0
    last_ms: int | None = None
    expired: bool = False


LocationState = tuple[list[tuple[int, int]], bool | None, int, int, int | None]
"""Changes of state that may still matter, last result, how often in a row, since when, when."""
WatchState = tuple[dict[str, LocationState], list[tuple[int, int, int]]]
"""By location, and the outages to strike off: when, their start and end."""


class ProbeWatch:
    """Turns the results of one service's probes, in time order, into its timeline.

    Parameters
    ----------
    rule : ProbeRule
    since_ms : int
        When the agreement begins: as far as `up_before_first` reaches back.
    """

    def __init__(self, rule: ProbeRule, since_ms: int = 0) -> None:
        self.rule = rule
        self._since_ms = since_ms
        self.timeline = Timeline()
        self._locations: dict[str, _Location] = {}
        self._pending: list[tuple[int, int, int]] = []
        self._floor_ms = 0

    def state(self, end_ms: int) -> WatchState:
        """Return all that results from `end_ms` on need to know of those before.

        Changes of a location are told as far back as a coming result may still reach: to the
        beginning of a run that is not confirmed yet, or to a result that may yet expire.
        """
        open_ = [p for p in self._locations.values() if not self._settled(p, end_ms)]
        floor = min((_floor(p) for p in open_), default=end_ms)
        places: dict[str, LocationState] = {}
        for name, place in self._locations.items():
            if self._settled(place, end_ms):
                places[name] = [], None, 0, 0, place.last_ms
                continue
            held = place.timeline.state_at(floor)
            changes = place.timeline.changes(floor + 1, self._until(place))
            places[name] = (
                [(floor, held), *changes],
                place.ok,
                place.run,
                place.run_start_ms,
                place.last_ms,
            )
        return places, list(self._pending)

    def resume(self, state: WatchState, end_ms: int) -> None:
        """Go on from the state before `end_ms`; the timeline stays as it is."""
        places, pending = state
        self._locations = {}
        for name, (changes, ok, run, run_start, last) in places.items():
            place = _Location(ok=ok, run=run, run_start_ms=run_start, last_ms=last)
            for at, held in changes:
                place.timeline.set_from(at, held)
            self._locations[name] = place
        self._pending = [(due, start, end) for due, start, end in pending]
        open_ = [p for p in self._locations.values() if p.ok is not None]
        self._floor_ms = min((_floor(p) for p in open_), default=end_ms)

    def restart(self, at_ms: int) -> int:
        """Go on from an instant by which everything before has expired; return it."""
        self.advance(at_ms)
        self._locations = {}
        self.timeline.drop_from(at_ms)
        self._pending = [pending for pending in self._pending if pending[2] <= at_ms]
        self._floor_ms = at_ms
        return at_ms

    def redo(self) -> int:
        """Work the timeline out anew as far back as the state tells; return that instant."""
        return self._combine(self._floor_ms)

    def takes(self, at_ms: int, location: str) -> bool:
        """Whether a result is newer than the last of its location; if not, feed all again."""
        place = self._locations.get(location)
        newest = place.last_ms if place is not None and place.last_ms is not None else -1
        return at_ms > newest and at_ms >= self._floor_ms

    def feed(self, at_ms: int, location: str, ok: bool) -> int:
        """Take one result that `takes` agrees to; return the earliest change."""
        began_ms = self.begin(at_ms)
        return min(began_ms, self._feed(at_ms, location, ok))

    def begin(self, at_ms: int) -> int:
        """Say what was before the first result of all, at `at_ms`; return the earliest change."""
        if not self.rule.up_before_first or self._since_ms >= at_ms or self.timeline:
            return at_ms
        self.timeline.set_from(self._since_ms, UP)
        return self._since_ms

    def _feed(self, at_ms: int, location: str, ok: bool) -> int:
        place = self._locations.setdefault(location, _Location())
        changed = self._expire(place, at_ms)
        known = place.last_ms is not None and at_ms <= self._until(place)
        if known:
            # It keeps up what may have expired since, when this one was still on its way.
            place.timeline.drop_from(self._until(place))
        if not known or place.ok != ok:
            place.ok, place.run, place.run_start_ms = ok, 0, at_ms
        revived, place.expired = known and place.expired, False
        place.run += 1
        place.last_ms = at_ms
        before = place.timeline.state_at(at_ms)
        needed = self.rule.recover_after if ok else self.rule.fail_after
        state = UP if ok else DOWN
        if state == before or (place.run < needed and not (ok and before == UNKNOWN)):
            return self._combine(changed) if revived or changed < at_ms else at_ms
        start = at_ms if before == UNKNOWN and ok else place.run_start_ms
        place.timeline.set_from(start, state)
        return self._combine(min(changed, start))

    def advance(self, at_ms: int) -> int:
        """Let time pass up to `at_ms`: results expire, short outages are struck off."""
        changed = min((self._expire(p, at_ms) for p in self._locations.values()), default=at_ms)
        if changed < at_ms:
            self._combine(changed)
        while self._pending and self._pending[0][0] <= at_ms:
            _, start, end = self._pending.pop(0)
            changed = min(changed, self._strike(start, end))
        return changed

    def _until(self, place: _Location) -> int:
        """Return how long the last result of a location stands."""
        return (place.last_ms or 0) + self.rule.hold_s * 1000

    def _settled(self, place: _Location, end_ms: int) -> bool:
        """Whether no result from `end_ms` on can keep up what a location said."""
        return place.ok is None or (place.expired and self._until(place) < end_ms)

    def _expire(self, place: _Location, at_ms: int) -> int:
        """Turn a location unknown once its last result has stood for too long."""
        until = self._until(place)
        if place.ok is None or place.expired or until >= at_ms:
            return at_ms
        place.expired = True
        place.timeline.set_from(until, UNKNOWN)
        return until

    def _combine(self, start_ms: int) -> int:
        """Work the service's state out anew from `start_ms` on; return that instant."""
        lines = [place.timeline for place in self._locations.values()]
        instants = {start_ms}
        for line in lines:
            instants.update(at for at, _ in line.changes(start_ms, NO_END))
        for at in sorted(instants):
            states = [line.state_at(at) for line in lines]
            if all(state == UNKNOWN for state in states):
                state = UNKNOWN
            else:
                state = DOWN if states.count(DOWN) >= self.rule.quorum else UP
            self._change(at, state)
        return start_ms

    def _change(self, at_ms: int, state: int) -> None:
        previous = self.timeline.state_at(at_ms - 1)
        self.timeline.set_from(at_ms, state)
        if previous == DOWN and state == UP and self.rule.strike_off_s:
            start = _start_of(self.timeline, at_ms - 1)
            if at_ms - start < self.rule.strike_off_s * 1000:
                due = at_ms + self.rule.strike_off_after_s * 1000
                insort(self._pending, (due, start, at_ms))

    def _strike(self, start_ms: int, end_ms: int) -> int:
        """Turn a closed outage up, unless it has changed since.

        It may not be closed after all: the location that was up may have expired unnoticed.
        """
        line = self.timeline
        still_down = line.segments(start_ms, end_ms) == [(start_ms, end_ms, DOWN)]
        if still_down and line.state_at(start_ms - 1) != DOWN and line.state_at(end_ms) == UP:
            later = line.changes(end_ms, NO_END)
            line.set_from(start_ms, UP)
            for at, state in later:
                line.set_from(at, state)
        return start_ms


def _floor(place: _Location) -> int:
    """Return the earliest instant that what comes next of a location may change.

    Its last result may expire, or turn out to have belonged to a run.
    """
    last_ms = place.last_ms or 0
    confirmed = place.timeline.state_at(last_ms) == (UP if place.ok else DOWN)
    return last_ms if confirmed else min(last_ms, place.run_start_ms)


def _start_of(line: Timeline, at_ms: int) -> int:
    changes = line.changes(0, at_ms + 1)
    return changes[-1][0] if changes else at_ms
