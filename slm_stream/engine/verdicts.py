"""The SLA table of one partition: the level of every objective, and the events of its changes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import events, state, topics
from slm_stream.domain.agreement import BUDGET_SCALE, ComplianceWindow, Verdict, span_label
from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.evaluation import VERDICTS, Evaluation, Level, evaluate, terms_of
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.windows import MINUTE_MS, window_bounds
from slm_stream.engine.plan import Plan, Row
from slm_stream.engine.tickets import Tickets
from slm_stream.ports import Standing

Int64 = NDArray[np.int64]
_NAMES = {Level.NEAR_BREACH: "near_breach", Level.BREACH: "breach"}
_TOPICS = {Level.NEAR_BREACH: topics.NEAR_BREACHES, Level.BREACH: topics.BREACHES}


@dataclass(frozen=True, slots=True)
class Judged:
    """One evaluation with the bounds that it looked over; never changes once made."""

    now_ms: int
    evaluation: Evaluation
    start_ms: Int64
    end_ms: Int64


class Verdicts:
    """Levels of one partition's objectives."""

    def __init__(self, plan: Plan, source: str, refresh_ms: int = 15_000) -> None:
        self.judged: Judged | None = None
        self.outbox: dict[str, list[state.EventBlob]] = {}
        self.refreshed: list[state.EventBlob] = []
        self._rows = plan.rows
        self._source = source
        self._refresh_ms = refresh_ms
        milliseconds = [row.unit == "milliseconds" for row in plan.rows]
        self._terms = terms_of([row.objective for row in plan.rows], milliseconds)
        self._levels = [state.LevelBlob(int(Level.NO_DATA), 0, "", {}, 0, 0) for _ in plan.rows]
        self._index = {row.key: i for i, row in enumerate(plan.rows)}
        self._dirty: set[str] = set()
        self._windows = _windows(plan.rows)
        self._clocked = [
            i for i, r in enumerate(plan.rows) if r.series.kind is IndicatorKind.TIMELINESS
        ]
        self._shown = np.full((len(plan.rows), 3), -1, np.int64)
        self._agreed_cache: dict[tuple[int, int, int], int] = {}

    def evaluate(self, table: SliTable, tickets: Tickets, now_ms: int) -> bool:
        """Judge every objective at an instant; return whether any level moved."""
        if not self._rows:
            return False
        until_ms = -(-now_ms // MINUTE_MS) * MINUTE_MS
        start, end, window = self._sum(table, now_ms, until_ms)
        lookbacks = np.zeros((len(self._terms.lookbacks_s), len(self._rows), 3), np.int64)
        for i, seconds in enumerate(self._terms.lookbacks_s):
            lookbacks[i] = table.sums(until_ms - seconds * 1000, until_ms)
        clock_near = np.zeros(len(self._rows), bool)
        for i in self._clocked:
            clock_near[i] = bool(tickets.near(self._rows[i].series, now_ms))
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
        self.judged = Judged(now_ms, outcome, start, end)
        for i in np.flatnonzero(fresh).tolist():
            self._levels[i].window_start_ms = int(start[i])
        moved = np.flatnonzero(outcome.level != before).tolist()
        for i in moved:
            self._move(i, Level(int(outcome.level[i])), tickets)
        self._refresh(outcome, now_ms, set(moved), tickets)
        return bool(moved)

    def frozen(self, partition: int, applied: dict[str, int]) -> list[tuple[bytes, bytes]]:
        """Return the head blob of every service whose levels or outbox changed."""
        result = []
        for service in sorted(self._dirty):
            levels = {
                row.key: self._levels[i]
                for i, row in enumerate(self._rows)
                if row.service == service
            }
            blob = state.HeadBlob(dict(applied), levels, list(self.outbox.get(service, ())))
            result.append((state.key_of(partition, state.HEAD, service), state.encode(blob)))
        self._dirty.clear()
        return result

    def leaving(self) -> list[state.EventBlob]:
        """Return the events that may leave: call once `frozen` is safe, then `left`."""
        return [event for queue in self.outbox.values() for event in queue]

    def left(self, n_events: int) -> None:
        """Note that the first events of `leaving` have arrived."""
        for service in list(self.outbox):
            gone = min(n_events, len(self.outbox[service]))
            n_events -= gone
            if gone:
                self._dirty.add(service)
                self.outbox[service] = self.outbox[service][gone:]

    def restore(self, service: str, head: state.HeadBlob) -> None:
        """Take over the stored levels of one service; its outbox leaves (again)."""
        for key, level in head.levels.items():
            if key in self._index:
                self._levels[self._index[key]] = level
        if head.outbox:
            self.outbox[service] = list(head.outbox)

    def standings(self) -> list[Standing]:
        """Return where every objective stood at the last evaluation; safe from other threads."""
        judged = self.judged
        if judged is None:
            return []
        return [self._standing(i, judged) for i in range(len(self._rows))]

    def level_data(self, index: int, tickets: Tickets, previous: Level) -> events.LevelData:
        """Return all that is said of one objective."""
        judged = self._judged()
        row, outcome, held = self._rows[index], judged.evaluation, self._levels[index]
        standing = self._standing(index, judged)
        allowed = int(outcome.allowed_e8[index]) / BUDGET_SCALE
        left = allowed - standing.bad
        start, end = int(judged.start_ms[index]), int(judged.end_ms[index])
        return events.LevelData(
            service=row.service,
            agreement=row.agreement.id,
            version=row.agreement.version,
            objective=row.objective.name,
            indicator=row.objective.indicator,
            level=str(standing.verdict),
            previous_level=str(VERDICTS[previous]),
            since=events.rfc3339(held.since_ms),
            triggers=self._triggers(index, judged, tickets),
            target=standing.target,
            sli=_or_none(standing.sli),
            window=events.WindowData(standing.window, events.rfc3339(start), events.rfc3339(end)),
            bad=standing.bad,
            valid=standing.valid,
            unit=standing.unit,
            budget=events.BudgetData(allowed, left, _or_none(standing.budget_spent_ratio)),
            burn_rates=dict(standing.burn_rates),
            time_to_exhaustion_s=self._exhaustion_s(index, judged, left),
            latest_restore=self._latest_restore(index, judged, left),
            already_lost=bool(self._terms.by_period[index]) and left < 0,
            coverage_ratio=_or_none(standing.coverage_ratio),
            witness=str(row.series.source),
        )

    def _move(self, index: int, level: Level, tickets: Tickets) -> None:
        """Record a change of level and put its events into the outbox."""
        now_ms = self._judged().now_ms
        row, held = self._rows[index], self._levels[index]
        previous = Level(held.level)
        if previous in (Level.MET, Level.NO_DATA):
            held.episode = events.episode_id(row.key, row.agreement.version, now_ms)
        held.level, held.since_ms = int(level), now_ms
        held.sequence += 1
        verdict = str(VERDICTS[level])
        held.transitions[verdict] = held.transitions.get(verdict, 0) + 1
        data = self.level_data(index, tickets, previous)
        for passed, what in ((previous, "closed"), (level, "opened")):
            if passed in _NAMES:
                self._post(row, _TOPICS[passed], f"{_NAMES[passed]}.{what}", data, held)
        self._post(row, topics.LEVELS, "level", data, held)

    def _post(
        self, row: Row, topic: str, kind: str, data: events.LevelData, held: state.LevelBlob
    ) -> None:
        value = self._event(kind, data, held)
        self.outbox.setdefault(row.service, []).append(state.EventBlob(topic, row.key, value))
        self._dirty.add(row.service)

    def _event(self, kind: str, data: events.LevelData, held: state.LevelBlob) -> bytes:
        return events.event(
            kind,
            data,
            source=self._source,
            at_ms=self._judged().now_ms,
            sequence=held.sequence,
            episode=held.episode,
        )

    def _refresh(self, outcome: Evaluation, now_ms: int, moved: set[int], tickets: Tickets) -> None:
        """Show new figures of unchanged levels now and then; losing one of these loses nothing."""
        figures = np.stack((outcome.bad, outcome.valid), axis=1)
        changed = (figures != self._shown[:, :2]).any(1)
        due = changed & (now_ms - self._shown[:, 2] >= self._refresh_ms)
        for i in np.flatnonzero(due).tolist():
            held = self._levels[i]
            if i not in moved:
                data = self.level_data(i, tickets, Level(held.level))
                value = self._event("level", data, held)
                self.refreshed.append(state.EventBlob(topics.LEVELS, self._rows[i].key, value))
            self._shown[i] = (outcome.bad[i], outcome.valid[i], now_ms)

    def _sum(self, table: SliTable, now_ms: int, until_ms: int) -> tuple[Int64, Int64, Int64]:
        n = len(self._rows)
        start, end = np.zeros(n, np.int64), np.zeros(n, np.int64)
        window = np.zeros((n, 3), np.int64)
        for (compliance, zone), rows in self._windows.items():
            low, high = window_bounds(compliance, now_ms, zone)
            start[rows], end[rows] = low, high
            window[rows] = table.sums(
                low, min(high, until_ms) if compliance.period else until_ms, rows
            )
        return start, end, window

    def _agreed(self, start: Int64, end: Int64) -> Int64:
        """Return the agreed time of whole periods, in the unit of the row; 0 where not needed."""
        result = np.zeros(len(self._rows), np.int64)
        for i in np.flatnonzero(self._terms.by_period & self._terms.by_time).tolist():
            seconds = self._agreed_s(i, int(start[i]), int(end[i]))
            result[i] = seconds * 1000 if self._terms.milliseconds[i] else seconds // 60
        return result

    def _agreed_s(self, index: int, start_ms: int, end_ms: int) -> int:
        agreement = self._rows[index].agreement
        key = (id(agreement), start_ms, end_ms)
        if key not in self._agreed_cache:
            if len(self._agreed_cache) > 10_000:
                self._agreed_cache.clear()
            low = max(start_ms, agreement.effective_from_ms)
            high = (
                end_ms
                if agreement.effective_to_ms is None
                else min(end_ms, agreement.effective_to_ms)
            )
            self._agreed_cache[key] = agreement.calendar.open_seconds(low // 1000, high // 1000)
        return self._agreed_cache[key]

    def _standing(self, index: int, judged: Judged) -> Standing:
        row, outcome = self._rows[index], judged.evaluation
        held = self._levels[index]
        return Standing(
            service=row.service,
            agreement=row.agreement.id,
            kind=row.agreement.kind,
            objective=row.objective.name,
            indicator=row.objective.indicator,
            window=row.objective.window.label,
            verdict=VERDICTS[int(outcome.level[index])],
            target=row.objective.target,
            sli=float(outcome.sli[index]),
            bad=int(outcome.bad[index]),
            valid=int(outcome.valid[index]),
            unit=row.unit,
            budget_spent_ratio=float(outcome.spent_ratio[index]),
            coverage_ratio=self._coverage(index, judged),
            evaluated_at_ms=judged.now_ms,
            triggers=self._kinds_of_trigger(index, judged),
            burn_rates={
                span_label(s): float(outcome.burn[k, index])
                for k, s in enumerate(self._terms.lookbacks_s)
                if not math.isnan(outcome.burn[k, index]) and self._wants(index, k)
            },
            transitions={Verdict(name): n for name, n in held.transitions.items()},
        )

    def _wants(self, index: int, lookback: int) -> bool:
        terms = self._terms
        used = (terms.long[:, index] == lookback) | (terms.short[:, index] == lookback)
        return bool((used & np.isfinite(terms.factor[:, index])).any())

    def _coverage(self, index: int, judged: Judged) -> float:
        if self._rows[index].series.kind is IndicatorKind.TIMELINESS:
            return math.nan
        end = min(int(judged.end_ms[index]), judged.now_ms)
        agreed_s = self._agreed_s(index, int(judged.start_ms[index]), end)
        if agreed_s <= 0:
            return math.nan
        seen = int(judged.evaluation.seen[index]) * 60
        if self._terms.milliseconds[index]:
            seen = int(judged.evaluation.valid[index]) // 1000
        return min(1.0, seen / agreed_s)

    def _kinds_of_trigger(self, index: int, judged: Judged) -> tuple[str, ...]:
        """Return why the level is what it is, in the few words that a metric may carry."""
        outcome, pairs = judged.evaluation, self._rows[index].objective.burn_pairs
        burning = {
            f"burn_{p.severity}"
            for p, on in zip(pairs, outcome.firing[:, index], strict=False)
            if on
        }
        spent = {"budget_spent"} if outcome.spent_near[index] else set()
        clock = {"clock"} if outcome.clock_near[index] else set()
        return tuple(sorted(burning | spent | clock))

    def _triggers(self, index: int, judged: Judged, tickets: Tickets) -> tuple[str, ...]:
        outcome, row = judged.evaluation, self._rows[index]
        found = []
        if outcome.level[index] == Level.BREACH:
            found.append("breach")
        if outcome.spent_near[index]:
            found.append("budget_spent")
        for k, pair in enumerate(row.objective.burn_pairs[: len(outcome.firing)]):
            if outcome.firing[k, index]:
                long, short = span_label(pair.long_s), span_label(pair.short_s)
                found.append(f"burn_rate:{long}/{short}")
        if outcome.clock_near[index]:
            found += [f"clock:{name}" for name in tickets.near(row.series, judged.now_ms)]
        return tuple(found)

    def _exhaustion_s(self, index: int, judged: Judged, left: float) -> float | None:
        """Return when the budget is spent at the rate of the shortest lookback that spends."""
        if left <= 0:
            return 0.0
        for k, seconds in enumerate(self._terms.lookbacks_s):
            bad = int(judged.evaluation.bad_lately[k, index])
            if bad > 0 and self._wants(index, k):
                return left * seconds / bad
        return None

    def _latest_restore(self, index: int, judged: Judged, left: float) -> str | None:
        row = self._rows[index]
        burning = judged.evaluation.burn[:, index]
        if row.unit != "milliseconds" or left <= 0 or not (burning > 0).any():
            return None
        at_s = row.agreement.calendar.deadline(judged.now_ms // 1000, int(left // 1000))
        return None if at_s is None else events.rfc3339(at_s * 1000)

    def _judged(self) -> Judged:
        if self.judged is None:
            msg = "nothing has been evaluated yet"
            raise ValueError(msg)
        return self.judged


def _windows(rows: Iterable[Row]) -> dict[tuple[ComplianceWindow, str], Int64]:
    found: dict[tuple[ComplianceWindow, str], list[int]] = {}
    for i, row in enumerate(rows):
        zone = row.agreement.calendar.zone if row.objective.window.period is not None else ""
        found.setdefault((row.objective.window, zone), []).append(i)
    return {key: np.array(indices, np.int64) for key, indices in found.items()}


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
