"""Which of the expected events have come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from slm_stream.cli.demo.faults import Expected, Fault
from slm_stream.codec import topics
from slm_stream.codec.events import CloudEvent
from slm_stream.domain.agreement import Verdict

_OPENED = {topics.NEAR_BREACHES: Verdict.NEAR_BREACH, topics.BREACHES: Verdict.BREACH}


class Outcome(StrEnum):
    """Where an expected event stands."""

    PENDING = "pending"
    CAME = "came"
    EARLY = "early"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Seen:
    """An objective left its promise or came near to a breach of it."""

    subject: str
    level: Verdict
    at_ms: int


@dataclass(frozen=True, slots=True)
class Check:
    """One expected event of one fault, and when it came."""

    fault: Fault
    expected: Expected
    at_ms: int | None = None

    @property
    def outcome(self) -> Outcome:
        """Return whether it came, and within its span of simulated time."""
        if self.at_ms is None:
            return Outcome.PENDING
        if self.at_ms < self.expected.from_ms:
            return Outcome.EARLY
        return Outcome.LATE if self.at_ms > self.expected.to_ms else Outcome.CAME


class Watchlist:
    """Compares the events that come with the table of faults.

    The first event of an objective and level counts; what follows on the same objective (it
    recovers, it relapses) is the fault's aftermath. An event of an objective that no fault
    touches, or of a level that is not expected of it, is a surprise.

    Parameters
    ----------
    faults : iterable of Fault
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._checks = {
            (e.subject, e.level): Check(fault, e) for fault in faults for e in fault.expected
        }
        self.surprises: list[Seen] = []

    def see(self, topic: str, event: CloudEvent) -> Check | Seen | None:
        """Take an event; return the expected one that it is, or what it is instead, if news."""
        level = _OPENED.get(topic)
        if level is None or not event.type.endswith(".opened.v1"):
            return None
        at_ms = round(datetime.fromisoformat(event.time).timestamp() * 1000)
        check = self._checks.get((event.subject, level))
        if check is None:
            self.surprises.append(Seen(event.subject, level, at_ms))
            return self.surprises[-1]
        if check.at_ms is not None:
            return None
        check = Check(check.fault, check.expected, at_ms)
        self._checks[event.subject, level] = check
        return check

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return every expected event in the order of the table."""
        return tuple(self._checks.values())

    @property
    def subjects(self) -> frozenset[str]:
        """Return the objectives that a fault touches."""
        return frozenset(subject for subject, _ in self._checks)

    @property
    def complete(self) -> bool:
        """Whether every expected event came in time."""
        return all(check.outcome is Outcome.CAME for check in self.checks)
