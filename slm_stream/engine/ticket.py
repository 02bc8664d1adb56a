"""One incident as the list of its updates; everything else follows from the list."""

from bisect import insort
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

import msgspec

from slm_stream.codec.messages import IncidentUpdate
from slm_stream.codec.state import UpdateBlob
from slm_stream.domain.incident import IncidentStatus, Step, history
from slm_stream.engine.rows import Series

DONE = (IncidentStatus.RESOLVED, IncidentStatus.CLOSED)
_RANK = {str(status): i for i, status in enumerate(IncidentStatus)}


class Counted(NamedTuple):
    """What a ticket adds to a series in one minute."""

    minute: int
    bad: int
    valid: int


@dataclass(slots=True)
class Ticket:
    """One incident of one service.

    Updates stand in the order of their instants, those of one instant in that of `_order`, so
    that the order of their arrival decides nothing. `counted` is what they add to each series,
    by column.
    """

    incident: str
    updates: list[UpdateBlob] = field(default_factory=list)
    applied: dict[str, int] = field(default_factory=dict)
    counted: dict[int, tuple[Counted, ...]] = field(default_factory=dict)
    _steps: tuple[Step, ...] | None = None

    def add(self, update: UpdateBlob) -> bool:
        """Take an update; False where it was known already."""
        content = _content(update)
        for known in self.updates:
            if _content(known) == content or (update.update and known.update == update.update):
                return False
        insort(self.updates, update, key=_order)
        self._steps = None
        return True

    def latest(self, name: str) -> Any:
        """Return the newest value that any update gave a field; its empty value otherwise.

        ``reopened`` is no field: it tells whether the ticket ever was.
        """
        if name == "reopened":
            return any(update.status == IncidentStatus.REOPENED for update in self.updates)
        for update in reversed(self.updates):
            value = getattr(update, name)
            if value not in ("", None):
                return value
        return getattr(self.updates[-1], name)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return what happened to the ticket, in time order, in whole seconds."""
        if self._steps is None:
            self._steps = _steps_of(self.updates)
        return self._steps

    def as_of(self, offset: int) -> "Ticket":
        """Return the ticket as it was known at an offset of the log."""
        known = [update for update in self.updates if update.offset <= offset]
        return self if len(known) == len(self.updates) else Ticket(self.incident, known)

    def outage(self) -> tuple[int, int | None] | None:
        """Return the outage that the ticket reports; its end is None while it lasts.

        Where no update gives instants, it lasts from the first update until the ticket is
        resolved for good. A ticket that is cancelled, and not taken up again, reports none.
        """
        done = list(takewhile(lambda u: u.status in DONE, reversed(self.updates)))
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


class Watch(NamedTuple):
    """A clock that is not done: from when it is near its deadline, and from when overdue."""

    near_ms: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ticket adds to one series.

    Attributes
    ----------
    counts : tuple of Counted
        One for each promise that is kept or broken.
    watches : tuple of Watch
        One for each clock that runs, or is overdue.
    wake_ms : tuple of int
        Instants at which it would be another outcome though nobody touches the ticket.
    """

    counts: tuple[Counted, ...] = ()
    watches: tuple[Watch, ...] = ()
    wake_ms: tuple[int, ...] = ()


class TicketCounter(Protocol):
    """Counts tickets for one series."""

    @property
    def series(self) -> Series:
        """Return what is counted."""

    def outcome(self, ticket: Ticket, now_ms: int) -> Outcome:
        """Return what a ticket adds, a pure function of its updates and of time."""


def update_of(message: IncidentUpdate, offset: int) -> UpdateBlob:
    """Return a message as a ticket keeps it."""
    values = {name: getattr(message, name) for name in UpdateBlob.__struct_fields__[:-1]}
    return UpdateBlob(**values, offset=offset)


def _content(update: UpdateBlob) -> tuple[Any, ...]:
    """Return all that an update says, wherever the log has it."""
    return msgspec.structs.astuple(update)[:-1]


def _order(update: UpdateBlob) -> tuple[Any, ...]:
    """Return what sorts updates: their instant, then the order of a life without a relapse."""
    return update.at_ms, _RANK[update.status], update.update, repr(_content(update))


def _steps_of(updates: list[UpdateBlob]) -> tuple[Step, ...]:
    ends = [update.impact_end_ms for update in updates if update.impact_end_ms is not None]
    steps = [
        Step(
            update.at_ms // 1000,
            IncidentStatus(update.status),
            update.priority,
            update.group,
            update.category,
            update.impact,
            update.public,
            update.first_contact,
        )
        for update in updates
    ]
    return history(steps, ends[-1] // 1000 if ends else None)
