"""Probes to down time, across hours, late results and crashes."""

import pytest

from slm_stream.codec import topics
from slm_stream.codec.messages import Probe
from slm_stream.domain.agreement import ComplianceWindow, Objective, ProbeRule
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.ports import Count
from slm_stream.testing import EngineDriver, agreement

TEN = 1_772_359_200_000  # 2026-03-01T10:00Z
MINUTE = 60_000
DAY = ComplianceWindow(rolling_s=86_400)
PROBED = Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES)


def watched(rule: ProbeRule, *more: Objective) -> EngineDriver:
    """Return a driver of one service with one rule."""
    objective = Objective("up", "up", 1_000_000, DAY, probe_rule=rule)
    fast = Condition("value", "<=", 5.0)
    share = Indicator("fast", IndicatorKind.RATIO, Source.PROBES, good=(fast,))
    promise = agreement("checkout", objective, *more, effective_from_ms=TEN - 86_400_000)
    return EngineDriver((Service("checkout", (PROBED, share)),), (promise,))


def probe(driver: EngineDriver, *results: tuple[float, bool], location: str = "") -> None:
    """Send results by minutes after ten o'clock."""
    for minute, ok in results:
        driver.send(Probe("checkout", TEN + round(minute * MINUTE), ok=ok, location=location))


def down_and_known_s(driver: EngineDriver, name: str = "up") -> tuple[float, float]:
    """Return down and known seconds of an objective."""
    standing = driver.standings()[f"sla-checkout/{name}"]
    return standing.bad / 1000, standing.valid / 1000


def test_an_outage_that_the_next_hour_confirms_survives_a_crash() -> None:
    """It began before the hour in which its third failure came."""
    driver = watched(ProbeRule(fail_after=3, hold_s=600))
    probe(driver, (55, True), (59, False), (60, False))
    driver.tick(TEN + 60 * MINUTE)
    driver.checkpoint()
    probe(driver, (61, False), (65, True))
    driver.tick(TEN + 66 * MINUTE)
    # Down from minute 59 to 65, known from 55 to 66.
    assert down_and_known_s(driver) == (360, 660)

    driver.crash()
    driver.tick(TEN + 66 * MINUTE + 1)

    assert down_and_known_s(driver) == (360, 660.001)


def test_a_silence_over_whole_hours_survives_a_crash() -> None:
    """Results expired in an hour that has none of its own."""
    driver = watched(ProbeRule(hold_s=300))
    probe(driver, (58, True))
    driver.tick(TEN + 70 * MINUTE)
    probe(driver, (190, True))
    driver.tick(TEN + 191 * MINUTE)
    # 58 to 63, and 190 to 191.
    assert down_and_known_s(driver) == (0, 360)

    driver.crash()
    driver.tick(TEN + 192 * MINUTE)

    assert down_and_known_s(driver) == (0, 420)


def test_a_late_result_does_not_forget_a_long_good_run() -> None:
    """Every location has been up in one run since its first result."""
    driver = watched(ProbeRule(hold_s=600))
    probe(driver, *((minute, True) for minute in range(0, 150, 5)))
    driver.tick(TEN + 150 * MINUTE)
    assert down_and_known_s(driver) == (0, 9000)

    probe(driver, (111, True))
    driver.tick(TEN + 151 * MINUTE)

    assert down_and_known_s(driver) == (0, 9060)


def test_what_other_locations_said_survives_a_crash() -> None:
    """A run that is confirmed after the crash looks back to before it."""
    driver = watched(ProbeRule(fail_after=3, quorum=2, hold_s=600))
    probe(driver, (9, False), (9.1, False), (9.2, False), location="ams")
    probe(driver, (10, False), (10.1, False), location="fra")
    probe(driver, (11, True), location="ams")
    driver.tick(TEN + 12 * MINUTE)
    driver.crash()
    probe(driver, (13, False), location="fra")
    driver.tick(TEN + 14 * MINUTE)

    # Amsterdam is down from 9 to 11, Frankfurt from 10 on: both from 10 to 11.
    assert down_and_known_s(driver)[0] == 60


