"""Sums over windows -> verdicts, for all objectives at once.

Ratios of integers are compared exactly, so a verdict never hangs on a rounding: with a budget
``b`` in parts per 10**8 of a denominator ``D``, the budget is spent when ``bad * 10**8 > b * D``.
"""

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.agreement import BUDGET_SCALE, BudgetingMethod, Objective, Verdict
from slm_stream.domain.burn_pairs import MAX_PAIRS
from slm_stream.domain.limit import HYSTERESIS
from slm_stream.domain.ratios import Bounds
from slm_stream.domain.sli_table import BAD, SEEN, VALID

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

BURN_HYSTERESIS = 0.9
"""A burn trigger clears once its short lookback burns slower than this share of the factor."""


class Level(IntEnum):
    """Verdicts as array elements, in the order of `VERDICTS`."""

    MET = 0
    NEAR_BREACH = 1
    BREACH = 2
    NO_DATA = 3


VERDICTS = (Verdict.MET, Verdict.NEAR_BREACH, Verdict.BREACH, Verdict.NO_DATA)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the objectives say, as arrays over rows.

    Attributes
    ----------
    budget_e8, min_valid, expected : ndarray of int64, shape (n_rows,)
    near_ratio : ndarray of float64, shape (n_rows,)
        Share of the budget that is a near-breach.
    budget, near : Bounds
        Bad shares at which the budget is spent, and at which that is near.
    by_time, by_period : ndarray of bool, shape (n_rows,)
        Budget in time (milliseconds, minutes) or events; window a calendar period or rolling.
    lookbacks_s : tuple of int
        Distinct lookbacks of all burn pairs, ascending.
    long, short : ndarray of int64, shape (MAX_PAIRS, n_rows)
        Index into `lookbacks_s`; 0 where `factor` is infinite.
    factor : ndarray of float64, shape (MAX_PAIRS, n_rows)
        Burn rate above which a pair fires; infinite where there is no such pair.
    """

    budget_e8: Int64
    min_valid: Int64
    expected: Int64
    near_ratio: Float64
    budget: Bounds
    near: Bounds
    by_time: Bool
    by_period: Bool
    milliseconds: Bool
    lookbacks_s: tuple[int, ...]
    long: Int64
    short: Int64
    factor: Float64


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcome of one evaluation, as arrays over rows.

    `spent_ratio`, `sli` and `burn` are ``nan`` without data; `burn` and `bad_lately`, the bad
    of each lookback, have shape (n_lookbacks, n_rows), `firing` (MAX_PAIRS, n_rows).
    """

    level: Int64
    bad: Int64
    valid: Int64
    seen: Int64
    allowed: Float64
    spent_ratio: Float64
    sli: Float64
    burn: Float64
    bad_lately: Int64
    firing: Bool
    spent_near: Bool
    clock_near: Bool


def terms_of(objectives: list[Objective], milliseconds: list[bool]) -> Terms:
    """Lay out objectives as arrays.

    Parameters
    ----------
    objectives : list of Objective
    milliseconds : list of bool
        Whether the row counts milliseconds (availability) rather than events.
    """
    n = len(objectives)
    lookbacks = sorted({s for o in objectives for p in o.burn_pairs for s in (p.long_s, p.short_s)})
    index = {seconds: i for i, seconds in enumerate(lookbacks)}
    long, short = np.zeros((MAX_PAIRS, n), np.int64), np.zeros((MAX_PAIRS, n), np.int64)
    factor = np.full((MAX_PAIRS, n), np.inf)
    for i, objective in enumerate(objectives):
        for k, pair in enumerate(objective.burn_pairs[:MAX_PAIRS]):
            long[k, i], short[k, i], factor[k, i] = (
                index[pair.long_s],
                index[pair.short_s],
                pair.factor,
            )
    ms = np.array(milliseconds, bool).reshape(n)
    slices = np.array([o.method is BudgetingMethod.TIMESLICES for o in objectives], bool).reshape(n)

    budgets = [Fraction(o.budget_e8, BUDGET_SCALE) for o in objectives]
    # Agreed in whole hundredths of a percent.
    near = [Fraction(round(o.near_breach_ratio * 10**4), 10**4) for o in objectives]

    def ints(values: list[int]) -> Int64:
        return np.array(values, np.int64).reshape(n)

    return Terms(
        budget_e8=ints([o.budget_e8 for o in objectives]),
        min_valid=ints([o.min_valid for o in objectives]),
        expected=ints([o.expected_volume for o in objectives]),
        near_ratio=np.array(near, np.float64),
        budget=Bounds(budgets),
        near=Bounds([share * budget for share, budget in zip(near, budgets, strict=True)]),
        by_time=ms | slices,
        by_period=np.array([o.window.period is not None for o in objectives], bool).reshape(n),
        milliseconds=ms,
        lookbacks_s=tuple(lookbacks),
        long=long,
        short=short,
        factor=factor,
    )


