"""Records of one partition as they came: payloads by the run, never one object a record."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Run(NamedTuple):
    """Consecutive records of one partition.

    Offsets are first, first + 1, ... unless `offsets` says otherwise, which it does only where
    the log has holes (compaction, transactions). `last` may lie beyond the last payload.
    """

    first: int
    last: int
    timestamp_ms: int
    values: list[bytes | None]
    offsets: list[int] | None = None


def offsets_of(runs: Sequence[Run]) -> NDArray[np.int64]:
    """Return the offset of every payload.

    >>> offsets_of([Run(5, 6, 0, [b"a", b"b"]), Run(7, 9, 0, [b"c"], [9])])
    array([5, 6, 9])
    """
    counts = np.array([len(run.values) for run in runs], np.int64)
    before = np.cumsum(counts) - counts
    firsts = np.array([run.first for run in runs], np.int64)
    offsets: NDArray[np.int64] = np.repeat(firsts - before, counts) + np.arange(counts.sum())
    for run, start in zip(runs, before.tolist(), strict=True):
        if run.offsets is not None:
            offsets[start : start + len(run.offsets)] = run.offsets
    return offsets


def timestamps_of(runs: Sequence[Run]) -> NDArray[np.int64]:
    """Return the broker's timestamp of every payload, in milliseconds."""
    counts = [len(run.values) for run in runs]
    return np.repeat(np.array([run.timestamp_ms for run in runs], np.int64), counts)
