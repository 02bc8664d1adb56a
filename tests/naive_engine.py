"""The engine's slow twin: every figure from the list of all measurements, by loops over lists.

Nothing is kept from one tick to the next but the level, for hysteresis.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from slm_stream.codec.messages import IncidentUpdate, Probe, Transaction
from slm_stream.domain.agreement import (
    Agreement,
    BudgetingMethod,
    BurnPair,
    Objective,
)
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from tests import naive
from tests.naive import bounds
from tests.naive_states import (
    DOWN,
    MINUTE,
    SPAN,
    UNKNOWN,
    all_hold,
    by_minute,
    contradict,
    holds,
    joined,
    latest,
    outage_union,
    per_minute,
    probes,
    tickets,
    up_and_down,
)


@dataclass
class Figures:
    """What an objective counts in a window: bad, valid, and minutes with anything valid."""

    bad: int = 0
    valid: int = 0
    seen: int = 0


@dataclass
class Twin:
    """Judges one service's objectives at each tick from all that has arrived.

    `levels` holds the verdict of each objective after the last tick, `moves` every change;
    `outages` the agreed seconds of each outage of those about availability, `disagreements` when
    one was told, of which objective, whether it opened or closed, and since when it was.
    """

    service: Service
    agreement: Agreement
    arrived: list[Any] = field(default_factory=list)
    levels: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)
    moves: list[tuple[int, str, str, str]] = field(default_factory=list)
    outages: dict[str, list[int]] = field(default_factory=dict)
    disagreements: list[tuple[int, str, str, int]] = field(default_factory=list)
    _period: dict[str, int] = field(default_factory=dict)
    _open: dict[int, bool] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)

    def tick(self, now: int) -> None:
        """Judge every objective at an instant."""
        for objective in self.agreement.objectives:
            before = self.levels.get(objective.name, "no_data")
            level = self._judge(objective, now, before)
            if level != before:
                self.moves.append((now, objective.name, before, level))
            self.levels[objective.name] = level
            if self._unit(objective) == "milliseconds":
                self._tell_outages(objective, now)
                self._tell_disagreement(objective, now)

    def _judge(self, objective: Objective, now: int, before: str) -> str:
        minutes = self._minutes(objective, now)
        until = -(-now // MINUTE) * MINUTE
        start, end = bounds(objective.window, now, self.agreement.calendar.zone)
        window = self._count(objective, minutes, start, min(end, until))
        self._add_first_minute(objective, window, start, now)
        self.figures[objective.name] = window
        if self._period.get(objective.name) != start and objective.window.period:
            self._period[objective.name] = start
            before = "met"
        judges_now = self.agreement.effective_from_ms < now and (
            self.agreement.effective_to_ms is None or now <= self.agreement.effective_to_ms
        )
        if not judges_now:
            return "no_data"
        allowed = Fraction(objective.budget_e8, 10**8) * self._volume(objective, window, start, end)
        by_milliseconds = self._unit(objective) == "milliseconds"
        n = window.seen if by_milliseconds else window.valid
        enough = window.valid > 0 and n >= objective.min_valid
        if enough and window.bad > allowed:
            return "breach"
        near_share = Fraction(round(objective.near_breach_ratio * 10**4), 10**4)
        near = window.bad > 0 and window.bad >= near_share * allowed
        if before in ("near_breach", "breach") and window.bad > 0 and allowed > 0:
            near = near or window.bad / allowed > near_share - Fraction(5, 100)
        for pair in objective.burn_pairs:
            near = near or self._burns(objective, pair, minutes, until, before)
        if (near and enough) or self._clock_is_near(objective, now):
            return "near_breach"
        return "met" if enough else "no_data"

    def _burns(
        self,
        objective: Objective,
        pair: BurnPair,
        minutes: dict[int, list[int]],
        until: int,
        before: str,
    ) -> bool:
        by_milliseconds = self._unit(objective) == "milliseconds"
        budget = Fraction(objective.budget_e8, 10**8)
        long = self._count(objective, minutes, until - pair.long_s * 1000, until)
        short = self._count(objective, minutes, until - pair.short_s * 1000, until)
        if not long.valid or not short.valid:
            return False
        if (long.seen if by_milliseconds else long.valid) < objective.min_valid:
            return False
        factor = Fraction(pair.factor)
        held = Fraction(9, 10) if before == "near_breach" else 1
        return (
            Fraction(long.bad, long.valid) / budget > factor
            and Fraction(short.bad, short.valid) / budget > factor * held
        )

    def _unit(self, objective: Objective) -> str:
        if objective.method is BudgetingMethod.TIMESLICES:
            return "minutes"
        kind = self.service.indicator(objective.indicator).kind
        return "milliseconds" if kind is IndicatorKind.AVAILABILITY else "events"

    def _volume(self, objective: Objective, window: Figures, start: int, end: int) -> int:
        if objective.window.period is None:
            return window.valid
        unit = self._unit(objective)
        if unit == "events":
            return max(window.valid, objective.expected_volume)
        low = max(start, self.agreement.effective_from_ms)
        high = min(end, self.agreement.effective_to_ms or end)
        agreed_s = naive.open_seconds(_calendar(self.agreement), low // 1000, high // 1000)
        return agreed_s // 60 if unit == "minutes" else agreed_s * 1000

    def _count(
        self, objective: Objective, minutes: dict[int, list[int]], start: int, end: int
    ) -> Figures:
        """Add up the minutes that begin in [start, end) and in agreed service time."""
        total = Figures()
        kind = self.service.indicator(objective.indicator).kind
        for minute, (bad, valid) in minutes.items():
            at = minute * MINUTE
            in_force = self.agreement.effective_from_ms <= at and (
                self.agreement.effective_to_ms is None or at < self.agreement.effective_to_ms
            )
            # A ticket is judged by its own clock, whenever it ends.
            is_open = kind is IndicatorKind.TIMELINESS or self._is_open(minute)
            if not (start <= at < end and in_force and is_open and valid):
                continue
            total.seen += 1
            if objective.method is BudgetingMethod.TIMESLICES:
                share = Fraction(round(objective.slice_target * 10**8), 10**8)
                total.bad += valid - bad < share * valid
                total.valid += 1
            else:
                total.bad += bad
                total.valid += valid
        return total

    def _is_open(self, minute: int) -> bool:
        if minute not in self._open:
            self._open[minute] = naive.is_open(_calendar(self.agreement), minute * 60)
        return self._open[minute]

    def _minutes(self, objective: Objective, now: int) -> dict[int, list[int]]:
        """Return bad and valid by minute since the epoch."""
        indicator = self.service.indicator(objective.indicator)
        mine = self._mine()
        if indicator.kind is IndicatorKind.TIMELINESS:
            return self._tickets(objective, indicator, mine, now)
        if indicator.kind is IndicatorKind.AVAILABILITY:
            return per_minute(self._spans(objective, indicator, mine, now), now)
        return _events(objective, indicator, mine)

    def _spans(
        self, objective: Objective, indicator: Indicator, mine: list[Any], now: int
    ) -> list[SPAN]:
        return joined(self.said(objective, indicator, mine, now), objective.witness_rule)

    def said(
        self, objective: Objective, indicator: Indicator, mine: list[Any], now: int
    ) -> dict[Source, list[SPAN]]:
        """Return what each witness of an availability indicator says by span."""
        said: dict[Source, list[SPAN]] = {}
        for witness in indicator.heard:
            one = Indicator("", indicator.kind, witness.source, witness.valid, witness.good)
            if witness.source is Source.PROBES:
                said[witness.source] = up_and_down(probes(mine, one), objective.probe_rule, now)
            elif witness.source is Source.INCIDENTS:
                since = self.agreement.effective_from_ms
                said[witness.source] = outage_union(mine, one, since, now)
            else:
                good = witness.good or (Condition("ok", "==", True),)
                counted = Indicator("", IndicatorKind.RATIO, witness.source, witness.valid, good)
                minutes = _events(objective, counted, mine)
                said[witness.source] = by_minute(minutes, objective.witness_rule.minutes, now)
        return said

    def _tell_outages(self, objective: Objective, now: int) -> None:
        """Note the agreed seconds of each outage while the agreement holds, in time order."""
        start = self.agreement.effective_from_ms
        end = min(now, self.agreement.effective_to_ms or now)
        indicator = self.service.indicator(objective.indicator)
        merged: list[list[int]] = []
        for begins, ends, state in sorted(self._spans(objective, indicator, self._mine(), now)):
            low, high = max(begins, start), min(ends, end)
            if state == DOWN and low < high:
                if merged and merged[-1][1] == low:
                    merged[-1][1] = high
                else:
                    merged.append([low, high])
        calendar = _calendar(self.agreement)
        agreed = [naive.open_seconds(calendar, low // 1000, high // 1000) for low, high in merged]
        self.outages[objective.name] = [seconds for seconds in agreed if seconds]

    def _tell_disagreement(self, objective: Objective, now: int) -> None:
        """Open what has contradicted for too long until the last whole minute; close the rest."""
        limit = objective.witness_rule.disagreement_s
        indicator = self.service.indicator(objective.indicator)
        until, begins = now // MINUTE * MINUTE, self.agreement.effective_from_ms
        if not limit or len(indicator.heard) < 2:
            return
        holds = begins < until and now <= (self.agreement.effective_to_ms or now)
        said = self.said(objective, indicator, self._mine(), now) if holds else {}
        since = until
        while since > begins and contradict(said, since - 1000):
            since -= 1000
        told = self._told.get(objective.name)
        calendar = _calendar(self.agreement)
        if told is not None and since == until:
            del self._told[objective.name]
            self.disagreements.append((now, objective.name, "closed", told))
            return
        agreed_s = naive.open_seconds(calendar, since // 1000, until // 1000)
        if told is None and agreed_s > limit:
            self._told[objective.name] = since
            self.disagreements.append((now, objective.name, "opened", since))

    def _mine(self) -> list[Any]:
        return [m for m in self.arrived if m.service == self.service.name]

    def _add_first_minute(
        self, objective: Objective, window: Figures, start: int, now: int
    ) -> None:
        """Add what is left of the minute in which a window of outages begins."""
        first = max(start, self.agreement.effective_from_ms)
        if self._unit(objective) != "milliseconds" or first % MINUTE == 0:
            return
        last = min(first - first % MINUTE + MINUTE, self.agreement.effective_to_ms or 2**62, now)
        if not self._is_open(first // MINUTE):
            return
        indicator = self.service.indicator(objective.indicator)
        mine = self._mine()
        known = 0
        for low, high, state in self._spans(objective, indicator, mine, now):
            part = max(0, min(high, last) - max(low, first))
            window.bad += part * (state == DOWN)
            known += part * (state != UNKNOWN)
        window.valid += known
        window.seen += known > 0

    def _tickets(
        self, objective: Objective, indicator: Indicator, mine: list[Any], now: int
    ) -> dict[int, list[int]]:
        minutes: dict[int, list[int]] = {}
        for updates in tickets(mine).values():
            outcome = self._outcome(objective, indicator, updates, now)
            if outcome is not None and outcome[0] is not None:
                cell = minutes.setdefault(outcome[0], [0, 0])
                cell[0] += outcome[1]
                cell[1] += 1
        return minutes

    def _clock_is_near(self, objective: Objective, now: int) -> bool:
        indicator = self.service.indicator(objective.indicator)
        if indicator.kind is not IndicatorKind.TIMELINESS:
            return False
        mine = self._mine()
        for updates in tickets(mine).values():
            outcome = self._outcome(objective, indicator, updates, now)
            if outcome is not None and outcome[0] is None and outcome[2] <= now < outcome[3]:
                return True
        return False

    def _outcome(
        self, objective: Objective, indicator: Indicator, updates: list[IncidentUpdate], now: int
    ) -> Any:
        """Return (minute, late) of a ticket that is done or overdue, or (None, 0, near, due)."""
        target = objective.targets_s.get(latest(updates, "priority"))
        if target is None or not all_hold(indicator.valid, updates):
            return None
        at = max(now, *(u.at_ms for u in updates)) // 1000
        state, runs = _wind(updates, objective.stop_at)
        if state in ("idle", "cancelled"):
            return None
        calendar = self.agreement.calendar
        spans = [(low, at if high is None else high) for low, high in runs]
        overdue = _reached(calendar, spans, target + 1, at)
        if overdue is not None:
            return overdue // 60, 1
        if state == "stopped":
            return spans[-1][1] // 60 if runs else None, 0
        if state == "running":
            limit = at + 40 * 86_400
            onward = [*spans[:-1], (spans[-1][0], limit)]
            share = Fraction(round(objective.near_breach_ratio * 10**4), 10**4) * target
            near = _reached(calendar, onward, -(-share.numerator // share.denominator), limit)
            due = _reached(calendar, onward, target + 1, limit)
            return None, 0, (near or 0) * 1000, (due or limit) * 1000
        return None


def _events(objective: Objective, indicator: Indicator, mine: list[Any]) -> dict[int, list[int]]:
    minutes: dict[int, list[int]] = {}
    kind = Transaction if indicator.source is Source.TRANSACTIONS else Probe
    for m in mine:
        if not isinstance(m, kind) or not all(holds(c, m) for c in indicator.valid):
            continue
        if indicator.kind is IndicatorKind.DURATION:
            good = m.duration_ms is not None and m.duration_ms <= (objective.within_ms or 0)
        else:
            good = all(holds(c, m) for c in indicator.good)
        cell = minutes.setdefault(m.at_ms // MINUTE, [0, 0])
        cell[0] += not good
        cell[1] += 1
    return minutes


def _wind(
    updates: list[IncidentUpdate], stop_at: tuple[str, ...]
) -> tuple[str, list[tuple[int, int | None]]]:
    """Return what a ticket's clock does in the end, and when it ran; an open end is None."""
    state = "idle"
    runs: list[tuple[int, int | None]] = []
    for update in updates:
        at, was = update.at_ms // 1000, state
        if update.status == "opened":
            if state in ("idle", "stopped", "cancelled"):
                state = "running"
        elif update.status == "waiting":
            state = "paused"
        elif update.status in ("resolved", "closed"):
            if update.status in stop_at and state in ("running", "paused"):
                state = "stopped"
        elif update.status == "cancelled":
            state = "cancelled"
        else:
            state = "running"
        if was != "running" and state == "running":
            runs.append((at, None))
        if was == "running" and state != "running":
            runs[-1] = (runs[-1][0], at)
        if was in ("idle", "stopped", "cancelled") and state == "paused":
            runs.append((at, at))
        if was == "paused" and state == "stopped":
            runs.append((at, at))
    return state, runs


def _reached(calendar: Any, spans: list[tuple[int, int]], amount: int, limit: int) -> int | None:
    """Return when the open seconds of some spans add up to an amount, by a limit."""
    for low, high in spans:
        if amount == 0:
            return low
        at = naive.deadline(calendar, low, amount, min(high, limit))
        if at is not None and at <= min(high, limit):
            return at
        amount -= naive.open_seconds(calendar, low, high)
    return None


def _calendar(agreement: Agreement) -> Calendar:
    assert isinstance(agreement.calendar, Calendar)
    return agreement.calendar
