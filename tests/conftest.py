"""The one thing that many tests share: a real broker."""

import os
import uuid
from collections.abc import Iterator

import pytest

from slm_stream.adapters.local_kafka import LocalKafka
from slm_stream.errors import UnavailableError


def miss(reason: str) -> None:
    """Skip because something is missing; under CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Address of a real broker: SLM_TEST_BROKER, or one of this session's own."""
    given = os.environ.get("SLM_TEST_BROKER")
    if given:
        yield given
        return
    broker = LocalKafka()
    try:
        broker.start()
    except UnavailableError as error:
        miss(str(error))
    yield broker.bootstrap
    broker.stop()


@pytest.fixture
def unique() -> str:
    """Return a prefix for names on a broker that tests share."""
    return f"t{uuid.uuid4().hex[:8]}."
