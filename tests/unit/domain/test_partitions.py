"""The key rule of Kafka's Java client."""

from aiokafka.partitioner import murmur2 as theirs
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.partitions import murmur2


@given(st.binary(max_size=40))
def test_murmur2_is_aiokafkas(key: bytes) -> None:
    """Any key hashes as it does there, as an unsigned number."""
    assert murmur2(key) == theirs(key) & 0xFFFFFFFF
