"""Promises in words."""

import pytest

from slm_stream.domain.agreement import BudgetingMethod, ComplianceWindow, Objective, Period
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Source
from slm_stream.domain.describe import describe

MONTH = ComplianceWindow(period=Period.MONTH)
WEEK = ComplianceWindow(rolling_s=7 * 86_400)


@pytest.mark.parametrize(
    ("kind", "source", "objective", "words"),
    [
        (
            IndicatorKind.RATIO,
            Source.TRANSACTIONS,
            Objective("o", "i", 500_000, WEEK),
            "99.5 % of valid transactions with ok == true over any 7 d",
        ),
        (
            IndicatorKind.RATIO,
            Source.PROBES,
            Objective(
                "o", "i", 10**6, MONTH, method=BudgetingMethod.TIMESLICES, slice_target=0.975
            ),
            "99 % of minutes with 97.5 % of valid probes with ok == true in each calendar month",
        ),
        (
            IndicatorKind.DURATION,
            Source.PROBES,
            Objective("o", "i", 1, MONTH, within_ms=1500.0),
            "99.999999 % of valid probes within 1500 ms in each calendar month",
        ),
        (
            IndicatorKind.AVAILABILITY,
            Source.INCIDENTS,
            Objective("o", "i", 10**5, MONTH),
            "available for 99.9 % of agreed service time in each calendar month, by incidents",
        ),
        (
            IndicatorKind.TIMELINESS,
            Source.INCIDENTS,
            Objective("o", "i", 10**7, WEEK, targets_s={"P1": 14_400, "P2": 5400}),
            "90 % of incidents resolved or closed within P1 4 h, P2 90 min "
            "of agreed service time over any 7 d",
        ),
    ],
)
def test_every_kind_has_its_sentence(
    kind: IndicatorKind, source: Source, objective: Objective, words: str
) -> None:
    """A customer can read what is promised."""
    good = (Condition("ok", "==", True),) if kind is IndicatorKind.RATIO else ()

    assert describe(objective, Indicator("i", kind, source, good=good)) == words
