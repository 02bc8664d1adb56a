"""What comes late changes figures as if it had come in time, or leaves with its bytes."""

from dataclasses import replace

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_stream.codec import topics
from slm_stream.testing import TOPIC_OF, EngineDriver
from tests.naive_engine import Twin
from tests.property.scenarios import CONFIG, Scenario, scenarios
from tests.property.test_engine_agrees_with_twin import compare

moderate = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
lateness = st.fixed_dictionaries(
    {topic: st.sampled_from([0, 5_000, 300_000, 3_600_000]) for topic in topics.MEASUREMENTS}
)


@moderate
@given(scenarios(), lateness)
def test_late_input_is_restated_inside_the_allowance_and_set_aside_beyond(
    scenario: Scenario, lateness_ms: dict[str, int]
) -> None:
    """At each tick the figures are those of a recomputation from all that was in time so far."""
    config = replace(CONFIG, lateness_ms=lateness_ms)
    driver = EngineDriver(scenario.services, scenario.agreements, config)
    (twin,) = (Twin(s, a) for s, a in zip(scenario.services, scenario.agreements, strict=True))
    newest: dict[str, int] = {}
    late: dict[str, list[bytes]] = {topic: [] for topic in topics.MEASUREMENTS}
    for what in scenario.stream:
        if isinstance(what, int):
            driver.tick(what)
            twin.tick(what)
            compare(driver, [twin], what)
            continue
        driver.send(what)
        topic = TOPIC_OF[type(what)]
        if what.at_ms < newest.get(topic, 0) - lateness_ms[topic]:
            late[topic].append(msgspec.json.encode(what))
        else:
            twin.arrived.append(what)
        newest[topic] = max(newest.get(topic, 0), what.at_ms)
    driver.deliver()

    for topic, values in late.items():
        aside = [out for out in driver.aside if dict(out.headers)["slm-topic"] == topic.encode()]
        assert [out.value for out in aside] == values
        assert {out.topic for out in aside} <= {topics.LATE}
