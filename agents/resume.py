"""Where a worker reads on after an assignment: where its state says, never where it committed.

While Faust restores tables it lets the sources flow already, from the committed offsets. Nothing
of that may reach the engine::

    revoked        tables are read        restored      sources sought
    ---|---------------------------------------|--------------|----------------------------> flow
       batches of sources are dropped          those taken before the seek still are, no others

Seeks run in the thread that fetches, all in one step, so none falls between the draining of a
batch and the note of its position. That thread counts its seeks, and each fetch carries the count
as it was when its batches were taken: whether a batch came before or after is never a guess.
"""

import sys
from collections.abc import Mapping
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from slm_stream.codec.topics import INPUTS, TICKS

FETCH_WAIT_MS = 100
"""How long the broker may hold a fetch for want of data.

aiokafka keeps one fetch in flight per broker, so one that names only idle topics holds back the
busy ones for as long; Faust's 1,500 ms cost four fifths of the throughput and delay a verdict."""


_NONE = sys.maxsize


class Fetched(dict[Any, Any]):
    """Records by partition, and how many seeks had been made when they were taken."""

    seeks: int = 0


class ResumingThread(driver.AIOKafkaConsumerThread):
    """The thread that fetches: only what was committed, and each fetch with its seeks."""

    seeks = 0

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"
        return consumer

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        self.seeks += 1
        await super()._seek_wait(consumer, partitions)

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Fetched:
        # Nothing is awaited between the taking of the batches and this note.
        fetched = Fetched(await self._records(consumer, active_partitions, timeout, max_records))
        fetched.seeks = self.seeks
        return fetched

    async def _records(
        self, consumer: Any, active_partitions: Any, timeout: float | None, max_records: int | None
    ) -> Mapping[Any, Any]:
        if not active_partitions:
            return {}  # aiokafka reads "no partitions" as "all of them"
        return await super()._fetch_records(consumer, active_partitions, timeout, max_records)


class ResumingConsumer(driver.Consumer):
    """A consumer whose sources stay closed until its state is back."""

    transport: Any
    _thread: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._accepted_seeks = _NONE

    def _new_consumer_thread(self) -> ResumingThread:
        return ResumingThread(self, loop=self.loop, beacon=self.beacon)

    def stop_flow(self) -> None:
        """Close the sources as well: a rebalance has begun, or the end."""
        self._accepted_seeks = _NONE
        super().stop_flow()

    async def perform_seek(self) -> None:
        """Restore the owned partitions, then rewind their sources to what the state has seen.

        Faust calls this at the end of a recovery, and on its plain path also while a rebalance
        is under way; that has an end of its own.
        """
        if not self.flow_active:
            return
        owned = {tp.partition for tp in self.assignment() if tp.topic == TICKS}
        resume: dict[TP, int] = self.transport.monitor.restore(owned)
        self._committed_offset.update({tp: offset or None for tp, offset in resume.items()})
        if resume:
            # All is set before the seek: batches taken right after it may be here before its end.
            self._accepted_seeks = self._thread.seeks + 1
            await self.seek_wait(resume)

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:
        records, active = await super()._wait_next_records(timeout)
        if isinstance(records, Fetched) and records.seeks < self._accepted_seeks:
            records = {tp: batch for tp, batch in records.items() if tp.topic not in INPUTS}
        return records, active


class PlainConsumer(ResumingConsumer):
    """One message per record: slow, and the reference in tests."""
