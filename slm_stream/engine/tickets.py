"""Incidents of one partition: clocks that run, tickets done or overdue, outages reported.

A ticket is the list of its updates; everything else follows from the list, so an update that
is late or comes twice changes exactly what it should.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import state
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.agreement import Objective
from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.clock import ClockReading, ClockState, read_clock
from slm_stream.domain.incident import RESOLVE, IncidentStatus, StatusChange, clock_events
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.engine.conditions import holds
from slm_stream.engine.plan import Plan, Series

Int64 = NDArray[np.int64]
TicketKey = tuple[int, str]
_DONE = (IncidentStatus.RESOLVED, IncidentStatus.CLOSED)


@dataclass(slots=True)
class Ticket:
    """One incident of one service."""

    incident: str
    updates: list[state.UpdateBlob] = field(default_factory=list)
    applied: dict[str, int] = field(default_factory=dict)
    counted: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, update: state.UpdateBlob) -> bool:
        """Take an update; False where it was known already."""
        for known in self.updates:
            if known == update or (update.update and known.update == update.update):
                return False
        self.updates.append(update)
        self.updates.sort(key=lambda u: u.at_ms)
        return True

    def latest(self, name: str) -> Any:
        """Return the newest value that any update gave a field; its empty value otherwise."""
        for update in reversed(self.updates):
            value = getattr(update, name)
            if value not in ("", None):
                return value
        return getattr(self.updates[-1], name)

    def statuses(self) -> list[StatusChange]:
        """Return what happened to the ticket, in time order, in whole seconds."""
        return [StatusChange(u.at_ms // 1000, IncidentStatus(u.status)) for u in self.updates]

    def outage(self) -> tuple[int, int | None] | None:
        """Return the outage that the ticket reports; its end is None while it lasts.

        Where no update gives instants, it lasts from the first update until the ticket is
        resolved for good. A ticket that is cancelled, and not taken up again, reports none.
        """
        done = list(takewhile(lambda u: u.status in _DONE, reversed(self.updates)))
        before_done = self.updates[: len(self.updates) - len(done)]
        if before_done and before_done[-1].status == IncidentStatus.CANCELLED:
            return None
        start = self.latest("impact_start_ms")
        end = self.latest("impact_end_ms")
        if start is None:
            start = self.updates[0].at_ms
        if end is None and done:
            end = done[-1].at_ms
        return start, end


class Tickets:
    """All tickets of one partition."""

    def __init__(
        self,
        plan: Plan,
        report: Callable[[Series, str, tuple[int, int | None] | None], None],
    ) -> None:
        self.dirty: set[TicketKey] = set()
        self._plan = plan
        self._report = report
        self._tickets: dict[TicketKey, Ticket] = {}
        self._due: list[tuple[int, TicketKey]] = []
        self._running: dict[int, dict[str, tuple[int, int]]] = {}
        self._overdue: dict[int, set[str]] = {}
        self._by_hour: dict[int, dict[tuple[int, int], int]] = {}
        self._clocks: dict[int, list[Series]] = {}
        self._outages: dict[int, list[Series]] = {}
        for series in plan.series:
            if series.kind is IndicatorKind.TIMELINESS:
                self._clocks.setdefault(series.service, []).append(series)
            elif (
                series.kind is IndicatorKind.AVAILABILITY
                and series.source is Source.INCIDENTS
                and not series.witnesses
            ):
                self._outages.setdefault(series.service, []).append(series)

    def update(self, service: int, message: IncidentUpdate, table: SliTable, now_ms: int) -> bool:
        """Take an update of a ticket; False where it was known already."""
        key = (service, message.incident)
        ticket = self._tickets.setdefault(key, Ticket(message.incident))
        update = state.UpdateBlob(
            message.at_ms,
            message.status,
            message.priority,
            message.update,
            message.impact,
            message.impact_start_ms,
            message.impact_end_ms,
        )
        if not ticket.add(update):
            return False
        self.dirty.add(key)
        self._judge(key, ticket, table, now_ms)
        return True

    def applied(self, service: int, incident: str) -> dict[str, int]:
        """Return the source offsets that a ticket has seen."""
        ticket = self._tickets.get((service, incident))
        return ticket.applied if ticket else {}

    def advance(self, table: SliTable, now_ms: int) -> None:
        """Let time pass: clocks whose deadline has come are overdue without anybody's touch."""
        while self._due and self._due[0][0] <= now_ms:
            key = heapq.heappop(self._due)[1]
            if key in self._tickets:
                self._judge(key, self._tickets[key], table, now_ms)

    def near(self, series: Series, now_ms: int) -> list[str]:
        """Return the incidents whose clock has run for most of its target, but not all."""
        running = self._running.get(series.column, {})
        return sorted(name for name, (near, due) in running.items() if near <= now_ms < due)

    def overdue(self, series: Series) -> list[str]:
        """Return the incidents whose clock has run beyond its target and is not stopped."""
        return sorted(self._overdue.get(series.column, ()))

    def reading(
        self, service: int, incident: str, series: Series, now_ms: int
    ) -> ClockReading | None:
        """Return what the clock of one ticket shows for one objective; None where it has none."""
        ticket = self._tickets.get((service, incident))
        if ticket is None or series.objective is None or series.agreement is None:
            return None
        if not _promised(ticket, series):
            return None
        return _read(ticket, series, now_ms)

    def fill(self, hour: int, counts: Int64) -> None:
        """Set the columns of an hour that is decoded anew."""
        for (column, minute), amount in self._by_hour.get(hour, {}).items():
            counts[column, minute] += amount

    def frozen(self, partition: int, applied: dict[str, int]) -> list[tuple[bytes, bytes]]:
        """Return every changed ticket's blob by key, and start anew."""
        result = []
        for service, incident in sorted(self.dirty):
            ticket = self._tickets[service, incident]
            ticket.applied = {t: max(at, ticket.applied.get(t, -1)) for t, at in applied.items()}
            blob = state.TicketBlob(ticket.applied, incident, ticket.updates)
            name = self._plan.services[service].name
            result.append(
                (state.key_of(partition, state.TICKET, name, incident), state.encode(blob))
            )
        self.dirty.clear()
        return result

    def restore(self, service: int, blob: state.TicketBlob, table: SliTable, now_ms: int) -> None:
        """Take over a stored ticket."""
        ticket = Ticket(blob.incident, list(blob.updates), blob.applied)
        self._tickets[service, blob.incident] = ticket
        self._judge((service, blob.incident), ticket, table, now_ms)

    def expire(self, partition: int, before_ms: int) -> list[bytes]:
        """Forget tickets that are done and untouched since an instant; return their keys."""
        old = [
            key
            for key, ticket in self._tickets.items()
            if ticket.updates[-1].at_ms < before_ms and ticket.updates[-1].status in _DONE
        ]
        for key in old:
            del self._tickets[key]
            self.dirty.discard(key)
            for series in self._outages.get(key[0], ()):
                self._report(series, key[1], None)
        names = self._plan.services
        return [state.key_of(partition, state.TICKET, names[s].name, name) for s, name in old]

    def _judge(self, key: TicketKey, ticket: Ticket, table: SliTable, now_ms: int) -> None:
        service, incident = key
        # What is known to have happened has happened, though no tick has come so far.
        now_ms = max(now_ms, ticket.updates[-1].at_ms)
        for series in self._outages.get(service, ()):
            reports = all(holds(c, ticket.latest(c.field)) for c in series.valid)
            self._report(series, incident, ticket.outage() if reports else None)
        for series in self._clocks.get(service, ()):
            counted = self._clock(key, ticket, series, now_ms)
            before = ticket.counted.pop(series.column, None)
            if counted is not None:
                ticket.counted[series.column] = counted
            if before != counted:
                self._count(series, before, table, -1)
                self._count(series, counted, table, 1)

    def _clock(
        self, key: TicketKey, ticket: Ticket, series: Series, now_ms: int
    ) -> tuple[int, int] | None:
        """Return (minute, bad) of a ticket that is done or overdue; watch one that is neither."""
        running = self._running.setdefault(series.column, {})
        running.pop(key[1], None)
        overdue = self._overdue.setdefault(series.column, set())
        overdue.discard(key[1])
        objective = series.objective
        if objective is None or not _promised(ticket, series):
            return None
        reading = _read(ticket, series, now_ms)
        overdue_s = reading.breaches_at_s
        if reading.state is ClockState.CANCELLED or reading.started_at_s is None:
            return None
        if objective.measure == "mean":
            stopped_s = reading.stopped_at_s
            return None if stopped_s is None else (stopped_s * 1000 // MINUTE_MS, reading.elapsed_s)
        if reading.breached and overdue_s is not None:
            if reading.stopped_at_s is None:
                overdue.add(key[1])
            return overdue_s * 1000 // MINUTE_MS, 1
        if reading.stopped_at_s is not None:
            return reading.stopped_at_s * 1000 // MINUTE_MS, 0
        if reading.state is ClockState.RUNNING and overdue_s is not None:
            near_s = reading.threshold_at(objective.near_breach_ratio)
            running[key[1]] = ((near_s or overdue_s) * 1000, overdue_s * 1000)
            heapq.heappush(self._due, (overdue_s * 1000, key))
        return None

    def _count(
        self, series: Series, counted: tuple[int, int] | None, table: SliTable, sign: int
    ) -> None:
        if counted is None:
            return
        minute, bad = counted
        hour = minute // 60
        if not table.holds(hour):
            return
        # Decode the hour before the index changes, or the change would be counted twice.
        counts = table.change(hour)
        index = self._by_hour.setdefault(hour, {})
        for column, amount in ((series.valid_column, sign), (series.bad_column, sign * bad)):
            if amount:
                counts[column, minute % 60] += amount
                cell = (column, minute % 60)
                index[cell] = index.get(cell, 0) + amount


def _promised(ticket: Ticket, series: Series) -> bool:
    objective = series.objective
    return (
        objective is not None
        and (ticket.latest("priority") in objective.targets_s or objective.measure == "mean")
        and all(holds(c, ticket.latest(c.field)) for c in series.valid)
    )


def _read(ticket: Ticket, series: Series, now_ms: int) -> ClockReading:
    objective, agreement = series.objective, series.agreement
    if objective is None or agreement is None:
        msg = "a clock belongs to an objective of an agreement"
        raise ValueError(msg)
    events = clock_events(ticket.statuses(), _rule(objective))
    target_s = objective.targets_s.get(ticket.latest("priority"))
    return read_clock(events, agreement.calendar, target_s, now_ms // 1000)


def _rule(objective: Objective) -> Any:
    keep_running = {s: () for s in _DONE if s not in objective.stop_at}
    return RESOLVE.override(keep_running) if keep_running else RESOLVE
