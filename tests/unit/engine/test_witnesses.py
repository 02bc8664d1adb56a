"""Several witnesses of one service through the engine: figures, deciders, disagreements."""

import json
from fractions import Fraction
from importlib import resources

import pytest
from jsonschema import Draft202012Validator

from slm_stream.codec.messages import IncidentUpdate, Probe, Transaction
from slm_stream.domain.agreement import ComplianceWindow, Objective, ProbeRule
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import (
    Condition,
    Indicator,
    IndicatorKind,
    Service,
    Source,
    Witness,
)
from slm_stream.domain.limit import Limit
from slm_stream.domain.outages import Outage
from slm_stream.domain.timeline import DEGRADED, DOWN, UNKNOWN, UP
from slm_stream.domain.witness_rule import MinuteRule, WitnessPolicy, WitnessRule
from slm_stream.engine.minutes import minute_runs
from slm_stream.testing import EngineDriver, agreement

TEN = 1_772_359_200_000  # 2026-03-01T10:00Z
MINUTE = 60_000
DAY = ComplianceWindow(rolling_s=86_400)
ANY, MAJORITY, PRECEDENCE = WitnessPolicy
TICKETS, PROBES, CALLS = Source.INCIDENTS, Source.PROBES, Source.TRANSACTIONS
NO_404 = (Condition("status", "!=", 404),)
FAST = (Condition("status", "<", 500),)


def heard_by(*heard: Witness, rule: WitnessRule, hours: Calendar | None = None) -> EngineDriver:
    """Return a driver of one service that these witnesses tell of, since nine o'clock."""
    up = Indicator("up", IndicatorKind.AVAILABILITY, heard[0].source, witnesses=heard)
    objective = Objective(
        "up", "up", 1_000_000, DAY, probe_rule=ProbeRule(hold_s=3600), witness_rule=rule
    )
    promise = agreement(
        "shop",
        objective,
        calendar=hours or Calendar.always("UTC"),
        effective_from_ms=TEN - 60 * MINUTE,
    )
    return EngineDriver((Service("shop", (up,)),), (promise,))


def all_three(rule: WitnessRule, hours: Calendar | None = None) -> EngineDriver:
    """Return a driver of a service with every witness."""
    return heard_by(
        Witness(PROBES), Witness(CALLS, NO_404, FAST), Witness(TICKETS), rule=rule, hours=hours
    )


def probe(driver: EngineDriver, *results: tuple[float, bool]) -> None:
    """Send probe results by minutes after ten o'clock."""
    for minute, ok in results:
        driver.send(Probe("shop", TEN + round(minute * MINUTE), ok=ok))


def call(driver: EngineDriver, minute: float, n_good: int, n_bad: int) -> None:
    """Send transactions of one minute after ten o'clock; what was not found is not counted."""
    at = TEN + round(minute * MINUTE)
    driver.send(*(Transaction("shop", at, status=200) for _ in range(n_good)))
    driver.send(*(Transaction("shop", at, status=503) for _ in range(n_bad)))
    driver.send(Transaction("shop", at, status=404))


def ticket(driver: EngineDriver, minute: float, status: str, start: float | None = None) -> None:
    """Send an update of the one ticket."""
    began = None if start is None else TEN + round(start * MINUTE)
    at = TEN + round(minute * MINUTE)
    driver.send(IncidentUpdate("shop", at, "I1", status, impact_start_ms=began))


def down_and_known_s(driver: EngineDriver) -> tuple[float, float]:
    """Return down and known seconds."""
    standing = driver.standings()["sla-shop/up"]
    return standing.bad / 1000, standing.valid / 1000


def test_minutes_of_transactions_alone_are_a_witness() -> None:
    """Up, degraded, down and too few, each a minute; the last one is not over."""
    driver = heard_by(Witness(CALLS, NO_404, FAST), rule=WitnessRule(minutes=MinuteRule(10)))
    for minute, (n_good, n_bad) in enumerate([(10, 0), (9, 1), (4, 6), (9, 0), (0, 10)]):
        call(driver, minute, n_good, n_bad)
    driver.tick(TEN + 4 * MINUTE + 59_999)
    # Nine are too few to say anything; the fifth minute lasts.
    assert down_and_known_s(driver) == (60, 180)

    driver.tick(TEN + 5 * MINUTE)
    assert down_and_known_s(driver) == (120, 240)
    row = driver.engine.partition(0).plan.rows[0]
    availability = driver.engine.partition(0).availability
    found = availability.findings(row.series, TEN, TEN + 5 * MINUTE)
    assert [(f.end_ms - f.start_ms, f.state) for f in found] == [
        (MINUTE, UP), (MINUTE, DEGRADED), (MINUTE, DOWN), (MINUTE, UNKNOWN), (MINUTE, DOWN),
    ]  # fmt: skip


