"""What the clocks of tickets add to a series, and what they will add as time goes on."""

from dataclasses import dataclass

from slm_stream.domain.agreement import Agreement, Objective
from slm_stream.domain.catalogue import ClockRule
from slm_stream.domain.clock import ClockReading, ClockState
from slm_stream.domain.clock_rules import RESOLVE, read_steps, stopped_at
from slm_stream.domain.conditions import holds
from slm_stream.domain.thresholds import Passed, ahead, passed
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.engine.rows import Series
from slm_stream.engine.ticket import Counted, Outcome, Ticket, TicketCounter, Watch

_OPEN = (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class ClockCounter:
    """Counts a ticket when its clock stops or its deadline is past, whichever is first."""

    series: Series
    objective: Objective
    agreement: Agreement
    rule: ClockRule

    @classmethod
    def of(cls, series: Series) -> "ClockCounter":
        """Return the counter of a series; raise ValueError where it belongs to no objective."""
        objective, agreement = series.objective, series.agreement
        if objective is None or agreement is None:
            msg = "a clock belongs to an objective of an agreement"
            raise ValueError(msg)
        rule = stopped_at(series.clock or RESOLVE, objective.stop_at)
        return cls(series, objective, agreement, rule)

    def outcome(self, ticket: Ticket, now_ms: int) -> Outcome:
        """Return what a ticket adds.

        A clock within its target counts in the minute of its stop, a late one in that of the
        first second beyond the target.
        """
        # What is known to have happened has happened, though no tick has come so far.
        at_s = max(now_ms, ticket.updates[-1].at_ms) // 1000
        counts, watches, wake = [], [], set[int]()
        readings = self.readings(ticket, at_s)
        for reading in readings:
            if reading.started_at_s is None or reading.target_s is None:
                continue
            is_open = reading is readings[-1] and reading.state in _OPEN
            runs = is_open and reading.state is ClockState.RUNNING
            if reading.breached:
                counts.append(Counted(_minute(reading.breaches_at_s or at_s), 1, 1))
            elif not is_open and reading.state is not ClockState.CANCELLED:
                counts.append(Counted(_minute(_done_s(reading)), 0, 1))
            if runs or (is_open and reading.breached):
                watches += self._watch(reading)
                wake.update(watch.due_ms // 1000 for watch in watches)
        if self.objective.warn_at:
            wake |= self._thresholds_ahead(ticket, now_ms // 1000)
        later = sorted(at * 1000 for at in wake if at * 1000 > now_ms)
        return Outcome(tuple(counts), tuple(watches), tuple(later))

    def _thresholds_ahead(self, ticket: Ticket, now_s: int) -> set[int]:
        """Return when a clock passes thresholds if it runs on, and when it may stop to do so."""
        found = {step.at_s for step in ticket.steps if step.at_s > now_s}
        for reading in self.readings(ticket, now_s)[-1:]:
            if reading.state is ClockState.RUNNING:
                found.update(at_s for at_s, _ in ahead(reading, self.objective.warn_at))
        return found

    def _watch(self, reading: ClockReading) -> list[Watch]:
        due_s = reading.breaches_at_s
        if due_s is None:
            return []
        near_s = reading.threshold_at(self.objective.near_breach_ratio)
        return [Watch((near_s or due_s) * 1000, due_s * 1000)]

    def readings(self, ticket: Ticket, at_s: int) -> tuple[ClockReading, ...]:
        """Return what the clock of a ticket shows; none where the ticket is not promised."""
        if not ticket.updates or not all(
            holds(c, ticket.latest(c.field)) for c in self.series.valid
        ):
            return ()
        calendar, targets_s = self.agreement.calendar, self.objective.targets_s
        return read_steps(ticket.steps, self.rule, calendar, targets_s, at_s)

    def passed(self, ticket: Ticket, now_ms: int) -> tuple[Passed, ...]:
        """Return the thresholds that a ticket has passed while the agreement was in force."""
        from_ms, to_ms = self.agreement.effective_from_ms, self.agreement.effective_to_ms
        return tuple(
            each
            for reading in self.readings(ticket, now_ms // 1000)
            for each in passed(reading, self.objective.warn_at)
            if from_ms <= each.reached_s * 1000 and (to_ms is None or each.reached_s * 1000 < to_ms)
        )


@dataclass(frozen=True, slots=True)
class ElapsedCounter:
    """Counts the agreed seconds of a clock, as bad, when it stops; whatever is promised."""

    clock: ClockCounter

    @property
    def series(self) -> Series:
        """Return what is counted."""
        return self.clock.series

    def outcome(self, ticket: Ticket, now_ms: int) -> Outcome:
        """Return what a ticket adds: nothing while its clock may still go on."""
        at_s = max(now_ms, ticket.updates[-1].at_ms) // 1000
        readings = self.clock.readings(ticket, at_s)
        return Outcome(
            tuple(
                Counted(_minute(_done_s(reading)), reading.elapsed_s, 1)
                for reading in readings
                if reading.started_at_s is not None
                and reading.state is not ClockState.CANCELLED
                and (reading is not readings[-1] or reading.state not in _OPEN)
            )
        )


def _done_s(reading: ClockReading) -> int:
    """Return when a clock that is not open was stopped, or reset."""
    return reading.at_s if reading.stopped_at_s is None else reading.stopped_at_s


def _minute(at_s: int) -> int:
    return at_s * 1000 // MINUTE_MS


def timeliness(series: Series) -> TicketCounter:
    """Return what counts the tickets of a TIMELINESS series."""
    clock = ClockCounter.of(series)
    return ElapsedCounter(clock) if clock.objective.measure == "mean" else clock