def evaluate(
    terms: Terms,
    *,
    window: Int64,
    lookbacks: Int64,
    agreed: Int64,
    clock_near: Bool,
    before: Int64,
) -> Evaluation:
    """Judge every objective.

    Parameters
    ----------
    terms : Terms
    window : ndarray of int64, shape (n_rows, 3)
        Bad, valid and seen over the compliance window, as `SliTable.sums` gives them.
    lookbacks : ndarray of int64, shape (n_lookbacks, n_rows, 3)
        The same over each of ``terms.lookbacks_s``.
    agreed : ndarray of int64, shape (n_rows,)
        Agreed time of the whole calendar period, in the unit of the row; used where the
        budget is one of time over a period.
    clock_near : ndarray of bool, shape (n_rows,)
        Whether a ticket's clock has run for most of its target.
    before : ndarray of int64, shape (n_rows,)
        The levels of the evaluation before, for hysteresis.
    """
    bad, valid, seen = window[:, BAD], window[:, VALID], window[:, SEEN]
    volume = np.where(terms.by_period, np.maximum(valid, terms.expected), valid)
    denominator = np.where(terms.by_period & terms.by_time, agreed, volume)
    allowed = terms.budget_e8.astype(np.float64) * denominator / BUDGET_SCALE
    with np.errstate(divide="ignore", invalid="ignore"):
        spent_ratio = np.where(allowed > 0, bad / allowed, np.nan)
        sli = np.where(valid > 0, 1 - bad / valid, np.nan)
        burn = lookbacks[:, :, BAD] / lookbacks[:, :, VALID] * BUDGET_SCALE / terms.budget_e8
    enough = (np.where(terms.milliseconds, seen, valid) >= terms.min_valid) & (valid > 0)
    breach = (terms.budget.compare(bad, denominator) > 0) & enough
    firing = _firing(terms, burn, lookbacks, before)
    near = terms.near.compare(bad, denominator) >= 0
    kept = np.isin(before, (Level.NEAR_BREACH, Level.BREACH)) & (
        spent_ratio > terms.near_ratio - float(HYSTERESIS)
    )
    spent_near = (near | kept) & (bad > 0) & enough
    firing &= enough
    near_breach = spent_near | firing.any(0) | clock_near
    level = np.select(
        [breach, near_breach, ~enough],
        [Level.BREACH, Level.NEAR_BREACH, Level.NO_DATA],
        Level.MET,
    ).astype(np.int64)
    return Evaluation(
        level,
        bad,
        valid,
        seen,
        allowed,
        spent_ratio,
        sli,
        burn,
        lookbacks[:, :, BAD],
        firing,
        spent_near,
        clock_near,
    )


def _firing(terms: Terms, burn: Float64, lookbacks: Int64, before: Int64) -> Bool:
    """Return which pairs fire: both lookbacks burn faster than the factor."""
    shape = terms.factor.shape
    if not terms.lookbacks_s:
        return np.zeros(shape, bool)
    rows = np.arange(shape[1])
    held = np.where(before == Level.NEAR_BREACH, BURN_HYSTERESIS, 1.0)
    result = np.zeros(shape, bool)
    for k in range(MAX_PAIRS):
        long, short = terms.long[k], terms.short[k]
        known = lookbacks[long, rows, VALID]
        enough = np.where(terms.milliseconds, lookbacks[long, rows, SEEN], known) >= terms.min_valid
        with np.errstate(invalid="ignore"):
            result[k] = (
                (burn[long, rows] > terms.factor[k])
                & (burn[short, rows] > terms.factor[k] * held)
                & enough
            )
    return result
