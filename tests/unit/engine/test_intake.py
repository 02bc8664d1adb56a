"""What is set aside, why, and that nothing of it stops the stream."""

import pytest

from slm_stream.codec import topics
from slm_stream.codec.messages import Feedback, IncidentUpdate, Probe, Transaction
from slm_stream.codec.runs import Run
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.engine.core import Engine, EngineConfig
from slm_stream.ports import Count
from slm_stream.testing import EngineDriver, agreement

T0 = 1_772_359_200_000  # 2026-03-01T10:00Z
HOUR_MS = 3_600_000
ONE = b'{"service":"checkout","at_ms":1}'
SERVICE = Service(
    "checkout",
    (
        Indicator("all", IndicatorKind.RATIO, Source.TRANSACTIONS),
        Indicator("took", IndicatorKind.DURATION, Source.TRANSACTIONS),
        Indicator("reported", IndicatorKind.AVAILABILITY, Source.INCIDENTS),
    ),
)
_IS_OK = Condition("ok", "==", True)
_GOOD_MARK = Condition("score", ">=", 7)
DAY = ComplianceWindow(rolling_s=86_400)
PROMISE = agreement(
    "checkout",
    Objective("all", "all", 10**7, DAY),
    Objective("reported", "reported", 10**7, DAY),
    effective_from_ms=T0 - HOUR_MS,
)


def fresh(**config: int) -> EngineDriver:
    """Return a driver of one service."""
    return EngineDriver((SERVICE,), (PROMISE,), EngineConfig(**config))  # type: ignore[arg-type]


def reasons(driver: EngineDriver) -> list[tuple[str, str]]:
    """Return offset and reason of all that was set aside."""
    headers = [dict(out.headers) for out in driver.aside]
    return [(h["slm-offset"].decode(), h["slm-reason"].decode()) for h in headers]