def test_degraded_minutes_count_as_the_agreement_says() -> None:
    """Nine of ten are good, less than 99 %."""
    for degraded_is_down, down_s in ((False, 0), (True, 60)):
        driver = heard_by(Witness(CALLS), rule=WitnessRule(degraded_is_down=degraded_is_down))
        driver.send(*(Transaction("shop", TEN, ok=i > 0) for i in range(10)))
        driver.tick(TEN + 2 * MINUTE)
        assert down_and_known_s(driver) == (down_s, 60)


@pytest.mark.parametrize(
    ("rule", "down_s"),
    [
        # Probes: down from 2 to 4; transactions: down from 3 to 5; ticket: from 3:30 to 6.
        (WitnessRule(ANY), 240),
        # From 2 to 3 probes only, transactions silent: against the ticket, a tie, is down.
        # Then two or three of three until 5, and the ticket against the probes until 6.
        (WitnessRule(MAJORITY), 240),
        (WitnessRule(PRECEDENCE), 150),
        (WitnessRule(PRECEDENCE, (CALLS, PROBES, TICKETS)), 180),
    ],
)
def test_the_rule_makes_the_figures(rule: WitnessRule, down_s: int) -> None:
    """The same three witnesses, four agreements."""
    driver = all_three(rule)
    probe(driver, (0, True), (2, False), (4, True))
    call(driver, 3, 0, 10)
    call(driver, 4, 0, 10)
    ticket(driver, 4.25, "opened", 3.5)
    ticket(driver, 6, "resolved")
    driver.tick(TEN + 10 * MINUTE)

    # No ticket is good news since nine o'clock.
    assert down_and_known_s(driver) == (down_s, 70 * 60)


def test_late_transactions_change_their_minute() -> None:
    """Ten good ones come when the minute has been judged down: half of it is good."""
    driver = heard_by(Witness(CALLS, NO_404, FAST), rule=WitnessRule())
    call(driver, 0, 0, 10)
    driver.tick(TEN + 3 * MINUTE)
    assert down_and_known_s(driver) == (60, 60)

    call(driver, 0.5, 10, 0)
    driver.tick(TEN + 4 * MINUTE)

    assert down_and_known_s(driver) == (0, 60)


def test_outages_are_clipped_to_agreed_time_and_last_until_now() -> None:
    """Open from 10:05 to 11:00; one outage two witnesses, one at night, one that lasts."""
    hours = Calendar("UTC", {6: ((605, 660),)})
    driver = all_three(WitnessRule(ANY), hours)
    probe(driver, (0, True), (1, False), (4, True), (4.5, False), (7, True), (50, False))
    ticket(driver, 7, "opened", 6.5)
    ticket(driver, 8, "resolved")
    driver.tick(TEN + 52 * MINUTE + 30_000)

    state = driver.engine.partition(0)
    series = state.plan.rows[0].series
    expected = [
        # Probes from 4:30 to 7, the ticket from 6:30 to 8; three minutes are agreed time.
        Outage(TEN + 5 * MINUTE, TEN + 8 * MINUTE, 3 * MINUTE, round(3.5 * MINUTE)),
        Outage(TEN + 50 * MINUTE, TEN + 3_150_000, 150_000, 150_000),
    ]
    assert state.availability.outages(series, TEN, TEN + 60 * MINUTE) == expected
    driver.tick(TEN + 53 * MINUTE)
    counts = state.availability.outage_counts(
        [(series, TEN, TEN + 60 * MINUTE), (series, TEN + 6 * MINUTE, TEN + 50 * MINUTE)]
    )
    assert counts.tolist() == [[2, 1], [3 * MINUTE, 2 * MINUTE]]


