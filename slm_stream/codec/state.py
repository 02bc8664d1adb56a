"""State as blobs: what a worker writes once a second and finds again after a crash.

Four kinds, each with the source offsets applied to it:

* hour: the evidence of one service in one UTC hour
* ticket: the updates of one incident
* head: the levels of one service's objectives, and the events that have not left yet
* marker: where one partition's sources stand, written last

A key is ``partition/kind/service/name``; values start with a version byte.
"""

import zlib
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from slm_stream.errors import RestoreError

VERSION = b"\x01"
HOUR, TICKET, HEAD, MARKER = "h", "i", "l", "m"
_WIDTHS = (np.dtype("<u1"), np.dtype("<u2"), np.dtype("<u4"), np.dtype("<i8"))


class WatchBlob(msgspec.Struct, array_like=True):
    """What one rule made of the hour's probes: its state afterwards, and the changes in it."""

    locations: dict[str, tuple[list[tuple[int, int]], bool | None, int, int, int | None]]
    pending: list[tuple[int, int, int]]
    changes: list[tuple[int, int]]


class HourBlob(msgspec.Struct, array_like=True):
    """Evidence of one service in one hour.

    `tallied` names the series whose columns (bad, valid) `tallies` holds packed; `samples` has
    probe results as (at_ms, location, ok) by series key; `histograms` (bins, counts) and
    `extremes` first start and last end, by series key and, behind it, the minute at which a part
    of the hour begins if that is not 0; `ids` the 8-byte digests of what was counted.
    """

    applied: dict[str, int]
    tallied: list[bytes] = []
    tallies: bytes = b""
    samples: dict[bytes, list[tuple[int, str, bool]]] = {}
    watches: dict[bytes, WatchBlob] = {}
    histograms: dict[bytes, tuple[bytes, bytes]] = {}
    extremes: dict[bytes, tuple[int, int]] = {}
    ids: bytes = b""


class UpdateBlob(msgspec.Struct, array_like=True, frozen=True):
    """One update of a ticket; `offset` is where the log has it, -1 where nobody knows."""

    at_ms: int
    status: str
    priority: str
    update: str
    impact: str
    impact_start_ms: int | None
    impact_end_ms: int | None
    group: str = ""
    category: str = ""
    public: bool | None = None
    first_contact: bool | None = None
    weight: int | None = None
    offset: int = -1


class TicketBlob(msgspec.Struct, array_like=True):
    """All updates of one incident, oldest first."""

    applied: dict[str, int]
    incident: str
    updates: list[UpdateBlob]


class LevelBlob(msgspec.Struct, array_like=True):
    """Where one objective stands: since when, in which episode, and how often it has moved."""

    level: int
    since_ms: int
    episode: str
    transitions: dict[str, int]
    sequence: int
    window_start_ms: int


class EventBlob(msgspec.Struct, array_like=True):
    """One event on its way out."""

    topic: str
    key: str
    value: bytes


class DisagreementBlob(msgspec.Struct, array_like=True):
    """Since when the witnesses of one objective contradict each other, as told; 0 if not told.

    `sequence` counts what was told.
    """

    since_ms: int = 0
    sequence: int = 0


class HeadBlob(msgspec.Struct, array_like=True):
    """Levels of one service by ``agreement/objective@version``, and its outbox.

    `disagreements` are by the same names, of those that ever had one. `judged_ms` is
    the tick up to which they were judged: none before it may move them again.
    `judged_offset` is the last update of an incident that this tick has seen.
    """

    applied: dict[str, int]
    levels: dict[str, LevelBlob]
    outbox: list[EventBlob]
    judged_ms: int
    disagreements: dict[str, DisagreementBlob] = {}
    judged_offset: int = -1


class MarkerBlob(msgspec.Struct, array_like=True):
    """Where one partition stands: last offset and newest event time by topic, evaluated up to.

    `evaluated_offset` is the last update of an incident that the tick `evaluated_ms` has seen.
    """

    applied: dict[str, int]
    newest_ms: dict[str, int]
    evaluated_ms: int
    evaluated_offset: int = -1


T = TypeVar("T", bound=msgspec.Struct)


def key_of(partition: int, kind: str, service: str = "", name: str = "") -> bytes:
    """Return the key of a blob.

    >>> key_of(3, HOUR, "checkout", "490001")
    b'3/h/checkout/490001'
    """
    return f"{partition}/{kind}/{service}/{name}".encode()


def parse_key(key: bytes) -> tuple[int, str, str, str]:
    """Return partition, kind, service and name of a key; a name may hold slashes."""
    partition, kind, service, name = key.decode().split("/", 3)
    return int(partition), kind, service, name


def encode(blob: msgspec.Struct) -> bytes:
    """Return a blob as bytes; compressed, since a quiet hour is mostly zeros."""
    return VERSION + zlib.compress(msgspec.msgpack.encode(blob), 1)


def decode(raw: bytes, kind: type[T]) -> T:
    """Return a blob from bytes; raise RestoreError where this program cannot read it."""
    if raw[:1] != VERSION:
        msg = f"stored state has version {raw[:1]!r}, this program reads {VERSION!r}"
        raise RestoreError(msg)
    try:
        return msgspec.msgpack.decode(zlib.decompress(raw[1:]), type=kind)
    except (zlib.error, msgspec.DecodeError) as error:
        msg = f"stored state cannot be read as {kind.__name__}: {error}"
        raise RestoreError(msg) from error


def pack(columns: NDArray[np.int64]) -> bytes:
    """Return columns of 60 minutes, each in the narrowest width that holds it.

    >>> len(pack(np.zeros((2, 60), np.int64)))
    122
    """
    tops = columns.max(1)
    wide = (tops > 0xFFFFFFFF) | (columns.min(1) < 0)
    codes = np.where(wide, 3, (tops > 0xFF).astype(int) + (tops > 0xFFFF)).tolist()
    return b"".join(
        bytes((code,)) + column.astype(_WIDTHS[code]).tobytes()
        for code, column in zip(codes, columns, strict=True)
    )


def columns_of(blob: HourBlob) -> dict[bytes, NDArray[np.int64]]:
    """Return the columns (bad, valid) of an hour by series key, shape (2, 60) each."""
    columns = unpack(blob.tallies, 2 * len(blob.tallied)).reshape(-1, 2, 60)
    return dict(zip(blob.tallied, columns, strict=True))


def unpack(raw: bytes, n_columns: int) -> NDArray[np.int64]:
    """Return what `pack` took, shape (n_columns, 60).

    >>> columns = np.arange(120).reshape(2, 60) * 70_000
    >>> bool((unpack(pack(columns), 2) == columns).all())
    True
    """
    result = np.empty((n_columns, 60), np.int64)
    at = 0
    for row in range(n_columns):
        width = _WIDTHS[raw[at]]
        result[row] = np.frombuffer(raw, width, 60, at + 1)
        at += 1 + 60 * width.itemsize
    return result
