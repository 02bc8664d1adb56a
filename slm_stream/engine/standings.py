"""What is said of an objective once it has been judged: for a scrape, for an event."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import events
from slm_stream.codec.state import LevelBlob
from slm_stream.domain.agreement import Verdict, span_label
from slm_stream.domain.catalogue import TOLD_BY_PEOPLE, IndicatorKind
from slm_stream.domain.evaluation import VERDICTS, Evaluation, Level, Terms
from slm_stream.domain.limit import Figure
from slm_stream.engine.agreed_time import AgreedTime
from slm_stream.engine.rows import Row
from slm_stream.ports import Measured, Standing, Trigger

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One evaluation with the bounds that it looked over; never changes once made.

    `near_tickets` names, by row, the tickets whose clock has run for most of its target;
    `figures` has what is held against a limit, as fractions: shape (2, n_rows).
    """

    now_ms: int
    evaluation: Evaluation
    start_ms: Int64
    end_ms: Int64
    in_force: NDArray[np.bool_]
    near_tickets: dict[int, list[str]]
    figures: Int64


class Standings:
    """Turns the arrays of an evaluation into words and figures, one objective at a time."""

    def __init__(self, rows: list[Row], terms: Terms, agreed: AgreedTime) -> None:
        self._rows = rows
        self._agreed = agreed
        self._milliseconds = terms.milliseconds.tolist()
        self._by_period = terms.by_period.tolist()
        self._lookbacks_s = terms.lookbacks_s
        index = {seconds: k for k, seconds in enumerate(terms.lookbacks_s)}
        self._burns = [
            sorted({index[s] for p in row.objective.burn_pairs for s in (p.long_s, p.short_s)})
            for row in rows
        ]
        self._labels = [span_label(seconds) for seconds in terms.lookbacks_s]

    def standing(self, index: int, judged: Judged, held: LevelBlob) -> Standing:
        """Return where one objective stands."""
        row, outcome = self._rows[index], judged.evaluation
        burn = outcome.burn[:, index].tolist()
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
                self._labels[k]: burn[k] for k in self._burns[index] if not math.isnan(burn[k])
            },
            transitions={Verdict(name): n for name, n in held.transitions.items()},
            measured=self._measured(index, judged),
        )

    def level_data(
        self, index: int, judged: Judged, held: LevelBlob, previous: Level, witness: str
    ) -> events.LevelData:
        """Return all that an event says of one objective."""
        row = self._rows[index]
        standing = self.standing(index, judged, held)
        allowed = float(judged.evaluation.allowed[index])
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
            triggers=self._triggers(index, judged),
            target=standing.target,
            sli=_or_none(standing.sli),
            measure=_measure_data(standing.measured),
            window=events.WindowData(standing.window, events.rfc3339(start), events.rfc3339(end)),
            bad=standing.bad,
            valid=standing.valid,
            unit=standing.unit,
            budget=None
            if standing.target is None
            else events.BudgetData(allowed, left, _or_none(standing.budget_spent_ratio)),
            burn_rates=dict(standing.burn_rates),
            time_to_exhaustion_s=self._exhaustion_s(index, judged, left),
            latest_restore=self._latest_restore(index, judged, left),
            already_lost=standing.target is not None and self._by_period[index] and left < 0,
            coverage_ratio=_or_none(standing.coverage_ratio),
            witness=witness,
        )

    def _measured(self, index: int, judged: Judged) -> Measured | None:
        """Return the figure that is held against a limit; None where a share is promised."""
        row = self._rows[index]
        if row.objective.limit is None:
            return None
        known = judged.evaluation.level[index] != Level.NO_DATA
        return Measured(
            name=row.objective.measure,
            unit=row.measure.unit,
            value=float(Figure(*judged.figures[:, index].tolist())) if known else math.nan,
            limit=float(row.objective.limit.value),
            at_most=row.objective.limit.at_most,
        )

    def _coverage(self, index: int, judged: Judged) -> float:
        row = self._rows[index]
        told = row.series.source in TOLD_BY_PEOPLE
        if told and row.series.kind is not IndicatorKind.AVAILABILITY:
            return math.nan  # that nobody reports anything is no gap in the evidence
        end = min(int(judged.end_ms[index]), judged.now_ms)
        agreed_s = self._agreed.seconds(row.agreement, int(judged.start_ms[index]), end)
        if agreed_s <= 0:
            return math.nan
        seen_s = int(judged.evaluation.seen[index]) * 60
        if self._milliseconds[index]:
            seen_s = int(judged.evaluation.valid[index]) // 1000
        return min(1.0, seen_s / agreed_s)

    def _kinds_of_trigger(self, index: int, judged: Judged) -> tuple[Trigger, ...]:
        """Return why the level is what it is, in the few words that a metric may carry."""
        outcome, pairs = judged.evaluation, self._rows[index].objective.burn_pairs
        firing = outcome.firing[:, index].tolist()
        burning = {
            Trigger(f"burn_{p.severity}") for p, on in zip(pairs, firing, strict=False) if on
        }
        limited = self._rows[index].objective.limit is not None
        near = Trigger.LIMIT_NEAR if limited else Trigger.BUDGET_SPENT
        spent = {near} if outcome.spent_near[index] else set()
        clock = {Trigger.CLOCK} if outcome.clock_near[index] else set()
        return tuple(sorted(burning | spent | clock))

    def _triggers(self, index: int, judged: Judged) -> tuple[str, ...]:
        outcome, pairs = judged.evaluation, self._rows[index].objective.burn_pairs
        found = ["breach"] if outcome.level[index] == Level.BREACH else []
        if outcome.spent_near[index]:
            limited = self._rows[index].objective.limit is not None
            found.append("limit_near" if limited else "budget_spent")
        for pair, on in zip(pairs, outcome.firing[:, index].tolist(), strict=False):
            if on:
                found.append(f"burn_rate:{span_label(pair.long_s)}/{span_label(pair.short_s)}")
        found += [f"clock:{name}" for name in judged.near_tickets.get(index, ())]
        # Two pairs may look back alike and differ in their factor.
        return tuple(dict.fromkeys(found))

    def _exhaustion_s(self, index: int, judged: Judged, left: float) -> float | None:
        """Return when the budget is spent at the rate of the shortest lookback that spends."""
        if self._rows[index].objective.limit is not None:
            return None
        if left <= 0:
            return 0.0
        for k in self._burns[index]:
            bad = int(judged.evaluation.bad_lately[k, index])
            if bad > 0:
                return left * self._lookbacks_s[k] / bad
        return None

    def _latest_restore(self, index: int, judged: Judged, left: float) -> str | None:
        """Return until when a service that is down must be up again to keep the promise."""
        burning = any(judged.evaluation.bad_lately[k, index] > 0 for k in self._burns[index])
        if not self._milliseconds[index] or left <= 0 or not burning:
            return None
        calendar = self._rows[index].agreement.calendar
        at_s = calendar.deadline(judged.now_ms // 1000, int(left // 1000))
        return None if at_s is None else events.rfc3339(at_s * 1000)


def _measure_data(measured: Measured | None) -> events.MeasureData | None:
    if measured is None:
        return None
    return events.MeasureData(
        name=measured.name,
        unit=measured.unit,
        value=_or_none(measured.value),
        limit=measured.limit,
        bound="at_most" if measured.at_most else "at_least",
    )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