@pytest.mark.parametrize(
    ("topic", "value", "reason"),
    [
        (topics.TRANSACTIONS, b"", "not_json"),
        (topics.TRANSACTIONS, b"\xff", "not_json"),
        (topics.TRANSACTIONS, b'{"service":"\xff","at_ms":1}', "not_json"),
        (topics.TRANSACTIONS, b'{"service":"\\ud800","at_ms":1}', "not_json"),
        (topics.TRANSACTIONS, None, "empty"),
        (topics.TRANSACTIONS, b'{"service":"checkout"}', "invalid"),
        (topics.TRANSACTIONS, ONE + b"," + ONE, "not_json"),
        (topics.TRANSACTIONS, b'{"service":"checkout","at_ms":%d}' % 2**63, "invalid"),
        (topics.TRANSACTIONS, b'{"service":"checkout","at_ms":%d}' % 10**40, "invalid"),
        (topics.TRANSACTIONS, ONE[:-1] + b',"status":%d}' % 10**400, "invalid"),
        (topics.TRANSACTIONS, ONE[:-1] + b',"duration_ms":1e308}', "invalid"),
        (topics.TRANSACTIONS, b'{"service":"checkout","at_ms":-1}', "future"),
        (topics.TRANSACTIONS, b'{"service":"nobody","at_ms":1}', "unknown_service"),
        (
            topics.INCIDENTS,
            b'{"service":"checkout","at_ms":%d,"incident":"I","status":"lost"}' % T0,
            "unknown_status",
        ),
        (
            topics.INCIDENTS,
            ONE[:-1] + b',"incident":"I","status":"opened","impact_start_ms":%d}' % 2**70,
            "invalid",
        ),
        (topics.TICKS, b'{"at_ms":"noon"}', "invalid"),
        (topics.TICKS, b'{"at_ms":%d}' % (T0 + 300_001), "future"),
        (topics.TICKS, b'{"at_ms":%d}' % 2**62, "future"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_message_stops_nothing(
    topic: str, value: bytes | None, reason: str
) -> None:
    """It is set aside with its bytes and position; what comes before and after is counted."""
    driver = fresh()
    driver.send(Transaction("checkout", T0))
    driver.deliver()
    driver.send(value, raw_topic=topic, stamped_ms=T0)
    driver.deliver(topic)
    driver.send(Transaction("checkout", T0 + 1))
    driver.tick(T0 + 60_000)
    driver.crash()
    driver.tick(T0 + 61_000)

    assert [r for _, r in reasons(driver)] == [reason]
    assert driver.aside[0].value == value
    assert driver.standings()["sla-checkout/all"].valid == 2


def test_dead_letters_leave_in_order_whatever_their_reason() -> None:
    """Unreadable, unknown and future ones of one batch, as they stood in the log."""
    driver = fresh()
    driver.send(Transaction("nobody", T0), stamped_ms=T0)
    driver.send(Transaction("checkout", T0 + 300_001), stamped_ms=T0)
    driver.send(b"[]", raw_topic=topics.TRANSACTIONS, stamped_ms=T0, hole=4)
    driver.send(Transaction("checkout", T0 + 300_000), stamped_ms=T0)
    driver.deliver()

    assert reasons(driver) == [("0", "unknown_service"), ("1", "future"), ("6", "invalid")]


def test_late_is_what_lies_further_back_than_allowed() -> None:
    """An hour behind the newest is in time, a millisecond more is not."""
    driver = fresh()
    driver.send(Transaction("checkout", T0 + HOUR_MS))
    driver.send(Transaction("checkout", T0 + 9 * HOUR_MS), stamped_ms=T0 + HOUR_MS)
    driver.send(Transaction("checkout", T0), Transaction("checkout", T0 - 1))
    driver.tick(T0 + HOUR_MS + 60_000)

    assert reasons(driver) == [("1", "future"), ("3", "late")]
    assert [out.topic for out in driver.aside] == [topics.DEAD_LETTERS, topics.LATE]
    assert driver.standings()["sla-checkout/all"].valid == 2


def test_a_batch_with_nothing_in_it_moves_the_position() -> None:
    """A control batch of a transaction has offsets and no payload."""
    engine = Engine((SERVICE,), (PROMISE,), {})
    engine.assign(0)
    for topic in topics.INPUTS:
        assert engine.ingest(0, topic, [Run(5, 7, T0, [])]) == []
        assert engine.partition(0).applied[topic] == 7


def test_a_transaction_of_known_id_counts_once_where_the_catalogue_says_so() -> None:
    """Within an hour of event time, across batches and a crash; without an id always."""
    service = Service(SERVICE.name, SERVICE.indicators, dedupe_transactions=True)
    driver = EngineDriver((service,), (PROMISE,))
    for _ in range(2):
        driver.send(Transaction("checkout", T0, id="a"), Transaction("checkout", T0, id="a"))
        driver.send(Transaction("checkout", T0))
        driver.tick(T0 + 60_000)
        driver.crash()
    driver.tick(T0 + 61_000)

    # One "a" and two without an id.
    assert driver.standings()["sla-checkout/all"].valid == 3


@pytest.mark.parametrize(
    ("first_ms", "second_ms", "valid"),
    [
        (T0, T0 + HOUR_MS - 1, 1),  # 10:00:00.000 and 10:59:59.999
        (T0 + HOUR_MS - 1, T0, 1),
        (T0 + HOUR_MS - 1, T0 + HOUR_MS, 2),  # 10:59:59.999 and 11:00:00.000
        (T0, T0 + HOUR_MS, 2),
    ],
)
def test_an_id_is_remembered_for_its_hour_of_event_time(
    first_ms: int, second_ms: int, valid: int
) -> None:
    """Whatever comes first, and through a crash; in another hour it is another transaction."""
    service = Service(SERVICE.name, SERVICE.indicators, dedupe_transactions=True)
    driver = EngineDriver((service,), (PROMISE,))
    driver.send(Transaction("checkout", first_ms, id="a"))
    driver.tick(T0 + HOUR_MS + 60_000)
    driver.crash()
    driver.send(Transaction("checkout", second_ms, id="a"))
    driver.tick(T0 + HOUR_MS + 61_000)

    assert driver.standings()["sla-checkout/all"].valid == valid
    duplicates = driver.engine.counts.snapshot()[str(Count.DUPLICATES), topics.TRANSACTIONS]
    assert duplicates == 2 - valid


def test_ids_of_two_topics_have_nothing_to_do_with_each_other() -> None:
    """A mark may carry the id of the transaction that it is about."""
    marks = Indicator("marks", IndicatorKind.RATIO, Source.FEEDBACK, (), (_GOOD_MARK,))
    service = Service("checkout", (*SERVICE.indicators, marks), dedupe_transactions=True)
    promise = agreement(
        "checkout", Objective("all", "all", 10**7, DAY), Objective("marks", "marks", 10**7, DAY)
    )
    driver = EngineDriver((service,), (promise,))
    driver.send(Transaction("checkout", T0, id="a"), Feedback("checkout", T0, score=8, id="a"))
    driver.send(Feedback("checkout", T0 + 1, score=2, id="a"))
    driver.tick(T0 + 60_000)

    found = driver.standings()
    assert (found["sla-checkout/all"].valid, found["sla-checkout/marks"].valid) == (1, 1)


def test_a_probe_result_counts_once_whatever_is_measured_of_it() -> None:
    """By time, location and check; also where no indicator keeps an account of outages."""
    works = Indicator("works", IndicatorKind.RATIO, Source.PROBES, (), (_IS_OK,))
    up = Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES)
    for indicators in ((works,), (works, up)):
        promise = agreement(
            "checkout", *(Objective(i.name, i.name, 10**7, DAY) for i in indicators)
        )
        driver = EngineDriver((Service("checkout", indicators),), (promise,))
        for _ in range(2):
            driver.send(
                Probe("checkout", T0, location="ams", check="search"),
                Probe("checkout", T0, location="ams", check="pay", ok=False),
                Probe("checkout", T0, location="fra", check="pay"),
                Probe("checkout", T0 + 1, location="fra", check="pay"),
            )
            driver.tick(T0 + 60_000)
            driver.crash()
        driver.tick(T0 + 61_000)

        standing = driver.standings()["sla-checkout/works"]
        assert (standing.bad, standing.valid) == (1, 4)


def test_an_incident_update_counts_once() -> None:
    """By its own number, else by all that it says."""
    driver = fresh()
    update = IncidentUpdate("checkout", T0, "I1", "opened", impact_start_ms=T0)
    for _ in range(3):
        driver.send(update)
        driver.tick(T0 + 60_000)
        driver.crash()
    driver.send(IncidentUpdate("checkout", T0, "I1", "opened", impact_start_ms=T0, update="7"))
    driver.send(IncidentUpdate("checkout", T0 + 9, "I1", "closed", update="7"))
    driver.tick(T0 + 120_000)

    # The second of number 7 is a repeat, so the outage is still going on: 2 minutes.
    assert driver.standings()["sla-checkout/reported"].bad == 120_000


@pytest.mark.parametrize("topic", [topics.TRANSACTIONS, topics.PROBES, topics.FEEDBACK])
def test_each_topic_has_its_own_lateness(topic: str) -> None:
    """Ten minutes for one, an hour for the others; what is too late keeps bytes and position."""
    lateness = dict.fromkeys(topics.MEASUREMENTS, HOUR_MS) | {topic: 600_000}
    driver = EngineDriver((SERVICE,), (PROMISE,), EngineConfig(lateness_ms=lateness))
    for measurement in (Transaction, Probe, Feedback):
        for at_ms in (T0 + HOUR_MS, T0 + HOUR_MS - 600_000, T0 + HOUR_MS - 600_001):
            driver.send(measurement("checkout", at_ms))
    driver.deliver()

    (late,) = driver.aside
    assert late.topic == topics.LATE
    assert late.value == b'{"service":"checkout","at_ms":%d}' % (T0 + HOUR_MS - 600_001)
    assert dict(late.headers) == {
        "slm-topic": topic.encode(),
        "slm-partition": b"0",
        "slm-offset": b"2",
        "slm-reason": b"late",
        "slm-detail": b"600.001 s behind",
    }
    assert driver.engine.counts.snapshot()[str(Count.LATE), topic] == 1
