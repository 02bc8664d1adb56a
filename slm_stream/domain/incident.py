"""Tickets: how the statuses of an incident move its clocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from slm_stream.domain.clock import ClockAction, ClockEvent


class IncidentStatus(StrEnum):
    """What an update says about a ticket."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    CANCELLED = "cancelled"


class StatusChange(NamedTuple):
    """A ticket took on a status at an instant."""

    at_s: int
    status: IncidentStatus


@dataclass(frozen=True, slots=True)
class ClockRule:
    """What each status does to one clock of a ticket.

    Attributes
    ----------
    name : str
        Which clock: ``resolve``, ``acknowledge``, ...
    actions : mapping of IncidentStatus to ClockActions
        Applied in order, all at the instant of the status; a status that is absent does
        nothing.
    """

    name: str
    actions: Mapping[IncidentStatus, tuple[ClockAction, ...]]

    def override(self, actions: Mapping[IncidentStatus, tuple[ClockAction, ...]]) -> "ClockRule":
        """Return the rule with other actions for some statuses, as an agreement may say.

        >>> until_closed = RESOLVE.override({IncidentStatus.RESOLVED: ()})
        >>> opened, resolved = IncidentStatus.OPENED, IncidentStatus.RESOLVED
        >>> updates = [StatusChange(0, opened), StatusChange(60, resolved)]
        >>> [str(event.action) for event in clock_events(updates, until_closed)]
        ['start']
        """
        return replace(self, actions={**self.actions, **actions})


_GO_ON = (ClockAction.START, ClockAction.RESUME)

RESOLVE = ClockRule(
    "resolve",
    {
        # Not a resumption: "opened" delivered again must not end a pause.
        IncidentStatus.OPENED: (ClockAction.START,),
        # Each of these also starts the clock, in case its opening was never told, and
        # continues it after a resolution.
        IncidentStatus.ACKNOWLEDGED: _GO_ON,
        IncidentStatus.IN_PROGRESS: _GO_ON,
        IncidentStatus.RESUMED: _GO_ON,
        IncidentStatus.REOPENED: _GO_ON,
        IncidentStatus.WAITING: (ClockAction.START, ClockAction.PAUSE),
        IncidentStatus.RESOLVED: (ClockAction.STOP,),
        IncidentStatus.CLOSED: (ClockAction.STOP,),
        IncidentStatus.CANCELLED: (ClockAction.CANCEL,),
    },
)
"""From opening to resolution, without the time in which the ticket waits for others."""


def clock_events(
    updates: Iterable[StatusChange], rule: ClockRule = RESOLVE
) -> tuple[ClockEvent, ...]:
    """Return what a ticket's statuses, in time order, do to the clock of a rule.

    >>> waiting, resumed = IncidentStatus.WAITING, IncidentStatus.RESUMED
    >>> updates = [StatusChange(0, waiting), StatusChange(60, resumed)]
    >>> [(event.at_s, str(event.action)) for event in clock_events(updates)]
    [(0, 'start'), (0, 'pause'), (60, 'start'), (60, 'resume')]
    """
    return tuple(
        ClockEvent(update.at_s, action)
        for update in updates
        for action in rule.actions.get(update.status, ())
    )
