"""The SLA table of one partition: the level of every objective, and the events of its changes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import events, state, topics
from slm_stream.domain.agreement import ComplianceWindow
from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.evaluation import VERDICTS, Evaluation, Level, evaluate, terms_of
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.timeline import DOWN
from slm_stream.domain.windows import MINUTE_MS, window_bounds
from slm_stream.engine.agreed_time import AgreedTime
from slm_stream.engine.availability import Availability
from slm_stream.engine.disagreements import Disagreements
from slm_stream.engine.index_fold import IndexFold
from slm_stream.engine.measuring import Measuring
from slm_stream.engine.percentiles import Percentiles
from slm_stream.engine.plan import Plan
from slm_stream.engine.rows import Row
from slm_stream.engine.standings import Judged, Standings
from slm_stream.engine.tickets import Tickets
from slm_stream.ports import Standing

Int64 = NDArray[np.int64]
_NAMES = {Level.NEAR_BREACH: "near_breach", Level.BREACH: "breach"}
_TOPICS = {Level.NEAR_BREACH: topics.NEAR_BREACHES, Level.BREACH: topics.BREACHES}


class Verdicts:
    """Levels of one partition's objectives.

    Parameters
    ----------
    plan : Plan
    source : str
        ``source`` of the events.
    refresh_ms : int
        How often the figures of an unchanged level are shown anew, in event time.
    """

    def __init__(self, plan: Plan, source: str, refresh_ms: int = 15_000) -> None:
        self.refreshed: list[state.EventBlob] = []
        self._outbox: list[tuple[str, state.EventBlob]] = []
        self._judged: Judged | None = None
        self._availability: Availability | None = None
        self._disagreements = Disagreements(plan.rows, source)
        self._rows = plan.rows
        self._fold = IndexFold(plan)
        self.source = source
        self._refresh_ms = refresh_ms
        milliseconds = [row.unit == "milliseconds" for row in plan.rows]
        self._terms = terms_of([row.objective for row in plan.rows], milliseconds)
        self._agreed_time = AgreedTime()
        self._standings = Standings(plan.rows, self._terms, self._agreed_time)
        self._levels = [state.LevelBlob(int(Level.NO_DATA), 0, "", {}, 0, 0) for _ in plan.rows]
        self._rows_of: dict[str, list[int]] = {}
        for i, row in enumerate(plan.rows):
            self._rows_of.setdefault(row.service, []).append(i)
        self._dirty: set[str] = set()
        self._measuring = Measuring(plan.rows, self._agreed_time)
        self._windows = _windows([*plan.rows, *plan.part_rows])
        self._clocked = [
            i
            for i, row in enumerate(plan.rows)
            if row.series.kind is IndicatorKind.TIMELINESS and row.objective.limit is None
        ]
        self._judged_ms = np.zeros(len(plan.rows), np.int64)
        self._shown = np.full((len(plan.rows), 5), -1, np.int64)
        self._percentiles: dict[int, Mapping[str, float]] = {}
        self._percentiles_ms = 0

    def evaluate(
        self, table: SliTable, tickets: Tickets, availability: Availability, now_ms: int
    ) -> bool:
        """Judge every objective at an instant; return whether any level moved."""
        if not self._rows:
            return False
        self._availability = availability
        until_ms = -(-now_ms // MINUTE_MS) * MINUTE_MS
        start, end, window = self._sum(table, now_ms, until_ms)
        self._add_first_minutes(window, start, availability)
        lookbacks = np.zeros((len(self._terms.lookbacks_s), len(self._rows), 3), np.int64)
        for i, seconds in enumerate(self._terms.lookbacks_s):
            lookbacks[i] = self._fold(table.sums(until_ms - seconds * 1000, until_ms))
        near = {i: tickets.near(self._rows[i].series, now_ms) for i in self._clocked}
        clock_near = np.zeros(len(self._rows), bool)
        clock_near[[i for i, names in near.items() if names]] = True
        before = np.array([held.level for held in self._levels], np.int64)
        opened = np.array([held.window_start_ms for held in self._levels], np.int64)
        fresh = self._terms.by_period & (opened != start)
        outcome = evaluate(
            self._terms,
            window=window,
            lookbacks=lookbacks,
            agreed=self._agreed(start, end),
            clock_near=clock_near,
            # Hysteresis belongs to a period: a new month starts without the last one's.
            before=np.where(fresh, int(Level.MET), before),
        )
        figures = self._measuring.figures(
            window, (start, np.minimum(end, now_ms)), availability, tickets
        )
        self._measuring.judge(outcome, figures, before)
        in_force = self._in_force(now_ms)
        outcome.level[~in_force] = int(Level.NO_DATA)
        # After a crash ticks come again that a stored level has seen, and more than they saw.
        again = now_ms <= self._judged_ms
        outcome.level[again] = before[again]
        fresh &= ~again
        self._judged_ms[~again] = now_ms
        self._judged = Judged(now_ms, outcome, start, end, in_force, near, figures)
        for i in np.flatnonzero(fresh).tolist():
            self._levels[i].window_start_ms = int(start[i])
            self._dirty.add(self._rows[i].service)
        moved = np.flatnonzero(outcome.level != before).tolist()
        for i in moved:
            self._move(i, Level(int(outcome.level[i])))
        self._refresh(outcome, in_force, now_ms)
        told = self._disagreements.judge(availability, now_ms, in_force & ~again, again)
        for service, event in told:
            self.announce(service, event)
        return bool(moved or told)

    def show_percentiles(self, percentiles: Percentiles) -> None:
        """Read the percentiles that are shown with the figures, as often as these are."""
        judged = self._judged
        if judged is None or judged.now_ms - self._percentiles_ms < self._refresh_ms:
            return
        self._percentiles_ms = judged.now_ms
        found = {
            i: percentiles.of(i, int(judged.start_ms[i]), min(int(judged.end_ms[i]), judged.now_ms))
            for i in percentiles.rows
        }
        # Replaced, not changed: a scrape may be reading the old one in another thread.
        self._percentiles = {i: known for i, known in found.items() if known is not None}

    def announce(self, service: str, event: state.EventBlob) -> None:
        """Put an event of one service into the outbox; it leaves after the next checkpoint."""
        self._outbox.append((service, event))
        self._dirty.add(service)

    def frozen(
        self, partition: int, applied: dict[str, int], judged_offsets: Mapping[str, int]
    ) -> list[tuple[bytes, bytes]]:
        """Return the head blob of every service whose levels or outbox changed.

        `judged_offsets` says of each service which incident update its last tick had seen.
        """
        result = []
        for service in sorted(self._dirty):
            levels = {self._rows[i].name: self._levels[i] for i in self._rows_of[service]}
            outbox = [event for owner, event in self._outbox if owner == service]
            judged_ms = int(self._judged_ms[self._rows_of[service][0]])
            told = self._disagreements.told(service)
            seen = judged_offsets[service]
            blob = state.HeadBlob(dict(applied), levels, outbox, judged_ms, told, seen)
            result.append((state.key_of(partition, state.HEAD, service), state.encode(blob)))
        self._dirty.clear()
        return result

    def leaving(self) -> list[state.EventBlob]:
        """Return the events that may leave: call once `frozen` is safe, then `left`."""
        return [event for _, event in self._outbox]

    def left(self, n_events: int) -> None:
        """Note that the first events of `leaving` have arrived; others may have come since."""
        self._dirty.update(service for service, _ in self._outbox[:n_events])
        del self._outbox[:n_events]

    def restore(self, service: str, head: state.HeadBlob) -> None:
        """Take over the stored levels of one service; its outbox leaves (again)."""
        for i in self._rows_of.get(service, ()):
            held = head.levels.get(self._rows[i].name)
            self._judged_ms[i] = head.judged_ms
            if held is not None:
                self._levels[i] = held
        self._disagreements.restore(service, head.disagreements)
        self._outbox += [(service, event) for event in head.outbox]

    def standings(self) -> list[Standing]:
        """Return where every objective in force stood at the last evaluation.

        Safe from other threads: an evaluation never changes once it is made.
        """
        judged = self._judged
        if judged is None:
            return []
        percentiles = self._percentiles
        return [
            replace(
                self._standings.standing(i, judged, self._levels[i]),
                percentiles_s=percentiles.get(i, {}),
            )
            for i in np.flatnonzero(judged.in_force).tolist()
        ]

    def levels(self) -> list[state.EventBlob]:
        """Return the level event of every objective in force, as of the last evaluation."""
        judged = self._judged
        in_force = [] if judged is None else np.flatnonzero(judged.in_force).tolist()
        return [self._level_event(i) for i in in_force]

    def _move(self, index: int, level: Level) -> None:
        """Record a change of level and put its events into the outbox."""
        judged, held, row = self._last(), self._levels[index], self._rows[index]
        previous = Level(held.level)
        if previous in (Level.MET, Level.NO_DATA):
            version = row.agreement.version
            held.episode = events.episode_id(row.key, version, judged.now_ms)
        held.level, held.since_ms = int(level), judged.now_ms
        held.sequence += 1
        entered = str(VERDICTS[level])
        # Replaced, not changed: a scrape may be reading the old one in another thread.
        held.transitions = {**held.transitions, entered: held.transitions.get(entered, 0) + 1}
        data = self._standings.level_data(index, judged, held, previous, self._witness(index))
        posted = []
        for passed, what in ((previous, "closed"), (level, "opened")):
            if passed in _NAMES:
                kind = f"{_NAMES[passed]}.{what}"
                posted.append(self._event(_TOPICS[passed], kind, data, held))
        posted.append(self._event(topics.LEVELS, "level", data, held))
        for event in posted:
            self.announce(row.service, event)
        self._shown[index] = (data.bad, data.valid, *judged.figures[:, index], judged.now_ms)

    def _refresh(self, outcome: Evaluation, in_force: NDArray[np.bool_], now_ms: int) -> None:
        """Show new figures of unchanged levels now and then; losing one of these loses nothing."""
        figures = np.stack((outcome.bad, outcome.valid, *self._last().figures), axis=1)
        changed = (figures != self._shown[:, :-1]).any(1) & in_force
        due = changed & (now_ms - self._shown[:, -1] >= self._refresh_ms)
        self._shown[due] = np.column_stack((figures, np.full(len(due), now_ms)))[due]
        self.refreshed += [self._level_event(i) for i in np.flatnonzero(due).tolist()]

    def _level_event(self, index: int) -> state.EventBlob:
        held = self._levels[index]
        level, witness = Level(held.level), self._witness(index)
        data = self._standings.level_data(index, self._last(), held, level, witness)
        return self._event(topics.LEVELS, "level", data, held)

    def _witness(self, index: int) -> str:
        """Return who said so; of several witnesses, those who decided what was down."""
        series, judged = self._rows[index].series, self._last()
        if not series.witnesses or self._availability is None:
            return str(series.source)
        start, end = int(judged.start_ms[index]), int(judged.end_ms[index])
        return ", ".join(self._availability.deciders(series, start, min(end, judged.now_ms)))

    def _event(
        self, topic: str, kind: str, data: events.LevelData, held: state.LevelBlob
    ) -> state.EventBlob:
        value = events.event(
            kind,
            data,
            source=self.source,
            at_ms=self._last().now_ms,
            sequence=held.sequence,
            episode=held.episode,
        )
        return state.EventBlob(topic, f"{data.agreement}/{data.objective}", value)

    def _sum(self, table: SliTable, now_ms: int, until_ms: int) -> tuple[Int64, Int64, Int64]:
        """Return start and end of every row's compliance window, and the sums over it."""
        n = len(table.rows)
        start, end = np.zeros(n, np.int64), np.zeros(n, np.int64)
        window = np.zeros((n, 3), np.int64)
        for (compliance, zone), rows in self._windows.items():
            low, high = window_bounds(compliance, now_ms, zone)
            start[rows], end[rows] = low, high
            to_ms = until_ms if compliance.period is None else min(high, until_ms)
            window[rows] = table.sums(low, to_ms, rows)
        n_rows = len(self._rows)
        return start[:n_rows], end[:n_rows], self._fold(window)

    def _add_first_minutes(self, window: Int64, start: Int64, availability: Availability) -> None:
        """Add the rest of the minute in which a window of outages begins, to the millisecond.

        The table's minutes count by their start, and so begin with the next::

            window       [--------------------- ...
            table        |   [------)[------) ...
                         added
        """
        for i in np.flatnonzero(self._terms.milliseconds).tolist():
            row = self._rows[i]
            first = max(int(start[i]), row.agreement.effective_from_ms)
            minute = first // MINUTE_MS * MINUTE_MS
            if first == minute or not row.agreement.calendar.is_open(minute // 1000):
                continue
            last = minute + MINUTE_MS
            if row.agreement.effective_to_ms is not None:
                last = min(last, row.agreement.effective_to_ms)
            segments = availability.segments(row.series, first, last)
            known = sum(to - at for at, to, _ in segments)
            down = sum(to - at for at, to, state in segments if state == DOWN)
            window[i] += (down, known, known > 0)

    def _agreed(self, start: Int64, end: Int64) -> Int64:
        """Return the agreed time of whole periods, in the unit of the row; 0 where not needed."""
        result = np.zeros(len(self._rows), np.int64)
        for i in np.flatnonzero(self._terms.by_period & self._terms.by_time).tolist():
            agreement = self._rows[i].agreement
            seconds = self._agreed_time.seconds(agreement, int(start[i]), int(end[i]))
            result[i] = seconds * 1000 if self._terms.milliseconds[i] else seconds // 60
        return result

    def _in_force(self, now_ms: int) -> NDArray[np.bool_]:
        """Return which rows' agreements judge the time just before an instant."""
        return np.array(
            [
                row.agreement.effective_from_ms < now_ms
                and (
                    row.agreement.effective_to_ms is None or now_ms <= row.agreement.effective_to_ms
                )
                for row in self._rows
            ],
            bool,
        )

    def _last(self) -> Judged:
        if self._judged is None:
            msg = "nothing has been evaluated yet"
            raise ValueError(msg)
        return self._judged


def _windows(rows: Iterable[Row]) -> dict[tuple[ComplianceWindow, str], Int64]:
    found: dict[tuple[ComplianceWindow, str], list[int]] = {}
    for i, row in enumerate(rows):
        zone = row.agreement.calendar.zone if row.objective.window.period is not None else ""
        found.setdefault((row.objective.window, zone), []).append(i)
    return {key: np.array(indices, np.int64) for key, indices in found.items()}
