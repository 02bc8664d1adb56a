"""Measurements through the engine without a broker: the clock is the recording's own."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from slm_stream.codec import topics
from slm_stream.codec.messages import (
    Measurement,
    Tick,
)
from slm_stream.codec.runs import Run
from slm_stream.domain.agreement import Agreement
from slm_stream.domain.catalogue import Service
from slm_stream.engine.core import Engine, EngineConfig, Outgoing
from slm_stream.engine.partition import PartitionState
from slm_stream.ports import Standing

Routed = tuple[str, Measurement]

PARTITION = 0
NEVER_MS = 2**60
TICKS_PER_CHECKPOINT = 1_440


class Replay:
    """An engine with one partition, which the caller feeds in the order of event time.

    Like a worker it writes checkpoints, here into memory, and forgets what its windows and the
    limit on corrections no longer need: a recording of years fits.

    Parameters
    ----------
    services : tuple of Service
    agreements : tuple of Agreement
    config : EngineConfig, optional
        By default unchanged levels are never shown anew.
    """

    def __init__(
        self,
        services: tuple[Service, ...],
        agreements: tuple[Agreement, ...],
        config: EngineConfig | None = None,
    ) -> None:
        self._store: dict[bytes, bytes] = {}
        config = config or EngineConfig(refresh_ms=NEVER_MS)
        self.engine = Engine(services, agreements, self._store, config)
        self.engine.assign(PARTITION)
        self._next_offset = dict.fromkeys(topics.INPUTS, 0)
        self._encode = msgspec.json.Encoder().encode
        self._n_ticks = 0

    @property
    def state(self) -> PartitionState:
        """Return what the engine has made of it so far."""
        return self.engine.partition(PARTITION)

    def run(
        self, measurements: Iterable[Routed], *, every_ms: int, until_ms: int | None = None
    ) -> Iterator[Outgoing]:
        """Yield what leaves while measurements come and time passes in steps.

        Time stands at whole multiples of the step. It ends with the first that lies at or
        after the last measurement, or at `until_ms`; what lies after that is left out.

        Parameters
        ----------
        measurements : iterable of (topic, measurement)
            In the order of event time.
        every_ms : int
        until_ms : int, optional
        """
        waiting: dict[str, list[Measurement]] = {}
        now_ms: int | None = None
        for topic, measurement in measurements:
            if until_ms is not None and measurement.at_ms > until_ms:
                break
            if now_ms is None:
                now_ms = -(-measurement.at_ms // every_ms) * every_ms
            while measurement.at_ms > now_ms:
                yield from self._step(waiting, now_ms)
                now_ms += every_ms
            waiting.setdefault(topic, []).append(measurement)
        while now_ms is not None and now_ms < (until_ms or 0):
            yield from self._step(waiting, now_ms)
            now_ms += every_ms
        last_ms = now_ms if until_ms is None else until_ms
        if last_ms is not None:
            yield from self._step(waiting, last_ms)

    def feed(self, topic: str, measurements: Sequence[Measurement]) -> list[Outgoing]:
        """Take measurements of one topic; return what was set aside."""
        newest_ms = max((m.at_ms for m in measurements), default=0)
        values: list[bytes | None] = [self._encode(m) for m in measurements]
        return self._ingest(topic, newest_ms, values)

    def tick(self, now_ms: int) -> list[Outgoing]:
        """Judge every promise at an instant; return the events."""
        self._ingest(topics.TICKS, now_ms, [self._encode(Tick(now_ms))])
        self.engine.evaluate(PARTITION, {})
        self._n_ticks += 1
        if self._n_ticks % TICKS_PER_CHECKPOINT == 0:
            self.checkpoint()
        events = self.engine.leaving(PARTITION)
        self.state.verdicts.left(len(events))
        return events

    def checkpoint(self) -> None:
        """Write what has changed, and let go of what can be read again."""
        for key, blob in self.state.frozen():
            if blob is None:
                self._store.pop(key, None)
            else:
                self._store[key] = blob
        self.state.cool()

    def levels(self) -> list[Outgoing]:
        """Return where every objective in force stands, as a `level` event each."""
        return self.engine.levels(PARTITION)

    def standings(self) -> dict[str, Standing]:
        """Return where every objective stands, by ``agreement/objective``."""
        return {f"{s.agreement}/{s.objective}": s for s in self.engine.standings()}

    def _step(self, waiting: dict[str, list[Measurement]], now_ms: int) -> Iterator[Outgoing]:
        for topic, measurements in waiting.items():
            yield from self.feed(topic, measurements)
        waiting.clear()
        yield from self.tick(now_ms)

    def _ingest(self, topic: str, at_ms: int, values: list[bytes | None]) -> list[Outgoing]:
        if not values:
            return []
        first = self._next_offset[topic]
        last = first + len(values) - 1
        self._next_offset[topic] = last + 1
        return self.engine.ingest(PARTITION, topic, [Run(first, last, at_ms, values)])
