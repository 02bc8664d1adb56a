"""Clocks of tickets agree with one that ticks, in any order of updates and through crashes."""

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_stream.codec import clock_events
from slm_stream.codec.events import rfc3339
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.codec.topics import CLOCKS
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import ClockRule, Indicator, IndicatorKind, Service, Source
from slm_stream.domain.clock_rules import RULES, read_steps, when
from slm_stream.domain.incident import IncidentStatus
from slm_stream.domain.thresholds import parse_threshold
from slm_stream.engine.clocks import ClockCounter
from slm_stream.engine.plan import make_plan
from slm_stream.engine.ticket import Ticket, update_of
from slm_stream.testing import EngineDriver, agreement
from tests import naive_tickets

unhurried = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
T0_S = 1_772_409_600  # Monday 2026-03-02T00:00Z
SPAN_S = 5400
TARGETS_S = {"P1": 900, "P2": 2400}
WARN_AT = tuple(map(parse_threshold, ("50 %", "75 %", "-5m", "100 %", "+10m", "150 %")))
OWN = ClockRule(
    "own",
    start=when("group == network"),
    pause=when("group != network", "status == waiting"),
    resume=when("group == network and status != waiting"),
    stop=when("status == closed", "public == true and priority != P2"),
    reset=when("category == again"),
    cancel=when("status == cancelled and impact != none"),
)
rules = st.sampled_from([*RULES.values(), OWN])
seeds = st.integers(0, 2**32).map(random.Random)
windows = st.tuples(st.integers(0, 95), st.integers(0, 95)).filter(lambda w: w[0] < w[1])
calendars = st.one_of(
    st.just(Calendar.always("UTC")),
    st.lists(windows, min_size=1, max_size=3).map(lambda day: Calendar("UTC", {0: tuple(day)})),
)
# Few instants, so that some fall together; half of the updates are of the usual life.
instants = st.sampled_from(range(0, SPAN_S, 300)) | st.integers(0, SPAN_S)
one_update = st.builds(
    IncidentUpdate,
    service=st.just("checkout"),
    at_ms=instants.map(lambda s: (T0_S + s) * 1000 + s % 3),
    incident=st.just("I1"),
    status=st.sampled_from([*map(str, IncidentStatus), "opened", "in_progress", "waiting"]),
    priority=st.sampled_from(["P1", "P1", "P2", "P3", "", "", ""]),
    group=st.sampled_from(["", "network", "desk"]),
    category=st.sampled_from(["", "", "again"]),
    impact=st.sampled_from(["", "none", "some"]),
    public=st.sampled_from([None, True, False]),
    impact_end_ms=st.none() | st.none() | instants.map(lambda s: (T0_S + s) * 1000),
)
lives = st.lists(one_update, min_size=1, max_size=8)


def promised(rule: ClockRule, calendar: Calendar) -> tuple[Any, Any]:
    """Return a service with one clock, and an agreement on it."""
    indicator = Indicator("clock", IndicatorKind.TIMELINESS, Source.INCIDENTS, clock=rule)
    objective = Objective(
        "clock",
        "clock",
        10**7,
        ComplianceWindow(rolling_s=86_400),
        targets_s=TARGETS_S,
        warn_at=WARN_AT,
    )
    return (Service("checkout", (indicator,)),), (
        agreement("checkout", objective, calendar=calendar),
    )


