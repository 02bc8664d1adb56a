"""One mistake of every sort about measures, limits, weights, numbers and indexes, told alone."""

from pathlib import Path

import pytest

from slm_stream.spec.loader import load
from tests.unit.spec.conftest import Mistaken

C, A = "catalogue/shop.yaml", "agreements/shop.yaml"
UP = '{name: up, indicator: up, target: "99.9 %", window: month}'
DONE = '{name: done, indicator: resolution, target: "90 %", within: {P1: 4h}, window: month}'
SUCCESS = '{name: success, kind: ratio, from: transactions, good: ["ok == true"]}'
OF_UP = f"{A}:11: agreement sla-shop, objective up"
OF_DONE = f"{A}:14: agreement sla-shop, objective done"
OF_NEW = f"{C}:9: service shop, indicator new"

LIMITS = [
    (
        "measure: mtr, at_most: 4h",
        "measure: 'mtr' is no figure of up (availability); did you mean mtrs?",
    ),
    ("measure: mtrs", "at_most: is missing, how far may mtrs go? Add for example at_most: 4h"),
    (
        "measure: mtrs, at_most: 4h, at_least: 1h",
        "at_least: contradicts at_most; keep one of the two",
    ),
    ("measure: mtrs, at_most: 4", "at_most: 4 has no unit; write 4ms, 4s, 4m, 4h or 4d"),
    (
        "measure: outages, at_most: 2.5",
        "at_most: 2.5 is not a count; write a whole number, for example 3",
    ),
    ("measure: outages, at_most: few", "at_most: 'few' is not a number; write for example 3"),
    (
        'target: "99 %", at_most: 4h',
        "at_most: does not fit share, which has a target; write target: instead",
    ),
    (
        'measure: mtrs, at_most: 4h, target: "99 %"',
        "target: does not fit the measure mtrs, which has a limit and no error budget; take it out",
    ),
]
INDICATORS = [
    (
        "kind: ratio, from: transactions, weight: record, good: [ok == true]",
        "weight: transactions have no field 'record' that holds a whole number; "
        "did you mean records?",
    ),
    (
        "kind: ratio, from: transactions, bad: wrong_records",
        "weight: is missing, of how much is wrong_records a part? Add for example weight: records",
    ),
    (
        "kind: ratio, from: transactions, weight: records, bad: wrong_records, good: [ok == true]",
        "good: and bad say the same thing twice; keep one of the two",
    ),
    (
        "kind: number, from: feedback",
        "field: is missing, which number? Add for example field: value",
    ),
    (
        "kind: number, from: feedback, field: type",
        "field: feedback have no field 'type' that holds a number; known: score, weight",
    ),
    (
        "kind: availability, from: probes, weight: records",
        "weight: does not fit availability, it is for ratio; take it out",
    ),
    (
        "kind: index",
        "parts: is missing, what is it made of? "
        "Add for example parts: {search-works: 2, pay-works: 3}",
    ),
    (
        "kind: index, parts: {succes: 1}",
        "parts, succes: there is no indicator 'succes'; did you mean success?",
    ),
    (
        "kind: index, parts: {up: 1}",
        "parts, up: is availability, only ratios can be parts of an index; take it out",
    ),
    (
        "kind: number, field: value",
        "from: is missing; write from: probes or feedback or transactions",
    ),
]


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    """Write something else in the place of a text that stands there once."""
    file = folder / name
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(("written", "told"), LIMITS)
def test_a_mistake_about_a_limit_is_told_alone(
    written: str, told: str, folder: Path, mistakes: Mistaken
) -> None:
    """Line, objective, key and remedy."""
    spoil(folder, A, UP, f"{{name: up, indicator: up, {written}, window: month}}")
    assert mistakes() == [f"{OF_UP}, {told}"]


