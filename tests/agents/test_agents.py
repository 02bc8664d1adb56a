"""Each agent with Faust's own test context: batches and single messages reach the engine."""

from pathlib import Path
from typing import Any

import pytest

from agents.app import attach, create_app, create_tables
from slm_stream.codec import topics
from slm_stream.codec.runs import Run
from slm_stream.settings import Settings

RUNS = [Run(0, 1, 1_772_323_200_000, [b"a", b"b"])]


class Sink:
    """Stands where the monitor stands: keeps what agents hand over."""

    def __init__(self) -> None:
        self.taken: list[list[Run]] = []

    async def take(self, event: Any, runs: list[Run]) -> None:
        """Keep the runs."""
        self.taken.append(runs)


@pytest.fixture
def app(tmp_path: Path) -> Any:
    """Return an app with its agents and a sink."""
    app = create_app(Settings(partitions=2), str(tmp_path))
    create_tables(app, 2)
    app.sink = Sink()
    attach(app, app.sink)
    app.finalize()
    app.flow_control.resume()
    return app


def test_there_is_an_agent_for_every_input(app: Any) -> None:
    """Measurements and ticks, each topic with an agent of its own."""
    names = {name for agent in app.agents.values() for name in agent.get_topic_names()}

    assert names == set(topics.INPUTS)
    assert len(app.agents) == len(topics.INPUTS)


@pytest.mark.parametrize("topic", topics.INPUTS)
async def test_an_agent_hands_over_batches_and_single_messages(app: Any, topic: str) -> None:
    """Runs pass as they are; a message of the plain path becomes a run of one."""
    agent = next(a for a in app.agents.values() if topic in a.get_topic_names())
    async with agent.test_context() as given:
        await given.put(RUNS)
        await given.put(b"c", timestamp=1_772_323_201.5)

    assert app.sink.taken == [RUNS, [Run(1, 1, 1_772_323_201_500, [b"c"])]]


def test_the_state_is_in_plain_tables_in_memory(app: Any) -> None:
    """No window, no standby, no disk: what is kept is in the changelogs."""
    assert str(app.conf.store) == "memory:"
    assert app.conf.table_standby_replicas == 0
    assert set(app.tables) == {"sli", "sla"}
