"""The five clocks through the engine: what they count when, whoever tells what in which order."""

from dataclasses import replace
from itertools import permutations
from typing import Any

from slm_stream.codec.messages import IncidentUpdate
from slm_stream.domain.agreement import Agreement, AgreementKind, ComplianceWindow, Objective
from slm_stream.domain.catalogue import (
    ClockRule,
    Condition,
    Indicator,
    IndicatorKind,
    Service,
    Source,
)
from slm_stream.domain.clock_rules import RESOLVE, RULES, UPDATE, when
from slm_stream.engine.rows import Series
from slm_stream.testing import EngineDriver, agreement

TEN = 1_772_445_600_000  # Monday 2026-03-02T10:00Z
MINUTE = 60_000
NETWORK = replace(
    RESOLVE,
    start=when("group == network"),
    pause=when("group != network", "status == waiting"),
    resume=when("group == network and status != waiting"),
)


def objective(name: str, **targets_s: int) -> Objective:
    """Return an objective for the indicator of that name over a day."""
    window = ComplianceWindow(rolling_s=86_400)
    return Objective(name, name, 10**7, window, targets_s=targets_s or {"P1": 3600})


def clock(name: str, rule: ClockRule, *valid: Condition) -> Indicator:
    """Return an indicator that reads a clock of the tickets that are valid."""
    return Indicator(name, IndicatorKind.TIMELINESS, Source.INCIDENTS, valid, clock=rule)


def desk(*agreements: Agreement, more: tuple[Indicator, ...] = ()) -> EngineDriver:
    """Return a driver of a service with every clock, and more; an hour is promised of each."""
    indicators = (*(clock(name, rule) for name, rule in RULES.items()), *more)
    promises = agreements or (agreement("checkout", *(objective(name) for name in RULES)),)
    return EngineDriver((Service("checkout", indicators),), promises)


def update(minute: float, status: str, **more: Any) -> IncidentUpdate:
    """Return an update of ticket I1, of priority P1 unless said."""
    at = TEN + round(minute * MINUTE)
    values = {"incident": "I1", "priority": "P1", "status": status}
    return IncidentUpdate("checkout", at, **(values | more))


def counted(driver: EngineDriver, minute: float) -> dict[str, tuple[int, int]]:
    """Return late and all of each objective at a minute."""
    driver.tick(TEN + round(minute * MINUTE))
    return {s.objective: (s.bad, s.valid) for s in driver.standings().values()}


def series_of(driver: EngineDriver, name: str) -> Series:
    """Return what is counted for an objective."""
    rows = driver.engine.partition(0).plan.rows
    return next(row.series for row in rows if row.objective.name == name)


def overdue(driver: EngineDriver, name: str, minute: float) -> list[str]:
    """Return the tickets that are overdue."""
    now_ms = TEN + round(minute * MINUTE)
    return driver.engine.partition(0).tickets.overdue(series_of(driver, name), now_ms)


def test_five_clocks_of_one_ticket() -> None:
    """Seen at 20, answered at 70, back at 50, resolved at 140 with half an hour's wait."""
    driver = desk()
    driver.send(
        update(0, "opened"),
        update(20, "acknowledged"),
        update(70, "waiting", public=True, impact_end_ms=TEN + 50 * MINUTE),
        update(100, "resumed"),
        update(140, "resolved", public=True),
        stamped_ms=TEN + 140 * MINUTE,
    )

    assert counted(driver, 150) == {
        "acknowledge": (0, 1),  # 20 of 60
        "respond": (1, 1),  # 70
        "restore": (0, 1),  # 50
        "resolve": (1, 1),  # 70 + 40
        "update": (1, 2),  # 70, then 40 without the wait
    }


def test_each_missed_update_is_late_once_and_by_tick() -> None:
    """Told at 0 and 50; the third is due at 110 and comes at 200, the last lasts 20."""
    driver = desk()
    driver.send(*(update(minute, "in_progress", public=True) for minute in (0, 50)))
    assert counted(driver, 109)["update"] == (0, 1)
    assert counted(driver, 110)["update"] == (0, 1)
    assert counted(driver, 111)["update"] == (1, 2)
    assert counted(driver, 199)["update"] == (1, 2)

    driver.send(update(200, "in_progress", public=True), update(220, "resolved"))
    assert counted(driver, 221)["update"] == (1, 3)


