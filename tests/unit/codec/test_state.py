"""Blobs come back as they went, or are refused."""

import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from slm_stream.codec import state
from slm_stream.errors import RestoreError

BLOBS: tuple[msgspec.Struct, ...] = (
    state.MarkerBlob({"t": 5}, {"t": 1}, 7),
    state.TicketBlob({"t": 5}, "I/1", [state.UpdateBlob(1, "opened", "", "", "", None, 3)]),
    state.HeadBlob(
        {}, {"a/b@1": state.LevelBlob(2, 3, "e", {"met": 1}, 4, 5)},
        [state.EventBlob("t", "k", b"v")], 9, {"a/b@1": state.DisagreementBlob(6, 1)},
    ),
    state.HourBlob(
        {"t": 5}, [b"key"], b"tallies", {b"k": [(1, "ams", True)]},
        {b"k": state.WatchBlob({"ams": ([(1, 0)], None, 1, 2, None)}, [(1, 2, 3)], [(4, 1)])},
        {b"k": (b"\x01\x00", b"\x01\x00\x00\x00")}, {b"k": (1, 2)}, b"12345678",
    ),
)  # fmt: skip


@pytest.mark.parametrize("blob", BLOBS, ids=lambda blob: type(blob).__name__)
def test_blobs_come_back(blob: msgspec.Struct) -> None:
    """All fields of every kind."""
    assert state.decode(state.encode(blob), type(blob)) == blob


@pytest.mark.parametrize("blob", BLOBS, ids=lambda blob: type(blob).__name__)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b"\x00" + raw[1:],
        lambda raw: b"\x02" + raw[1:],
        lambda raw: b"",
        lambda raw: raw[:-3],
        lambda raw: state.VERSION + zlib.compress(b"\x93\x01\x02"),
        lambda raw: state.VERSION + zlib.compress(b"\x91\xa1\xff"),
    ],
    ids=["old", "newer", "empty", "cut", "other shape", "not text"],
)
def test_what_cannot_be_read_is_refused(blob: msgspec.Struct, spoil: object) -> None:
    """With the one error that says so."""
    with pytest.raises(RestoreError, match="stored state"):
        state.decode(spoil(state.encode(blob)), type(blob))  # type: ignore[operator]


@given(
    hnp.arrays(
        np.int64,
        st.tuples(st.integers(1, 5), st.just(60)),
        elements=st.sampled_from([0, 1, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, -1, 2**62]),
    )
)
def test_columns_come_back_at_every_width(columns: NDArray[np.int64]) -> None:
    """One, two, four and eight bytes, and negative ones."""
    np.testing.assert_array_equal(state.unpack(state.pack(columns), len(columns)), columns)


@given(st.integers(0, 99), st.text(), st.text().filter(lambda s: "/" not in s))
def test_keys_come_back(partition: int, name: str, service: str) -> None:
    """Names of incidents may hold slashes."""
    key = state.key_of(partition, state.TICKET, service, name)

    assert state.parse_key(key) == (partition, "i", service, name)


def test_a_head_from_before_disagreements_has_none() -> None:
    """A worker reads what an older one wrote."""
    old = msgspec.msgpack.encode(({"t": 5}, {}, [], 9))
    raw = state.VERSION + zlib.compress(old)

    assert state.decode(raw, state.HeadBlob) == state.HeadBlob({"t": 5}, {}, [], 9)
