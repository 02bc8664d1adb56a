"""Record batches as Faust messages: one message per partition and fetch, its value the payloads.

Faust spends two asyncio tasks on every message, and aiokafka builds a `ConsumerRecord` for
every record; that, not Kafka, is what a plain agent waits for. Here the consumer takes whole
record batches out of the fetcher and hands over their payloads as one message. Agents stay
ordinary agents.

This leans on private parts of both libraries, listed in `PRIVATE` and pinned by contract tests;
`resume.PlainConsumer` gives the same results with far fewer of them.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException
from faust.types import TP, ConsumerMessage

from slm_stream.codec.runs import Run
from slm_stream.codec.topics import INPUTS

from .resume import ResumingConsumer, ResumingThread

PRIVATE: Mapping[str, tuple[str, ...]] = {
    "faust.transport.consumer:Consumer": (
        "_drain_messages",
        "_new_offset",
        "_to_message",
        "_wait_next_records",
        "perform_seek",
        "seek_wait",
        "stop_flow",
    ),
    "faust.transport.drivers.aiokafka:Consumer": ("_new_consumer_thread",),
    "faust.transport.drivers.aiokafka:Producer": ("_new_producer", "_settings_extra"),
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread": (
        "_create_worker_consumer",
        "_fetch_records",
        "_seek_wait",
    ),
    "faust.tables.manager:TableManager": ("_update_channels", "on_start"),
    "mode.worker:Worker": ("_sentinel_task", "_setup_logging"),
    "aiokafka.client:AIOKafkaClient": ("send",),
    "aiokafka.consumer.fetcher:Fetcher": ("_create_fetch_waiter", "_notify"),
    "aiokafka.consumer.fetcher:FetchResult": (
        "_update_position",
        "check_assignment",
        "getall",
        "has_more",
    ),
    "aiokafka.consumer.fetcher:PartitionRecords": (
        "_consume_aborted_up_to",
        "_contains_abort_marker",
    ),
}
"""What is overridden or called though the libraries do not promise it, by class."""

MAX_RECORDS = 20_000
"""Records per fetch, about 20 ms of work: it amortises, and stays responsive."""

_APPEND_TIME = 1


def to_run(batch: Any, wanted: int) -> Run:
    """Return the payloads of one record batch from offset `wanted` on.

    A batch can be read only once, and holding its record objects costs more than all the rest
    (the garbage collector walks them): bytes and ints are taken out at once.
    """
    offsets: list[int] = []
    keep = offsets.append
    values = [record.value for record in batch if keep(record.offset) is None]
    first, past = batch.base_offset, batch.next_offset
    # With the broker's time one stamp holds for the batch, else the newest record's bounds it.
    stamp = batch.max_timestamp if batch.timestamp_type == _APPEND_TIME else batch.first_timestamp
    if first >= wanted and len(values) == past - first:
        return Run(first, past - 1, stamp, values)
    kept = [(o, v) for o, v in zip(offsets, values, strict=True) if o >= wanted]
    start = kept[0][0] if kept else max(first, wanted)
    return Run(start, past - 1, stamp, [v for _, v in kept], [o for o, _ in kept])


def take(result: FetchResult, limit: int) -> list[Run]:
    """Drain record batches of one partition until about `limit` records; never split a batch.

    A batch that does not count gives an empty run, so that its offsets count as read.
    """
    if not result.check_assignment(result._topic_partition) or not result.has_more():
        return []
    part = result._partition_records
    runs: list[Run] = []
    taken = 0
    while part._records.has_next() and taken < limit:
        batch = part._records.next_batch()
        if part._check_crcs and not batch.validate_crc():
            msg = f"invalid CRC in {result._topic_partition}"
            raise CorruptRecordException(msg)
        if _counts(part, batch):
            run = to_run(batch, part.next_fetch_offset)
        else:
            run = Run(batch.base_offset, batch.next_offset - 1, batch.max_timestamp, [], [])
        if run.last >= part.next_fetch_offset:
            runs.append(run)
            taken += len(run.values)
        part.next_fetch_offset = batch.next_offset
    result._update_position()
    if not part._records.has_next():
        result._partition_records = None
    return runs


def _counts(part: Any, batch: Any) -> bool:
    """Return whether a batch holds records that happened: markers and aborted ones did not."""
    if part._isolation_level == READ_COMMITTED and batch.producer_id is not None:
        part._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch and part._contains_abort_marker(batch):
            part._aborted_producers.discard(batch.producer_id)
        if batch.is_transactional and batch.producer_id in part._aborted_producers:
            return False
    return not batch.is_control_batch


class BatchThread(ResumingThread):
    """The thread that fetches: hands on record batches of our topics, records of others."""

    async def _records(
        self, consumer: Any, active_partitions: Any, timeout: float | None, max_records: int | None
    ) -> dict[Any, Any]:
        fetcher = consumer._fetcher
        if not self.consumer.flow_active or not active_partitions:
            return {}  # aiokafka reads "no partitions" as "all of them"
        with fetcher._subscriptions.fetch_context():
            if fetcher._subscriptions.reassignment_in_progress:
                await fetcher._subscriptions.wait_for_assignment()
            while True:
                drained = _drain(fetcher, active_partitions)
                if drained or not timeout:
                    return drained
                waiter = fetcher._create_fetch_waiter()
                done, _ = await asyncio.wait([waiter], timeout=timeout)
                if not done or fetcher._closed:
                    waiter.cancel()
                    return {}
                waiter.result()
                timeout = None


def _drain(fetcher: Any, active: Any) -> dict[Any, Any]:
    """Take what has been fetched of the active partitions, up to `MAX_RECORDS`."""
    drained: dict[Any, Any] = {}
    left = MAX_RECORDS
    for tp in list(fetcher._records):
        if tp not in active:
            if not fetcher._subscriptions.is_assigned(tp):
                del fetcher._records[tp]
            continue
        result = fetcher._records[tp]
        if type(result) is not FetchResult:  # an error: raise it when nothing else is at hand
            if drained:
                break
            _done_with(fetcher, tp)
            result.check_raise()
            continue
        got: Any = take(result, left) if tp.topic in INPUTS else result.getall(MAX_RECORDS)
        if not result.has_more():
            _done_with(fetcher, tp)
        if got:
            drained[tp] = got
            left -= sum(len(run.values) for run in got) if tp.topic in INPUTS else len(got)
            if left <= 0:
                break
    return drained


def _done_with(fetcher: Any, tp: Any) -> None:
    del fetcher._records[tp]
    fetcher._notify(fetcher._wait_consume_future)


class BatchConsumer(ResumingConsumer):
    """Delivers envelopes for our topics, and single messages for Faust's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_offset: dict[TP, int] = {}

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Forget what was delivered: records before the last one delivered may come again."""
        await super().seek_wait(partitions)
        for tp in partitions:
            self._next_offset.pop(tp, None)

    def _new_offset(self, tp: TP) -> int | None:
        """Return what to commit: past the last envelope before any that is not acknowledged.

        Faust itself looks for records that are missing in between, one by one.
        """
        if tp.topic not in INPUTS:
            other: int | None = super()._new_offset(tp)
            return other
        flying = [message.offset for message in self._unacked_messages if message.tp == tp]
        done = {offset for offset in self._acked[tp] if not flying or offset < min(flying)}
        if not done:
            return None
        self._acked[tp] = [offset for offset in self._acked[tp] if offset not in done]
        self._acked_index[tp] -= done
        return max(done) + 1

    async def _drain_messages(self, fetcher: Any) -> None:
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            records, active = await self._wait_next_records(1.0)
            generation = self.app.consumer_generation_id
            for tp, batch in (records or {}).items():
                if not self.flow_active or generation != self.app.consumer_generation_id:
                    break
                if active is not None and tp not in active and tp not in self._buffered_partitions:
                    continue
                if tp.topic in INPUTS:
                    await self._deliver(tp, batch, generation)
                else:
                    await self._deliver_singly(tp, batch)
            await asyncio.sleep(0)

    async def _deliver_singly(self, tp: TP, batch: Iterable[Any]) -> None:
        for record in batch:
            await self.wait_first(
                self.callback(self._to_message(tp, record)), self.suspend_flow.wait()
            )
            self._read_offset[tp] = record.offset

    async def _deliver(self, tp: TP, batch: list[Run], generation: int) -> None:
        start = self._next_offset.get(tp, batch[0].first)
        runs = [run for run in batch if run.last >= start]  # a rewound fetch may repeat runs
        if not runs:
            return
        last = runs[-1]
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            last.last,
            last.timestamp_ms / 1000.0,
            0,
            [],
            None,
            runs,  # type: ignore[arg-type]  # payloads of many records
            None,
            0,
            0,
            tp,
            generation_id=generation,
        )
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        self._next_offset[tp] = last.last + 1
        self._read_offset[tp] = last.last
