"""Percentiles of a window that moves, against all of its hours added up each time."""

from collections.abc import Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_stream.codec.messages import Transaction
from slm_stream.domain.agreement import Agreement, ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.domain.histogram import N_BINS, QUANTILES, bins_of, quantile_us
from slm_stream.domain.windows import HOUR_MS
from slm_stream.engine.core import EngineConfig
from slm_stream.engine.percentiles import LATEST_H, STEP_H, Int64, Percentiles
from slm_stream.engine.plan import Plan, make_plan
from slm_stream.engine.rows import Series
from slm_stream.testing import EngineDriver, agreement

TEN = 1_772_445_600_000  # 2026-03-02T10:00Z
WEEK = ComplianceWindow(rolling_s=7 * 86_400)


def plan() -> Plan:
    """Return a plan with one promise about durations, and one about something else."""
    latency = Indicator("latency", IndicatorKind.DURATION, Source.TRANSACTIONS)
    count = Indicator("count", IndicatorKind.NUMBER, Source.TRANSACTIONS, field="value")
    promised = Objective("p95", "latency", 5_000_000, WEEK, within_ms=300.0, percentile=95.0)
    other = Objective("mean", "count", 0, WEEK, measure="mean")
    return make_plan((Service("shop", (latency, count)),), (agreement("shop", promised, other),))


class Hours:
    """Durations by hour; counts how often an hour is read."""

    def __init__(self) -> None:
        self.us: dict[int, list[int]] = {}
        self.n_read = 0

    def read(self, _series: Series, first: int, end: int, _agreement: Agreement) -> Int64:
        """Return the histogram of [first, end)."""
        self.n_read += max(0, end - first)
        us = [each for hour in range(first, end) for each in self.us.get(hour, ())]
        return np.bincount(bins_of(np.array(us, np.int64)), minlength=N_BINS)


def test_only_durations_have_percentiles() -> None:
    """The second objective has none; the first has none without data."""
    percentiles = Percentiles(plan(), Hours().read)
    assert percentiles.of(1, 0, HOUR_MS) is None
    assert percentiles.of(0, 0, HOUR_MS) is None


def test_percentiles_are_those_of_the_window() -> None:
    """100 to 400 ms in two hours, a second in an hour before them: p50 is 200, p99.9 400 ms."""
    hours = Hours()
    hours.us = {9: [10**6], 10: [100_000, 200_000], 11: [300_000, 400_000]}
    found = Percentiles(plan(), hours.read).of(0, 10 * HOUR_MS, 12 * HOUR_MS)
    assert found is not None
    assert abs(found["0.5"] / 0.2 - 1) <= 0.005
    assert abs(found["0.999"] / 0.4 - 1) <= 0.005


def test_a_long_window_is_taken_up_step_by_step_and_then_kept_up() -> None:
    """Ten days: unknown for five askings; afterwards an hour costs what enters and leaves."""
    hours = Hours()
    hours.us = {hour: [1000 * (hour + 1)] for hour in range(1000)}
    percentiles = Percentiles(plan(), hours.read)
    settled = 240 - LATEST_H
    unknown = 0
    while percentiles.of(0, 0, 240 * HOUR_MS) is None:
        unknown += 1
    assert unknown == -(-settled // STEP_H) - 1

    hours.n_read = 0
    percentiles.of(0, HOUR_MS, 241 * HOUR_MS)
    assert hours.n_read == 1 + 1 + LATEST_H


@settings(deadline=None, max_examples=60)
@given(
    moves=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 40)), min_size=1, max_size=30
    ),
    data=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10**6)), max_size=40),
)
def test_a_moving_window_agrees_with_adding_up(
    moves: list[tuple[int, int, int]], data: list[tuple[int, int]]
) -> None:
    """Whatever enters, leaves or comes late."""
    hours = Hours()
    percentiles = Percentiles(plan(), hours.read)
    first, end = 0, 1
    for (starts, ends, _), (hour, us) in zip(moves, data, strict=False):
        end = max(first + 1, end + ends)
        first = min(end - 1, first + starts)
        hours.us.setdefault(hour, []).append(us)
        percentiles.changed(0, hour)
        found = percentiles.of(0, first * HOUR_MS, end * HOUR_MS)
        right = hours.read(plan().series[0], first, end, plan().rows[0].agreement)
        if not right.any():
            assert found is None
        else:
            assert found == {f"{q:g}": quantile_us(right, q) / 1e6 for q in QUANTILES}


def test_a_worker_shows_percentiles_of_agreed_time() -> None:
    """Open from 10:00 to 11:00: 100 and 300 ms count, a second at 09:59 and one at 11:00 do not."""
    latency = Indicator("latency", IndicatorKind.DURATION, Source.TRANSACTIONS)
    promised = Objective("p95", "latency", 5_000_000, WEEK, within_ms=300.0)
    hours = Calendar("UTC", dict.fromkeys(range(7), ((600, 660),)))
    driver = EngineDriver(
        (Service("shop", (latency,)),),
        (agreement("shop", promised, calendar=hours),),
        EngineConfig(refresh_ms=60_000),
    )
    for minute, ms in ((-1, 1000.0), (0, 100.0), (30, 300.0), (60, 1000.0)):
        driver.send(Transaction("shop", TEN + minute * 60_000, duration_ms=ms))
    ticks = 0
    while not driver.standings().get("sla-shop/p95") or not shown(driver):
        ticks += 1
        driver.tick(TEN + 90 * 60_000 + ticks * 60_000)

    assert ticks == 7  # a week, a day at a time
    assert abs(shown(driver)["0.5"] / 0.1 - 1) <= 0.005
    assert abs(shown(driver)["0.999"] / 0.3 - 1) <= 0.005

    driver.crash()
    driver.send(Transaction("shop", TEN + 40 * 60_000, duration_ms=500.0))
    for k in range(1, 9):
        driver.tick(TEN + (90 + ticks + k) * 60_000)
    assert abs(shown(driver)["0.999"] / 0.5 - 1) <= 0.005


def shown(driver: EngineDriver) -> Mapping[str, float]:
    """Return the percentiles that a scrape would show."""
    return driver.standings()["sla-shop/p95"].percentiles_s