@pytest.mark.parametrize(("written", "told"), INDICATORS)
def test_a_mistake_in_an_indicator_is_told_alone(
    written: str, told: str, folder: Path, mistakes: Mistaken
) -> None:
    """Line, indicator, key and remedy."""
    last = "      - {name: outages, kind: availability, from: incidents}\n"
    spoil(folder, C, last, f"{last}      - {{name: new, {written}}}\n")
    assert mistakes() == [f"{OF_NEW}, {told}"]


def test_a_percentile_is_no_measure(folder: Path, mistakes: Mistaken) -> None:
    """It is promised as a share, which is exact."""
    spoil(folder, A, "percentile: 95, within: 300ms", "measure: p95, at_most: 300ms")
    assert mistakes() == [
        f"{A}:13: agreement sla-shop, objective p95, measure: p95 is promised as a share, "
        "which is exact; write percentile: 95 and within: instead"
    ]


@pytest.mark.parametrize("measure", ["count", "overdue", "total"])
def test_lateness_needs_targets(measure: str, folder: Path, mistakes: Mistaken) -> None:
    """Without them nothing would ever be late."""
    limited = (
        f"{{name: done, indicator: resolution, measure: {measure}, at_most: 3, window: month}}"
    )
    spoil(folder, A, DONE, limited)
    assert mistakes() == [
        f"{OF_DONE}, within: has no targets by priority; "
        "write for example within: {P1: 4h, P2: 8h}"
    ]


def test_a_limit_is_checked_like_a_target(folder: Path, mistakes: Mistaken) -> None:
    """A status that ends nothing is told here too."""
    limited = "measure: count, at_most: 3, within: {P1: 4h}, stop_at: [done], window: month"
    spoil(folder, A, DONE, f"{{name: done, indicator: resolution, {limited}}}")
    assert mistakes() == [f"{OF_DONE}, stop_at, 1: 'done' ends no work; known: resolved, closed"]


@pytest.mark.parametrize("key", ["within: {P1: 4h}", 'warn_at: ["50 %"]'])
def test_a_mean_looks_at_no_target(key: str, folder: Path, mistakes: Mistaken) -> None:
    """What would do nothing is refused."""
    limited = f"measure: mean, at_most: 3h, {key}, window: month"
    spoil(folder, A, DONE, f"{{name: done, indicator: resolution, {limited}}}")
    name = key.split(":", maxsplit=1)[0]
    assert mistakes() == [f"{OF_DONE}, {name}: does nothing for the measure mean; take it out"]


def test_an_index_has_no_volume(folder: Path, mistakes: Mistaken) -> None:
    """It counts weights, not measurements."""
    parts = "{name: all, kind: index, parts: {success: 1}}"
    spoil(folder, C, SUCCESS, f"{SUCCESS}\n      - {parts}")
    spoil(folder, A, UP, '{name: up, indicator: all, target: "99 %", min_valid: 50, window: month}')
    assert mistakes() == [
        f"{A}:11: agreement sla-shop, objective up, min_valid: does not fit indicator all (index "
        "from other indicators), it is for ratio and duration and number and timeliness; "
        "take it out"
    ]


def test_what_is_right_is_read(folder: Path) -> None:
    """Limits as written: 4 hours, 3 incidents, 7.5 of a score; near only where that makes sense."""
    spoil(
        folder,
        C,
        SUCCESS,
        f"{SUCCESS}\n      - {{name: score, kind: number, from: feedback, field: score}}",
    )
    spoil(folder, A, UP, "{name: up, indicator: up, measure: mtrs, at_most: 4h, window: month}")
    spoil(
        folder,
        A,
        DONE,
        "{name: done, indicator: score, measure: mean, at_least: 7.5, window: month}",
    )
    by_name = {o.name: o.limit for o in load(folder).agreements[0].objectives}
    up, done = by_name["up"], by_name["done"]
    assert up is not None
    assert done is not None
    assert (up.at_most, float(up.value), up.near_ratio) == (True, 14_400.0, 0.75)
    assert (done.at_most, float(done.value), done.near_ratio) == (False, 7.5, None)
