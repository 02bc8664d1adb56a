"""The table of faults fits the promises and the month."""

from pathlib import Path

import pytest

from slm_stream.cli.demo.faults import BREACH, END_MS, FAULTS, NEAR, START_MS, Fault, usual_tickets
from slm_stream.spec.loader import Promises, load

CONFIG = Path(__file__).parents[4] / "config"


@pytest.fixture(scope="module")
def promises() -> Promises:
    """Return what the example shop promises."""
    return load(CONFIG)


def test_there_are_two_outages_a_creep_and_a_storm() -> None:
    """The month has what the demo says it has."""
    assert sum(fault.failing > 0 for fault in FAULTS) == 2
    assert sum(fault.slow_to > 0 for fault in FAULTS) == 1
    assert sum(len(fault.tickets) > 20 for fault in FAULTS) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)
def test_expected_events_are_about_promises_of_the_service(
    fault: Fault, promises: Promises
) -> None:
    """Each names an objective about the service, in the month; near-breach comes before breach."""
    known = {
        f"{agreement.id}/{objective.name}"
        for agreement in promises.agreements
        if agreement.service == fault.service
        for objective in agreement.objectives
    }

    for expected in fault.expected:
        assert expected.subject in known
        assert fault.start_ms <= expected.from_ms < expected.to_ms <= END_MS
    levels = [(e.subject, e.level) for e in fault.expected]
    for subject, level in levels:
        if level is BREACH:
            assert levels.index((subject, NEAR)) < levels.index((subject, BREACH))


def test_services_of_the_simulation_are_those_of_the_catalogue(promises: Promises) -> None:
    """Nothing is sent that no catalogue knows."""
    from slm_stream.cli.demo.simulation import SHOP

    assert {traffic.service for traffic in SHOP} == {s.name for s in promises.services}


def test_ordinary_tickets_are_on_working_days_and_unique() -> None:
    """March 2026 has 22 of them, and accounts has a ticket on each."""
    tickets = list(usual_tickets(31))

    assert sum(ticket.service == "accounts" for ticket in tickets) == 22
    assert len({ticket.incident for ticket in tickets}) == len(tickets)
    assert all(START_MS <= t.opened_ms < t.closed_ms < END_MS for t in tickets)
