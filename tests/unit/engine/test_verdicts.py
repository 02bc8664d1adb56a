"""Levels, the events of their changes, and the outbox."""

from slm_stream.codec import events, state, topics
from slm_stream.codec.messages import Transaction
from slm_stream.domain.agreement import ComplianceWindow, Objective, Period
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.engine.core import EngineConfig
from slm_stream.testing import EngineDriver, agreement

MINUTE = 60_000
T0 = 1_772_359_200_000  # 2026-03-01T10:00Z
_IS_OK = (Condition("ok", "==", True),)
INDICATOR = Indicator("success", IndicatorKind.RATIO, Source.TRANSACTIONS, good=_IS_OK)
HOUR = ComplianceWindow(rolling_s=3600)


def shop(*names: str, window: ComplianceWindow = HOUR) -> EngineDriver:
    """Return a driver of services that promise 90 %."""
    objective = Objective("success", "success", 10_000_000, window)
    services = tuple(Service(name, (INDICATOR,)) for name in names)
    return EngineDriver(services, tuple(agreement(name, objective) for name in names))


def sell(driver: EngineDriver, minute: int, good: int, bad: int, name: str = "checkout") -> None:
    """Send so many good and bad transactions in a minute."""
    for n in range(good + bad):
        driver.send(Transaction(name, T0 + minute * MINUTE + n, ok=n < good))


def test_near_breach_then_breach_then_both_end() -> None:
    """Budget 10 % of 100: 8 bad are near it, 11 beyond it; an hour later all is forgotten."""
    driver = shop("checkout")
    sell(driver, 0, 92, 8)
    driver.tick(T0 + MINUTE)
    sell(driver, 1, 0, 3)
    driver.tick(T0 + 2 * MINUTE)
    sell(driver, 100, 10, 0)
    driver.tick(T0 + 101 * MINUTE)

    told = [(e.type.split(".", 2)[2], e.sequence[-1], e.data.bad) for e in driver.events()]
    assert told == [
        ("near_breach.opened.v1", "1", 8),
        ("near_breach.closed.v1", "2", 11),
        ("breach.opened.v1", "2", 11),
        ("breach.closed.v1", "3", 0),
    ]
    assert len({e.correlationid for e in driver.events()}) == 1
    assert len({e.id for e in driver.events()}) == 4


def test_an_event_says_all_that_is_promised() -> None:
    """Figures by hand: 11 bad of 103, 10.3 allowed."""
    driver = shop("checkout")
    sell(driver, 0, 92, 11)
    driver.tick(T0 + MINUTE)

    (event,) = driver.events("breach")

    assert (event.subject, event.time) == ("sla-checkout/success", "2026-03-01T10:01:00.000Z")
    assert (event.data.previous_level, event.data.triggers) == (
        "no_data",
        ("breach", "budget_spent"),
    )
    assert (event.data.bad, event.data.valid, event.data.unit) == (11, 103, "events")
    assert event.data.budget is not None
    assert abs(event.data.budget.allowed - 10.3) < 1e-9
    assert abs(event.data.budget.left + 0.7) < 1e-9
    assert event.data.time_to_exhaustion_s == 0
    assert event.data.window.start == "2026-03-01T09:01:00.000Z"


def test_events_that_come_while_others_leave_stay() -> None:
    """A broker takes its time; what was posted meanwhile belongs to the next checkpoint."""
    driver = shop("checkout", "billing")
    sell(driver, 0, 0, 1, "checkout")
    sell(driver, 0, 0, 1, "billing")
    driver.tick(T0 + MINUTE, checkpoint=False)
    verdicts = driver.engine.partition(0).verdicts
    leaving = verdicts.leaving()
    sell(driver, 1, 100, 0, "checkout")
    driver.tick(T0 + 2 * MINUTE, checkpoint=False)
    verdicts.left(len(leaving))

    left = [(e.topic, e.key) for e in verdicts.leaving()]

    assert left == [
        (topics.BREACHES, "sla-checkout/success"),
        (topics.LEVELS, "sla-checkout/success"),
    ]


