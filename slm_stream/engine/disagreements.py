"""Witnesses that contradict each other for longer than agreed: told when it opens and closes."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec import events, topics
from slm_stream.codec.state import DisagreementBlob, EventBlob
from slm_stream.domain.timeline import STATES
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.engine.availability import Availability
from slm_stream.engine.rows import Row


class Disagreements:
    """What has been told of the disagreements of one partition.

    They are looked at up to the last whole minute, about which transactions have spoken too,
    and measured in agreed time: at night nobody opens a ticket.

    Parameters
    ----------
    rows : list of Row
    source : str
        ``source`` of the events.
    """

    def __init__(self, rows: list[Row], source: str) -> None:
        self._source = source
        self._rows = [
            (i, row)
            for i, row in enumerate(rows)
            if len(row.series.witnesses) > 1 and row.objective.witness_rule.disagreement_s
        ]
        self._told: dict[str, dict[str, DisagreementBlob]] = {}

    def judge(
        self,
        availability: Availability,
        now_ms: int,
        in_force: NDArray[np.bool_],
        again: NDArray[np.bool_],
    ) -> list[tuple[str, EventBlob]]:
        """Return the events of disagreements that open or close at an instant, by service.

        Parameters
        ----------
        availability : Availability
        now_ms : int
        in_force : ndarray of bool, shape (n_rows,)
            Whose agreements hold; what one that has ended still has open is closed.
        again : ndarray of bool, shape (n_rows,)
            What has been judged at this instant before a crash is left as it is.
        """
        until_ms = now_ms // MINUTE_MS * MINUTE_MS
        found = []
        for index, row in self._rows:
            if again[index]:
                continue
            holds = in_force[index] and until_ms > row.agreement.effective_from_ms
            since_ms = availability.contradicting_since(row.series, until_ms) if holds else None
            told = self._told.get(row.service, {}).get(row.name, DisagreementBlob())
            if told.since_ms and since_ms is None:
                found.append(self._event(row, "closed", told, availability, now_ms))
            elif not told.since_ms and since_ms is not None and _is_long(row, since_ms, until_ms):
                told = DisagreementBlob(since_ms, told.sequence)
                found.append(self._event(row, "opened", told, availability, now_ms))
        return found

    def told(self, service: str) -> dict[str, DisagreementBlob]:
        """Return what has been told of one service, for its stored state."""
        return self._told.get(service, {})

    def restore(self, service: str, told: Mapping[str, DisagreementBlob]) -> None:
        """Take over what was told before a restart."""
        self._told[service] = dict(told)

    def _event(
        self,
        row: Row,
        what: str,
        told: DisagreementBlob,
        availability: Availability,
        now_ms: int,
    ) -> tuple[str, EventBlob]:
        opens, until_ms = what == "opened", now_ms // MINUTE_MS * MINUTE_MS
        said = availability.said(row.series, until_ms - 1)
        spans = availability.contradictions(row.series, told.since_ms, until_ms)
        ended_ms = spans[-1][1] if spans else told.since_ms
        sequence = told.sequence + 1
        data = events.DisagreementData(
            service=row.service,
            agreement=row.agreement.id,
            version=row.agreement.version,
            objective=row.objective.name,
            indicator=row.objective.indicator,
            since=events.rfc3339(told.since_ms),
            until=None if opens else events.rfc3339(ended_ms),
            limit_s=row.objective.witness_rule.disagreement_s,
            witnesses={str(source): STATES[state] for source, state in said.items()},
        )
        value = events.event(
            f"witnesses.disagree.{what}",
            data,
            source=self._source,
            at_ms=now_ms,
            sequence=sequence,
            episode=events.episode_id(row.key, row.agreement.version, told.since_ms),
        )
        mine = self._told.setdefault(row.service, {})
        mine[row.name] = DisagreementBlob(told.since_ms if opens else 0, sequence)
        return row.service, EventBlob(topics.DISAGREEMENTS, row.key, value)


def _is_long(row: Row, since_ms: int, until_ms: int) -> bool:
    """Whether a disagreement has lasted for longer than agreed, in agreed time."""
    agreed_s = row.agreement.calendar.open_seconds(-(-since_ms // 1000), until_ms // 1000)
    return agreed_s > row.objective.witness_rule.disagreement_s