@unhurried
@given(lives, rules, calendars, st.integers(0, SPAN_S + 1800), seeds)
def test_a_ticket_agrees_with_a_ticking_clock(
    life: list[IncidentUpdate],
    rule: ClockRule,
    calendar: Calendar,
    until_s: int,
    dice: random.Random,
) -> None:
    """Laps, elapsed, paused, what counts in which minute, and every threshold with its instant."""
    end_s = max(T0_S + until_s, *(u.at_ms // 1000 for u in life))
    slow = naive_tickets.clock_by_seconds(life, rule, calendar, end_s)
    ticket = Ticket("I1")
    for update in dice.sample([*life, *life], 2 * len(life)):
        ticket.add(update_of(update, 0))
    counter = ClockCounter.of(make_plan(*promised(rule, calendar)).series[0])

    outcome = counter.outcome(ticket, end_s * 1000)
    readings = read_steps(ticket.steps, rule, calendar, TARGETS_S, end_s)

    assert [(c.minute, bool(c.bad)) for c in outcome.counts] == naive_tickets.judged(
        slow, TARGETS_S
    )
    found = {(p.threshold, p.reached_s, p.deadline_s) for p in counter.passed(ticket, end_s * 1000)}
    assert found == naive_tickets.passed(slow, calendar, TARGETS_S, WARN_AT)
    if not any(lap.cancelled for lap in slow):
        ran = [(r.elapsed_s, r.paused_s) for r in readings if r.started_at_s is not None]
        assert ran == [(lap.elapsed[-1], lap.paused_s) for lap in naive_tickets.counting(slow)]


def told(driver: EngineDriver) -> set[tuple[str, str, str | None]]:
    """Return threshold, instant and deadline of all that was told; no id says two things."""
    by_id: dict[str, tuple[str, str, str | None]] = {}
    for sent in driver.sent:
        if sent.topic == CLOCKS and sent.value:
            event = clock_events.read(sent.value)
            what = (event.data.threshold, event.data.reached, event.data.deadline)
            assert by_id.setdefault(event.id, what) == what
    return set(by_id.values())


def expected(
    known: list[IncidentUpdate], rule: ClockRule, calendar: Calendar, now_s: int
) -> set[tuple[str, str, str | None]]:
    """Return what a tick finds passed."""
    slow = naive_tickets.clock_by_seconds(known, rule, calendar, now_s)
    return {
        (label, stamp(at_s) or "", stamp(due_s))
        for label, at_s, due_s in naive_tickets.passed(slow, calendar, TARGETS_S, WARN_AT)
    }


def stamp(at_s: int | None) -> str | None:
    """Return an instant as events write it."""
    return None if at_s is None else rfc3339(at_s * 1000)


@unhurried
@given(lives, rules, calendars, seeds)
def test_each_threshold_is_told_at_its_tick_whatever_crashes(
    life: list[IncidentUpdate], rule: ClockRule, calendar: Calendar, dice: random.Random
) -> None:
    """What each tick found passed, of what was known then: all of it, and nothing else."""
    services, agreements = promised(rule, calendar)
    driver = EngineDriver(services, agreements)
    arriving = dice.sample(life, len(life))
    known: list[IncidentUpdate] = []
    wanted: set[tuple[str, str, str | None]] = set()
    for now_s in sorted(dice.sample(range(T0_S, T0_S + SPAN_S + 1800), 6)):
        now = arriving[: dice.randint(0, 3)]
        del arriving[: len(now)]
        for update in now:
            driver.send(update, stamped_ms=(T0_S + 2 * SPAN_S) * 1000)
            if dice.random() < 0.2:
                driver.deliver()
                driver.checkpoint()
                driver.crash()
        known += now
        driver.tick(now_s * 1000, checkpoint=False)
        mishap = dice.random()
        if mishap < 0.3:
            driver.crash()
        elif mishap < 0.6:
            marker = dice.random() < 0.5
            driver.torn_checkpoint(dice.randint(0, 2), dice.randint(0, 1), marker=marker)
        driver.catch_up()
        driver.checkpoint()
        if known:
            wanted |= expected(known, rule, calendar, now_s)

    assert told(driver) == wanted


@unhurried
@given(lives, rules, calendars, seeds)
def test_the_order_of_arrival_decides_nothing(
    life: list[IncidentUpdate], rule: ClockRule, calendar: Calendar, dice: random.Random
) -> None:
    """In order at once, or shuffled, twice, in batches, among ticks and crashes: same figures."""
    found = []
    for shuffled in (False, True):
        driver = EngineDriver(*promised(rule, calendar))
        updates = naive_tickets.in_order(life)
        if shuffled:
            updates = dice.sample([*updates, *updates], 2 * len(updates))
        for i, update in enumerate(updates):
            driver.send(update, stamped_ms=(T0_S + 2 * SPAN_S) * 1000)
            if shuffled and dice.random() < 0.3:
                driver.tick((T0_S + i) * 1000)
                driver.crash()
        driver.tick((T0_S + SPAN_S + 1800) * 1000)
        standing = driver.standings()["sla-checkout/clock"]
        found.append((standing.bad, standing.valid))

    assert found[0] == found[1]
    slow = naive_tickets.clock_by_seconds(life, rule, calendar, T0_S + SPAN_S + 1800)
    outcome = naive_tickets.judged(slow, TARGETS_S)
    assert found[0] == (sum(late for _, late in outcome), len(outcome))