def test_ticks_that_a_stored_level_has_seen_do_not_move_it_again() -> None:
    """The head was written, its marker was not: the tick before comes again, and is past."""
    driver = shop("checkout")
    sell(driver, 0, 10, 0)
    driver.tick(T0 + 1 * MINUTE)
    driver.tick(T0 + 2 * MINUTE, checkpoint=False)
    sell(driver, 2, 0, 5)
    driver.tick(T0 + 3 * MINUTE, checkpoint=False)
    driver.torn_checkpoint(99, 99)
    driver.catch_up()
    driver.tick(T0 + 4 * MINUTE)

    assert [e.data.level for e in driver.events("level")] == ["met", "breach"]


def test_a_new_period_is_remembered_though_no_level_moved() -> None:
    """Hysteresis in the new day outlives a crash: 71 % spent keeps what was near."""
    midnight = T0 + 14 * 60 * MINUTE
    driver = shop("checkout", window=ComplianceWindow(period=Period.DAY))
    sell(driver, 14 * 60 - 1, 92, 8)
    driver.tick(midnight)
    driver.checkpoint()
    sell(driver, 14 * 60 + 1, 92, 8)
    driver.tick(midnight + 2 * MINUTE)
    sell(driver, 14 * 60 + 2, 13, 0)
    driver.crash()
    # 8 of 113: 70.8 % of the budget.
    driver.tick(midnight + 3 * MINUTE)

    assert driver.standings()["sla-checkout/success"].verdict == "near_breach"


def test_ids_follow_from_what_happened() -> None:
    """Two monitors that see the same say the same, whoever they are."""

    def run() -> list[str]:
        driver = shop("checkout")
        sell(driver, 0, 0, 3)
        driver.tick(T0 + MINUTE)
        return [e.id for e in driver.events("breach", "level")]

    assert run() == run() != []


def test_an_agreement_that_ends_ends_its_breach() -> None:
    """Nothing is judged beyond the last instant in force, and nothing shown."""
    objective = Objective("success", "success", 10_000_000, HOUR)
    promise = agreement("checkout", objective, effective_to_ms=T0 + 10 * MINUTE)
    driver = EngineDriver((Service("checkout", (INDICATOR,)),), (promise,))
    sell(driver, 0, 0, 3)
    driver.tick(T0 + 10 * MINUTE)
    assert driver.standings()["sla-checkout/success"].verdict == "breach"

    driver.tick(T0 + 11 * MINUTE)

    assert driver.standings() == {}
    assert [e.type for e in driver.events("breach")][-1].endswith("breach.closed.v1")


def test_the_head_of_a_service_is_written_only_when_it_changed() -> None:
    """A quiet second writes nothing but the marker."""
    driver = shop("checkout")
    sell(driver, 0, 10, 0)
    driver.tick(T0 + MINUTE)
    driver.checkpoint()
    driver.tick(T0 + MINUTE + 1000, checkpoint=False)

    assert driver.engine.partition(0).frozen() == []


def test_unchanged_levels_are_shown_anew_now_and_then() -> None:
    """New figures every quarter of a minute at most; the level itself has not moved."""
    driver = shop("checkout")
    driver.engine = type(driver.engine)(
        *driver._promises, driver.store, EngineConfig(refresh_ms=15_000)
    )
    driver.engine.assign(0)
    shown = []
    for second in range(60):
        driver.send(Transaction("checkout", T0 + second * 1000))
        driver.tick(T0 + second * 1000 + 500)
        shown += [events.read(e.value or b"") for e in driver.engine.refreshed(0)]

    # The level moves at half a second; then after 15, 30 and 45 more.
    assert [e.data.valid for e in shown] == [16, 31, 46]


def test_heads_say_up_to_when_they_judged() -> None:
    """What the guard against ticks that come again rests on."""
    driver = shop("checkout")
    sell(driver, 0, 10, 0)
    driver.tick(T0 + MINUTE)

    head = state.decode(driver.store[b"0/l/checkout/"], state.HeadBlob)

    assert head.judged_ms == T0 + MINUTE
    assert list(head.levels) == ["sla-checkout/success@1"]
