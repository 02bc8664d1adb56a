"""`slm worker` as it is, with a stopwatch: from its first batch to the checkpoint with its last.

It reads, counts, evaluates at every tick, writes checkpoints and levels. The time of start-up
and of scrapes is left out: a scrape comes four times a minute whatever the load.

Run: python -m benchmarks.ours RECORDS [options of `slm worker`]
"""

import sys
from typing import Any

from agents import worker
from agents.monitor import Monitor
from benchmarks.contender import Stopwatch, tell
from slm_stream.cli.worker import app
from slm_stream.codec.topics import TRANSACTIONS

RECORDS = int(sys.argv.pop(1))


class TimedMonitor(Monitor):
    """Says once how long it took until checkpoints held every record."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._watch = Stopwatch()
        self._safe: dict[int, int] = {}
        self._done = False

    async def take(self, event: Any, runs: Any) -> None:
        """Start the watch at the first transaction."""
        if event.message.topic == TRANSACTIONS:
            self._watch.start()
        await super().take(event, runs)

    async def _checkpoint(self, partition: int) -> None:
        applied = self.engine.partition(partition).applied.get(TRANSACTIONS, -1) + 1
        await super()._checkpoint(partition)
        self._safe[partition] = applied
        if not self._done and sum(self._safe.values()) >= RECORDS:
            self._done = True
            tell({"records": RECORDS, **self._watch.read()})


if __name__ == "__main__":
    worker.Monitor = TimedMonitor  # type: ignore[misc]
    sys.modules["slm_stream.agents.worker"] = worker
    app()
