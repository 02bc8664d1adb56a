"""One mistake of every sort: it alone is told, with its line and its remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slm_stream.spec.loader import load

C, A, K = "catalogue/shop.yaml", "agreements/shop.yaml", "calendars/shop.yaml"
SHOP, SLA, OFFICE = "service shop", "agreement sla-shop", "calendar office"

# (what is there, what is written instead, line and what is told)
CATALOGUE = [
    (
        "    indicators:",
        "    titel: x\n    indicators:",
        f"3: {SHOP}, titel: is not known here; did you mean title?",
    ),
    (
        "name: shop",
        "name: 5",
        "2: service 1, name: 5 is not text; put it in quotes",
    ),
    (
        "    indicators:",
        "    dedupe_transactions: yes\n    indicators:",
        f"3: {SHOP}, dedupe_transactions: 'yes' is neither true nor false; write true or false",
    ),
    (
        "kind: ratio",
        "kind: ratoi",
        f"5: {SHOP}, indicator success, kind: 'ratoi' is not known; did you mean ratio?",
    ),
    (
        "kind: duration, from: transactions",
        "kind: duration, from: incidents",
        f"6: {SHOP}, indicator latency, from: duration cannot be told from incidents; "
        "write from: transactions or probes",
    ),
    (
        "kind: ratio, from: transactions",
        "kind: ratio, interval: 1m, from: transactions",
        f"5: {SHOP}, indicator success, interval: is how often probes come, "
        "only they do; take it out",
    ),
    (
        "kind: timeliness, from: incidents",
        "kind: timeliness, from: probes",
        f"7: {SHOP}, indicator resolution, from: timeliness cannot be told from probes; "
        "write from: incidents",
    ),
    (
        "name: up, kind: availability",
        "name: up",
        f"4: {SHOP}, indicator up, kind: is missing; add for example kind: ratio",
    ),
    (
        "kind: duration, from: transactions",
        'kind: duration, from: transactions, good: ["ok == true"]',
        f"6: {SHOP}, indicator latency, good: does not fit duration, "
        "only a ratio counts good events; move it to valid",
    ),
    (
        ', good: ["ok == true"]',
        "",
        f"5: {SHOP}, indicator success, good: a ratio needs to know what is good; "
        'add for example good: ["ok == true"]',
    ),
    (
        'good: ["ok == true"]',
        'valid: ["ok == true"], good: ["ok == true"]',
        f"5: {SHOP}, indicator success, good: repeats valid, so that all that is valid is good "
        "and the ratio always 100 %; take the condition out of valid",
    ),
    (
        'good: ["ok == true"]',
        'good: ["okay == true"]',
        f"5: {SHOP}, indicator success, good, 1: transactions have no field 'okay'; "
        "did you mean ok?",
    ),
    (
        "name: resolution, kind: timeliness, from: incidents",
        'name: resolution, kind: timeliness, from: incidents, valid: ["duration_ms < 5"]',
        f"7: {SHOP}, indicator resolution, valid, 1: incidents have no field 'duration_ms'; "
        "known: priority, impact, status, category, group, public, reopened, first_contact, "
        "weight",
    ),
    (
        "name: resolution, kind: timeliness, from: incidents",
        "name: resolution, kind: timeliness, from: incidents, clock: responde",
        f"7: {SHOP}, indicator resolution, clock: 'responde' is no clock; did you mean respond?",
    ),
    (
        "kind: timeliness, from: incidents",
        "kind: timeliness, from: incidents, stop: []",
        f"7: {SHOP}, indicator resolution, stop: is empty, so no clock ever stops; "
        'add for example "status == resolved", or take it out',
    ),
    (
        "kind: timeliness, from: incidents",
        'kind: timeliness, from: incidents, pause: ["status = waiting"]',
        f"7: {SHOP}, indicator resolution, pause, 1: '=' is not an operator; "
        'write "status == waiting"',
    ),
    (
        "kind: timeliness, from: incidents",
        'kind: timeliness, from: incidents, pause: ["group == a and group == b"]',
        f'7: {SHOP}, indicator resolution, pause, 1: "group == a" and "group == b" exclude each '
        "other, no update meets both; write two items, of which one is enough",
    ),
    (
        "name: latency, kind: duration, from: transactions",
        "name: latency, kind: duration, from: transactions, clock: respond",
        f"6: {SHOP}, indicator latency, clock: does not fit duration, it is for timeliness; "
        "take it out",
    ),
    (
        'good: ["ok == true"]',
        'good: ["ok == true", "status > 500", "status < 400"]',
        f'5: {SHOP}, indicator success, good: "status > 500" and "status < 400" exclude each '
        "other, nothing would be good; all conditions of a list must hold, so take one out",
    ),
    (
        "name: latency, kind: duration, from: transactions",
        'name: latency, kind: duration, from: transactions, valid: ["ok == true", "ok != true"]',
        f'6: {SHOP}, indicator latency, valid: "ok == true" and "ok != true" exclude each '
        "other, no measurement would be valid; all conditions of a list must hold, so take one out",
    ),
    (
        "      - {name: success",
        "      - {name: up, kind: duration, from: probes}\n      - {name: success",
        f"5: {SHOP}, indicator up: another indicator 'up' stands at {C}:4; rename one or delete it",
    ),
    (
        "services:\n",
        "services:\n  - {name: shop, indicators: [{name: up, kind: availability, from: probes}]}\n",
        f"3: {SHOP}: another service 'shop' stands at {C}:2; rename one or delete it",
    ),
    (
        "services:\n",
        "services:\n  - {name: till, indicators: []}\n",
        "2: service till, indicators: is empty; add at least one",
    ),
    (
        "services:\n",
        "services:\n  - till\n",
        "2: service 1: 'till' is not a mapping; write key: value",
    ),
    (
        "    indicators:",
        "    owner:\n    indicators:",
        f"3: {SHOP}, owner: has no value; give it one",
    ),
    ("services:", "servces:", "1: servces: servces is not known here; did you mean services?"),
    (
        "services:\n",
        "services:\n  - name: Web Shop\n"
        "    indicators: [{name: up, kind: availability, from: probes}]\n",
        "2: service Web Shop, name: 'Web Shop' is not a name; use a-z, 0-9, '.', '_' and '-' "
        "after a letter or digit: write web-shop",
    ),
]
AGREEMENTS = [
    (
        "service: shop",
        "service: shpo",
        f"4: {SLA}, service: there is no service 'shpo'; did you mean shop?",
    ),
    (
        "service: shop",
        "service: till",
        f"4: {SLA}, service: there is no service 'till'; known: shop",
    ),
    (
        "indicator: success",
        "indicator: succes",
        f"12: {SLA}, objective good, indicator: there is no indicator 'succes'; "
        "did you mean success?",
    ),
    (
        "    near_breach",
        "    calendar: offic\n    near_breach",
        f"9: {SLA}, calendar: there is no calendar 'offic'; did you mean office?",
    ),
    (
        "    near_breach",
        "    calendar: nights\n    near_breach",
        f"9: {SLA}, calendar: there is no calendar 'nights'; known: always, office",
    ),
    (
        "time_zone: Europe/Amsterdam",
        "time_zone: Europe/Amsterdm",
        f"8: {SLA}, time_zone: 'Europe/Amsterdm' is no IANA time zone; "
        "did you mean Europe/Amsterdam?",
    ),
    (
        "time_zone: Europe/Amsterdam",
        "time_zone: amsterdam",
        f"8: {SLA}, time_zone: 'amsterdam' is no IANA time zone; did you mean Europe/Amsterdam?",
    ),
    (
        "time_zone: Europe/Amsterdam",
        "time_zone: nowhere-2",
        f"8: {SLA}, time_zone: 'nowhere-2' is no IANA time zone; "
        "write for example Europe/Amsterdam or UTC",
    ),
    (
        "    time_zone: Europe/Amsterdam\n",
        "",
        f"2: {SLA}, time_zone: is missing, where do days and months begin? "
        "Add for example time_zone: Europe/Amsterdam",
    ),
    (
        "time_zone: Europe/Amsterdam",
        "time_zone: UTC\n    calendar: office",
        f"8: {SLA}, time_zone: UTC is not the zone of calendar office, Europe/Amsterdam; "
        "take time_zone out or choose another calendar",
    ),
    ("kind: SLA", "kind: SLO", f"3: {SLA}, kind: 'SLO' is not known; did you mean SLA?"),
    (
        "    customer: Sales\n",
        "",
        f"2: {SLA}, customer: is missing; add for example customer: Web Shop",
    ),
    ("customer: Sales", 'customer: " "', f"6: {SLA}, customer: is blank; write a word"),
    (
        "kind: SLA",
        "kind: SLA\n    version: 0",
        f"4: {SLA}, version: 0 is too small; write 1 or more",
    ),
    (
        "effective_from: 2026-01-01",
        "effective_from: 2026-02-30",
        f"7: {SLA}, effective_from: 2026-02-30 is no day of the calendar; "
        "correct month and day (YYYY-MM-DD)",
    ),
    (
        "effective_from: 2026-01-01",
        "effective_from: 2026-01-01T12:00",
        f"7: {SLA}, effective_from: 2026-01-01T12:00 has no offset from UTC; "
        "write 2026-01-01T12:00Z, or the date alone",
    ),
    (
        "effective_from: 2026-01-01",
        "effective_from: 2026-01-01\n    effective_to: 2026-01-01",
        f"8: {SLA}, effective_to: is not after effective_from, so it never judges; "
        "write the first day on which it no longer holds",
    ),
    (
        'near_breach: "75 %"',
        "near_breach: 75",
        f'9: {SLA}, near_breach: 75 is above 1 and carries no % sign; write "75 %" or 0.75',
    ),
    (
        'near_breach: "75 %"',
        "near_breach: 1",
        f"9: {SLA}, near_breach: 1 is out of range, it must lie between 0 and 1; "
        'write for example "75 %"',
    ),
    (
        "name: good",
        "name: up",
        f"12: {SLA}, objective up: another objective 'up' stands at {A}:11; "
        "rename one or delete it",
    ),
    (
        'target: "99 %", window: 28d',
        'taget: "99 %", window: 28d',
        f"12: {SLA}, objective good, taget: is not known here; did you mean target?",
    ),
    (
        'target: "99 %", window: 28d',
        "window: 28d",
        f'12: {SLA}, objective good, target: is missing; add for example target: "99.9 %"',
    ),
    (
        'target: "99.9 %"',
        "target: 99.9",
        f"11: {SLA}, objective up, target: 99.9 is above 1 and carries no % sign; "
        'write "99.9 %" or 0.999',
    ),
    (
        'target: "99.9 %"',
        'target: "100 %"',
        f"11: {SLA}, objective up, target: 100 % leaves no error budget, so the first bad event "
        "breaks it; write say 99.9 %",
    ),
    (
        'target: "99.9 %"',
        "target: 0",
        f"11: {SLA}, objective up, target: 0 % can never be missed; write for example 99.9 %",
    ),
    (
        'target: "99.9 %"',
        'target: "99.9999999 %"',
        f"11: {SLA}, objective up, target: is finer than one part in 10**8; "
        "write at most six decimals before the % sign",
    ),
    (
        "percentile: 95",
        'percentile: 95, target: "99 %"',
        f"13: {SLA}, objective p95, target: 99 % contradicts percentile 95, which says 95 %; "
        "keep one of the two",
    ),
    (
        "percentile: 95",
        "percentile: 0.95",
        f"13: {SLA}, objective p95, percentile: 0.95 reads like a ratio; "
        "a percentile is written 95 or 99.9",
    ),
    (
        "within: 300ms, ",
        "",
        f"13: {SLA}, objective p95, within: is missing, how long may it take? "
        "Add for example within: 300ms",
    ),
    (
        "within: 300ms",
        "within: 300",
        f"13: {SLA}, objective p95, within: 300 has no unit; write 300ms, 300s, 300m, 300h or 300d",
    ),
    (
        "within: 300ms",
        "within: {P1: 4h}",
        f"13: {SLA}, objective p95, within: is by priority, which only incidents have; "
        "write one, for example within: 300ms",
    ),
    (
        "within: {P1: 4h}",
        "within: 4h",
        f"14: {SLA}, objective done, within: has no targets by priority; "
        "write for example within: {P1: 4h, P2: 8h}",
    ),
    (
        ", within: {P1: 4h}",
        "",
        f"14: {SLA}, objective done, within: has no targets by priority; "
        "write for example within: {P1: 4h, P2: 8h}",
    ),
    (
        "within: {P1: 4h}",
        "within: {P1: 4h, P2: 300ms}",
        f"14: {SLA}, objective done, within, P2: 300ms is not a whole number of seconds; "
        "write for example 1s",
    ),
    (
        "name: done, ",
        'name: done, warn_at: ["30m"], ',
        f"14: {SLA}, objective done, warn_at, 1: '30m' is no threshold; write a share of the "
        'target such as "75 %", or agreed time before or after the deadline such as "-30m" '
        'or "+1h"',
    ),
    (
        "name: done, ",
        'name: done, warn_at: ["-4h"], ',
        f"14: {SLA}, objective done, warn_at, 1: -4h lies before every clock begins, the longest "
        "target is 4 h; write less",
    ),
    (
        "name: done, ",
        'name: done, warn_at: ["50 %", "50%"], ',
        f"14: {SLA}, objective done, warn_at, 2: repeats 50 %; take it out",
    ),
    (
        "name: done, ",
        'name: done, warn_at: ["0 %"], ',
        f"14: {SLA}, objective done, warn_at, 1: '0 %' is where every clock begins; "
        'write for example "50 %"',
    ),
    (
        "name: good, ",
        'name: good, warn_at: ["50 %"], ',
        f"12: {SLA}, objective good, warn_at: does not fit indicator success "
        "(ratio from transactions), it is for timeliness; take it out",
    ),
    (
        "within: {P1: 4h}",
        "within: {}",
        f"14: {SLA}, objective done, within: is empty; add at least one",
    ),
    (
        "name: good, ",
        "name: good, within: 5s, ",
        f"12: {SLA}, objective good, within: does not fit indicator success "
        "(ratio from transactions), it is for duration and timeliness; take it out",
    ),
    (
        "name: good, ",
        "name: good, probes: {quorum: 2}, ",
        f"12: {SLA}, objective good, probes: does not fit indicator success "
        "(ratio from transactions), it is for availability; take it out",
    ),
    (
        "name: told, ",
        "name: told, probes: {quorum: 2}, ",
        f"15: {SLA}, objective told, probes: does not fit indicator outages "
        "(availability from incidents), which hears no probes; take it out",
    ),
    (
        "name: up, ",
        "name: up, min_valid: 5, ",
        f"11: {SLA}, objective up, min_valid: does not fit indicator up (availability from "
        "probes), it is for ratio and duration and number and timeliness; take it out",
    ),
    (
        "name: up, ",
        "name: up, probes: {fail_after: 0}, ",
        f"11: {SLA}, objective up, probes, fail_after: 0 is too small; write 1 or more",
    ),
    (
        "name: up, ",
        "name: up, probes: {strike_off_after: 1h}, ",
        f"11: {SLA}, objective up, probes, strike_off_after: does nothing without strike_off; "
        "add for example strike_off: 2m",
    ),
    (
        "name: done, ",
        "name: done, stop_at: [resolvd], ",
        f"14: {SLA}, objective done, stop_at, 1: 'resolvd' ends no work; did you mean resolved?",
    ),
    (
        "name: good, ",
        "name: good, method: timeslices, ",
        f"12: {SLA}, objective good, slice_target: is missing, when is a minute good? "
        'Add for example slice_target: "99 %"',
    ),
    (
        "name: good, ",
        'name: good, slice_target: "99 %", ',
        f"12: {SLA}, objective good, slice_target: is for minutes; "
        "add method: timeslices or take it out",
    ),
    (
        "name: good, ",
        "name: good, expected_volume: 1000, ",
        f"12: {SLA}, objective good, expected_volume: is for calendar periods, "
        "the window 28d is rolling; take it out",
    ),
    (
        'target: "99 %", window: 28d',
        'target: "99 %", window: 30s',
        f"12: {SLA}, objective good, window: 30s is shorter than a minute, "
        "the step of all figures; write at least 1m",
    ),
    (
        'target: "99 %", window: 28d',
        'target: "99 %", window: 90s',
        f"12: {SLA}, objective good, window: 90s is not in whole minutes, "
        "in which figures are kept; write for example 2m",
    ),
    (
        'target: "99 %", window: 28d',
        'target: "99 %", window: monthly',
        f"12: {SLA}, objective good, window: 'monthly' is no window; did you mean month?",
    ),
    (
        'target: "99 %", window: 28d',
        'target: "99 %", window: 400d',
        f"12: {SLA}, objective good, window: 400d is longer than a year; "
        "write at most 366d, or year",
    ),
    # 60 % of 28 d in 4 h: 0.6 x 672 / 4 = 100.8 times the even speed. Total failure at 99 % is
    # 1 / 0.01 = 100 times, and spends 100 x 4 / 672 = 59.52 % in those 4 h.
    (
        "name: good, ",
        'name: good, burn: [{long: 4h, short: 5m, budget: "60 %", severity: page}], ',
        f"12: {SLA}, objective good, burn, 1, budget: can never be reached: 60 % of the budget of "
        "28d in 4h is 100.8 times the even speed, but with target 99 % even total failure is "
        "only 100 times; write at most 59.52 %, or a longer long",
    ),
    (
        "name: good, ",
        'name: good, burn: [{long: 28d, short: 5m, budget: "2 %", severity: page}], ',
        f"12: {SLA}, objective good, burn, 1, long: 28d is not shorter than the window 28d; "
        "write less",
    ),
    (
        "name: good, ",
        'name: good, burn: [{long: 1h, short: 1h, budget: "2 %", severity: page}], ',
        f"12: {SLA}, objective good, burn, 1, short: 1h is not shorter than long 1h; "
        "write less than 1h",
    ),
    (
        "name: good, ",
        'name: good, burn: [{long: 1h, short: 5m, budget: "2 %", severity: call}], ',
        f"12: {SLA}, objective good, burn, 1, severity: 'call' is not known; known: page, ticket",
    ),
    (
        "name: good, ",
        "name: good, burn: none, ",
        f"12: {SLA}, objective good, burn: 'none' is no list of pairs; "
        "write default, or [] for none",
    ),
]
CALENDARS = [
    (
        "name: office",
        "name: always",
        "2: calendar always, name: 'always' is built in; choose another name",
    ),
    (
        "time_zone: Europe/Amsterdam",
        "time_zone: Europe/Londn",
        f"3: {OFFICE}, time_zone: 'Europe/Londn' is no IANA time zone; did you mean Europe/London?",
    ),
    (
        "mon:",
        "monday:",
        f"5: {OFFICE}, hours, monday: 'monday' is not known; did you mean mon?",
    ),
    (
        '"09:00-12:00", ',
        '"9-12", ',
        f"5: {OFFICE}, hours, mon, 1: '9-12' is no span of hours; write for example "
        '"09:00-17:00"',
    ),
    (
        '"09:00-12:00", ',
        '"09:00-24:30", ',
        f"5: {OFFICE}, hours, mon, 1: 09:00-24:30 has a time that no clock shows; "
        "write times from 00:00 to 24:00",
    ),
    (
        '"09:00-12:00", ',
        '"09:00-09:00", ',
        f"5: {OFFICE}, hours, mon, 1: 09:00-09:00 is no time at all; "
        "for the whole day write 00:00-24:00",
    ),
    (
        '"09:00-12:00", ',
        '"09:00-14:00", ',
        f"5: {OFFICE}, hours, mon, 2: overlaps 09:00-14:00; write each minute once",
    ),
    (
        'holidays: ["2026-12-25"]',
        'holidays: ["25.12.2026"]',
        f"6: {OFFICE}, holidays, 1: '25.12.2026' is no date; write for example 2026-12-25",
    ),
    (
        'holidays: ["2026-12-25"]',
        'holidays: ["2026-12-25", "2026-12-25"]',
        f"6: {OFFICE}, holidays, 2: '2026-12-25' is listed twice; keep one",
    ),
    (
        '["01-01"]',
        '["02-30"]',
        f"7: {OFFICE}, annual_holidays, 1: 02-30 is no day of any year; "
        "write month-day, for example 12-25",
    ),
    (
        '"2026-05-04": ["12:00-13:00"]',
        '"2026-05-32": ["12:00-13:00"]',
        f"8: {OFFICE}, breaks, 2026-05-32: 2026-05-32 is no day of the calendar; "
        "correct month and day (YYYY-MM-DD)",
    ),
    (
        '"2026-05-04": ["12:00-13:00"]',
        '"2026-05-04": []',
        f'8: {OFFICE}, breaks, 2026-05-04: has no break; add for example "12:00-13:00"',
    ),
]


@pytest.mark.parametrize("case", CATALOGUE)
def test_a_mistake_in_a_service_is_told_alone(
    folder: Path, mistakes: Callable[[], list[str]], case: tuple[str, str, str]
) -> None:
    """With its line and its remedy, and without dragging others along."""
    assert _spoil(folder, C, case, mistakes) == [f"{C}:{case[2]}"]


@pytest.mark.parametrize("case", AGREEMENTS)
def test_a_mistake_in_an_agreement_is_told_alone(
    folder: Path, mistakes: Callable[[], list[str]], case: tuple[str, str, str]
) -> None:
    """With its line and its remedy, and without dragging others along."""
    assert _spoil(folder, A, case, mistakes) == [f"{A}:{case[2]}"]


@pytest.mark.parametrize("case", CALENDARS)
def test_a_mistake_in_a_calendar_is_told_alone(
    folder: Path, mistakes: Callable[[], list[str]], case: tuple[str, str, str]
) -> None:
    """With its line and its remedy, and without dragging others along."""
    assert _spoil(folder, K, case, mistakes) == [f"{K}:{case[2]}"]


def _spoil(
    folder: Path, file: str, case: tuple[str, str, str], mistakes: Callable[[], list[str]]
) -> list[str]:
    there, written, _ = case
    text = (folder / file).read_text()
    assert there in text
    (folder / file).write_text(text.replace(there, written, 1))
    return mistakes()


def test_a_calendar_that_is_never_open_is_refused(
    folder: Path, mistakes: Callable[[], list[str]]
) -> None:
    """Without open time there is nothing to keep or break."""
    (folder / K).write_text(
        "calendars:\n  - name: office\n    time_zone: UTC\n    hours: {mon: []}\n"
    )

    assert mistakes() == [
        f'{K}:4: {OFFICE}, hours: is never open; add hours, for example mon: ["09:00-17:00"]'
    ]


def test_a_window_shorter_than_the_probe_interval_is_refused(
    folder: Path, mistakes: Callable[[], list[str]]
) -> None:
    """Most of its windows would see no probe, and the time between two be known to nobody."""
    catalogue, agreement = folder / C, folder / A
    catalogue.write_text(
        catalogue.read_text().replace("from: probes", "from: probes, interval: 10m")
    )
    agreement.write_text(
        agreement.read_text().replace(
            'target: "99.9 %", window: month', 'target: "99 %", window: 5m'
        )
    )

    every = "is shorter than the probe interval, indicator up is probed every 10m"
    assert mistakes() == [
        f"{A}:11: {SLA}, objective up, probes, hold: 5m {every}: "
        "between probes nobody would know; write at least 10m",
        f"{A}:11: {SLA}, objective up, window: 5m {every}: "
        "most windows see no probe; write at least 10m",
    ]


def test_a_window_as_long_as_the_probe_interval_is_enough(folder: Path) -> None:
    """Each of them sees one."""
    catalogue, agreement = folder / C, folder / A
    catalogue.write_text(
        catalogue.read_text().replace("from: probes", "from: probes, interval: 5m")
    )
    agreement.write_text(
        agreement.read_text().replace(
            'target: "99.9 %", window: month', 'target: "99 %", window: 5m'
        )
    )

    assert load(folder).services[0].indicator("up").interval_s == 300
