"""Burn rate pairs."""

import pytest

from slm_stream.domain.agreement import ComplianceWindow, Period
from slm_stream.domain.burn_pairs import default_pairs

DAY_S = 86_400


def _factors(window: ComplianceWindow, budget_e8: int) -> list[float]:
    return [pair.factor for pair in default_pairs(window, budget_e8)]


def test_the_workbook_gives_the_workbooks_factors() -> None:
    """30 days at 99.9 %: table 5-8 of *The Site Reliability Workbook*, with its 1-day ticket."""
    # 2 % x 720 h / 1 h = 14.4; 5 % x 720 / 6 = 6; 10 % x 720 / 24 = 3; 10 % x 720 / 72 = 1.
    assert _factors(ComplianceWindow(rolling_s=30 * DAY_S), 100_000) == [14.4, 6.0, 3.0, 1.0]
    assert _factors(ComplianceWindow(period=Period.MONTH), 100_000) == [14.4, 6.0, 3.0, 1.0]


@pytest.mark.parametrize(
    ("window", "budget_e8", "factors"),
    [
        # 28 d: 2 % x 672 = 13.44; 5 % x 112 = 5.6; 10 % x 28 = 2.8; 10 % x 9.33 = 0.93 is idle.
        (ComplianceWindow(rolling_s=28 * DAY_S), 100_000, [13.44, 5.6, 2.8]),
        # 1 d: 2 % x 24 = 0.48, and less: each would warn while the budget lasts.
        (ComplianceWindow(rolling_s=DAY_S), 100_000, []),
        # 80 %: total failure burns 1 / 0.2 = 5 times the even speed; 14.4 and 6 cannot fire.
        (ComplianceWindow(period=Period.MONTH), 20_000_000, [3.0, 1.0]),
        # 30 min: every pair looks back further than the window.
        (ComplianceWindow(rolling_s=1800), 100_000, []),
    ],
)
def test_pairs_that_make_no_sense_are_left_out(
    window: ComplianceWindow, budget_e8: int, factors: list[float]
) -> None:
    """What cannot fire, or would fire at a speed that lasts, warns nobody."""
    assert _factors(window, budget_e8) == factors
