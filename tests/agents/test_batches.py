"""Whole record batches out of a fetch: nothing is lost, repeated or invented."""

from collections import defaultdict
from typing import Any

import pytest
from aiokafka.errors import CorruptRecordException
from faust import types

from agents.batches import BatchConsumer, Envelope, take
from slm_stream.codec.runs import Run, offsets_of
from tests.agents.records import ABORT, AT_MS, CODECS, COMMIT, batch, fetched, position

TP = types.TP("slm.transactions.v1", 3)


def contents(runs: list[Run]) -> list[tuple[int, bytes | None]]:
    """Return (offset, payload) of all records."""
    values = [value for run in runs for value in run.values]
    return list(zip(offsets_of(runs).tolist(), values, strict=True))


@pytest.mark.parametrize("codec", CODECS)
async def test_every_codec_gives_the_same_payloads(codec: str) -> None:
    """A compressed batch is one run, as a plain one is."""
    result = fetched(batch(5, [(0, b"a"), (1, b"b"), (2, None)], codec=codec), at=5)

    runs = take(result, 100)

    assert runs == [Run(5, 7, AT_MS, [b"a", b"b", None])]
    assert position(result) == 8
    assert not result.has_more()


async def test_a_batch_of_one_record_is_a_run() -> None:
    """The smallest batches come one after the other, each with its offset."""
    runs = take(fetched(batch(0, [(0, b"a")]), batch(1, [(0, b"b")])), 100)

    assert contents(runs) == [(0, b"a"), (1, b"b")]


async def test_holes_keep_their_offsets() -> None:
    """Where compaction took records away, the rest is told with its own offsets."""
    runs = take(fetched(batch(10, [(0, b"a"), (3, b"d"), (9, b"j")]), at=10), 100)

    assert contents(runs) == [(10, b"a"), (13, b"d"), (19, b"j")]
    assert runs[0].last == 19


async def test_a_rewound_fetch_starts_inside_a_batch() -> None:
    """Of a batch that begins before the wanted offset only the rest is taken."""
    result = fetched(batch(0, [(k, b"%d" % k) for k in range(5)], codec="lz4"), at=3)

    assert contents(take(result, 100)) == [(3, b"3"), (4, b"4")]
    assert position(result) == 5


async def test_a_batch_is_never_split() -> None:
    """The limit is looked at between batches; what is left comes with the next call."""
    result = fetched(batch(0, [(0, b"a"), (1, b"b")]), batch(2, [(0, b"c")]))

    first, second = take(result, 1), take(result, 1)

    assert (contents(first), contents(second)) == ([(0, b"a"), (1, b"b")], [(2, b"c")])
    assert not result.has_more()


async def test_markers_count_as_read() -> None:
    """A marker is an empty run: its offset is applied, and no lag remains."""
    data = batch(0, [(0, b"a")], producer=7, transactional=True)
    marker = batch(1, [(0, b"\0\0\0\0\0\0")], producer=7, transactional=True, control=COMMIT)

    runs = take(fetched(data, marker), 100)

    assert contents(runs) == [(0, b"a")]
    assert (runs[-1].first, runs[-1].last, runs[-1].values) == (1, 1, [])


async def test_aborted_records_never_happened() -> None:
    """Of two transactions of one producer the aborted one is left out, the next is not."""
    values = b"\0\0\0\0\0\0"
    log = (
        batch(0, [(0, b"no"), (1, b"no")], producer=7, transactional=True),
        batch(2, [(0, b"other")]),
        batch(3, [(0, values)], producer=7, transactional=True, control=ABORT),
        batch(4, [(0, b"yes")], producer=7, transactional=True),
        batch(5, [(0, values)], producer=7, transactional=True, control=COMMIT),
    )

    runs = take(fetched(*log, aborted=[(7, 0)]), 100)

    assert contents(runs) == [(2, b"other"), (4, b"yes")]
    assert [(run.first, run.last) for run in runs] == [(0, 1), (2, 2), (3, 3), (4, 4), (5, 5)]


async def test_a_moved_position_invalidates_what_was_fetched() -> None:
    """After a seek the records of before are not handed out."""
    result = fetched(batch(0, [(0, b"a")]))
    result._assignment.state_value(result._topic_partition).seek(7)

    assert take(result, 100) == []


async def test_damaged_bytes_are_refused() -> None:
    """A batch whose checksum is wrong is an error, not data."""
    raw = bytearray(batch(0, [(0, b"aaaa")]))
    raw[-2] ^= 0xFF

    with pytest.raises(CorruptRecordException):
        take(fetched(bytes(raw)), 100)


class Ledger(BatchConsumer):
    """A consumer's book-keeping of acknowledgements, without a broker."""

    def __init__(self, committed: int | None) -> None:
        self._acked: Any = defaultdict(list)
        self._acked_index: Any = defaultdict(set)
        self._committed_offset: Any = defaultdict(lambda: committed)
        self._unacked_messages: Any = set()
        self._n_acked = 0
        self._waiting_for_ack = None
        self.app: Any = type("App", (), {"topics": type("Topics", (), {"acks_enabled_for": any})})

    def deliver(self, first: int, last: int) -> Envelope:
        """Return an envelope in flight."""
        message = Envelope(*TP, last, 0.0, 0, [], None, b"", None, 0, 0, TP)
        message.first = first
        self._unacked_messages.add(message)
        return message


def test_an_acknowledged_envelope_commits_all_its_records() -> None:
    """Offsets inside an envelope have no message of their own, and are committed with it."""
    ledger = Ledger(committed=10)
    envelope = ledger.deliver(10, 19)

    assert ledger._new_offset(TP) is None
    assert envelope.on_final_ack(ledger)
    assert ledger._new_offset(TP) == 20


def test_nothing_is_committed_past_an_envelope_in_flight() -> None:
    """A later envelope that is done waits for an earlier one; then both are committed."""
    ledger = Ledger(committed=10)
    early, late = ledger.deliver(10, 19), ledger.deliver(20, 29)

    late.on_final_ack(ledger)
    assert ledger._new_offset(TP) is None

    early.on_final_ack(ledger)
    assert ledger._new_offset(TP) == 30


def test_a_second_acknowledgement_changes_nothing() -> None:
    """What was acknowledged twice is committed once."""
    ledger = Ledger(committed=None)
    envelope = ledger.deliver(0, 4)

    assert envelope.on_final_ack(ledger)
    assert not envelope.on_final_ack(ledger)
    assert ledger._new_offset(TP) == 5
    assert ledger._new_offset(TP) is None
