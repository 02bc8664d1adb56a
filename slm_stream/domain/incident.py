"""Tickets: what one says from update to update, and which group had it when."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from slm_stream.domain.clock import ClockReading


class IncidentStatus(StrEnum):
    """What an update says about a ticket, in the order of a life without a relapse."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    CANCELLED = "cancelled"


class Step(NamedTuple):
    """What a ticket says at one update.

    Attributes
    ----------
    at_s : int
        When.
    status : IncidentStatus
        What the update says of it.
    priority, group, category, impact : str
        As the update says, or the last one before it that said so; empty while none has.
    public, first_contact : bool or None
        Whether the customer sees this update of the provider's, and whether the ticket was
        solved at the first contact; None where the update does not say so.
    first : bool
        Whether nothing is known of the ticket before.
    restored : bool
        Whether this is no update but the end of the outage that the ticket reports.
    """

    at_s: int
    status: IncidentStatus
    priority: str = ""
    group: str = ""
    category: str = ""
    impact: str = ""
    public: bool | None = None
    first_contact: bool | None = None
    first: bool = False
    restored: bool = False


class Held(NamedTuple):
    """A span in which a group had a ticket; the last one has no end."""

    group: str
    start_s: int
    end_s: int | None


def history(updates: Iterable[Step], restored_at_s: int | None = None) -> tuple[Step, ...]:
    """Return a ticket's updates, in time order, each with all that was known by then.

    Parameters
    ----------
    updates : iterable of Step
        As they came: what an update leaves out is empty.
    restored_at_s : int, optional
        The end of the outage that the ticket reports. It becomes a step of its own, not before
        the first update and after those of the same second.

    Examples
    --------
    >>> opened = Step(0, IncidentStatus.OPENED, priority="P1", group="desk")
    >>> moved = Step(60, IncidentStatus.IN_PROGRESS, group="network")
    >>> for step in history([opened, moved], restored_at_s=30):
    ...     print(step.at_s, step.priority, step.group, step.first, step.restored)
    0 P1 desk True False
    30 P1 desk False True
    60 P1 network False False
    """
    steps: list[Step] = []
    priority = group = category = impact = ""
    for update in updates:
        priority, group = update.priority or priority, update.group or group
        category, impact = update.category or category, update.impact or impact
        steps.append(
            Step(
                update.at_s,
                update.status,
                priority,
                group,
                category,
                impact,
                update.public,
                update.first_contact,
                not steps,
            )
        )
    if restored_at_s is not None and steps:
        at_s = max(restored_at_s, steps[0].at_s)
        n_before = sum(step.at_s <= at_s for step in steps)
        end = steps[n_before - 1]._replace(at_s=at_s, first=False, restored=True)
        steps.insert(n_before, end._replace(public=None, first_contact=None))
    return tuple(steps)


def holders(steps: Sequence[Step]) -> tuple[Held, ...]:
    """Return which group had a ticket when, oldest first; its name is empty while none is told.

    >>> opened = IncidentStatus.OPENED
    >>> holders([Step(0, opened, group="a"), Step(9, opened, group="b")])
    (Held(group='a', start_s=0, end_s=9), Held(group='b', start_s=9, end_s=None))
    """
    changes = [step for i, step in enumerate(steps) if i == 0 or step.group != steps[i - 1].group]
    ends = [*(step.at_s for step in changes[1:]), None]
    return tuple(Held(s.group, s.at_s, end) for s, end in zip(changes, ends, strict=True))


def elapsed_by_group(reading: ClockReading, steps: Sequence[Step]) -> dict[str, int]:
    """Return the agreed seconds that a clock ran while each group had the ticket.

    Groups come in the order in which they first had it; the seconds add up to
    `reading.elapsed_s`, but for a ticket that nobody had yet.
    """
    result: dict[str, int] = {}
    for held in holders(steps):
        seconds = 0
        for start_s, end_s in reading.runs:
            low = max(start_s, held.start_s)
            high = end_s if held.end_s is None else min(end_s, held.end_s)
            seconds += reading.calendar.open_seconds(low, high) if low < high else 0
        result[held.group] = result.get(held.group, 0) + seconds
    return result
