"""The plain loop that a good engineer writes without a stream engine.

`getmany` of aiokafka, msgspec, columns in numpy, the records of a poll at once
counted by service and minute: how many, how many ok, milliseconds in all. Nothing is stored,
nothing is judged, a crash loses everything.

Run: python -m benchmarks.plain_loop BROKER TOPIC RECORDS
"""

import asyncio
import sys
from typing import Any

from aiokafka import AIOKafkaConsumer

from benchmarks.contender import Stopwatch, tell
from benchmarks.tally import Tally

MAX_RECORDS = 20_000


async def read(broker: str, topic: str, records: int) -> dict[str, Any]:
    """Read so many records; return the time it took and what was counted."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False
    )
    tally, watch = Tally(), Stopwatch()
    await consumer.start()
    while tally.n < records:
        polled = await consumer.getmany(timeout_ms=1000, max_records=MAX_RECORDS)
        if polled:
            watch.start()
            tally.add([record.value for batch in polled.values() for record in batch])
    took = watch.read()
    await consumer.stop()
    return {"records": tally.n, **took, "groups": tally.groups()}


if __name__ == "__main__":
    tell(asyncio.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
