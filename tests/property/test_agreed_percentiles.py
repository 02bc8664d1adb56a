"""Durations of agreed service time, against a list of those that began in an agreed minute."""

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_stream.codec.messages import Transaction
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.domain.histogram import N_BINS, bins_of, quantile_us
from slm_stream.engine.figures import durations
from slm_stream.testing import EngineDriver, agreement
from tests import naive

T0 = 1_774_735_200_000  # 2026-03-28T22:00Z, before the night that loses an hour in Amsterdam
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SPAN_H = 5
TOOK = Indicator("took", IndicatorKind.DURATION, Source.TRANSACTIONS)
P95 = Objective("p95", "took", 5_000_000, ComplianceWindow(rolling_s=86_400), within_ms=300.0)

windows = st.tuples(st.integers(0, 1439), st.integers(0, 1440)) | st.just((0, 1440))
calendars = st.builds(
    Calendar,
    st.sampled_from(["UTC", "Europe/Amsterdam", "Asia/Kathmandu"]),
    st.dictionaries(st.sampled_from([5, 6]), st.lists(windows, max_size=3).map(tuple), min_size=1),
)
instants = st.integers(0, SPAN_H * 60 - 1).map(lambda minute: T0 + minute * MINUTE_MS)


@dataclass
class Promise:
    """When one agreement counts."""

    calendar: Calendar
    from_ms: int
    to_ms: int | None

    def counts(self, at_ms: int) -> bool:
        """Whether it counts what began at an instant: by the start of its minute."""
        minute_ms = at_ms - at_ms % MINUTE_MS
        in_force = self.from_ms <= minute_ms and (self.to_ms is None or minute_ms < self.to_ms)
        return in_force and naive.is_open(self.calendar, minute_ms // 1000)


promises = st.builds(
    Promise, calendars, st.just(0) | instants, st.none() | st.just(T0 + (SPAN_H - 1) * HOUR_MS)
)
transactions = st.builds(
    Transaction,
    st.just("shop"),
    st.integers(T0, T0 + SPAN_H * HOUR_MS - 1),
    duration_ms=st.floats(0.001, 10_000).map(lambda ms: round(ms, 3)),
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(promises, min_size=1, max_size=3),
    st.lists(st.lists(transactions, max_size=12), max_size=4),
    st.booleans(),
)
def test_figures_of_agreed_time_are_those_of_a_list(
    made: list[Promise], batches: list[list[Transaction]], crash: bool
) -> None:
    """However agreements cut the hours, in whatever batches, and through a crash."""
    agreements = tuple(
        agreement(
            "shop",
            P95,
            id=f"sla-{i}",
            calendar=promise.calendar,
            effective_from_ms=promise.from_ms,
            effective_to_ms=promise.to_ms,
        )
        for i, promise in enumerate(made)
    )
    driver = EngineDriver((Service("shop", (TOOK,)),), agreements)
    sent = sorted((one for batch in batches for one in batch), key=lambda one: one.at_ms)
    for n in (len(batch) for batch in batches):
        driver.send(*sent[:n])
        driver.deliver()
        sent = sent[n:]
    driver.tick(T0 + SPAN_H * HOUR_MS)
    if crash:
        driver.crash()
        driver.catch_up()
    everything = [one for batch in batches for one in batch]

    for promise, asked in zip(made, agreements, strict=True):
        found = durations(
            driver.engine.partition(0),
            *("shop", "took", T0, T0 + SPAN_H * HOUR_MS),
            agreement=asked,
        )
        counted = [one for one in everything if promise.counts(one.at_ms)]
        took_us = [round((one.duration_ms or 0) * 1000) for one in counted]
        assert found.n == len(counted)
        if not counted:
            assert math.isnan(found.mean_ms)
            continue
        assert round(found.mean_ms * 1000 * found.n) == sum(took_us)
        histogram = np.bincount(bins_of(np.array(took_us)), minlength=N_BINS)
        for q, shown_ms in found.quantiles_ms.items():
            assert shown_ms == quantile_us(histogram, q) / 1000
        assert found.first_ms == min(one.at_ms for one in counted)
