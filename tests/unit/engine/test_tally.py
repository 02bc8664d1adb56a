"""Conditions over batches: every operator, text, and what has no value."""

import numpy as np
import pytest

from slm_stream.codec.messages import Probe, Transaction
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.engine.plan import make_plan
from slm_stream.engine.tally import Tallier
from slm_stream.testing import EngineDriver, agreement

T0 = 1_772_359_200_000  # 2026-03-01T10:00Z
HOUR = ComplianceWindow(rolling_s=3600)


def bad_and_valid(condition: Condition, *messages: Probe | Transaction) -> tuple[int, int]:
    """Return what an indicator with one condition on what is good counts."""
    source = Source.PROBES if isinstance(messages[0], Probe) else Source.TRANSACTIONS
    indicator = Indicator("i", IndicatorKind.RATIO, source, good=(condition,))
    promise = agreement("checkout", Objective("o", "i", 10**7, HOUR))
    driver = EngineDriver((Service("checkout", (indicator,)),), (promise,))
    driver.send(*messages)
    driver.tick(T0 + 60_000)
    standing = driver.standings()["sla-checkout/o"]
    return standing.bad, standing.valid


@pytest.mark.parametrize(
    ("op", "n_good"), [("==", 1), ("!=", 2), ("<", 1), ("<=", 2), (">", 1), (">=", 2)]
)
def test_every_operator(op: str, n_good: int) -> None:
    """Against 5: one below, one equal, one above, and one that has no value and is not good."""
    values = (4.0, 5.0, 6.0, None)
    probes = [Probe("checkout", T0 + i, value=value) for i, value in enumerate(values)]

    assert bad_and_valid(Condition("value", op, 5.0), *probes) == (4 - n_good, 4)


@pytest.mark.parametrize(("op", "n_good"), [("==", 1), ("!=", 2)])
def test_text_is_itself_or_not(op: str, n_good: int) -> None:
    """Of "pay", "login" and a text that no condition names."""
    sold = [Transaction("checkout", T0, operation=name) for name in ("pay", "login", "other")]

    assert bad_and_valid(Condition("operation", op, "pay"), *sold) == (3 - n_good, 3)


def test_a_duration_promise_counts_what_has_no_duration_as_bad() -> None:
    """Exactly the limit is within it; nothing known is not."""
    indicator = Indicator("took", IndicatorKind.DURATION, Source.TRANSACTIONS)
    promise = agreement("checkout", Objective("p95", "took", 5_000_000, HOUR, within_ms=300))
    driver = EngineDriver((Service("checkout", (indicator,)),), (promise,))
    driver.send(
        *(Transaction("checkout", T0, duration_ms=took) for took in (299.9, 300.0, 300.1, None))
    )
    driver.tick(T0 + 60_000)
    standing = driver.standings()["sla-checkout/p95"]

    assert (standing.bad, standing.valid) == (2, 4)


def test_one_count_serves_all_that_ask_for_it() -> None:
    """Two agreements on the same ratio share its columns; another limit has its own."""
    indicator = Indicator("took", IndicatorKind.DURATION, Source.TRANSACTIONS)
    one, other = (
        Objective(name, "took", 5_000_000, HOUR, within_ms=ms)
        for name, ms in (("p95", 300), ("p99", 900))
    )
    plan = make_plan(
        (Service("checkout", (indicator,)),),
        (agreement("checkout", one, other), agreement("checkout", one, id="ola")),
    )

    # The durations themselves, within 300 ms, within 900 ms.
    assert len(plan.series) == 3
    assert plan.rows[0].series is plan.rows[2].series
    assert plan.n_columns == 6


def test_a_batch_over_years_is_counted_by_the_part() -> None:
    """Hours between are not even touched."""
    indicator = Indicator("all", IndicatorKind.RATIO, Source.TRANSACTIONS)
    plan = make_plan((Service("checkout", (indicator,)),), ())
    tallier = Tallier(plan, Source.TRANSACTIONS)
    hours: dict[int, np.ndarray[tuple[int, int], np.dtype[np.int64]]] = {}
    at = np.array([0, 10**11, 10**11 + 60_000])
    from slm_stream.engine.tally import Batch

    tallier.count(
        Batch(np.zeros(3, np.int64), at, {}),
        lambda hour: hours.setdefault(hour, np.zeros((2, 60), np.int64)),
    )

    assert {hour: int(counts[1].sum()) for hour, counts in hours.items()} == {0: 1, 27_777: 2}
