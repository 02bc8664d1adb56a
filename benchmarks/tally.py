"""The group-by of the plain and the batch loop: by service and minute, in columns."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

MINUTE_MS = 60_000
Groups = dict[str, list[float]]
"""By ``service/minute``: how many, how many ok, milliseconds in all."""


class Transaction(msgspec.Struct, gc=False):
    """What is on the wire."""

    service: str
    at_ms: int
    ok: bool
    duration_ms: float
    status: int


class Tally:
    """Counts by service and minute."""

    def __init__(self) -> None:
        self.n = 0
        self._groups: dict[tuple[str, int], list[float]] = {}
        self._codes: dict[str, int] = {}
        self._decode = msgspec.json.Decoder(list[Transaction]).decode

    def add(self, values: Sequence[bytes]) -> None:
        """Decode payloads in one call, group them, merge the few groups."""
        transactions = self._decode(b"[" + b",".join(values) + b"]")
        codes = self._codes
        for name in {t.service for t in transactions} - codes.keys():
            codes[name] = len(codes)
        service = np.array([codes[t.service] for t in transactions])
        minute = np.array([t.at_ms for t in transactions]) // MINUTE_MS
        first = int(minute.min())
        width = int(minute.max()) - first + 1
        cell = service * width + (minute - first)
        n = np.bincount(cell)
        ok = np.bincount(cell, np.array([t.ok for t in transactions]))
        took_ms = np.bincount(cell, np.array([t.duration_ms for t in transactions]))
        self._merge(first, width, n, ok, took_ms)
        self.n += len(transactions)

    def groups(self) -> Groups:
        """Return what has been counted."""
        return {f"{service}/{minute}": figures for (service, minute), figures in self._sorted()}

    def _sorted(self) -> list[tuple[tuple[str, int], list[float]]]:
        return sorted(self._groups.items())

    def _merge(self, first: int, width: int, *columns: NDArray[np.float64]) -> None:
        names = list(self._codes)
        for cell in np.flatnonzero(columns[0]).tolist():
            key = names[cell // width], first + cell % width
            have = self._groups.setdefault(key, [0, 0, 0.0])
            for i, column in enumerate(columns):
                have[i] += float(column[cell])
