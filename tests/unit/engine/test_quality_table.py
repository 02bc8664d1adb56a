"""Every row of the service quality table, on figures worked out by hand.

The promises are those of `config/quality`; the store keeps hours from 08:00 to 20:00 in
Amsterdam, and all of it happens on Monday 2026-03-02 from 08:00 (07:00Z) on.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from slm_stream.codec.messages import Feedback, IncidentUpdate, Measurement, Probe, Transaction
from slm_stream.engine.replay import Replay
from slm_stream.ports import Standing
from slm_stream.spec.loader import load
from slm_stream.testing import TOPIC_OF

CONFIG = Path(__file__).parents[3] / "config" / "quality"
EIGHT = 1_772_434_800_000  # 2026-03-02T07:00Z, 08:00 in Amsterdam
MINUTE = 60_000
HOUR = 60 * MINUTE


def at(minute: float) -> int:
    """Return the instant so many minutes after eight."""
    return EIGHT + round(minute * MINUTE)


def judged(measurements: Iterable[Measurement], minute: float) -> dict[str, Standing]:
    """Return where every objective stands so many minutes after eight."""
    promises = load(CONFIG)
    replay = Replay(promises.services, promises.agreements)
    for measurement in sorted(measurements, key=lambda m: m.at_ms):
        replay.feed(TOPIC_OF[type(measurement)], [measurement])
    replay.tick(at(minute))
    return {key.split("/")[1]: standing for key, standing in replay.standings().items()}


def figure(standing: Standing) -> tuple[float, str]:
    """Return the figure that is held against a limit, and the verdict."""
    assert standing.measured is not None
    return standing.measured.value, standing.verdict


def probes(down: list[tuple[int, int]], until: int) -> list[Measurement]:
    """Return a probe a minute that fails from each first minute to before each second."""
    return [
        Probe("store", at(m), ok=not any(low <= m < high for low, high in down))
        for m in range(until)
    ]


def test_availability() -> None:
    """Eight hours from eight on, down for 10 min at 09:00 and for 30 min at 12:00.

    Down 40 of 480 min: 2 outages, the longest 30 min; up 440 min: MTBF 220 min, MTBSI 240 min,
    MTRS 20 min. March has 21 weekdays besides, so 99.5 % is not lost yet.
    """
    standings = judged(probes([(60, 70), (240, 270)], 480), 480)

    share = standings["availability"]
    assert (share.bad, share.valid) == (40 * MINUTE, 480 * MINUTE)
    assert figure(standings["downtime"]) == (40 * 60, "met")
    assert figure(standings["outages"]) == (2, "met")
    assert figure(standings["longest-outage"]) == (30 * 60, "met")
    assert figure(standings["mtbf"]) == (220 * 60, "breach")
    assert figure(standings["mtbsi"]) == (240 * 60, "breach")
    assert figure(standings["mtrs"]) == (20 * 60, "met")


def test_two_checks_of_one_place_and_instant_are_two() -> None:
    """Search and paying are checked at once each minute; paying fails from 09:00 to 09:10."""
    checks: list[Measurement] = []
    for m in range(120):
        checks.append(Probe("store", at(m), check="search"))
        checks.append(Probe("store", at(m), ok=not 60 <= m < 70, check="pay"))
    standings = judged(checks, 120)
    assert standings["availability"].bad == 10 * MINUTE
    assert (standings["correct"].bad, standings["correct"].valid) == (0, 120)


def test_availability_without_an_outage() -> None:
    """Nothing failed: times between failures have no figure, and the promises are met."""
    standings = judged(probes([], 60), 60)
    assert figure(standings["outages"]) == (0, "met")
    assert figure(standings["longest-outage"]) == (0, "met")
    for name in ("mtbf", "mtbsi", "mtrs"):
        value, verdict = figure(standings[name])
        assert (str(value), verdict) == ("nan", "met")


def test_an_outage_that_closing_interrupts_is_one() -> None:
    """Down from 19:00 to 09:00 the next day, open in 2 h of it; seen at 10:00 on Tuesday."""
    standings = judged(probes([(660, 1500)], 1560), 1560)
    assert figure(standings["outages"]) == (1, "met")
    assert figure(standings["longest-outage"]) == (2 * 3600, "breach")
    # Known agreed time: 12 h on Monday, 2 h on Tuesday.
    assert figure(standings["mtbsi"]) == (14 * 3600, "breach")


def test_an_outage_in_closed_hours_is_none() -> None:
    """Down from 21:00 to 22:00."""
    standings = judged(probes([(780, 840)], 900), 900)
    assert figure(standings["outages"]) == (0, "met")
    assert figure(standings["downtime"]) == (0, "met")


def test_nobody_knows_availability_without_probes() -> None:
    """No figure, no verdict."""
    standings = judged([], 60)
    for name in ("downtime", "outages", "longest-outage", "mtbf", "mtbsi", "mtrs"):
        value, verdict = figure(standings[name])
        assert (str(value), verdict) == ("nan", "no_data")


def test_performance() -> None:
    """In one hour 36 took 200 ms and 4 took 1,200 ms; a failed one does not count.

    36 of 40 within 800 ms; mean (36 * 0.2 + 4 * 1.2) / 40 = 0.3 s; 40 in 3600 s.
    """
    took = [200.0] * 36 + [1200.0] * 4
    sold = [Transaction("store", at(m), duration_ms=ms) for m, ms in enumerate(took)]
    failed = Transaction("store", at(50), ok=False, duration_ms=9000.0)

    standings = judged([*sold, failed], 60)

    assert (standings["p95"].bad, standings["p95"].valid) == (4, 40)
    assert figure(standings["mean-latency"]) == (0.3, "near_breach")
    value, verdict = figure(standings["throughput"])
    assert (value, verdict) == (40 / 3600, "breach")


def test_throughput_counts_agreed_time_only() -> None:
    """At 08:10 the window of an hour has seen ten agreed minutes: 480 in 600 s are 0.8 /s."""
    sold = [Transaction("store", at(k / 48), duration_ms=1.0) for k in range(480)]
    assert figure(judged(sold, 10)["throughput"]) == (0.8, "met")


def test_functionality() -> None:
    """Search was right in 9 of 10 checks, paying in 1 of 4; weights 1 and 3.

    Index (0.9 + 3 * 0.25) / 4 = 0.4125. Works from one half on: search alone, 1 of 4.
    """
    checks = [Probe("store", at(m), ok=m > 0, check="search") for m in range(10)]
    checks += [Probe("store", at(m + 0.5), ok=m == 0, check="pay") for m in range(4)]

    standings = judged(checks, 60)

    assert (standings["correct"].bad, standings["correct"].valid) == (1, 10)
    assert standings["functions"].sli == pytest.approx(0.4125, abs=1e-12)
    assert standings["functions"].verdict == "breach"
    index = standings["functions"]
    assert (index.bad, index.valid, index.unit) == (235_000_000, 400_000_000, "weight_e8")
    assert standings["complete"].sli == 0.25


def test_a_function_that_nobody_checked_drops_out() -> None:
    """Only search was checked: the index is its share."""
    checks = [Probe("store", at(m), ok=m > 0, check="search") for m in range(10)]
    standings = judged(checks, 60)
    assert standings["functions"].sli == 0.9
    assert standings["complete"].sli == 1


def test_accuracy() -> None:
    """700 records, 4 wrong. Of weights 5, 2 and 1 the one of 2 was wrong: 2 of 8."""
    data = [
        Transaction("store", at(1), records=400, wrong_records=0, weight=5),
        Transaction("store", at(2), records=200, wrong_records=4, weight=2),
        # It says nothing of a weight, so it weighs 1.
        Transaction("store", at(3), records=100, wrong_records=0),
    ]

    standings = judged(data, 60)

    assert (standings["accurate"].bad, standings["accurate"].valid) == (4, 700)
    assert standings["accurate"].unit == "weight"
    assert figure(standings["wrong-records"]) == (4, "met")
    assert (standings["harm"].bad, standings["harm"].valid) == (2, 8)


def test_user_experience() -> None:
    """Of 20 transactions 2 were user errors, 3 returned, 1 asked for help, 4 broke off."""
    ends = ["user_error"] * 2 + ["returned"] * 3 + ["help"] + ["interrupted"] * 4 + [""] * 10
    done = [Transaction("store", at(m), outcome=end) for m, end in enumerate(ends)]

    standings = judged(done, 120)

    assert (standings["user-errors"].bad, standings["user-errors"].valid) == (2, 20)
    # 3 in the two agreed hours of the day so far.
    assert figure(standings["returns"]) == (1.5, "met")
    assert figure(standings["help-requests"]) == (1, "met")
    assert (standings["interrupted"].bad, standings["interrupted"].valid) == (4, 20)


def test_satisfaction() -> None:
    """Ratings 10, 9, 7, 4: mean 7.5, two promoters, one detractor; one complaint, no compliment."""
    said = [Feedback("store", at(m), score=s, type="rating") for m, s in enumerate((10, 9, 7, 4))]
    said += [Feedback("store", at(9), type="complaint"), Feedback("store", at(9), score=3.5)]

    standings = judged(said, 60)

    # 7 of at least 7.5 is 93 %: near from 95 % on, so this is not.
    assert figure(standings["score"]) == (7.5, "met")
    assert (standings["promoters"].bad, standings["promoters"].valid) == (2, 4)
    assert (standings["detractors"].bad, standings["detractors"].valid) == (1, 4)
    assert figure(standings["responses"]) == (4, "breach")
    assert figure(standings["complaints"]) == (1, "met")
    assert figure(standings["compliments"]) == (0, "breach")


def test_support_score() -> None:
    """Two marks about support, 8 and 6; a mark about checkout does not count."""
    said = [
        Feedback("store", at(1), score=8, about="support"),
        Feedback("store", at(2), score=6, about="support"),
        Feedback("store", at(3), score=1, about="checkout"),
    ]
    assert figure(judged(said, 60)["support-score"]) == (7, "breach")


def test_feedback_counts_in_agreed_time_only() -> None:
    """A complaint at 07:59 and one at 20:00 are outside the hours of the store."""
    said = [Feedback("store", at(minute), type="complaint") for minute in (-1, 0, 719, 720)]
    assert figure(judged(said, 800)["complaints"]) == (2, "met")


def test_nobody_complained() -> None:
    """Silence of people is a figure, silence of an average is not."""
    standings = judged([], 60)
    assert figure(standings["complaints"]) == (0, "met")
    value, verdict = figure(standings["score"])
    assert (str(value), verdict) == ("nan", "no_data")


def test_cloud_levels() -> None:
    """Restores of 600 and 900 s; disks 70 and 74.5 % full; one check of four found a weakness."""
    read = [("restore-test", 600), ("restore-test", 900), ("disk", 70), ("disk", 74.5)]
    read += [("weaknesses", 0), ("weaknesses", 2), ("weaknesses", 0), ("weaknesses", 0)]
    seen = [Probe("store", at(m), value=v, check=c) for m, (c, v) in enumerate(read)]

    standings = judged(seen, 60)

    assert figure(standings["recovery-time"]) == (750, "near_breach")
    assert figure(standings["capacity"]) == (72.25, "near_breach")
    assert (standings["weaknesses"].bad, standings["weaknesses"].valid) == (1, 4)


def ticket(name: str, minute: float, status: str, **fields: Any) -> IncidentUpdate:
    """Return an update of a ticket."""
    return IncidentUpdate("store", at(minute), name, status, **fields)


def test_incidents_about_performance() -> None:
    """Two of five are about performance; one more is cancelled, one was opened before eight."""
    told = [ticket(f"I{k}", k, "opened", category="network") for k in range(3)]
    told += [ticket(f"S{k}", k, "opened", category="performance") for k in range(2)]
    told += [ticket("C", 5, "opened", category="performance"), ticket("C", 6, "cancelled")]
    told += [ticket("N", -30, "opened", category="performance")]

    standings = judged(told, 60)

    assert figure(standings["slow-incidents"]) == (2, "met")
    assert (standings["slow-share"].bad, standings["slow-share"].valid) == (2, 5)
    assert standings["slow-share"].sli == 0.6


def test_an_incident_that_turns_out_to_be_about_performance_counts_as_that() -> None:
    """It was opened as something else; the share of that minute is restated."""
    told = [ticket("I1", 1, "opened", category="network")]
    assert figure(judged(told, 60)["slow-incidents"]) == (0, "met")
    told += [ticket("I1", 20, "in_progress", category="performance")]
    assert figure(judged(told, 60)["slow-incidents"]) == (1, "met")


def test_user_support() -> None:
    """Of four tickets one was reopened, two were solved at first contact; clocks 60, 30, 120 min.

    Reopening continues the clock of I3: 30 + 90 minutes. I4 is still open.
    """
    told = [
        *(ticket(f"I{k}", 0, "opened", priority="P1") for k in range(1, 5)),
        ticket("I1", 60, "resolved", first_contact=True),
        ticket("I2", 30, "resolved", first_contact=True),
        ticket("I3", 30, "resolved", first_contact=False),
        ticket("I3", 40, "reopened"),
        ticket("I3", 130, "resolved"),
    ]

    standings = judged(told, 180)

    assert (standings["reopened"].bad, standings["reopened"].valid) == (1, 4)
    assert (standings["first-contact"].bad, standings["first-contact"].valid) == (2, 4)
    assert figure(standings["mean-resolution"]) == ((60 + 30 + 120) * 60 / 3, "met")


def test_timeliness() -> None:
    """P1 within 4 h, P2 within 8: of three P1 one is done in time, one late, one overdue."""
    told = [
        *(ticket(f"I{k}", 0, "opened", priority="P1") for k in range(1, 4)),
        ticket("I4", 0, "opened", priority="P2"),
        ticket("I5", 0, "opened", priority="P3"),
        ticket("I1", 240, "resolved"),
        ticket("I2", 241, "resolved"),
    ]

    standings = judged(told, 300)

    timely = standings["resolved-in-time"]
    assert (timely.bad, timely.valid) == (2, 3)
    assert figure(standings["late"]) == (2, "met")
    assert figure(standings["overdue"]) == (1, "met")


def test_five_clocks() -> None:
    """Seen after 10 min, answered after 90, told again every hour but once; up after 150.

    Of the intervals 0-90, 90-150, 150-200 min for which the customer was not told anything only
    the first is longer than an hour.
    """
    told = [
        ticket("I1", 0, "opened", priority="P1", impact_start_ms=at(0)),
        ticket("I1", 10, "acknowledged"),
        ticket("I1", 90, "in_progress", public=True),
        ticket("I1", 150, "in_progress", public=True, impact_end_ms=at(150)),
        ticket("I1", 200, "resolved"),
    ]

    standings = judged(told, 240)

    counted = {
        name: (standings[name].bad, standings[name].valid)
        for name in ("acknowledged", "answered", "restored", "resolved-in-time", "informed")
    }
    assert counted == {
        "acknowledged": (0, 1),
        "answered": (1, 1),
        "restored": (1, 1),
        "resolved-in-time": (0, 1),
        "informed": (1, 3),
    }


def test_three_witnesses() -> None:
    """Two of three decide: down 09:00-09:20 by probes and ticket, not 10:00-10:10 by probes alone.

    Of transactions there are enough in each minute, and all are good.
    """
    seen: list[Measurement] = []
    for m in range(180):
        ok = not (60 <= m < 80 or 120 <= m < 130)
        seen += [Probe("store", at(m), ok=ok, location=place) for place in ("ams", "fra")]
        seen += [Transaction("store", at(m + k / 60), status=200) for k in range(10)]
    seen.append(ticket("I1", 60, "opened", impact="outage", impact_start_ms=at(60)))
    seen.append(ticket("I1", 85, "resolved", impact="outage", impact_end_ms=at(80)))

    standing = judged(seen, 180)["witnessed"]

    assert standing.bad == 20 * MINUTE
    # The month began on a Sunday: these three hours are all there is, and no ticket says up.
    assert standing.valid == 180 * MINUTE


def test_repeated_feedback_counts_once() -> None:
    """The same survey delivered three times; one without an id counts each time."""
    said = [Feedback("store", at(1), type="complaint", id="s-1")] * 3
    said += [Feedback("store", at(2), type="complaint")] * 2
    assert figure(judged(said, 60)["complaints"]) == (3, "met")