def test_a_result_on_its_way_keeps_up_what_had_expired_meanwhile() -> None:
    """The hold counts from the last result, however late that came."""
    driver = watched(ProbeRule(hold_s=300))
    probe(driver, (0, True))
    driver.tick(TEN + 7 * MINUTE)
    assert down_and_known_s(driver) == (0, 300)

    probe(driver, (4, True))
    driver.tick(TEN + 20 * MINUTE)

    assert down_and_known_s(driver) == (0, 540)


def test_failures_far_apart_are_not_in_a_row() -> None:
    """A result that has expired begins no run that later ones confirm."""
    driver = watched(ProbeRule(fail_after=2, hold_s=300))
    probe(driver, (0, False), (60, False), (120, False))
    driver.tick(TEN + 130 * MINUTE)

    assert down_and_known_s(driver) == (0, 0)


def test_two_rules_over_the_same_probes_see_each_once() -> None:
    """A second objective makes no duplicates of what the first has taken."""
    strict = Objective("strict", "up", 100_000, DAY, probe_rule=ProbeRule(fail_after=2))
    fast = Objective("fast", "fast", 1_000_000, DAY)
    driver = watched(ProbeRule(), strict, fast)
    driver.send(*(Probe("checkout", TEN + n * MINUTE, value=float(n)) for n in range(10)))
    driver.tick(TEN + 10 * MINUTE)

    # Values 0 to 5 are fast, 6 to 9 are not.
    standing = driver.standings()["sla-checkout/fast"]
    assert (standing.bad, standing.valid) == (4, 10)
    counted = driver.engine.counts.snapshot()
    assert counted[Count.DUPLICATES, topics.PROBES] == 0


def test_an_outage_that_nobody_saw_end_is_not_struck_off() -> None:
    """Amsterdam fails in minute 1 and falls silent; Frankfurt's result stands until minute 2.

    Nobody knows what was from minute 3 to 10, whatever came in between the ticks.
    """
    driver = watched(ProbeRule(hold_s=120, strike_off_s=600))
    probe(driver, (0, True), location="fra")
    probe(driver, (1, False), (10, True), location="ams")
    driver.tick(TEN + 11 * MINUTE)
    assert down_and_known_s(driver) == (120, 240)


@pytest.mark.parametrize(("after_s", "down_s"), [(0, 0), (3600, 60)])
def test_short_outages_are_struck_off_when_their_time_has_come(after_s: int, down_s: int) -> None:
    """An outage of a minute where those under two do not count, at once or an hour later."""
    driver = watched(ProbeRule(strike_off_s=120, strike_off_after_s=after_s))
    probe(driver, (0, True), (1, False), (2, True))
    driver.tick(TEN + 3 * MINUTE)

    assert down_and_known_s(driver) == (down_s, 180)

    driver.tick(TEN + 62 * MINUTE)
    # Known until minute 7: the last result holds for five.
    assert down_and_known_s(driver) == (0, 420)


def test_an_outage_that_ends_in_silence_is_not_struck_off() -> None:
    """Both locations expire at minute 5; the one that was up is only found out second."""
    driver = watched(ProbeRule(hold_s=300, strike_off_s=600))
    probe(driver, (0, True), location="ams")
    probe(driver, (0, False), (60, False), location="fra")
    driver.tick(TEN + 61 * MINUTE)

    # Down from 0 to 5 and from 60 on.
    assert down_and_known_s(driver) == (360, 360)


def test_a_crash_before_the_first_marker_loses_no_probe() -> None:
    """The hour was written, the marker was not: what it holds counts from its first result."""
    driver = watched(ProbeRule(hold_s=300))
    probe(driver, (1, False), (3, True))
    driver.tick(TEN + 4 * MINUTE, checkpoint=False)
    driver.torn_checkpoint(n_evidence=1, n_heads=0)
    driver.catch_up()
    driver.tick(TEN + 5 * MINUTE)

    assert down_and_known_s(driver) == (120, 240)
