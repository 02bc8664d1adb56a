"""The simulated shop: repeatable, and as bad as the table of faults says, no worse."""

import math
from itertools import pairwise

import numpy as np
import pytest

from slm_stream.cli.demo.faults import (
    CARDS_DOWN,
    CHECKOUT_DOWN,
    END_MS,
    PAGES_SLOW,
    START_MS,
    TICKET_STORM,
    Fault,
    march,
)
from slm_stream.cli.demo.simulation import BLOCK_MS, LOCATIONS, SHOP, Routed, Simulation
from slm_stream.codec import topics
from slm_stream.codec.messages import IncidentUpdate, Probe, Transaction

HOUR_MS = 3_600_000


def transactions(routed: list[Routed], service: str) -> list[Transaction]:
    """Return the transactions of one service."""
    return [m for _, m in routed if isinstance(m, Transaction) and m.service == service]


def probes(routed: list[Routed], service: str) -> list[Probe]:
    """Return the probe results of one service."""
    return [m for _, m in routed if isinstance(m, Probe) and m.service == service]


def during(fault: Fault) -> list[Routed]:
    """Return what is measured while a fault lasts."""
    return Simulation().between(fault.start_ms, fault.end_ms)


def assert_share(bad: int, n: int, share: float) -> None:
    """Fail where a count lies further than four standard deviations from what is promised."""
    assert abs(bad - n * share) <= 4 * math.sqrt(n * share * (1 - share))


def test_the_seed_decides() -> None:
    """The same seed gives the same measurements in whatever steps; another gives others."""
    start, middle, end = march("10 13:00"), march("10 14:20"), march("10 15:00")

    whole = Simulation(7).between(start, end)

    assert whole == Simulation(7).between(start, middle) + Simulation(7).between(middle, end)
    assert whole != Simulation(8).between(start, end)


def test_measurements_come_in_order_of_time_and_inside_the_span() -> None:
    """A worker that reads them sees nothing late."""
    start, end = march("05 10:00"), march("05 12:00")

    found = [m.at_ms for _, m in Simulation().between(start, end)]

    assert all(a <= b for a, b in pairwise(found))
    assert start <= found[0] <= found[-1] < end


def test_every_measurement_goes_to_its_topic_and_all_services_have_some() -> None:
    """An ordinary hour has transactions of six services, and probes of the five that have any."""
    found = Simulation().between(march("05 10:00"), march("05 11:00"))

    kinds = {topics.TRANSACTIONS: Transaction, topics.PROBES: Probe}
    kinds[topics.INCIDENTS] = IncidentUpdate
    assert all(isinstance(m, kinds[topic]) for topic, m in found)
    assert {m.service for _, m in found if isinstance(m, Transaction)} == {t.service for t in SHOP}
    # Every two minutes from each of two locations: 60 an hour.
    for traffic in SHOP:
        seen = probes(found, traffic.service)
        assert len(seen) == (60 if traffic.probed else 0)
        assert {p.location for p in seen} == (set(LOCATIONS) if traffic.probed else set())


@pytest.mark.parametrize("fault", [CHECKOUT_DOWN, CARDS_DOWN])
def test_an_outage_fails_as_many_as_it_says(fault: Fault) -> None:
    """The share of failed transactions is the fault's; an hour before, hardly any fails."""
    found = transactions(during(fault), fault.service)
    before = Simulation().between(fault.start_ms - HOUR_MS, fault.start_ms)

    assert_share(sum(not t.ok for t in found), len(found), fault.failing)
    assert all(t.status == (200 if t.ok else 503) for t in found)
    assert sum(not t.ok for t in transactions(before, fault.service)) <= 1


def test_only_the_service_that_is_down_fails_its_probes() -> None:
    """Every probe of checkout fails for fifty minutes; none before or after, none of others."""
    start, end = CHECKOUT_DOWN.start_ms, CHECKOUT_DOWN.end_ms
    found = Simulation().between(start - HOUR_MS, end + HOUR_MS + BLOCK_MS)

    failed = [m for _, m in found if isinstance(m, Probe) and not m.ok]

    assert len(failed) == 50  # 25 from each of two locations
    assert {m.service for m in failed} == {"checkout"}
    assert all(start <= m.at_ms < end for m in failed)


@pytest.mark.parametrize(
    ("start", "end", "share"),
    [
        ("10 00:00", "11 00:00", 0.01),
        ("15 12:00", "16 12:00", 0.08),  # in the middle of 1 % and 15 %, at 16 00:00
        ("20 12:00", "21 00:00", 0.1465),  # 1 % + 14 % x 9.75 / 10
        ("21 00:00", "22 00:00", 0.01),
    ],
)
def test_pages_get_slower_evenly(start: str, end: str, share: float) -> None:
    """The share of pages over 300 ms grows from 1 % to 15 % in ten days, then drops back."""
    found = transactions(Simulation().between(march(start), march(end)), PAGES_SLOW.service)

    assert_share(sum((t.duration_ms or 0) > 300 for t in found), len(found), share)
    assert all((t.duration_ms or 0) <= 1000 for t in found)  # another promise: 1 s


def test_the_storm_is_24_tickets_one_every_five_minutes() -> None:
    """Each is opened, worked on and closed, and the desk closes none while it is shut."""
    found = [
        m
        for _, m in during(TICKET_STORM)
        + Simulation().between(march("24 09:30"), march("24 10:00"))
        if isinstance(m, IncidentUpdate) and m.incident.startswith("INC-")
    ]

    opened = [m.at_ms for m in found if m.status == "opened"]
    closed = [m.at_ms for m in found if m.status == "closed"]
    assert np.diff(opened).tolist() == [300_000] * 23
    assert len(closed) == 24
    assert not [at for at in closed if march("23 22:00") <= at < march("24 07:00")]


def test_without_faults_a_month_is_ordinary() -> None:
    """No probe fails, and tickets are those of ordinary days."""
    found = Simulation(faults=()).between(march("10 00:00"), march("11 00:00"))

    assert all(m.ok for _, m in found if isinstance(m, Probe))
    assert not [m for _, m in found if isinstance(m, IncidentUpdate) and "INC" in m.incident]


def test_the_month_begins_without_errors() -> None:
    """Among the few transactions of a first day a single error would be a large share."""
    found = Simulation().between(START_MS, START_MS + 24 * HOUR_MS)

    assert all(m.ok for _, m in found if isinstance(m, Transaction))


@pytest.mark.parametrize(
    ("start_ms", "end_ms"),
    [(START_MS, START_MS + 1), (START_MS + 1, END_MS), (START_MS - BLOCK_MS, START_MS)],
)
def test_only_whole_blocks_can_be_asked_for(start_ms: int, end_ms: int) -> None:
    """A part of a block would not be the same in other steps."""
    with pytest.raises(ValueError, match="whole blocks"):
        Simulation().between(start_ms, end_ms)
