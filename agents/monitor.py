"""One worker's engine on Faust: batches in, checkpoints, events out, restore on assignment."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from faust.types import TP

from slm_stream.codec import topics
from slm_stream.codec.runs import Run
from slm_stream.engine.core import Engine, Outgoing
from slm_stream.errors import FencedError
from slm_stream.ports import Count, Delays, Standing

from .logs import LOGGER
from .tables import Tables

logger = logging.getLogger(LOGGER)

CHECKPOINT_S = 1.0


class Monitor:
    """Drives the engine with what Faust delivers; the view that the metrics page reads.

    Parameters
    ----------
    app : faust.App
    engine : Engine
    tables : Tables
    session_timeout_s : float
        A process that slept for longer may no longer own what it thinks it owns.
    """

    def __init__(self, app: Any, engine: Engine, tables: Tables, session_timeout_s: float) -> None:
        self.app = app
        self.engine = engine
        self.tables = tables
        self.delays = Delays()
        self.restoring = True
        self._session_timeout_s = session_timeout_s
        self._alive_s = time.monotonic()
        self._ticked_s = self._alive_s
        self._written_s: dict[int, float] = {}
        self._writing: set[int] = set()
        self._wanted: set[int] = set()
        self._unacked: dict[int, list[Any]] = {}
        self._aside: dict[int, list[Outgoing]] = {}
        self._lags: dict[tuple[str, int], int] = {}
        self._checkpointed_at_ms: int | None = None

    async def take(self, event: Any, runs: list[Run]) -> None:
        """Apply one batch; checkpoint when a level has moved or a second has passed."""
        message = event.message
        partition, topic = message.partition, message.topic
        if not self.engine.owns(partition):
            return  # revoked meanwhile; whoever owns it reads the batch again
        self._aside.setdefault(partition, []).extend(self.engine.ingest(partition, topic, runs))
        self._unacked.setdefault(partition, []).append(event)
        if topic == topics.TICKS:
            self._ticked_s = time.monotonic()
        moved = self.engine.evaluate(partition, self._caught_up(partition))
        since = time.monotonic() - self._written_s.get(partition, 0.0)
        if moved or since >= CHECKPOINT_S:
            await self.checkpoint(partition)

    async def checkpoint(self, partition: int) -> None:
        """Write what has changed, then the marker; then let events leave.

        All of it is taken at one instant: batches applied while the broker acknowledges belong
        to the next checkpoint.
        """
        if partition in self._writing:
            self._wanted.add(partition)
            return
        self._writing.add(partition)
        try:
            self._wanted.add(partition)
            while partition in self._wanted and self.engine.owns(partition):
                self._wanted.discard(partition)
                await self._checkpoint(partition)
        finally:
            self._writing.discard(partition)

    async def _checkpoint(self, partition: int) -> None:
        self.fence()
        state = self.engine.partition(partition)
        began_s, began_ms = time.monotonic(), int(time.time() * 1000)
        self._written_s[partition] = began_s
        blobs, marker = state.frozen(), state.marker()
        leaving, refreshed = self.engine.leaving(partition), self.engine.refreshed(partition)
        acks, aside = self._unacked.pop(partition, []), self._aside.pop(partition, [])
        sent = [await self.tables.write(partition, key, value) for key, value in blobs]
        # To the same partition: what was set aside keeps its order.
        sent += [await self._send(each, partition) for each in aside]
        await asyncio.gather(*sent)
        if not self._still(partition, state):
            return
        sent = [await self._send(event) for event in (*leaving, *refreshed)]
        await asyncio.gather(await self.tables.write(partition, *marker), *sent)
        if not self._still(partition, state):
            return
        state.verdicts.left(len(leaving))
        state.cool()
        for event in acks:
            event.ack()
        if leaving:
            self.delays.observe(time.time() - state.evaluated_ms / 1000)
        self.engine.counts.add(Count.CHECKPOINTS)
        self._checkpointed_at_ms = began_ms

    async def finish(self) -> None:
        """Write a last checkpoint of everything, so that the next owner has nothing to repeat."""
        await asyncio.gather(*(self.checkpoint(each) for each in self.engine.partitions))

    async def tick(self, now_ms: int) -> None:
        """Send the clock to every owned partition."""
        for partition in self.engine.partitions:
            tick = Outgoing(topics.TICKS, None, b'{"at_ms":%d}' % now_ms, ())
            await self._send(tick, partition)

    def alive(self) -> None:
        """Note that the process runs; one that slept may have lost its partitions unnoticed."""
        self.fence()
        self._alive_s = time.monotonic()

    def fence(self) -> None:
        """Raise FencedError rather than write for partitions that others may own by now."""
        silent_s = time.monotonic() - self._alive_s
        if silent_s > self._session_timeout_s:
            msg = f"the process slept for {silent_s:.0f} s, its partitions may be another's by now"
            raise FencedError(msg)

    def stuck_s(self) -> float:
        """Return for how long no tick has been processed, though partitions are owned."""
        if self.restoring or not self.engine.partitions:
            self._ticked_s = time.monotonic()
        return time.monotonic() - self._ticked_s

    def revoke(self) -> None:
        """Drop everything; the next owner goes on from the last checkpoint."""
        if self.engine.partitions:
            logger.info("partitions %s taken away", _listed(self.engine.partitions))
        self.restoring = True
        self.engine.revoke()
        self._unacked.clear()
        self._aside.clear()
        self._written_s.clear()
        self._lags = {}

    def restore(self, partitions: Iterable[int]) -> dict[TP, int]:
        """Take over partitions from the tables; return where to read their sources on."""
        began_s = time.monotonic()
        owned = set(partitions)
        self.revoke()
        self.tables.forget(owned)
        resume = {}
        for partition in sorted(owned):
            applied = self.engine.assign(partition, self.tables.items_of(partition))
            for topic in topics.INPUTS:
                resume[TP(topic, partition)] = applied.get(topic, -1) + 1
        self.restoring = False
        self._alive_s = time.monotonic()
        took_s = self._alive_s - began_s
        logger.info("partitions %s restored in %.1f s", _listed(owned), took_s)
        return resume

    def owned_partitions(self) -> tuple[int, ...]:
        """Return the partitions that this worker owns."""
        return self.engine.partitions

    def standings(self) -> tuple[Standing, ...]:
        """Return one standing per objective of the owned partitions."""
        return self.engine.standings()

    def watermarks_ms(self) -> dict[int, int]:
        """Return the event time up to which each owned partition is evaluated."""
        return self.engine.watermarks_ms()

    def lags(self) -> dict[tuple[str, int], int]:
        """Return records not yet applied, by topic and owned partition."""
        return dict(self._lags)

    def counts(self) -> dict[tuple[str, ...], int]:
        """Return the counters of this process."""
        return self.engine.counts.snapshot()

    def detection_delays(self) -> tuple[tuple[int, ...], float]:
        """Return how long transitions took from event time to sending."""
        return self.delays.snapshot()

    def checkpointed_at_ms(self) -> int | None:
        """Return the wall-clock time up to which all is checkpointed."""
        return self._checkpointed_at_ms

    def _caught_up(self, partition: int) -> dict[str, bool]:
        """Return by topic whether all that the broker has was applied; note the lag."""
        applied = self.engine.partition(partition).applied
        result = {}
        for topic in topics.MEASUREMENTS:
            end = self.app.consumer.highwater(TP(topic, partition))
            lag = None if end is None else max(0, end - applied.get(topic, -1) - 1)
            self._lags[topic, partition] = lag or 0
            result[topic] = lag == 0
        return result

    def _still(self, partition: int, state: Any) -> bool:
        return self.engine.owns(partition) and self.engine.partition(partition) is state

    async def _send(self, outgoing: Outgoing, partition: int | None = None) -> Any:
        """Hand a record to the producer; return the future of its delivery."""
        producer = await self.app.maybe_start_producer()
        headers = list(outgoing.headers)
        return await producer.send(
            outgoing.topic, outgoing.key, outgoing.value, partition, None, headers
        )


def _listed(partitions: Iterable[int]) -> str:
    """Return partitions as people write them.

    >>> _listed({0, 1, 2, 5, 7, 8})
    '0-2, 5, 7-8'
    """
    spans: list[list[int]] = []
    for each in sorted(partitions):
        if spans and each == spans[-1][1] + 1:
            spans[-1][1] = each
        else:
            spans.append([each, each])
    return ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in spans) or "none"
