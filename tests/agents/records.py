"""Record batches as a broker sends them, made with aiokafka's own builder."""

import struct
from collections.abc import Sequence
from typing import Any

from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.record._crc32c import crc as crc32c
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from slm_stream.codec import topics

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
AT_MS = 1_772_323_200_000
TP = TopicPartition(topics.TRANSACTIONS, 3)
COMMIT, ABORT = struct.pack(">hh", 0, 1), struct.pack(">hh", 0, 0)
_BODY = 21
"""Where a batch's attributes begin: what follows is covered by its checksum."""


def batch(
    base: int,
    records: Sequence[tuple[int, bytes | None]],
    *,
    codec: str = "none",
    producer: int = -1,
    transactional: bool = False,
    control: bytes | None = None,
) -> bytes:
    """Return one batch; `records` are (offset delta, value), `control` a marker's key."""
    builder = DefaultRecordBatchBuilder(
        2, CODECS[codec], int(transactional), producer, 0, 0, 1 << 20
    )
    for delta, value in records:
        builder.append(delta, AT_MS + delta, control, value, [])
    raw = bytearray(builder.build())
    struct.pack_into(">q", raw, 0, base)
    if control is not None:
        (attributes,) = struct.unpack_from(">h", raw, _BODY)
        struct.pack_into(">h", raw, _BODY, attributes | 0x20)
        struct.pack_into(">I", raw, _BODY - 4, crc32c(bytes(raw[_BODY:])))
    return bytes(raw)


def fetched(
    *batches: bytes, at: int = 0, aborted: Sequence[tuple[int, int]] = (), committed: bool = True
) -> FetchResult:
    """Return what a fetch from offset `at` brought."""
    subscription = SubscriptionState()
    subscription.assign_from_user([TP])
    assignment = subscription.subscription.assignment
    assignment.state_value(TP).seek(at)
    part = PartitionRecords(
        TP,
        MemoryRecords(b"".join(batches)),
        list(aborted),
        at,
        None,
        None,
        True,
        1 if committed else 0,
    )
    return FetchResult(TP, assignment=assignment, partition_records=part, backoff=0)


def position(result: Any) -> int:
    """Return the offset that the next fetch would ask for."""
    return int(result._assignment.state_value(TP).position)
