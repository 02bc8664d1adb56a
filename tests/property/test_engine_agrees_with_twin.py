"""The engine agrees at every tick with a twin that loops over everything that has arrived."""

from hypothesis import HealthCheck, given, settings

from slm_stream.codec.events import rfc3339
from slm_stream.testing import EngineDriver
from tests.naive_engine import Twin
from tests.property.scenarios import CONFIG, Scenario, scenarios

moderate = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def compare(driver: EngineDriver, twins: list[Twin], at: int) -> None:
    """Assert that figures and verdicts of all objectives are those of the twins."""
    for twin in twins:
        for objective in twin.agreement.objectives:
            standing = driver.standings().get(f"{twin.agreement.id}/{objective.name}")
            if standing is None:
                assert twin.levels[objective.name] == "no_data", objective.name
                continue
            figures = twin.figures[objective.name]
            found = (objective.name, standing.bad, standing.valid, str(standing.verdict))
            told = (objective.name, figures.bad, figures.valid, twin.levels[objective.name])
            assert found == told, f"at {at}"
        compare_outages(driver, twin, at)


def compare_outages(driver: EngineDriver, twin: Twin, at: int) -> None:
    """Assert that outages in agreed time are those of the twin."""
    state = driver.engine.partition(0)
    for row in state.plan.rows:
        if row.agreement is twin.agreement and row.objective.name in twin.outages:
            outages = state.availability.outages(row.series, 0, at)
            found = [outage.agreed // 1000 for outage in outages]
            assert found == twin.outages[row.objective.name], f"{row.objective.name} at {at}"


def compare_disagreements(driver: EngineDriver, twins: list[Twin]) -> None:
    """Assert that what was told of disagreements is what the twins found."""
    told = [
        (event.time, event.subject, event.type.split(".")[-2], event.data.since)
        for event in driver.disagreements()
    ]
    found = [
        (rfc3339(at), f"{twin.agreement.id}/{name}", what, rfc3339(since))
        for twin in twins
        for at, name, what, since in twin.disagreements
    ]
    assert sorted(told) == sorted(found)


@moderate
@given(scenarios())
def test_every_tick_agrees_with_a_loop_over_lists(scenario: Scenario) -> None:
    """Bad, valid and verdict of all kinds of objectives, late measurements among them."""
    driver = EngineDriver(scenario.services, scenario.agreements, CONFIG)
    twins = [Twin(s, a) for s, a in zip(scenario.services, scenario.agreements, strict=True)]
    for what in scenario.stream:
        if not isinstance(what, int):
            driver.send(what)
            for twin in twins:
                twin.arrived.append(what)
            continue
        driver.tick(what)
        for twin in twins:
            twin.tick(what)
        compare(driver, twins, what)
    compare_disagreements(driver, twins)
