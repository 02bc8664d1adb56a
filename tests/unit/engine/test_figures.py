"""Figures over spans of one's own choice."""

import math
from dataclasses import replace

import pytest

from slm_stream.codec.messages import Probe, Transaction
from slm_stream.codec.topics import PROBES, TRANSACTIONS
from slm_stream.domain.agreement import ComplianceWindow, Objective, ProbeRule
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.engine.described import described
from slm_stream.engine.figures import Share, durations, share, uptime
from slm_stream.engine.replay import Replay
from slm_stream.testing import EngineDriver
from tests.promises import IN_2026_MS, agreement

AT = IN_2026_MS  # Thursday
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
P95 = Objective(
    "p95", "latency", 5_000_000, ComplianceWindow(rolling_s=86_400), within_ms=300.0, percentile=95
)
SHOP = Service(
    "shop",
    (
        Indicator(
            "success",
            IndicatorKind.RATIO,
            Source.TRANSACTIONS,
            good=(Condition("ok", "==", value=True),),
        ),
        Indicator("latency", IndicatorKind.DURATION, Source.TRANSACTIONS),
        Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES),
    ),
)


@pytest.fixture
def replay() -> Replay:
    """Return a shop with a transaction a minute: 1 ms, 2 ms, ... 120 ms; each tenth fails."""
    objective = Objective(
        "up", "up", 100_000, ComplianceWindow(rolling_s=86_400), probe_rule=ProbeRule(hold_s=86_400)
    )
    hours = Calendar("UTC", dict.fromkeys(range(7), ((60, 1440),)))  # from 01:00 on
    replay = Replay((SHOP,), (agreement("shop", objective, calendar=hours),))
    replay.feed(
        TRANSACTIONS,
        [
            Transaction("shop", AT + i * MINUTE, ok=(i + 1) % 10 != 0, duration_ms=i + 1)
            for i in range(120)
        ],
    )
    # Down from 00:50:00 to 01:10:00.500.
    for at_ms, ok in ((0, True), (50 * MINUTE, False), (70 * MINUTE + 500, True)):
        replay.feed(PROBES, [Probe("shop", AT + at_ms, ok)])
    replay.tick(AT + 2 * HOUR)
    return replay


def test_durations_of_all(replay: Replay) -> None:
    """1 to 120 ms: mean 60.5; rank 60 is 60 ms, rank 108 is 108 ms; the last ends at 01:59.12."""
    found = durations(replay.state, "shop", "latency", AT, AT + 2 * HOUR)
    assert (found.n, found.mean_ms) == (120, 60.5)
    assert found.quantiles_ms[0.5] == pytest.approx(60, rel=0.005)
    assert found.quantiles_ms[0.9] == pytest.approx(108, rel=0.005)
    assert (found.first_ms, found.last_ms) == (AT, AT + 119 * MINUTE + 120)
    assert found.throughput_per_s == pytest.approx(120 / (119 * 60 + 0.12))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "n"),
    [(0, 10 * MINUTE, 10), (1, 10 * MINUTE, 9), (0, 10 * MINUTE + 1, 11), (59 * MINUTE, HOUR, 1)],
)
def test_a_span_holds_the_minutes_that_start_in_it(
    replay: Replay, start_ms: int, end_ms: int, n: int
) -> None:
    """Half-open: a minute belongs to the span in which it starts."""
    found = durations(replay.state, "shop", "latency", AT + start_ms, AT + end_ms)
    assert found.n == n
    assert share(replay.state, "shop", "success", AT + start_ms, AT + end_ms).valid == n


def test_no_data_is_no_figure(replay: Replay) -> None:
    """Nothing came on the next day."""
    found = durations(replay.state, "shop", "latency", AT + 24 * HOUR, AT + 25 * HOUR)
    assert (found.n, found.first_ms, found.last_ms) == (0, None, None)
    assert math.isnan(found.mean_ms)
    assert math.isnan(found.throughput_per_s)
    assert all(math.isnan(ms) for ms in found.quantiles_ms.values())
    assert math.isnan(Share(0, 0).ratio)


def test_share_counts_good_ones(replay: Replay) -> None:
    """Of 120, every tenth failed."""
    found = share(replay.state, "shop", "success", AT, AT + 2 * HOUR)
    assert (found.good, found.valid, found.ratio) == (108, 120, 0.9)


def test_uptime_is_exact_inside_service_hours(replay: Replay) -> None:
    """Hours begin at 01:00, time ends at 02:00: down from 01:00 to 01:10:00.500 of it."""
    row = replay.state.plan.rows[0]
    found = uptime(replay.state, row, AT, AT + 24 * HOUR)
    assert (found.valid - found.good, found.valid) == (600_500, HOUR)
    found = uptime(replay.state, row, AT + 70 * MINUTE + 250, AT + 70 * MINUTE + 750)
    assert (found.good, found.valid) == (250, 500)


def test_another_kind_or_name_has_no_such_figure(replay: Replay) -> None:
    """A ratio has no durations, and nobody knows `speed`."""
    for indicator in ("success", "up", "speed"):
        with pytest.raises(KeyError, match=indicator):
            durations(replay.state, "shop", indicator, AT, AT + HOUR)


