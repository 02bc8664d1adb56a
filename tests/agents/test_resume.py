"""Sources are closed between a rebalance and the seek that follows it."""

import sys
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from agents.resume import Fetched, ResumingConsumer
from slm_stream.codec import topics

SOURCE, CHANGELOG = TP(topics.TRANSACTIONS, 0), TP("slm-stream-sli-changelog", 0)


class Thread:
    """A fetching thread that counts seeks, as the real one does."""

    def __init__(self) -> None:
        self.seeks = 4
        self.sought: dict[TP, int] = {}

    async def seek_wait(self, partitions: dict[TP, int]) -> None:
        """Note the seek."""
        self.seeks += 1
        self.sought.update(partitions)


class Monitor:
    """Restores to one offset."""

    def __init__(self) -> None:
        self.restored: set[int] = set()

    def restore(self, owned: set[int]) -> dict[TP, int]:
        """Note what is restored."""
        self.restored |= owned
        return dict.fromkeys([SOURCE], 17) if owned else {}


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a consumer that owns partition 0 and gets what `coming` says."""
    consumer: Any = object.__new__(ResumingConsumer)
    consumer.__dict__.update(
        _accepted_seeks=sys.maxsize,
        _thread=Thread(),
        _committed_offset={},
        transport=type("Transport", (), {"monitor": Monitor()}),
        flow_active=True,
        coming=(),
    )
    owned = {TP(topics.TICKS, 0), SOURCE, CHANGELOG}

    async def wait(self: Any, timeout: float) -> tuple[Any, Any]:
        seeks = self.coming
        fetched = Fetched({SOURCE: ["run"], CHANGELOG: ["record"]})
        fetched.seeks = seeks
        return fetched, owned

    monkeypatch.setattr(driver.Consumer, "_wait_next_records", wait)
    monkeypatch.setattr(ResumingConsumer, "assignment", lambda _: owned)
    return consumer


async def fetch(consumer: Any, seeks: int) -> set[TP]:
    """Return of which partitions records are let through that were taken after `seeks` seeks."""
    consumer.coming = seeks
    records, _ = await consumer._wait_next_records(1.0)
    return set(records)


async def test_only_what_was_taken_after_the_seek_is_let_through(consumer: Any) -> None:
    """Changelogs flow at all times, sources only from the seek on."""
    assert await fetch(consumer, 4) == {CHANGELOG}

    await consumer.perform_seek()

    assert consumer._thread.sought == {SOURCE: 17}
    assert consumer._committed_offset == {SOURCE: 17}
    assert await fetch(consumer, 4) == {CHANGELOG}
    assert await fetch(consumer, 5) == {SOURCE, CHANGELOG}


async def test_what_is_taken_right_after_the_seek_is_not_lost(consumer: Any) -> None:
    """Records of the sought offset may be here before the seek is told to be done."""
    seen = []
    seek_wait = consumer._thread.seek_wait

    async def slow(partitions: dict[TP, int]) -> None:
        await seek_wait(partitions)
        seen.append(await fetch(consumer, 5))

    consumer._thread.seek_wait = slow
    await consumer.perform_seek()

    assert seen == [{SOURCE, CHANGELOG}]


async def test_a_seek_in_the_middle_of_a_rebalance_restores_nothing(consumer: Any) -> None:
    """Faust's plain path asks for one: the rebalance has an end of its own, with a seek."""
    consumer.flow_active = False

    await consumer.perform_seek()

    assert consumer.transport.monitor.restored == set()
    assert await fetch(consumer, 4) == {CHANGELOG}


async def test_a_rebalance_closes_the_sources_again(consumer: Any) -> None:
    """From the moment that the flow stops nothing of the sources comes through."""
    await consumer.perform_seek()
    consumer.can_resume_flow = consumer.suspend_flow = type(
        "Event", (), {"clear": lambda _: None, "set": lambda _: None}
    )()

    consumer.stop_flow()

    assert await fetch(consumer, 5) == {CHANGELOG}
