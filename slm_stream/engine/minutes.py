"""The verdict of every minute of an availability objective, in runs of minutes that are alike."""

from itertools import groupby
from typing import Any

from slm_stream.codec.events import rfc3339
from slm_stream.domain.timeline import STATES
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.domain.witnesses import minute_verdicts
from slm_stream.engine.partition import PartitionState
from slm_stream.engine.rows import Row


def minute_runs(
    state: PartitionState, row: Row, start_ms: int, end_ms: int
) -> list[dict[str, Any]]:
    """Return runs of minutes with the same verdict, while the agreement is in force.

    Each has `start` and `end`, the `state` (up, degraded, down, excluded or unknown), the
    `witness` that decided it, and whether the minutes are `agreed`: only those count.

    Parameters
    ----------
    state : PartitionState
    row : Row
        Of an AVAILABILITY objective.
    start_ms, end_ms : int
        Minutes that have not passed at the last evaluation are left out.
    """
    agreement = row.agreement
    low = max(start_ms, agreement.effective_from_ms)
    high = min(end_ms, state.evaluated_ms)
    if agreement.effective_to_ms is not None:
        high = min(high, agreement.effective_to_ms)
    first, end = -(-low // MINUTE_MS), high // MINUTE_MS
    if first >= end:
        return []
    findings = state.availability.findings(row.series, first * MINUTE_MS, end * MINUTE_MS)
    verdicts = minute_verdicts(findings, first, end - first)
    masks = {
        hour: agreement.calendar.minute_mask(hour).tolist()
        for hour in range(first // 60, (end - 1) // 60 + 1)
    }
    minutes = [
        (minute, *verdict, masks[minute // 60][minute % 60])
        for minute, verdict in enumerate(verdicts, first)
    ]
    runs = []
    for (verdict, witness, agreed), run in groupby(minutes, key=lambda minute: minute[1:]):
        members = list(run)
        runs.append(
            {
                "objective": row.key,
                "start": rfc3339(members[0][0] * MINUTE_MS),
                "end": rfc3339((members[-1][0] + 1) * MINUTE_MS),
                "state": STATES[verdict],
                "witness": None if witness is None else str(witness),
                "agreed": agreed,
            }
        )
    return runs
