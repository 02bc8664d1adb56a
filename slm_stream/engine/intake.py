"""One batch of one topic: unreadable, unknown, late and repeated ones out, the rest as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slm_stream.codec.columns import VALUES
from slm_stream.codec.decode import DECODERS, MAX_AT_MS
from slm_stream.codec.runs import Run, offsets_of, timestamps_of

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
FUTURE = "at_ms {} lies ahead of the broker's clock: mend the sender's clock"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that is not counted, and why."""

    offset: int
    value: bytes | None
    reason: str
    detail: str


@dataclass(slots=True)
class Intake:
    """Measurements of known services and believable times, with their offsets."""

    measurements: list[Any]
    service: Int64
    at_ms: Int64
    offsets: Int64
    values: list[bytes | None]
    newest_ms: int
    refused: list[Refusal] = field(default_factory=list)
    late: list[Refusal] = field(default_factory=list)

    def keep(self, chosen: Bool) -> None:
        """Drop what is not chosen."""
        if chosen.all():
            return
        where = np.flatnonzero(chosen).tolist()
        self.measurements = [self.measurements[i] for i in where]
        self.values = [self.values[i] for i in where]
        self.service = self.service[chosen]
        self.at_ms = self.at_ms[chosen]
        self.offsets = self.offsets[chosen]

    def refuse(self, chosen: Bool, reason: str, detail: str) -> None:
        """Set aside what is chosen; `detail` may name ``{at_ms}`` and ``{service}``."""
        if not chosen.any():
            return
        for i in np.flatnonzero(chosen).tolist():
            m = self.measurements[i]
            text = detail.format(at_ms=m.at_ms, service=getattr(m, "service", ""))
            self.refused.append(Refusal(int(self.offsets[i]), self.values[i], reason, text))
        self.keep(~chosen)


@dataclass(frozen=True, slots=True)
class Limits:
    """How late and how early a measurement may be.

    `skew_ms` is how far ahead of the broker's own clock a measurement may lie.
    """

    lateness_ms: int
    skew_ms: int = 300_000


def take_in(
    topic: str, runs: Sequence[Run], index: dict[str, int], newest_ms: int, limits: Limits
) -> Intake:
    """Decode a batch and sort out what cannot be counted.

    Lateness is decided by the newest event time *before* each record, in the order of the log,
    so it does not depend on how the records were batched.

    Parameters
    ----------
    topic : str
    runs : sequence of Run
    index : dict of str to int
        Known services and their positions.
    newest_ms : int
        Newest event time of this topic and partition before the batch.
    limits : Limits
    """
    values = runs[0].values if len(runs) == 1 else [v for run in runs for v in run.values]
    measurements, unreadable = DECODERS[topic].decode(values)
    offsets = offsets_of(runs)
    stamped = timestamps_of(runs)
    refused = []
    if unreadable:
        readable = np.ones(len(values), bool)
        for position, error in unreadable:
            readable[position] = False
            refused.append(
                Refusal(int(offsets[position]), values[position], error.reason, error.detail)
            )
        offsets, stamped = offsets[readable], stamped[readable]
        values = [value for value, good in zip(values, readable.tolist(), strict=True) if good]
    get = index.get
    service = np.array([get(name, -1) for name in VALUES["service"](measurements)], np.int64)
    at_ms = np.array(VALUES["at_ms"](measurements), np.int64)
    batch = Intake(measurements, service, at_ms, offsets, values, newest_ms, refused)
    known = service >= 0
    ahead = (at_ms > stamped + limits.skew_ms) | (at_ms < 0) | (at_ms > MAX_AT_MS)
    if ahead.any():
        stamped, known = stamped[~ahead], known[~ahead]
        batch.refuse(
            ahead,
            "future",
            FUTURE.format("{at_ms}"),
        )
    if not known.all():
        batch.refuse(
            ~known, "unknown_service", "no service {service!r} in the catalogue of this partition"
        )
    _set_late_aside(batch, limits.lateness_ms)
    return batch


def _set_late_aside(batch: Intake, lateness_ms: int) -> None:
    if not len(batch.at_ms):
        return
    before = np.maximum.accumulate(np.concatenate(([batch.newest_ms], batch.at_ms)))
    batch.newest_ms = int(before[-1])
    late = batch.at_ms < before[:-1] - lateness_ms
    if not late.any():
        return
    for i in np.flatnonzero(late).tolist():
        behind_s = (int(before[i]) - int(batch.at_ms[i])) / 1000
        batch.late.append(
            Refusal(int(batch.offsets[i]), batch.values[i], "late", f"{behind_s:.3f} s behind")
        )
    batch.keep(~late)
