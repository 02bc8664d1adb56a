"""Exact budgets of one objective, and the evaluation of many at once, say the same."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.agreement import BUDGET_SCALE, BurnPair, ComplianceWindow, Objective
from slm_stream.domain.budget import error_budget, good_share
from slm_stream.domain.burn_timeline import BurnRule, BurnTimeline
from slm_stream.domain.evaluation import Evaluation, Level, evaluate, terms_of

FACTOR = 1.5
LOOKBACKS = (2, 5)
MINUTE = st.tuples(st.integers(0, 50), st.integers(0, 50))


def evaluated(budget_e8: int, minutes: list[tuple[int, int]]) -> Evaluation:
    """Return the evaluation of one objective over good and bad by minute."""
    pair = BurnPair(LOOKBACKS[1] * 60, LOOKBACKS[0] * 60, FACTOR, "page")
    day = ComplianceWindow(rolling_s=86_400)
    terms = terms_of([Objective("o", "i", budget_e8, day, burn_pairs=(pair,))], [False])

    def sums(n: int) -> list[int]:
        last = minutes[-n:]
        return [sum(bad for _, bad in last), sum(map(sum, last)), len(last)]

    return evaluate(
        terms,
        window=np.array([sums(len(minutes))]),
        lookbacks=np.array([[sums(n)] for n in LOOKBACKS]),
        agreed=np.array([0]),
        clock_near=np.array([False]),
        before=np.array([Level.MET]),
    )


@given(
    budget_e8=st.integers(1, BUDGET_SCALE - 1),
    minutes=st.lists(MINUTE, min_size=1, max_size=8),
)
def test_one_and_many_agree(budget_e8: int, minutes: list[tuple[int, int]]) -> None:
    """On the SLI, on what is spent, on a breach, and on which pair fires."""
    target = 1 - Fraction(budget_e8, BUDGET_SCALE)
    good, bad = [g for g, _ in minutes], [b for _, b in minutes]

    many = evaluated(budget_e8, minutes)
    budget = error_budget(sum(bad), sum(good) + sum(bad), target)
    sli = good_share(sum(good), sum(good) + sum(bad))
    rule = BurnRule(LOOKBACKS[1], LOOKBACKS[0], Fraction(FACTOR), "page")
    firing = BurnTimeline(good, bad, target).firing(len(minutes) - 1, [rule])

    if budget is None or sli is None:
        assert many.level[0] == Level.NO_DATA
    else:
        np.testing.assert_allclose(many.sli[0], float(sli), atol=1e-12)
        np.testing.assert_allclose(many.spent_ratio[0], float(budget.spent), rtol=1e-9)
        assert (many.level[0] == Level.BREACH) == (budget.left < 0)
        if not any(abs(burn - FACTOR) < 1e-9 for burn in many.burn[:, 0]):
            assert many.firing[:, 0].any() == (firing == {"page"})
