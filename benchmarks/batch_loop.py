"""The bare batch loop: what our way of reading costs without anything around it.

Whole record batches out of aiokafka's fetcher, as `agents/batches.py` takes them, then the same
tally as the plain loop. No Faust, no state, no verdicts: an upper bound, not a program to run.

Run: python -m benchmarks.batch_loop BROKER TOPIC RECORDS
"""

import asyncio
import gc
import sys
from typing import Any

from aiokafka import AIOKafkaConsumer

from agents.batches import MAX_RECORDS, take
from benchmarks.contender import Stopwatch, tell
from benchmarks.tally import Tally


async def read(broker: str, topic: str, records: int) -> dict[str, Any]:
    """Read so many records; return the time it took and what was counted."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False
    )
    tally, watch = Tally(), Stopwatch()
    await consumer.start()
    gc.freeze()
    while tally.n < records:
        values = await _take_some(consumer._fetcher)
        if values:
            watch.start()
            tally.add(values)
    took = watch.read()
    await consumer.stop()
    return {"records": tally.n, **took, "groups": tally.groups()}


async def _take_some(fetcher: Any) -> list[bytes]:
    """Return payloads of as many fetched partitions as make up `MAX_RECORDS`."""
    if not fetcher._records:
        await asyncio.wait([fetcher._create_fetch_waiter()], timeout=1.0)
    values: list[Any] = []
    for partition, result in list(fetcher._records.items()):
        for run in take(result, MAX_RECORDS - len(values)):
            values += run.values
        if not result.has_more():
            del fetcher._records[partition]
            fetcher._notify(fetcher._wait_consume_future)
        if len(values) >= MAX_RECORDS:
            break
    return values


if __name__ == "__main__":
    tell(asyncio.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
