"""Thresholds that clocks of tickets pass: each told once, whatever a crash does.

Nothing remembers what was told. A tick tells what has passed by now, less what had passed at
the tick before, as the log was known then: both follow from the updates of the ticket. So the
state keeps no more than that tick and the offset of the last update that it saw.
"""

from collections.abc import Iterable
from typing import NamedTuple

from slm_stream.codec import clock_events
from slm_stream.codec.clock_events import ThresholdData
from slm_stream.codec.events import rfc3339
from slm_stream.codec.state import EventBlob
from slm_stream.codec.topics import CLOCKS
from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.thresholds import Passed
from slm_stream.engine.clocks import ClockCounter
from slm_stream.engine.plan import Plan
from slm_stream.engine.ticket import Ticket


class Told(NamedTuple):
    """A tick up to which all was told, and the last update that it saw, by offset."""

    at_ms: int = 0
    offset: int = -1


class Notice(NamedTuple):
    """A clock of a ticket has passed a threshold."""

    counter: ClockCounter
    ticket: Ticket
    passed: Passed


class Notices:
    """What one partition tells of thresholds."""

    def __init__(self, plan: Plan) -> None:
        self._counters: dict[int, list[ClockCounter]] = {}
        for series in plan.series:
            objective = series.objective
            if series.kind is IndicatorKind.TIMELINESS and objective and objective.warn_at:
                self._counters.setdefault(series.service, []).append(ClockCounter.of(series))
        self._told = dict.fromkeys(range(len(plan.services)), Told())
        self._awake: dict[int, dict[str, Ticket]] = {}

    def wake(self, service: int, ticket: Ticket) -> None:
        """Look at a ticket at the next tick: it was touched, or its time has come."""
        if service in self._counters:
            self._awake.setdefault(service, {})[ticket.incident] = ticket

    def forget(self, service: int, incident: str) -> None:
        """Look at a ticket no more."""
        self._awake.get(service, {}).pop(incident, None)

    def told(self, service: int) -> Told:
        """Return up to where all was told of a service's tickets."""
        return self._told[service]

    def recall(self, service: int, told: Told) -> None:
        """Take over, of all that is stored, what was told last."""
        self._told[service] = max(self._told[service], told)

    def due(self, now_ms: int, offset: int) -> list[Notice]:
        """Return what is to be told at a tick that has seen the log up to an offset.

        After a crash ticks come again; of those that were told nothing is told again.
        """
        found: list[Notice] = []
        for service, told in self._told.items():
            if now_ms <= told.at_ms:
                continue
            self._told[service] = Told(now_ms, offset)
            awake = self._awake.pop(service, {})
            for incident in sorted(awake):
                found += self._news(service, awake[incident], told, now_ms)
        return found

    def _news(self, service: int, ticket: Ticket, told: Told, now_ms: int) -> Iterable[Notice]:
        for counter in self._counters[service]:
            now = counter.passed(ticket, now_ms)
            before = counter.passed(ticket.as_of(told.offset), told.at_ms) if now else ()
            known = {_identity(passed) for passed in before}
            for passed in now:
                if _identity(passed) not in known:
                    yield Notice(counter, ticket, passed)


def _identity(passed: Passed) -> tuple[str, int | None]:
    """Return what makes it the same threshold of the same deadline."""
    return passed.threshold, passed.deadline_s


def threshold_event(notice: Notice, source: str, now_ms: int) -> EventBlob:
    """Return what is sent of a notice."""
    counter, ticket, passed = notice
    agreement, objective = counter.agreement, counter.objective
    data = ThresholdData(
        service=agreement.service,
        agreement=agreement.id,
        version=agreement.version,
        objective=objective.name,
        indicator=objective.indicator,
        clock=counter.rule.name,
        incident=ticket.incident,
        priority=ticket.latest("priority"),
        group=ticket.latest("group"),
        threshold=passed.threshold,
        target_s=passed.target_s,
        elapsed_s=passed.amount_s,
        remaining_s=passed.target_s - passed.amount_s,
        started=rfc3339(passed.started_s * 1000),
        reached=rfc3339(passed.reached_s * 1000),
        deadline=None if passed.deadline_s is None else rfc3339(passed.deadline_s * 1000),
    )
    return EventBlob(CLOCKS, *clock_events.event(data, source=source, at_ms=now_ms))
