"""Shares of tickets: how many of those that were opened are, or were, of some sort."""

from dataclasses import dataclass

from slm_stream.domain.conditions import holds
from slm_stream.domain.incident import IncidentStatus
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.engine.rows import Series
from slm_stream.engine.ticket import Counted, Outcome, Ticket


@dataclass(frozen=True, slots=True)
class ShareCounter:
    """Counts a ticket in the minute in which it was opened, by what is known of it now.

    A later update may change what it counts as: the share of the time of its opening is then
    another. A ticket that is cancelled, and not taken up again, counts nowhere.
    """

    series: Series

    def outcome(self, ticket: Ticket, now_ms: int) -> Outcome:
        """Return what a ticket adds: its weight, and that much bad unless it is good."""
        del now_ms  # nothing but an update changes it
        series = self.series
        cancelled = ticket.updates[-1].status == IncidentStatus.CANCELLED
        if cancelled or not all(holds(c, ticket.latest(c.field)) for c in series.valid):
            return Outcome()
        weight = ticket.latest(series.weight) if series.weight else 1
        weight = 1 if weight is None else int(weight)
        if series.bad:
            bad = min(weight, int(ticket.latest(series.bad) or 0))
        else:
            good = all(holds(c, ticket.latest(c.field)) for c in series.good)
            bad = 0 if good else weight
        return Outcome((Counted(ticket.updates[0].at_ms // MINUTE_MS, bad, weight),))