def test_durations_of_agreed_time_are_told_to_the_minute() -> None:
    """Open from 09:20 to 10:40; slow when closed: not one slow one is in the percentiles."""
    day = Calendar("UTC", dict.fromkeys(range(7), ((560, 640),)))
    promise = agreement("shop", P95, calendar=day)
    other = agreement("shop", replace(P95, name="all"), id="ola-shop")
    replay = Replay((SHOP,), (promise, other))
    nine = AT + 9 * HOUR
    # One a minute for two hours: 20 ms at 09:20, 21 ms at 09:21, ... 99 ms at 10:39, else 9 s.
    sent = [
        Transaction("shop", nine + i * MINUTE, duration_ms=i if 20 <= i < 100 else 9000)
        for i in range(120)
    ]
    for begin in (0, 40, 80):
        some = sent[begin : begin + 40]
        for batch in (some[::2], some[1::2]):  # the second comes late
            replay.feed(TRANSACTIONS, batch)
    replay.tick(nine + 3 * HOUR)

    agreed = durations(replay.state, "shop", "latency", AT, AT + DAY, agreement=promise)
    # 80 of 20 to 99 ms: mean 59.5; rank 40 is 59 ms, rank 76 is 95 ms, rank 80 is 99 ms.
    assert (agreed.n, agreed.mean_ms) == (80, 59.5)
    for q, exact_ms in ((0.5, 59), (0.95, 95), (0.999, 99)):
        assert agreed.quantiles_ms[q] == pytest.approx(exact_ms, rel=0.005)
    assert (agreed.first_ms, agreed.last_ms) == (
        nine + 20 * MINUTE,
        nine + 99 * MINUTE + 99,
    )
    for always in (None, other):
        found = durations(replay.state, "shop", "latency", AT, AT + DAY, agreement=always)
        # 40 of 9 s more: rank 60 of 120 is 79 ms, rank 114 is 9 s.
        assert found.n == 120
        assert found.quantiles_ms[0.5] == pytest.approx(79, rel=0.005)
        assert found.quantiles_ms[0.95] == pytest.approx(9000, rel=0.005)


def test_durations_are_described_for_each_agreement_once() -> None:
    """Over all time, and over agreed time however many objectives there are."""
    day = Calendar("UTC", dict.fromkeys(range(7), ((560, 640),)))
    promise = agreement("shop", P95, replace(P95, name="p99", budget_e8=10**6), calendar=day)
    replay = Replay((SHOP,), (promise,))
    nine = AT + 9 * HOUR
    replay.feed(
        TRANSACTIONS,
        [
            Transaction("shop", nine, duration_ms=9000),
            Transaction("shop", nine + 20 * MINUTE, duration_ms=100),
        ],
    )
    replay.tick(nine + HOUR)

    lines = [line for line in described(replay.state, AT, AT + DAY) if line["kind"] == "duration"]

    assert [(line.get("agreement"), line["n"], line["mean_ms"]) for line in lines] == [
        (None, 2, 4550.0),
        ("sla-shop", 1, 100.0),
    ]


def test_an_agreement_counts_durations_from_its_first_minute_on() -> None:
    """In force from 09:30, whatever the calendar: 30 of 60."""
    nine = AT + 9 * HOUR
    promise = agreement("shop", P95, effective_from_ms=nine + 30 * MINUTE)
    replay = Replay((SHOP,), (promise,))
    replay.feed(
        TRANSACTIONS,
        [Transaction("shop", nine + i * MINUTE, duration_ms=i + 1) for i in range(60)],
    )
    replay.tick(nine + HOUR)

    found = durations(replay.state, "shop", "latency", nine, nine + HOUR, agreement=promise)
    # 31 to 60 ms: rank 15 of 30 is 45 ms.
    assert (found.n, found.mean_ms) == (30, 45.5)
    assert found.quantiles_ms[0.5] == pytest.approx(45, rel=0.005)


def test_parts_of_an_hour_outlive_a_crash() -> None:
    """They are stored beside each other and added to, and most hours have only one."""
    morning = Calendar("UTC", dict.fromkeys(range(7), ((570, 720),)))  # 09:30-12:00
    promise = agreement("shop", P95, calendar=morning)
    driver = EngineDriver((SHOP,), (promise,))
    nine = AT + 9 * HOUR
    for _ in range(2):
        driver.send(*(Transaction("shop", nine + i * MINUTE, duration_ms=i + 1) for i in range(90)))
        driver.tick(nine + 2 * HOUR)
        driver.crash()
    driver.tick(nine + 2 * HOUR + 1000)

    state = driver.engine.partition(0)
    found = durations(state, "shop", "latency", nine, nine + 2 * HOUR, agreement=promise)
    # 31 to 90 ms twice.
    assert found.n == 120
    assert found.quantiles_ms[0.5] == pytest.approx(60, rel=0.005)
    series = state.plan.series_of("shop", "latency", IndicatorKind.DURATION)
    hours = [state._evidence.at(0, nine // HOUR + i).parts(series.key) for i in range(2)]
    assert [[part for part, _ in hour] for hour in hours] == [[0, 30], [0]]