def test_what_is_lost_follows_late_news_and_a_restart() -> None:
    """A ticket reports an outage after the fact; asked for before, after, and after a crash."""
    driver = all_three(WitnessRule(ANY))
    probe(driver, (0, True), (10, False), (12, True))

    def outages_s() -> list[int]:
        state = driver.engine.partition(0)
        found = state.availability.outages(state.plan.rows[0].series, TEN, TEN + 60 * MINUTE)
        return [outage.agreed // 1000 for outage in found]

    driver.tick(TEN + 13 * MINUTE)
    assert outages_s() == [120]
    ticket(driver, 14, "opened", 9)
    ticket(driver, 14.5, "cancelled")
    driver.tick(TEN + 14 * MINUTE + 45_000)
    assert outages_s() == [120]
    ticket(driver, 15, "reopened", 9)
    ticket(driver, 15.5, "resolved")
    driver.tick(TEN + 16 * MINUTE)
    assert outages_s() == [390]

    driver.crash()
    driver.tick(TEN + 17 * MINUTE)
    assert outages_s() == [390]


def test_a_breach_names_who_decided() -> None:
    """The one with most down time first; who was overruled is not named."""
    driver = all_three(WitnessRule(ANY))
    probe(driver, (0, True), (1, False), (2, True))
    ticket(driver, 2, "opened", 2)
    ticket(driver, 12, "resolved")
    driver.tick(TEN + 15 * MINUTE)

    (opened,) = (e for e in driver.events("breach") if "opened" in e.type)
    assert opened.data.witness == "incidents, probes"
    (level, *_) = (e for e in driver.events("level"))
    assert level.data.witness == "incidents, probes"


def test_where_nothing_is_down_all_who_are_heard_say_so() -> None:
    """In the order of the catalogue."""
    driver = all_three(WitnessRule(ANY))
    probe(driver, (0, True))
    driver.tick(TEN + MINUTE)

    (level,) = driver.events("level")
    assert level.data.witness == "probes, transactions, incidents"


def disagreeing(hours: Calendar | None = None) -> EngineDriver:
    """Return a driver whose probes have been failing since one minute past ten."""
    driver = all_three(WitnessRule(ANY, disagreement_s=300), hours)
    probe(driver, (0, True), (1, False))
    return driver


def test_a_disagreement_is_told_when_it_has_lasted_too_long_and_when_it_ends() -> None:
    """Probes fail from 10:01, nobody opens a ticket before 10:20: five minutes are agreed."""
    driver = disagreeing()
    for minute in range(1, 7):
        driver.tick(TEN + minute * MINUTE + 500)
    assert driver.disagreements() == []  # five minutes are not longer than five minutes

    driver.tick(TEN + 7 * MINUTE)
    (opened,) = driver.disagreements()
    assert opened.type == "io.slm-stream.witnesses.disagree.opened.v1"
    assert (opened.subject, opened.sequence) == ("sla-shop/up", "000000000001")
    assert opened.time == "2026-03-01T10:07:00.000Z"
    assert (opened.data.since, opened.data.until) == ("2026-03-01T10:01:00.000Z", None)
    assert opened.data.witnesses == {"incidents": "up", "probes": "down", "transactions": "unknown"}

    ticket(driver, 20, "opened", 19.5)
    driver.tick(TEN + 20 * MINUTE + 30_000)
    _, closed = driver.disagreements()
    assert closed.type == "io.slm-stream.witnesses.disagree.closed.v1"
    assert closed.correlationid == opened.correlationid
    assert closed.data.until == "2026-03-01T10:19:30.000Z"
    assert closed.data.witnesses["incidents"] == "down"
    schema = (resources.files("slm_stream.codec") / "schemas" / "disagreement.v1.json").read_text()
    for out in driver.sent:
        if out.topic == "slm.disagreements.v1":
            Draft202012Validator(json.loads(schema)).validate(json.loads(out.value or b""))


def test_a_disagreement_is_measured_in_agreed_time() -> None:
    """The office opens at 10:10: no ticket is expected before."""
    driver = disagreeing(Calendar("UTC", {6: ((610, 660),)}))
    driver.tick(TEN + 15 * MINUTE)
    assert driver.disagreements() == []

    driver.tick(TEN + 16 * MINUTE)
    (opened,) = driver.disagreements()
    assert opened.data.since == "2026-03-01T10:01:00.000Z"


def test_a_restart_neither_repeats_nor_forgets_a_disagreement() -> None:
    """Crashes before and after the checkpoint that holds it."""
    driver = disagreeing()
    driver.tick(TEN + 6 * MINUTE)
    driver.tick(TEN + 7 * MINUTE, checkpoint=False)
    driver.crash()
    driver.catch_up()
    driver.tick(TEN + 8 * MINUTE)
    driver.crash()
    driver.tick(TEN + 9 * MINUTE)
    probe(driver, (9.5, True))
    driver.tick(TEN + 11 * MINUTE)

    told = [event.type.split(".")[-2] for event in driver.disagreements()]
    assert told == ["opened", "closed"]
    assert [event.sequence[-1] for event in driver.disagreements()] == ["1", "2"]
    assert driver.disagreements()[0].time == "2026-03-01T10:07:00.000Z"


def test_a_long_disagreement_is_found_back_to_its_beginning() -> None:
    """It is looked for an hour back, then four hours, then sixteen."""
    driver = all_three(WitnessRule(ANY, disagreement_s=7 * 3600))
    probe(driver, *((minute, minute < 1) for minute in range(0, 8 * 60, 30)))
    driver.tick(TEN + 8 * 60 * MINUTE)

    (opened,) = driver.disagreements()
    assert opened.data.since == "2026-03-01T10:30:00.000Z"


def test_minutes_outside_agreed_time_are_told_apart() -> None:
    """Open from 10:02 to 11:00; minutes that are not whole are left out."""
    driver = all_three(WitnessRule(ANY), Calendar("UTC", {6: ((602, 660),)}))
    probe(driver, (0, True), (3, False))
    driver.tick(TEN + 4 * MINUTE + 30_000)
    state = driver.engine.partition(0)

    runs = minute_runs(state, state.plan.rows[0], TEN + 30_000, TEN + 60 * MINUTE)

    assert [(r["start"][14:19], r["end"][14:19], r["state"], r["agreed"]) for r in runs] == [
        ("01:00", "02:00", "up", False),
        ("02:00", "03:00", "up", True),
        ("03:00", "04:00", "down", True),
    ]
    assert minute_runs(state, state.plan.rows[0], TEN + 90 * MINUTE, TEN + 99 * MINUTE) == []


def test_months_are_painted_a_few_hours_at_a_time_after_a_restart() -> None:
    """A minute down in each of a hundred hours, half of them by tickets, and none is lost."""
    driver = all_three(WitnessRule(ANY))
    hour = 60
    for n in range(100):
        probe(driver, (n * hour, n % 2 == 0), (n * hour + 1, True))
        if n % 2 == 0:
            at = TEN + n * hour * MINUTE
            driver.send(IncidentUpdate("shop", at, f"I{n}", "opened"))
            driver.send(IncidentUpdate("shop", at + MINUTE, f"I{n}", "resolved"))
        driver.tick(TEN + (n * hour + 2) * MINUTE)
    before = down_and_known_s(driver)
    # The window is a day: 24 hours with a minute each.
    assert before == (24 * 60, 86_400)

    driver.crash()
    driver.tick(TEN + 99 * hour * MINUTE + 2 * MINUTE + 500)

    assert down_and_known_s(driver) == before
    state = driver.engine.partition(0)
    found = state.availability.outages(state.plan.rows[0].series, TEN, TEN + 100 * hour * MINUTE)
    assert [outage.agreed for outage in found] == [MINUTE] * 100


def test_objectives_of_one_rule_share_what_is_known() -> None:
    """Two figures of one availability are painted once; that of the probes alone is another."""
    heard = (Witness(PROBES), Witness(TICKETS))
    joint = Indicator("up", IndicatorKind.AVAILABILITY, PROBES, witnesses=heard)
    alone = Indicator("probed", IndicatorKind.AVAILABILITY, PROBES)
    rule = ProbeRule(hold_s=3600)
    at_most = Limit(True, Fraction(3600))
    promise = agreement(
        "shop",
        Objective("share", "up", 1_000_000, DAY, probe_rule=rule),
        Objective("down", "up", 0, DAY, measure="downtime", limit=at_most, probe_rule=rule),
        Objective("probed", "probed", 1_000_000, DAY, probe_rule=rule),
        effective_from_ms=TEN,
    )
    driver = EngineDriver((Service("shop", (joint, alone)),), (promise,))
    for minute, ok in ((0, True), (10, False), (15, True)):
        driver.send(Probe("shop", TEN + minute * MINUTE, ok=ok))
    driver.send(IncidentUpdate("shop", TEN + 20 * MINUTE, "I1", "opened"))
    driver.send(IncidentUpdate("shop", TEN + 40 * MINUTE, "I1", "resolved"))
    driver.tick(TEN + 60 * MINUTE)

    rows = driver.engine.partition(0).plan.rows
    assert rows[0].series is rows[1].series
    bad = {name: standing.bad for name, standing in driver.standings().items()}
    # Probes say 5 minutes, the ticket 20 others.
    assert bad == {
        "sla-shop/share": 25 * MINUTE,
        "sla-shop/down": 25 * MINUTE,
        "sla-shop/probed": 5 * MINUTE,
    }
