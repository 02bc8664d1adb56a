"""Checkpoints of a partition: what is written, and what memory lets go of."""

import pytest

from slm_stream.codec.messages import Transaction
from slm_stream.codec.state import VERSION
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.engine.core import EngineConfig
from slm_stream.engine.partition import WARM_HOURS
from slm_stream.errors import RestoreError
from slm_stream.testing import EngineDriver, agreement

T0 = 1_772_359_200_000  # 2026-03-01T10:00Z
HOUR_MS = 3_600_000
ALL = Indicator("all", IndicatorKind.RATIO, Source.TRANSACTIONS)
SERVICE = Service("checkout", (ALL,))
WEEK = ComplianceWindow(rolling_s=7 * 86_400)
PROMISE = agreement("checkout", Objective("all", "all", 10**7, WEEK))


def fresh(**config: int) -> EngineDriver:
    """Return a driver of one service."""
    return EngineDriver((SERVICE,), (PROMISE,), EngineConfig(**config))  # type: ignore[arg-type]


def test_memory_lets_go_of_nothing_that_is_not_written() -> None:
    """Batches that came while the broker took its time belong to the next checkpoint."""
    driver = fresh()
    hours = WARM_HOURS + 20
    state = driver.engine.partition(0)
    state.frozen()
    driver.send(*(Transaction("checkout", T0 + n * HOUR_MS) for n in range(hours)))
    driver.deliver()
    state.cool()
    driver.tick(T0 + hours * HOUR_MS)
    driver.crash()
    driver.tick(T0 + hours * HOUR_MS + 1)

    assert driver.standings()["sla-checkout/all"].valid == hours


def test_cold_hours_are_read_again_when_something_late_comes() -> None:
    """The counts of a stored hour and the late one add up."""
    driver = fresh()
    hours = WARM_HOURS + 5
    config = driver.engine.config.lateness_ms
    assert config["slm.transactions.v1"] == HOUR_MS
    driver.send(*(Transaction("checkout", T0 + n * HOUR_MS) for n in range(hours)))
    driver.tick(T0 + hours * HOUR_MS)
    driver.send(Transaction("checkout", T0 + (hours - 2) * HOUR_MS))
    driver.tick(T0 + hours * HOUR_MS + 1)

    assert driver.standings()["sla-checkout/all"].valid == hours + 1


def test_a_tick_waits_for_a_topic_that_lags() -> None:
    """Until its newest measurement has reached the tick, or nothing is left to come."""
    driver = fresh()
    driver.send(Transaction("checkout", T0), Transaction("checkout", T0 + 30_000))
    driver.deliver(n=1)
    driver.tick(T0 + 20_000, deliver=False)
    assert driver.standings() == {}

    driver.deliver(n=1)
    driver.evaluate()

    assert driver.standings()["sla-checkout/all"].evaluated_at_ms == T0 + 20_000


def test_a_tick_that_waits_is_read_again_after_a_crash() -> None:
    """The marker stands before the first tick that is not evaluated."""
    driver = fresh()
    driver.send(Transaction("checkout", T0), Transaction("checkout", T0 + 90_000))
    driver.deliver(n=1)
    driver.tick(T0 + 60_000, deliver=False)
    driver.crash()
    driver.catch_up()

    assert driver.standings()["sla-checkout/all"].evaluated_at_ms == T0 + 60_000


def test_clocks_do_not_go_back() -> None:
    """A tick of an earlier time, of a worker with a slow clock, changes nothing."""
    driver = fresh()
    driver.tick(T0)
    driver.tick(T0 - 1000)

    assert driver.engine.watermarks_ms() == {0: T0}


def test_hours_behind_all_windows_are_deleted() -> None:
    """A week and an hour of corrections later the first hour's blob is gone."""
    driver = fresh(corrections_h=1)
    driver.send(Transaction("checkout", T0))
    driver.tick(T0 + 60_000)
    key = b"0/h/checkout/%d" % (T0 // HOUR_MS)
    assert key in driver.store

    driver.tick(T0 + 8 * 86_400_000)

    assert key not in driver.store


def test_blobs_of_another_program_version_are_refused() -> None:
    """Crash rather than invent figures."""
    driver = fresh()
    driver.send(Transaction("checkout", T0))
    driver.tick(T0 + 60_000)
    for key, raw in list(driver.store.items()):
        driver.store[key] = b"\x63" + raw[1:]
        with pytest.raises(RestoreError, match="version"):
            driver.crash()
        driver.store[key] = raw
        assert raw[:1] == VERSION
    driver.crash()


def test_blobs_of_services_no_longer_in_the_catalogue_are_left_alone() -> None:
    """Somebody may put the service back."""
    driver = fresh()
    driver.send(Transaction("checkout", T0))
    driver.tick(T0 + 60_000)
    driver._promises = (), ()
    driver.crash()
    driver.tick(T0 + 61_000)

    assert driver.standings() == {}
    assert any(b"/h/checkout/" in key for key in driver.store)
