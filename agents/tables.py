"""Faust tables that carry the state: written behind, each write with a receipt."""

from collections.abc import Iterator
from typing import Any

import faust

from slm_stream.codec.state import HEAD, parse_key


class StateTable(faust.Table):  # type: ignore[type-arg]
    """A plain table written outside of stream iteration, by partition.

    Faust's own flush may return before everything is sent, and its buffer sends one message at a
    time for all partitions. So writes go straight to the producer, each with its receipt.
    """

    async def write(self, partition: int, key: bytes, value: bytes | None) -> Any:
        """Set or (with None) delete a key; return the future of its changelog record."""
        if value is None:
            self.data.pop(key, None)
        else:
            self.data[key] = value
        producer = await self.app.maybe_start_producer()
        return await producer.send(self.changelog_topic_name, key, value, partition, None, None)

    def items_of(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Return what is held of one partition."""
        prefix = b"%d/" % partition
        return ((key, value) for key, value in self.data.items() if key.startswith(prefix))

    def forget(self, keep: set[int]) -> None:
        """Drop what the memory store still holds of partitions that are not kept.

        Faust itself drops only keys that came by changelog, not those written here.
        """
        gone = [key for key in self.data if int(key.partition(b"/")[0]) not in keep]
        for key in gone:
            self.data.pop(key, None)


class Tables:
    """The SLI table (evidence) and the SLA table (levels), as one store of blobs."""

    def __init__(self, sli: StateTable, sla: StateTable) -> None:
        self.sli = sli
        self.sla = sla

    def get(self, key: bytes) -> bytes | None:
        """Return a blob of evidence."""
        value: bytes | None = self.sli.data.get(key)
        return value

    async def write(self, partition: int, key: bytes, value: bytes | None) -> Any:
        """Write a blob to the table of its kind; return the future of its delivery."""
        table = self.sla if parse_key(key)[1] == HEAD else self.sli
        return await table.write(partition, key, value)

    def items_of(self, partition: int) -> list[tuple[bytes, bytes]]:
        """Return all blobs of one partition."""
        return [*self.sli.items_of(partition), *self.sla.items_of(partition)]

    def forget(self, keep: set[int]) -> None:
        """Drop what is held of partitions that are not kept."""
        self.sli.forget(keep)
        self.sla.forget(keep)
