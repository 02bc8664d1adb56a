"""Verdicts at their boundaries."""

import numpy as np
import pytest

from slm_stream.domain.agreement import (
    BudgetingMethod,
    BurnPair,
    ComplianceWindow,
    Objective,
    Period,
)
from slm_stream.domain.evaluation import Level, evaluate, terms_of

ROLLING = ComplianceWindow(rolling_s=86_400)
MONTH = ComplianceWindow(period=Period.MONTH)
MET, NEAR, BREACH, NO_DATA = Level.MET, Level.NEAR_BREACH, Level.BREACH, Level.NO_DATA


def judge(
    objective: Objective,
    bad: int,
    valid: int,
    *,
    seen: int = 60,
    agreed: int = 0,
    before: Level = MET,
    lookbacks: tuple[tuple[int, int], ...] = (),
    milliseconds: bool = False,
    clock_near: bool = False,
) -> Level:
    """Judge one objective; lookbacks are (bad, valid), shortest first."""
    outcome = evaluate(
        terms_of([objective], [milliseconds]),
        window=np.array([[bad, valid, seen]]),
        lookbacks=np.array([[[b, v, 9]] for b, v in lookbacks]).reshape(-1, 1, 3),
        agreed=np.array([agreed]),
        clock_near=np.array([clock_near]),
        before=np.array([before]),
    )
    return Level(int(outcome.level[0]))


def promise(window: ComplianceWindow = ROLLING, **parts: object) -> Objective:
    """Return a promise of 99 %."""
    return Objective("o", "i", 1_000_000, window, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bad", "valid", "level"),
    [
        (0, 0, NO_DATA),
        (0, 1000, MET),
        (7, 1000, MET),  # 70 % of the ten that are allowed
        (75, 10_000, NEAR),  # 75 % exactly
        (74, 10_000, MET),
        (10, 1000, NEAR),  # all of it, exactly: kept
        (11, 1000, BREACH),
        (1, 100, NEAR),
        (1, 99, BREACH),
        (10**9, 10**11 - 1, BREACH),  # one part in 10**11 beyond, where floats see none
        (10**9, 10**11, NEAR),
    ],
)
def test_budget_is_counted_exactly(bad: int, valid: int, level: Level) -> None:
    """A breach is more than the budget, near is three quarters of it or more."""
    assert judge(promise(), bad, valid) is level


def test_a_near_breach_ends_below_seventy_percent() -> None:
    """Five points of hysteresis: 71 % stays, 70 % does not, and neither begins one."""
    assert judge(promise(), 71, 10_000, before=NEAR) is NEAR
    assert judge(promise(), 71, 10_000, before=BREACH) is NEAR
    assert judge(promise(), 69, 10_000, before=NEAR) is MET
    assert judge(promise(), 71, 10_000, before=MET) is MET


def test_too_little_is_no_data_but_a_clock_still_warns() -> None:
    """Nine of ten events asked for decide nothing."""
    few = promise(min_valid=10)

    assert judge(few, 9, 9) is NO_DATA
    assert judge(few, 10, 10) is BREACH
    assert judge(few, 0, 0, clock_near=True) is NEAR


def test_a_period_in_time_is_judged_by_all_of_it() -> None:
    """June has 43 200 minutes: 432 may be down, however many have passed."""
    june_ms = 43_200 * 60_000
    month = promise(MONTH)

    def down(minutes: int) -> Level:
        return judge(month, minutes * 60_000, 10**8, agreed=june_ms, milliseconds=True)

    assert [down(n) for n in (323, 324, 432, 433)] == [MET, NEAR, NEAR, BREACH]


def test_a_period_in_minutes_is_too() -> None:
    """The same with whole minutes that met their own target or not."""
    month = promise(MONTH, method=BudgetingMethod.TIMESLICES)

    levels = [judge(month, n, 5000, agreed=43_200) for n in (323, 324, 432, 433)]

    assert levels == [MET, NEAR, NEAR, BREACH]


def test_a_period_of_events_is_judged_by_what_is_expected_or_more() -> None:
    """Of 1000 expected ten may fail, though only 100 came; of 2000 that came, twenty."""
    month = promise(MONTH, expected_volume=1000)

    assert [judge(month, n, 100) for n in (7, 8, 10, 11)] == [MET, NEAR, NEAR, BREACH]
    assert [judge(month, n, 2000) for n in (14, 15, 20, 21)] == [MET, NEAR, NEAR, BREACH]
    # A rolling window knows no such volume.
    assert judge(promise(expected_volume=1000), 2, 100) is BREACH


def test_both_lookbacks_must_burn_faster_than_the_factor() -> None:
    """Factor 2 of 1 %: more than 2 % bad in five minutes and in the hour."""
    burning = promise(burn_pairs=(BurnPair(3600, 300, 2.0, "page"),))

    def fires(short: int, long: int, before: Level = MET) -> bool:
        lookbacks = ((short, 10_000), (long, 10_000))
        return judge(burning, 1, 10**6, lookbacks=lookbacks, before=before) is NEAR

    assert fires(201, 201)
    assert not fires(200, 201)
    assert not fires(201, 200)
    # It clears when the short one falls to 90 % of the factor.
    assert fires(181, 201, NEAR)
    assert not fires(180, 201, NEAR)
    assert not fires(181, 201, MET)


def test_a_lookback_without_data_does_not_burn() -> None:
    """Nothing divided by nothing fires nothing."""
    burning = promise(burn_pairs=(BurnPair(3600, 300, 2.0, "page"),))

    assert judge(burning, 1, 10**6, lookbacks=((0, 0), (500, 1000))) is MET
