"""A million measurements, two workers, one stopped and one killed: every count is exact."""

import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from slm_stream.codec import topics
from tests.integration.servers import eventually
from tests.integration.worker_tools import (
    AVAILABILITY,
    LATENCY,
    MINUTE_MS,
    RESOLUTION,
    SUCCESS,
    Minutes,
    Reader,
    Tables,
    Worker,
    cluster,
    ends,
    probe,
    producer,
    update,
    write_promises,
)

pytestmark = pytest.mark.integration

PARTITIONS = 8
N_MINUTES = 180
PER_MINUTE = 348
SERVICES = [f"service-{i:02}" for i in range(16)]  # 16 * 180 * 348 = 1,002,240 transactions
CHUNKS = 12


def promises(folder: Path) -> Path:
    """Write sixteen services with four objectives each."""
    objectives: list[dict[str, object]] = [
        {"name": "success", "indicator": "success", "target": "98 %", "window": "1d"},
        {"name": "fast", "indicator": "latency", "within": "300ms", "target": "90 %"},
        {"name": "up", "indicator": "availability", "target": "95 %", "window": "1d"},
        {"name": "resolved", "indicator": "resolution", "target": "50 %", "within": {"P1": "1h"}},
    ]
    return write_promises(
        folder,
        [
            {
                "name": name,
                "indicators": [SUCCESS, LATENCY, AVAILABILITY, RESOLUTION],
                "objectives": [{"window": "1d", "burn": [], **each} for each in objectives],
            }
            for name in SERVICES
        ],
    )


def produce_minute(to: Producer, minute: int, sent: Minutes) -> None:
    """Send one minute of every service; note what must be in the tables."""
    start_ms = minute * MINUTE_MS
    for index, name in enumerate(SERVICES):
        key, head = name.encode(), b'{"service":"%s","at_ms":' % name.encode()
        # Which fail and which are slow follows from two counters, so it needs no sum here:
        # every 50th + index fails, every (7 + index)th takes 400 ms.
        fails, slow = 50 + index, 7 + index
        for k in range(PER_MINUTE):
            tail = b',"ok":false' if k % fails == 0 else b""
            tail += b',"duration_ms":400}' if k % slow == 0 else b',"duration_ms":120}'
            to.produce(topics.TRANSACTIONS, head + b"%d" % (start_ms + k * 170) + tail, key)
        to.poll(0)
        n = -(-PER_MINUTE // fails), -(-PER_MINUTE // slow)
        sent[name, "success:valid", minute] = sent[name, "fast:valid", minute] = PER_MINUTE
        sent[name, "success:bad", minute], sent[name, "fast:bad", minute] = n
        for location in ("ams", "fra"):
            ok = minute % 30 != index
            to.produce(topics.PROBES, probe(name, start_ms + 500, ok=ok, location=location), key)
            sent[name, "up:ok" if ok else "up:failed", minute] += 1
        if minute % 10 == 0:
            ticket = f"INC-{index}-{minute}"
            for status in ("opened", "resolved"):
                to.produce(topics.INCIDENTS, update(name, start_ms + 900, ticket, status), key)
                sent[name, f"ticket:{status}", minute] += 1


def test_a_million_measurements_survive_stops_and_kills(tmp_path: Path) -> None:
    """Tables, metrics pages and levels hold exactly what was sent, by service and minute."""
    config = promises(tmp_path / "config")
    sent: Minutes = Counter()
    began = time.monotonic()
    with cluster(PARTITIONS) as broker:

        def worker(name: str) -> Worker:
            return Worker(
                broker, config, PARTITIONS, tmp_path / name, settings={"SLM_REFRESH_S": "1"}
            )

        to = producer(broker, **{"linger.ms": 20, "compression.type": "lz4"})
        first_minute = int(time.time()) // 60 - N_MINUTES
        with worker("a") as a, worker("b") as b, worker("c") as c, worker("d") as d:
            # c and d come later: they are held until their time.
            c.process.send_signal(19)
            d.process.send_signal(19)
            a.ready()
            for chunk in range(CHUNKS):
                step = N_MINUTES // CHUNKS
                for minute in range(chunk * step, (chunk + 1) * step):
                    produce_minute(to, first_minute + minute, sent)
                if chunk == 3:
                    assert a.stop() == 0, a.said()
                    c.process.send_signal(18)
                if chunk == 7:
                    b.kill()
                    d.process.send_signal(18)
            assert to.flush(30) == 0
            produced_s = time.monotonic() - began
            wanted = ends(broker)
            with Tables(broker, config) as tables:
                tables.wait_for(wanted)
                applied_s = time.monotonic() - began
                found = tables.minutes()
            assert sum(n for (_, what, _), n in sent.items() if what == "success:valid") > 1_000_000
            assert found == sent
            survivors_agree(broker, [c, d], sent)
        print(
            f"\n{len(sent)} figures of {sum(sent.values())} are exact; produced in "
            f"{produced_s:.1f} s, applied in {applied_s:.1f} s"
        )


def survivors_agree(broker: str, survivors: list[Worker], sent: Minutes) -> None:
    """Compare metrics pages and levels topic with what was sent: all of it is within a day."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for (service, what, _), n in sent.items():
        name, _, kind = what.partition(":")
        if name in ("success", "fast"):
            totals[service, name, kind] += n

    def shown() -> bool:
        figures: Counter[tuple[str, str, str]] = Counter()
        for worker in survivors:
            for labels, value in worker.metrics().get("slm_window_events", ()):
                if labels["objective"] in ("success", "fast"):
                    at = labels["service"], labels["objective"]
                    figures[*at, "valid"] += int(value)
                    figures[*at, "bad"] += int(value) if labels["result"] == "bad" else 0
        return figures == totals

    eventually(shown, "the metrics pages agree with what was sent", 20)
    with Reader(broker, topics.LEVELS) as reader:

        def told() -> bool:
            reader.poll(0.1)
            latest: dict[tuple[str, str], dict[str, int]] = {}
            for _, record in reader.records:
                data = msgspec.json.decode(record.value() or b"")["data"]
                latest[data["service"], data["objective"]] = data
            figures = Counter(
                {
                    (*at, kind): data[kind]
                    for at, data in latest.items()
                    if at[1] in ("success", "fast")
                    for kind in ("valid", "bad")
                }
            )
            return figures == totals

        eventually(told, "the levels topic agrees with what was sent", 20)
