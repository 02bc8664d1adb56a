"""What every clock of one incident has to say, from its updates."""

from collections.abc import Iterable

from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.agreement import Agreement
from slm_stream.domain.catalogue import IndicatorKind, Service
from slm_stream.domain.clock_rules import RESOLVE, stopped_at
from slm_stream.domain.clock_story import Story, tell
from slm_stream.domain.conditions import holds
from slm_stream.domain.incident import IncidentStatus
from slm_stream.engine.ticket import Ticket, update_of

STATUSES = frozenset(IncidentStatus)


def explain(
    updates: Iterable[IncidentUpdate],
    services: Iterable[Service],
    agreements: Iterable[Agreement],
    at_ms: int,
) -> list[Story]:
    """Return the story of each clock that agreements read of an incident.

    Parameters
    ----------
    updates : iterable of IncidentUpdate
        Of one incident of one service, in any order; repeated ones count once.
    services : iterable of Service
        The catalogue.
    agreements : iterable of Agreement
        Of them those count that are for the service and in force at any time between the first
        update and `at_ms`, and those objectives whose indicator counts the ticket.
    at_ms : int
        The instant of the stories.
    """
    updates = [each for each in updates if each.status in STATUSES]
    service = next((s for s in services if updates and s.name == updates[0].service), None)
    if service is None:
        return []
    ticket = Ticket(updates[0].incident)
    for update in updates:
        ticket.add(update_of(update, -1))
    first_ms = ticket.updates[0].at_ms
    stories = []
    for agreement in agreements:
        over = agreement.effective_to_ms is not None and agreement.effective_to_ms <= first_ms
        if agreement.service != service.name or over or agreement.effective_from_ms > at_ms:
            continue
        for objective in agreement.objectives:
            indicator = service.indicator(objective.indicator)
            if indicator.kind is not IndicatorKind.TIMELINESS:
                continue
            if not all(holds(c, ticket.latest(c.field)) for c in indicator.valid):
                continue
            rule = stopped_at(indicator.clock or RESOLVE, objective.stop_at)
            stories.append(
                tell(
                    ticket.steps,
                    rule,
                    agreement,
                    objective,
                    incident=ticket.incident,
                    at_s=at_ms // 1000,
                )
            )
    return stories
