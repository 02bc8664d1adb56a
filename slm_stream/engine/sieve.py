"""What of a batch is counted: nothing too old, nothing that was counted before."""

from hashlib import blake2b
from typing import Any

import numpy as np

from slm_stream.codec import topics
from slm_stream.domain.windows import HOUR_MS
from slm_stream.engine.evidence import Evidence
from slm_stream.engine.intake import Intake, Refusal
from slm_stream.engine.plan import Plan


class Sieve:
    """Keeps back what must not count, of one partition.

    A measurement is recognised by its identity, which is kept with the hour of its event time as
    8 bytes of a hash, so the memory is bounded as the hours are. A probe result is what one
    location found of one check at one time. Transactions and feedback are told apart by their
    `id`, within the hour of their event time: the same `id` in another hour is another one.
    Transactions are looked up only where the catalogue asks for it. (Incident updates are told
    apart by `Tickets`.)
    """

    def __init__(self, plan: Plan, evidence: Evidence) -> None:
        self._evidence = evidence
        everywhere = np.ones(len(plan.services), bool)
        self._looked_up = {
            topics.TRANSACTIONS: np.array([s.dedupe_transactions for s in plan.services], bool),
            topics.PROBES: everywhere,
            topics.FEEDBACK: everywhere,
        }

    def drop_too_old(self, batch: Intake, oldest_ms: int) -> None:
        """Set aside what lies behind all windows and the limit on corrections."""
        old = batch.at_ms < oldest_ms
        for i in np.flatnonzero(old).tolist():
            batch.late.append(
                Refusal(int(batch.offsets[i]), batch.values[i], "late", "older than all windows")
            )
        batch.keep(~old)

    def skip_seen(self, topic: str, batch: Intake) -> None:
        """Drop what the hour it belongs to had seen before a crash."""
        seen = [
            self._evidence.has(service, at // HOUR_MS)
            and self._evidence.at(service, at // HOUR_MS).applied.get(topic, -1) >= offset
            for service, at, offset in zip(
                batch.service.tolist(), batch.at_ms.tolist(), batch.offsets.tolist(), strict=True
            )
        ]
        batch.keep(~np.array(seen, bool))

    def drop_repeated(self, topic: str, batch: Intake) -> int:
        """Drop what was counted before; return how many."""
        looked_up = self._looked_up[topic]
        if not looked_up.any():
            return 0
        keep = np.ones(len(batch.measurements), bool)
        for i in np.flatnonzero(looked_up[batch.service]).tolist():
            identity = _identity(topic, batch.measurements[i])
            if not identity:
                continue
            service, hour = int(batch.service[i]), int(batch.at_ms[i]) // HOUR_MS
            ids = self._evidence.at(service, hour).ids
            digest = blake2b(f"{topic}|{identity}".encode(), digest_size=8).digest()
            if digest in ids:
                keep[i] = False
            else:
                ids.add(digest)
                self._evidence.mark(service, hour)
        batch.keep(keep)
        return int(np.count_nonzero(~keep))


def _identity(topic: str, measurement: Any) -> str:
    """Return what tells a measurement from others of its topic and hour; "" for nothing."""
    if topic == topics.PROBES:
        return f"{measurement.at_ms}|{measurement.check}|{measurement.location}"
    return str(measurement.id)
