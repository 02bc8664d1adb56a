"""Payloads to measurements: what is unreadable is named, whatever stands beside it."""

import pytest

from slm_stream.codec.decode import DECODERS
from slm_stream.codec.topics import INCIDENTS, PROBES, TICKS, TRANSACTIONS

GOOD = b'{"service":"shop","at_ms":1,"incident":"INC-1","status":"opened"}'


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (TRANSACTIONS, b'{"service":"shop","at_ms":%d}' % 2**63),
        (TRANSACTIONS, b'{"service":"shop","at_ms":%d}' % (-(2**63) - 1)),
        (TRANSACTIONS, b'{"service":"shop","at_ms":1,"status":%d}' % 10**400),
        (PROBES, b'{"service":"shop","at_ms":%d}' % 10**30),
        (INCIDENTS, GOOD[:-1] + b',"impact_end_ms":%d}' % 10**30),
        (TICKS, b'{"at_ms":%d}' % 10**30),
    ],
)
def test_a_number_too_large_for_any_column_is_refused(topic: str, payload: bytes) -> None:
    """JSON allows integers of any length; one that passed would end the worker."""
    measurements, ((position, error),) = DECODERS[topic].decode([payload])
    assert (measurements, position, error.reason) == ([], 0, "invalid")


def test_what_is_unreadable_leaves_its_neighbours_as_they_were() -> None:
    """Two objects in one payload are no message, and neither is no value at all."""
    payloads = [GOOD, GOOD + b"," + GOOD, None, b"[]", GOOD]
    measurements, refused = DECODERS[INCIDENTS].decode(payloads)
    assert [m.incident for m in measurements] == ["INC-1", "INC-1"]
    assert [(at, error.reason) for at, error in refused] == [
        (1, "not_json"),
        (2, "empty"),
        (3, "invalid"),
    ]
