"""What agents/ overrides or calls though nobody promises it: pinned to the versions we read.

When a new version fails here, read what has changed, look at what we do with it, and write the
new digest down (the failure shows it).
"""

from hashlib import blake2b
from importlib import import_module
from importlib.metadata import version
from inspect import getsource

import pytest

from agents.batches import PRIVATE

VERSIONS = {"aiokafka": "0.14.0", "faust-streaming": "0.15.3", "mode-streaming": "0.7.1"}
DIGESTS = {
    "Consumer._drain_messages": "c25c498f",
    "Consumer._new_offset": "cd5711e9",
    "Consumer._to_message": "3353d0f0",
    "Consumer._wait_next_records": "881cccf8",
    "Consumer.perform_seek": "175fdda3",
    "Consumer.seek_wait": "4513e011",
    "Consumer.stop_flow": "e8df7a88",
    "Consumer._new_consumer_thread": "fc3fb245",
    "Producer._new_producer": "a97d9ed1",
    "Producer._settings_extra": "e507561e",
    "AIOKafkaConsumerThread._create_worker_consumer": "89e6d171",
    "AIOKafkaConsumerThread._fetch_records": "b26e1965",
    "AIOKafkaConsumerThread._seek_wait": "eca819cd",
    "TableManager._update_channels": "e502083a",
    "TableManager.on_start": "894edbc5",
    "Service._crash": "f96af576",
    "Worker._on_sigterm": "c3e141a3",
    "Worker._sentinel_task": "499276a3",
    "AIOKafkaClient.send": "a9d5d357",
    "Fetcher._create_fetch_waiter": "2b1200e3",
    "Fetcher._notify": "65f6bbb7",
    "FetchResult._update_position": "35d93347",
    "FetchResult.check_assignment": "9c7785de",
    "FetchResult.getall": "0f1c9ead",
    "FetchResult.has_more": "95422c6f",
    "PartitionRecords._consume_aborted_up_to": "21810266",
    "PartitionRecords._contains_abort_marker": "5a7d4e77",
}
PARTS = [(owner, name) for owner, names in PRIVATE.items() for name in names]


def test_the_versions_are_those_that_were_read() -> None:
    """Another version of these three needs another look."""
    assert {name: version(name) for name in VERSIONS} == VERSIONS


@pytest.mark.parametrize(("owner", "name"), PARTS)
def test_a_private_part_is_as_it_was(owner: str, name: str) -> None:
    """Each part exists, and its source has not changed since it was read."""
    module, _, kind = owner.partition(":")
    part = getattr(getattr(import_module(module), kind), name)

    digest = blake2b(getsource(part).encode(), digest_size=4).hexdigest()

    assert DIGESTS.get(f"{kind}.{name}") == digest


def test_every_digest_belongs_to_a_part() -> None:
    """No digest outlives what it was written for."""
    known = {f"{owner.partition(':')[2]}.{name}" for owner, name in PARTS}

    assert DIGESTS.keys() == known
