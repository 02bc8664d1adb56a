"""Replay equals live: batches, interleaving, duplicates, partitions and crashes change nothing."""

import random
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_stream.codec import events, topics
from slm_stream.codec.messages import Transaction
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.catalogue import Service
from slm_stream.engine.core import EngineConfig
from slm_stream.testing import EngineDriver, agreement
from tests.property.scenarios import CONFIG, INDICATORS, T0, Scenario, scenarios

moderate = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32).map(random.Random)
Story = tuple[dict[str, tuple[Any, ...]], set[str], list[tuple[str, str, str, str]]]


def figures(driver: EngineDriver) -> dict[str, tuple[Any, ...]]:
    """What a scrape shows, without what counts this process only."""
    return {
        key: (s.bad, s.valid, s.verdict, s.triggers, s.coverage_ratio, dict(s.transitions))
        for key, s in driver.standings().items()
    }


def story(driver: EngineDriver) -> Story:
    """Final figures, ids of all transitions, and the order of each objective's."""
    told: list[events.CloudEvent | events.Envelope[events.DisagreementData]] = [
        *driver.events(),
        *driver.disagreements(),
    ]
    moves = sorted((e.subject, e.sequence, e.type, e.time) for e in told)
    return figures(driver), {e.id for e in told}, moves


def plain_run(scenario: Scenario, config: EngineConfig = CONFIG) -> EngineDriver:
    """Everything at once, tick by tick, without a mishap."""
    driver = EngineDriver(scenario.services, scenario.agreements, config)
    for what in scenario.stream:
        if isinstance(what, int):
            driver.tick(what)
        else:
            driver.send(what)
    driver.tick(scenario.end_ms)
    return driver


def shuffled_run(scenario: Scenario, dice: random.Random) -> EngineDriver:
    """Between ticks: batches of any size, topics in any order, holes and empty runs."""
    driver = EngineDriver(scenario.services, scenario.agreements, CONFIG)
    for what in scenario.stream:
        if isinstance(what, int):
            while any(driver._waits(topic, 0) for topic in topics.MEASUREMENTS):
                driver.deliver(dice.choice(topics.MEASUREMENTS), dice.randint(1, 4))
            driver.tick(what, checkpoint=dice.random() < 0.7)
        else:
            driver.send(what, hole=dice.choice([0, 0, 3]))
    driver.tick(scenario.end_ms)
    return driver


@moderate
@given(scenarios(), seeds)
def test_batches_interleaving_and_holes_change_nothing(
    scenario: Scenario, dice: random.Random
) -> None:
    """The same measurements by the same ticks, in other batches: same story, same ids."""
    assert story(shuffled_run(scenario, dice)) == story(plain_run(scenario))


@moderate
@given(scenarios(), seeds)
def test_duplicates_of_probes_and_ticket_updates_change_nothing(
    scenario: Scenario, dice: random.Random
) -> None:
    """What came before comes again, at any time after."""
    repeated = Scenario(scenario.services, scenario.agreements, [])
    seen: list[Any] = []
    for what in scenario.stream:
        repeated.stream.append(what)
        if not isinstance(what, int | Transaction):
            seen.append(what)
        if seen and dice.random() < 0.3:
            repeated.stream.append(dice.choice(seen))

    assert story(plain_run(repeated)) == story(plain_run(scenario))


@moderate
@given(scenarios(n_services=3))
def test_one_partition_or_eight_tell_the_same(scenario: Scenario) -> None:
    """Services do not know of each other, wherever they live."""
    eight = EngineConfig(8, corrections_h=CONFIG.corrections_h, refresh_ms=CONFIG.refresh_ms)

    assert story(plain_run(scenario, eight)) == story(plain_run(scenario))


def crashing_run(scenario: Scenario, dice: random.Random) -> EngineDriver:
    """Crash now and then: before a checkpoint, in the midst of one, or right after."""
    driver = EngineDriver(scenario.services, scenario.agreements, CONFIG)
    for what in scenario.stream:
        if not isinstance(what, int):
            driver.send(what)
            if dice.random() < 0.3:
                driver.deliver()
            continue
        driver.tick(what, checkpoint=False)
        mishap = dice.random()
        if mishap < 0.5:
            driver.checkpoint()
        elif mishap < 0.6:
            driver.crash()
        elif mishap < 0.8:
            driver.torn_checkpoint(
                dice.randint(0, 8),
                dice.randint(0, 2),
                marker=dice.random() < 0.5,
                n_events=dice.randint(0, 3),
            )
        while dice.random() < 0.3:
            driver.catch_up()
            driver.crash()
        driver.catch_up()
    driver.tick(scenario.end_ms)
    return driver


@moderate
@given(scenarios(), seeds)
def test_figures_survive_any_crash(scenario: Scenario, dice: random.Random) -> None:
    """No measurement is lost, none is counted twice, however torn the checkpoint was."""
    crashed, plain = figures(crashing_run(scenario, dice)), figures(plain_run(scenario))

    assert {k: v[:2] for k, v in crashed.items()} == {k: v[:2] for k, v in plain.items()}


@moderate
@given(scenarios(in_time=True, each_minutes=13), seeds)
def test_transitions_survive_any_crash(scenario: Scenario, dice: random.Random) -> None:
    """With measurements that come in time: the same final levels, the same ids."""
    assert story(crashing_run(scenario, dice)) == story(plain_run(scenario))


@moderate
@given(scenarios(), seeds)
def test_no_transition_is_told_twice_or_left_out(scenario: Scenario, dice: random.Random) -> None:
    """Whatever a crash does to the instants: each objective's levels follow from one another."""
    driver = crashing_run(scenario, dice)
    for promise in scenario.agreements:
        for objective in promise.objectives:
            key = f"{promise.id}/{objective.name}"
            levels = [e.data for e in driver.events("level") if e.subject == key]
            numbers = [int(e.sequence) for e in driver.events("level") if e.subject == key]
            assert numbers == list(range(1, len(levels) + 1)), key
            for before, after in pairwise(levels):
                assert before.level == after.previous_level, key


@moderate
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(-400, 400)), max_size=30),
    seeds,
)
def test_late_and_future_ones_are_set_aside_whatever_the_batches(
    drawn: list[tuple[int, int]], dice: random.Random
) -> None:
    """By minute: the event time and how far the broker's clock is ahead of it."""
    runs = []
    for batched in (False, True):
        driver = EngineDriver(*_one_service(), EngineConfig(corrections_h=3))
        for minute, ahead in drawn:
            at = T0 + minute * 60_000
            driver.send(Transaction("checkout", at), stamped_ms=at + ahead * 1000)
            if batched and dice.random() < 0.5:
                driver.deliver()
        driver.deliver()
        driver.checkpoint()
        aside = [(out.topic, out.key, out.value, out.headers) for out in driver.aside]
        runs.append((sorted(aside, key=str), len(aside)))

    assert runs[0] == runs[1]


def _one_service() -> tuple[Any, Any]:
    hour = ComplianceWindow(rolling_s=3600)
    promise = agreement("checkout", Objective("success", "success", 10**7, hour))
    return (Service("checkout", INDICATORS),), (promise,)
