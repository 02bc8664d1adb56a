"""Verdicts where sums are large: weights of a thousand million, and indexes of many parts."""

import pytest

from slm_stream.codec.messages import Measurement, Probe, Transaction
from slm_stream.domain.agreement import BudgetingMethod, ComplianceWindow, Objective
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.testing import EngineDriver, agreement

TEN = 1_772_445_600_000  # 2026-03-02T10:00Z
HOUR = ComplianceWindow(rolling_s=3600)
MILLIARD = 10**9
IS_OK = Condition("ok", "==", True)


def verdict(
    indicators: tuple[Indicator, ...], objective: Objective, measurements: list[Measurement]
) -> tuple[str, float]:
    """Return verdict and share of one objective, five minutes after ten."""
    driver = EngineDriver((Service("shop", indicators),), (agreement("shop", objective),))
    driver.send(*measurements)
    driver.tick(TEN + 300_000)
    (standing,) = driver.standings().values()
    return standing.verdict, standing.sli


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [(0, "met"), (5 * 10**6, "met"), (8 * 10**6, "near_breach"), (10**7, "near_breach"),
     (10**7 + 1, "breach"), (5 * 10**8, "breach"), (MILLIARD, "breach")],
)  # fmt: skip
@pytest.mark.parametrize("method", BudgetingMethod)
def test_heavy_weights(wrong: int, expected: str, method: BudgetingMethod) -> None:
    """A thousand imports of a milliard records: 1 % may be wrong, exactly that keeps it."""
    accuracy = Indicator(
        "accuracy",
        IndicatorKind.RATIO,
        Source.TRANSACTIONS,
        weight="records",
        bad="wrong_records",
    )
    slices = method is BudgetingMethod.TIMESLICES
    objective = Objective("right", "accuracy", 10**6, HOUR, method=method, slice_target=0.99)
    imports: list[Measurement] = [
        Transaction("shop", TEN + k, records=MILLIARD, wrong_records=wrong) for k in range(1000)
    ]
    found, _ = verdict((accuracy,), objective, imports)
    if slices:  # the one minute is bad, or it is not
        expected = "breach" if wrong > 10**7 else "met"
    assert found == expected


@pytest.mark.parametrize(
    ("n_down", "expected"), [(0, ("met", 1.0)), (10, ("breach", 0.5)), (20, ("breach", 0.0))]
)
def test_an_index_of_many_heavy_parts(n_down: int, expected: tuple[str, float]) -> None:
    """Twenty functions of weight 100 each."""
    parts = [
        Indicator(
            f"part-{k}",
            IndicatorKind.RATIO,
            Source.PROBES,
            (Condition("check", "==", str(k)),),
            (IS_OK,),
        )
        for k in range(20)
    ]
    index = Indicator(
        "index", IndicatorKind.INDEX, None, parts=tuple((part.name, 100) for part in parts)
    )
    checks: list[Measurement] = [
        Probe("shop", TEN, ok=k >= n_down, check=str(k)) for k in range(20)
    ]
    objective = Objective("functions", "index", 10**6, HOUR)
    assert verdict((*parts, index), objective, checks) == expected


def test_a_part_of_heavy_weights() -> None:
    """Half of a million million records are wrong: the index is a half."""
    accuracy = Indicator(
        "accuracy", IndicatorKind.RATIO, Source.TRANSACTIONS, weight="records", bad="wrong_records"
    )
    index = Indicator("index", IndicatorKind.INDEX, None, parts=(("accuracy", 1),))
    imports: list[Measurement] = [
        Transaction("shop", TEN + k, records=MILLIARD, wrong_records=MILLIARD // 2)
        for k in range(1000)
    ]
    objective = Objective("functions", "index", 10**6, HOUR)
    assert verdict((accuracy, index), objective, imports) == ("breach", 0.5)
