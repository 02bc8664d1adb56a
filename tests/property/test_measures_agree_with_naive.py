"""Every measure of every kind against a loop over lists, over random streams in any order."""

import math
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_stream.codec.messages import Feedback, IncidentUpdate, Probe, Transaction
from slm_stream.codec.topics import MEASUREMENTS
from slm_stream.domain.agreement import Agreement, Objective
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.domain.incident import IncidentStatus
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.limit import Limit
from slm_stream.engine.core import EngineConfig
from slm_stream.testing import EngineDriver, agreement
from tests.naive_measures import Window, figure
from tests.property.scenarios import CALENDARS, SPAN_S, T0, bounds, rules, windows

ANY_ORDER = EngineConfig(lateness_ms=dict.fromkeys(MEASUREMENTS, 86_400_000), refresh_ms=2**60)
_OK = (Condition("ok", "==", True),)
_FROM = {"kind": IndicatorKind.RATIO, "source": Source.TRANSACTIONS}
INDICATORS = (
    Indicator("success", good=_OK, **_FROM),  # type: ignore[arg-type]
    Indicator("weighted", good=_OK, weight="weight", **_FROM),  # type: ignore[arg-type]
    Indicator("records", weight="records", bad="wrong_records", **_FROM),  # type: ignore[arg-type]
    Indicator("latency", IndicatorKind.DURATION, Source.TRANSACTIONS, _OK),
    Indicator("level", IndicatorKind.NUMBER, Source.PROBES, field="value"),
    Indicator("loved", IndicatorKind.RATIO, Source.FEEDBACK, good=(Condition("score", ">=", 9.0),)),
    Indicator("score", IndicatorKind.NUMBER, Source.FEEDBACK, field="score"),
    Indicator(
        "both",
        IndicatorKind.INDEX,
        None,
        parts=(("success", 1), ("loved", 3)),
        works_at_e8=60_000_000,
    ),
    Indicator(
        "calm",
        IndicatorKind.RATIO,
        Source.INCIDENTS,
        (Condition("category", "!=", "other"),),
        (Condition("reopened", "==", False),),
        weight="weight",
    ),
    Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES),
)
offsets_s = st.integers(0, SPAN_S // 10).map(lambda n: 10 * n)
amounts = st.sampled_from([None, 0, 1, 7, 1000])
one = st.one_of(
    st.builds(
        Transaction,
        st.just("shop"),
        offsets_s,
        ok=st.booleans(),
        duration_ms=st.sampled_from([None, 0.0, 99.9, 250.5]),
        records=amounts,
        wrong_records=amounts,
        weight=amounts,
    ),
    st.builds(
        Probe,
        st.just("shop"),
        offsets_s,
        ok=st.booleans(),
        location=st.sampled_from(["ams", "fra"]),
        value=st.sampled_from([None, -1.5, 0.0, 72.25]),
    ),
    st.builds(
        IncidentUpdate,
        st.just("shop"),
        offsets_s,
        incident=st.sampled_from(["I1", "I2", "I3", "I4"]),
        status=st.sampled_from([str(status) for status in IncidentStatus]),
        category=st.sampled_from(["", "other", "performance"]),
        weight=amounts,
    ),
    st.builds(
        Feedback,
        st.just("shop"),
        offsets_s,
        score=st.sampled_from([None, 1.0, 8.5, 10.0]),
        id=st.sampled_from(["", "s1", "s2"]),
    ),
)


@st.composite
def promises(draw: st.DrawFn) -> Agreement:
    """Every measure of every indicator, each in a window and against a limit of its own."""
    objectives = []
    rule = draw(rules)
    for indicator in INDICATORS:
        for measure in KINDS[indicator.kind].measures:
            if indicator.kind is IndicatorKind.DURATION and measure.budgeted:
                continue
            if indicator.kind is IndicatorKind.AVAILABILITY and measure.budgeted:
                continue
            limit = Limit(
                draw(st.booleans()),
                Fraction(draw(st.sampled_from(["0", "0.5", "1", "2.25", "3600"]))),
                draw(st.sampled_from([None, 0.5])),
            )
            objectives.append(
                Objective(
                    f"{indicator.name}-{measure.name}",
                    indicator.name,
                    10_000_000 if measure.budgeted else 0,
                    draw(windows),
                    measure=measure.name,
                    limit=None if measure.budgeted else limit,
                    probe_rule=rule,
                )
            )
    low, high = draw(bounds)
    return agreement(
        "shop",
        *objectives,
        calendar=draw(st.sampled_from(CALENDARS)),
        effective_from_ms=low,
        effective_to_ms=high,
    )


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    promise=promises(),
    drawn=st.lists(one, min_size=30, max_size=90),
    ticks=st.lists(st.integers(3600, SPAN_S), min_size=1, max_size=3, unique=True).map(sorted),
    dice=st.randoms(use_true_random=False),
)
def test_every_measure_agrees_with_a_loop_over_lists(
    promise: Agreement, drawn: list[Any], ticks: list[int], dice: Random
) -> None:
    """Figures to the last digit and verdicts, whatever the order and the batches."""
    service = Service("shop", INDICATORS)
    driver = EngineDriver((service,), (promise,), ANY_ORDER)
    for m in drawn:
        m.at_ms = T0 + m.at_ms * 1000
    seen: dict[tuple[int, str], Probe] = {}
    for m in drawn:
        if isinstance(m, Probe):  # of two results of one place and instant the first counts
            seen.setdefault((m.at_ms, m.location), m)
    drawn = [m for m in drawn if not isinstance(m, Probe) or seen[m.at_ms, m.location] is m]
    before_ms = T0
    arrived: list[Any] = []
    for tick_s in ticks:
        now = T0 + tick_s * 1000
        fresh = [m for m in drawn if before_ms <= m.at_ms < now]
        dice.shuffle(fresh)
        for m in fresh:
            driver.send(m)
            if dice.random() < 0.3:
                driver.deliver()
        arrived += fresh
        before_ms = now
        driver.tick(now)
        standings = driver.standings()
        for objective in promise.objectives:
            standing = standings.get(f"{promise.id}/{objective.name}")
            if standing is None:
                continue  # not in force
            window = Window(promise, objective, now)
            indicator = service.indicator(objective.indicator)
            value, known = figure(objective, indicator, service, window, arrived, now)
            shown = standing.sli if standing.measured is None else standing.measured.value
            told = (objective, value, known, shown, standing.verdict)
            if value is None or not known:
                assert math.isnan(shown), told
            else:
                # A share is shown as 1 less the bad one: another last bit.
                assert math.isclose(shown, value, rel_tol=1e-15, abs_tol=2e-16), told
            if objective.limit is not None:
                assert math.isnan(standing.sli), told
                assert (standing.verdict == "no_data") == (not known), told
                assert (standing.verdict == "breach") == (known and beyond(objective, value)), told


def beyond(objective: Objective, value: Fraction | None) -> bool:
    """Whether a figure breaks a limit; up time by no outage is more than any limit."""
    limit = objective.limit
    assert limit is not None
    if value is None:
        # With nothing down 0 / 0 is held against the limit, and never beyond it.
        return limit.at_most and objective.measure in {"mtbf", "mtbsi"}
    return value > limit.value if limit.at_most else value < limit.value
