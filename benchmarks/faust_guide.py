"""Faust as its user guide teaches it: a `Record`, an agent, a tumbling table of counts.

Run: python -m benchmarks.faust_guide BROKER TOPIC RECORDS
"""

import os
import sys
import tempfile
from typing import Any

import faust

from benchmarks.contender import Stopwatch, tell
from benchmarks.data import PARTITIONS

MINUTE_S = 60


class Transaction(faust.Record, serializer="json"):
    """What is on the wire."""

    service: str
    at_ms: int
    ok: bool
    duration_ms: float
    status: int


def create_app(broker: str, topic: str, records: int) -> Any:
    """Return an app that ends its process once it has counted so many records."""
    app = faust.App(
        f"bench-faust-{os.getpid()}",
        broker=f"kafka://{broker}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="slm-bench-"),
        topic_partitions=PARTITIONS,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
    )
    source = app.topic(topic, value_type=Transaction)
    counts = (
        app.Table("counts", default=int)
        .tumbling(MINUTE_S, expires=86_400)
        .relative_to(lambda event: event.value.at_ms / 1000)
    )
    watch = Stopwatch()

    @app.agent(source)
    async def count(transactions: Any) -> None:
        seen = 0
        async for transaction in transactions:
            watch.start()
            counts[transaction.service] += 1
            seen += 1
            if seen == records:
                _finish({"records": seen, **watch.read(), "groups": _groups(counts)})

    return app


def _groups(counts: Any) -> dict[str, list[int]]:
    return {
        f"{service}/{int(start) // MINUTE_S}": [n]
        for (service, (start, _)), n in counts.table.data.items()
    }


def _finish(result: dict[str, Any]) -> None:
    tell(result)
    os._exit(0)  # its own way out takes seconds


if __name__ == "__main__":
    faust.Worker(
        create_app(sys.argv[1], sys.argv[2], int(sys.argv[3])),
        loglevel="ERROR",
        quiet=True,
        redirect_stdouts=False,
    ).execute_from_commandline()