def test_overdue_names_the_tickets_that_are_late_and_not_done() -> None:
    """I1 runs, I2 waits beyond its target, I3 is done late, I4 has time, I5 waits in time."""
    driver = desk()
    for incident, waits, ends in (
        ("I1", None, None),
        ("I2", 61, None),
        ("I3", None, 70),
        ("I5", 30, None),
    ):
        driver.send(update(0, "opened", incident=incident))
        if waits is not None:
            driver.send(update(waits, "waiting", incident=incident))
        if ends is not None:
            driver.send(update(ends, "resolved", incident=incident))
    driver.send(update(50, "opened", incident="I4"))
    assert counted(driver, 60)["resolve"] == (0, 0)
    assert overdue(driver, "resolve", 60) == []

    assert counted(driver, 75)["resolve"] == (3, 3)
    assert overdue(driver, "resolve", 75) == ["I1", "I2"]
    assert overdue(driver, "resolve", 110 + 1 / 60) == ["I1", "I2", "I4"]


def test_overdue_survives_a_crash() -> None:
    """It follows from the updates."""
    driver = desk()
    driver.send(update(0, "opened"))
    counted(driver, 61)
    driver.crash()

    assert overdue(driver, "resolve", 61) == ["I1"]


def test_an_operational_agreement_counts_the_time_of_its_group() -> None:
    """The SLA's 100 minutes are late; the network's 30 and 40 without the supplier's are not."""
    sla = agreement("checkout", objective("resolve", P1=5400))
    ola = agreement(
        "checkout", objective("network", P1=4200), id="ola-network", kind=AgreementKind.OLA
    )
    driver = desk(sla, ola, more=(clock("network", NETWORK),))
    driver.send(
        update(0, "opened", group="desk"),
        update(10, "in_progress", group="network"),
        update(40, "in_progress", group="supplier"),
        update(60, "in_progress", group="network"),
    )
    # At 100 minutes the network's 70 are just spent.
    assert counted(driver, 100) == {"resolve": (1, 1), "network": (0, 0)}
    driver.send(update(100, "resolved"))
    assert counted(driver, 110) == {"resolve": (1, 1), "network": (0, 1)}


def test_a_condition_on_the_group_asks_for_the_last_one() -> None:
    """An objective for tickets that end up with the network: that of the desk is none."""
    of_network = clock("valid", RESOLVE, Condition("group", "==", "network"))
    driver = desk(agreement("checkout", objective("valid")), more=(of_network,))
    driver.send(update(0, "opened", group="desk"), update(5, "resolved", group="desk"))
    assert counted(driver, 6) == {"valid": (0, 0)}

    driver.send(update(7, "closed", group="network"))
    assert counted(driver, 8) == {"valid": (0, 1)}


def test_several_agreements_judge_one_ticket_each_by_its_own_target() -> None:
    """50 minutes: in time for the customer's hour, late for the supplier's half."""
    sla = agreement("checkout", objective("resolve"))
    contract = agreement(
        "checkout", replace(objective("resolve", P1=1800), name="repair"), id="uc",
        kind=AgreementKind.UC,
    )  # fmt: skip
    driver = desk(sla, contract)
    driver.send(update(0, "opened"), update(50, "resolved"))

    assert counted(driver, 60) == {"resolve": (0, 1), "repair": (1, 1)}


def test_updates_in_any_order_give_the_same() -> None:
    """All 120 orders of a life in five updates, two of them in one instant."""
    life = (
        update(0, "opened", public=True),
        update(0, "acknowledged"),
        update(30, "waiting", public=True, group="supplier"),
        update(50, "in_progress", priority="P1"),
        update(85, "resolved", public=True),
    )
    found = set()
    for order in permutations(life):
        driver = desk()
        driver.send(*order, stamped_ms=TEN + 85 * MINUTE)
        found.add(tuple(sorted(counted(driver, 90).items())))

    # Updates: 30, and 35 of 55 minutes.
    assert found == {
        (
            ("acknowledge", (0, 1)),
            ("resolve", (1, 1)),
            ("respond", (0, 1)),
            ("restore", (1, 1)),
            ("update", (0, 2)),
        )
    }


def test_a_stop_before_its_start_stops_nothing() -> None:
    """Resolved at 5, opened at 10, as two clocks that disagree tell it: it runs from 10."""
    driver = desk()
    driver.send(update(5, "resolved"), update(10, "opened"))

    assert counted(driver, 70)["resolve"] == (0, 0)
    assert counted(driver, 71)["resolve"] == (1, 1)
    # Clocks that end once had ended at the first word of the ticket.
    assert counted(driver, 71)["respond"] == (0, 1)


def test_an_agreement_may_forbid_rests_in_a_cadence() -> None:
    """Every hour also while the ticket waits."""
    strict = clock("strict", replace(UPDATE, pause=(), resume=()))
    promise = agreement("checkout", objective("update"), objective("strict"))
    driver = desk(promise, more=(strict,))
    driver.send(update(0, "opened"), update(10, "waiting"), update(90, "resolved"))

    assert counted(driver, 100) == {"update": (0, 1), "strict": (1, 1)}
