"""Incidents of one partition: what their tickets count, clocks that run, outages reported.

A ticket is the list of its updates; everything else follows from the list, so an update that
is late or comes twice changes exactly what it should.
"""

import heapq
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import state
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.clock import ClockReading
from slm_stream.domain.conditions import holds
from slm_stream.domain.sli_table import SliTable
from slm_stream.engine.clocks import ClockCounter, timeliness
from slm_stream.engine.notices import Notices
from slm_stream.engine.plan import Plan
from slm_stream.engine.rows import Series
from slm_stream.engine.ticket import (
    DONE,
    Counted,
    Ticket,
    TicketCounter,
    Watch,
    update_of,
)
from slm_stream.engine.ticket_shares import ShareCounter

Int64 = NDArray[np.int64]
TicketKey = tuple[int, str]
COUNTERS: dict[IndicatorKind, Callable[[Series], TicketCounter]] = {
    IndicatorKind.TIMELINESS: timeliness,
    IndicatorKind.RATIO: ShareCounter,
}
"""What counts the tickets of a series, by its kind; a new sort of count is one line here."""


class Tickets:
    """All tickets of one partition."""

    def __init__(
        self,
        plan: Plan,
        report: Callable[[Series, str, tuple[int, int | None] | None], None],
    ) -> None:
        self.dirty: set[TicketKey] = set()
        self.notices = Notices(plan)
        self._plan = plan
        self._report = report
        self._tickets: dict[TicketKey, Ticket] = {}
        self._due: list[tuple[int, TicketKey]] = []
        self._watches: dict[int, dict[str, tuple[Watch, ...]]] = {}
        self._by_hour: dict[int, dict[tuple[int, int], int]] = {}
        self._counters: dict[int, list[TicketCounter]] = {}
        self._outages: dict[int, list[Series]] = {}
        for series in plan.series:
            if series.source is Source.INCIDENTS and series.kind in COUNTERS:
                counter = COUNTERS[series.kind](series)
                self._counters.setdefault(series.service, []).append(counter)
            elif (
                series.kind is IndicatorKind.AVAILABILITY
                and series.source is Source.INCIDENTS
                and not series.witnesses
            ):
                self._outages.setdefault(series.service, []).append(series)

    def update(
        self, service: int, message: IncidentUpdate, offset: int, table: SliTable, now_ms: int
    ) -> bool:
        """Take an update of a ticket, from an offset; False where it was known already."""
        key = (service, message.incident)
        ticket = self._tickets.setdefault(key, Ticket(message.incident))
        if not ticket.add(update_of(message, offset)):
            return False
        self.dirty.add(key)
        self._judge(key, ticket, table, now_ms)
        self.notices.wake(service, ticket)
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
                self.notices.wake(key[0], self._tickets[key])

    def near(self, series: Series, now_ms: int) -> list[str]:
        """Return the incidents whose clock has run for most of its target, but not all."""
        return self._watched(series, lambda watch: watch.near_ms <= now_ms < watch.due_ms)

    def overdue(self, series: Series, now_ms: int) -> list[str]:
        """Return the incidents whose clock is past its deadline and has not been stopped."""
        return self._watched(series, lambda watch: watch.due_ms <= now_ms)

    def reading(
        self, service: int, incident: str, series: Series, now_ms: int
    ) -> ClockReading | None:
        """Return what the clock of one ticket shows for one objective; None where it has none."""
        ticket = self._tickets.get((service, incident))
        if ticket is None or series.objective is None or series.agreement is None:
            return None
        readings = ClockCounter.of(series).readings(ticket, now_ms // 1000)
        return readings[-1] if readings and readings[-1].target_s is not None else None

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
        self.notices.wake(service, ticket)

    def expire(self, partition: int, before_ms: int) -> list[bytes]:
        """Forget tickets that are done and untouched since an instant; return their keys."""
        old = [
            key
            for key, ticket in self._tickets.items()
            if ticket.updates[-1].at_ms < before_ms and ticket.updates[-1].status in DONE
        ]
        for key in old:
            del self._tickets[key]
            self.dirty.discard(key)
            self.notices.forget(*key)
            for series in self._outages.get(key[0], ()):
                self._report(series, key[1], None)
        names = self._plan.services
        return [state.key_of(partition, state.TICKET, names[s].name, name) for s, name in old]

    def _judge(self, key: TicketKey, ticket: Ticket, table: SliTable, now_ms: int) -> None:
        service, incident = key
        for series in self._outages.get(service, ()):
            reports = all(holds(c, ticket.latest(c.field)) for c in series.valid)
            self._report(series, incident, ticket.outage() if reports else None)
        for counter in self._counters.get(service, ()):
            series = counter.series
            outcome = counter.outcome(ticket, now_ms)
            watches = self._watches.setdefault(series.column, {})
            watches.pop(incident, None)
            if outcome.watches:
                watches[incident] = outcome.watches
            if outcome.wake_ms:
                heapq.heappush(self._due, (outcome.wake_ms[0], key))
            before = ticket.counted.pop(series.column, ())
            if outcome.counts:
                ticket.counted[series.column] = outcome.counts
            if before != outcome.counts:
                self._count(series, before, table, -1)
                self._count(series, outcome.counts, table, 1)

    def _watched(self, series: Series, wanted: Callable[[Watch], bool]) -> list[str]:
        watched = self._watches.get(series.column, {})
        return sorted(name for name, watches in watched.items() if any(map(wanted, watches)))

    def _count(
        self, series: Series, counted: Iterable[Counted], table: SliTable, sign: int
    ) -> None:
        for minute, bad, valid in counted:
            hour = minute // 60
            if not table.holds(hour):
                continue
            # Decode the hour before the index changes, or the change would be counted twice.
            counts = table.change(hour)
            index = self._by_hour.setdefault(hour, {})
            for column, amount in ((series.valid_column, valid), (series.bad_column, bad)):
                if amount:
                    cell = (column, minute % 60)
                    counts[cell] += sign * amount
                    index[cell] = index.get(cell, 0) + sign * amount
