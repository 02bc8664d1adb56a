"""What a log may hold: holes, codecs, rubbish, silence. The worker counts what is right."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import time
from typing import Any

import pytest
from confluent_kafka import Message

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
    send,
    transaction,
    update,
    write_promises,
)

pytestmark = pytest.mark.integration

PARTITIONS = 2
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """Yield a broker that the tests of this file share; each has a service and a group."""
    with cluster(PARTITIONS) as address:
        yield address


def promise(folder: Path, service: str) -> Path:
    """Write a promise about each indicator of one service."""
    objectives: list[dict[str, Any]] = [
        {"name": "success", "indicator": "success", "target": "90 %"},
        {"name": "fast", "indicator": "latency", "within": "100ms", "target": "90 %"},
        {"name": "up", "indicator": "availability", "target": "90 %"},
        {"name": "resolved", "indicator": "resolution", "within": {"P1": "1h"}, "target": "90 %"},
    ]
    return write_promises(
        folder,
        [
            {
                "name": service,
                "indicators": [SUCCESS, LATENCY, AVAILABILITY, RESOLUTION],
                "objectives": [{"window": "1d", "burn": []} | each for each in objectives],
            }
        ],
    )


def counted(broker: str, config: Path, log: Path, *options: str) -> Minutes:
    """Let a worker read all that is there, and return what its tables hold then."""
    app_id = log.name
    with Worker(broker, config, PARTITIONS, log, app_id=app_id, options=options) as worker:
        worker.ready()
        with Tables(broker, config, app_id) as tables:
            tables.wait_for(ends(broker))
            assert worker.stop() == 0, worker.said()
            tables.catch_up()
            return tables.minutes()


def headers_of(record: Message) -> dict[str, str]:
    """Return a record's headers as text."""
    headers: Any = record.headers() or []
    return {name: value.decode() for name, value in headers}


def valid(found: Minutes, what: str = "success:valid") -> int:
    """Return how many measurements a table holds."""
    return sum(n for (_, name, _), n in found.items() if name == what)


def test_the_plain_path_gives_the_same_tables(broker: str, tmp_path: Path) -> None:
    """Faust's own way of one message at a time ends at the very same counts."""
    config, now_ms = promise(tmp_path / "config", "twins"), int(time() * 1000)
    to = producer(broker)
    sent: Minutes = Counter()
    for minute in range(5):
        at_ms = (now_ms // MINUTE_MS - 5 + minute) * MINUTE_MS
        values = [
            transaction("twins", at_ms + k, ok=k % 4 > 0, duration_ms=90 + k % 20)
            for k in range(100)
        ]
        send(to, topics.TRANSACTIONS, "twins", *values)
        send(to, topics.PROBES, "twins", probe("twins", at_ms, ok=minute != 2))
        send(to, topics.INCIDENTS, "twins", update("twins", at_ms, f"INC-{minute}", "opened"))
        key = at_ms // MINUTE_MS
        # Of k = 0..99 every fourth fails; k % 20 = 11..19 take more than 100 ms: 9 of 20.
        sent["twins", "success:valid", key] = sent["twins", "fast:valid", key] = 100
        sent["twins", "success:bad", key], sent["twins", "fast:bad", key] = 25, 45
        sent["twins", "up:failed" if minute == 2 else "up:ok", key] = 1
        sent["twins", "ticket:opened", key] = 1

    assert counted(broker, config, tmp_path / "fast") == sent
    assert counted(broker, config, tmp_path / "plain", "--no-fast") == sent


def test_what_was_aborted_never_happened(broker: str, tmp_path: Path) -> None:
    """Committed transactions count, aborted ones do not, and markers hold nothing up."""
    config, now_ms = promise(tmp_path / "config", "ledger"), int(time() * 1000)
    to = producer(broker, **{"transactional.id": "ledger"})
    to.init_transactions()
    for commit, n in ((True, 5), (False, 7), (True, 11), (False, 1)):
        to.begin_transaction()
        for _ in range(n):
            to.produce(topics.TRANSACTIONS, transaction("ledger", now_ms), b"ledger")
        to.flush()
        to.commit_transaction() if commit else to.abort_transaction()

    found = counted(broker, config, tmp_path / "aborted")

    assert valid(found) == 5 + 11


def test_every_codec_and_lonely_records(broker: str, tmp_path: Path) -> None:
    """Batches of all codecs and batches of one record count alike."""
    config, now_ms = promise(tmp_path / "config", "codecs"), int(time() * 1000)
    for codec in CODECS:
        to = producer(broker, **{"compression.type": codec, "linger.ms": 50})
        send(to, topics.TRANSACTIONS, "codecs", *[transaction("codecs", now_ms)] * 300)
        alone = producer(broker, **{"compression.type": codec, "batch.num.messages": 1})
        send(alone, topics.TRANSACTIONS, "codecs", *[transaction("codecs", now_ms)] * 20)

    found = counted(broker, config, tmp_path / "codecs")

    assert valid(found) == len(CODECS) * 320


def test_rubbish_is_set_aside_in_order(broker: str, tmp_path: Path) -> None:
    """Unreadable messages and unknown services become dead letters; the stream goes on."""
    config, now_ms = promise(tmp_path / "config", "sorter"), int(time() * 1000)
    good = transaction("sorter", now_ms)
    rubbish: list[tuple[bytes | None, str]] = [
        (b"{", "not_json"),
        (b'{"service":"sorter"}', "invalid"),
        (None, "empty"),
        (transaction("nobody", now_ms), "unknown_service"),
        (transaction("sorter", now_ms + 3_600_000), "future"),
        (b"\xff\xfe", "not_json"),
    ]
    values = [each for bad, _ in rubbish for each in (good, bad, good)]
    send(producer(broker), topics.TRANSACTIONS, "sorter", *values)

    found = counted(broker, config, tmp_path / "sorter")

    assert valid(found) == 2 * len(rubbish)
    with Reader(broker, topics.DEAD_LETTERS) as reader:
        letters = reader.rest()
    by_source = [
        (headers_of(letter), letter.value())
        for letter in letters
        if (letter.value() in [bad for bad, _ in rubbish])
    ]
    assert [value for _, value in by_source] == [bad for bad, _ in rubbish]
    assert [h["slm-reason"] for h, _ in by_source] == [reason for _, reason in rubbish]
    offsets = [int(headers["slm-offset"]) for headers, _ in by_source]
    assert [b - a for a, b in pairwise(offsets)] == [3] * 5
    assert {h["slm-topic"] for h, _ in by_source} == {topics.TRANSACTIONS}
    assert len({h["slm-partition"] for h, _ in by_source}) == 1


def test_an_idle_topic_holds_up_no_verdict(broker: str, tmp_path: Path) -> None:
    """A service whose partition has no probes and no tickets is judged all the same."""
    config, now_ms = promise(tmp_path / "config", "quiet"), int(time() * 1000)
    to = producer(broker)
    with Worker(broker, config, PARTITIONS, tmp_path / "quiet", app_id="quiet") as worker:
        worker.ready()
        send(to, topics.TRANSACTIONS, "quiet", transaction("quiet", now_ms))
        with Reader(broker, topics.LEVELS) as reader:

            def met() -> bool:
                reader.poll(0.1)
                return any(
                    e["data"]["service"] == "quiet" and e["data"]["level"] == "met"
                    for e in reader.events()
                )

            eventually(met, "the level is met", 10)
