"""The folder of promises as a whole."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slm_stream.domain.agreement import AgreementKind, BurnPair, Period
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Condition, IndicatorKind, Source
from slm_stream.domain.clock_rules import UPDATE
from slm_stream.errors import SpecError
from slm_stream.spec.loader import PromiseFile, load

Mistakes = Callable[[], list[str]]


def test_files_become_values(folder: Path) -> None:
    """Every unit is the domain's own: budgets in 1e-8, seconds, milliseconds since the epoch."""
    promises = load(folder)

    (shop,) = promises.services
    assert shop.indicator("success").kind is IndicatorKind.RATIO
    assert shop.indicator("success").source is Source.TRANSACTIONS
    assert shop.indicator("success").good == (Condition("ok", "==", True),)
    (sla,) = promises.agreements
    assert (sla.id, sla.kind, sla.version, sla.service) == (
        "sla-shop",
        AgreementKind.SLA,
        1,
        "shop",
    )
    # Midnight in Amsterdam is 23:00 UTC the day before.
    begin = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert sla.effective_from_ms == int(begin.timestamp()) * 1000
    assert sla.effective_to_ms is None
    assert (sla.calendar.name, sla.calendar.zone) == ("always", "Europe/Amsterdam")
    objectives = {objective.name: objective for objective in sla.objectives}
    assert objectives["up"].budget_e8 == 100_000  # 0.1 % of 10**8
    assert objectives["up"].window.period is Period.MONTH
    assert objectives["up"].near_breach_ratio == 0.75
    assert objectives["p95"].budget_e8 == 5_000_000  # 5 % of 10**8
    assert (objectives["p95"].percentile, objectives["p95"].within_ms) == (95, 300)
    assert objectives["good"].window.rolling_s == 28 * 86_400
    assert objectives["done"].targets_s == {"P1": 4 * 3600}
    assert objectives["done"].stop_at == ("resolved", "closed")


def test_every_option_reaches_the_objective(folder: Path) -> None:
    """What is written is what is judged."""
    agreement = folder / "agreements" / "shop.yaml"
    head = agreement.read_text().partition("    objectives:")[0]
    agreement.write_text(
        head
        + """\
    objectives:
      - name: up
        indicator: up
        target: 0.995
        window: 7d
        near_breach: "60 %"
        burn: []
        probes: {fail_after: 2, recover_after: 3, quorum: 4, hold: 10m,
                 strike_off: 2m, strike_off_after: 1h}
      - name: slices
        indicator: success
        target: "99.999999 %"
        window: quarter
        method: timeslices
        slice_target: "97.5 %"
        min_valid: 10
        expected_volume: 1000
        burn:
          - {long: 1h, short: 5m, budget: "2 %", severity: page}
      - {name: done, indicator: resolution, target: "90 %", within: {"1": 1.5h}, window: 1d,
         stop_at: [closed]}
"""
    )

    up, slices, done = load(folder).agreements[0].objectives

    rule = up.probe_rule
    assert (rule.fail_after, rule.recover_after, rule.quorum) == (2, 3, 4)
    assert (rule.hold_s, rule.strike_off_s, rule.strike_off_after_s) == (600, 120, 3600)
    assert (up.budget_e8, up.near_breach_ratio, up.burn_pairs) == (500_000, 0.6, ())
    assert (slices.budget_e8, slices.slice_target) == (1, 0.975)
    assert (slices.min_valid, slices.expected_volume) == (10, 1000)
    # 2 % of a quarter of 91 days in one hour: 0.02 x 91 x 24 = 43.68 times the even speed.
    assert slices.burn_pairs == (BurnPair(3600, 300, 43.68, "page"),)
    assert (done.targets_s, done.stop_at) == ({"1": 5400}, ("closed",))


def test_a_clock_is_as_its_name_says_but_for_what_is_written(folder: Path) -> None:
    """Six lists of alternatives; what is left out is the named clock's, an empty list is never."""
    catalogue = folder / "catalogue" / "shop.yaml"
    catalogue.write_text(
        catalogue.read_text().replace(
            "{name: resolution, kind: timeliness, from: incidents}",
            "{name: resolution, kind: timeliness, from: incidents, clock: update, pause: [], "
            'reset: ["public == true and status != waiting", "group == research and development"]}',
        )
    )
    agreement = folder / "agreements" / "shop.yaml"
    agreement.write_text(
        agreement.read_text().replace("{P1: 4h}", '{P1: 4h}, warn_at: ["50%", "- 30m", "+1h"]')
    )

    promises = load(folder)

    rule = promises.services[0].indicator("resolution").clock
    assert rule is not None
    assert (rule.name, rule.pause, rule.laps) == ("update", (), True)
    assert (rule.start, rule.stop) == (UPDATE.start, UPDATE.stop)
    assert rule.reset == (
        (Condition("public", "==", True), Condition("status", "!=", "waiting")),
        (Condition("group", "==", "research and development"),),
    )
    done = next(o for o in promises.agreements[0].objectives if o.name == "done")
    # Of four hours.
    assert [(t.label, t.amount_s(14_400)) for t in done.warn_at] == [
        ("50 %", 7200),
        ("-30m", 12_600),
        ("+1h", 18_000),
    ]


def test_any_file_may_hold_any_sort(tmp_path: Path) -> None:
    """A team keeps its service and its promise side by side, in a folder of its own."""
    file = tmp_path / "agreements" / "team" / "all.yml"
    file.parent.mkdir(parents=True)
    file.write_text(
        """\
agreements:
  - {id: sla, kind: SLA, service: shop, provider: a, customer: b, calendar: nights, objectives: [
      {name: up, indicator: up, target: "99 %", window: week}]}
services:
  - {name: shop, indicators: [{name: up, kind: availability, from: probes}]}
calendars:
  - {name: nights, time_zone: UTC, hours: {mon: ["22:00-06:00"]}}
"""
    )

    promises = load(tmp_path)

    calendar = promises.agreements[0].calendar
    assert isinstance(calendar, Calendar)
    assert calendar.hours == {0: ((1320, 360),)}
    assert promises.agreements[0].effective_from_ms == 0
    assert promises.files == (PromiseFile(file, 1, 1, 1, 1, 1),)


def test_all_mistakes_of_all_files_are_told_in_order(folder: Path, mistakes: Mistakes) -> None:
    """One run is enough to know everything that is wrong."""
    for name, there, written in (
        ("catalogue", "kind: duration", "kind: durable"),
        ("catalogue", 'good: ["ok == true"]', 'good: ["status >= high"]'),
        ("agreements", "percentile: 95", "percentile: 195"),
        ("agreements", "kind: SLA", "kind: SLO"),
        ("agreements", "indicator: resolution", "indicator: resolutoin"),
        ("calendars", '"2026-12-25"', '"2026-12-99"'),
    ):
        file = folder / name / "shop.yaml"
        assert there in file.read_text()
        file.write_text(file.read_text().replace(there, written))

    assert [mistake.partition(";")[0] for mistake in mistakes()] == [
        "agreements/shop.yaml:3: agreement sla-shop, kind: 'SLO' is not known",
        "agreements/shop.yaml:13: agreement sla-shop, objective p95, percentile: "
        "195 is not a percentile between 0 and 100",
        "agreements/shop.yaml:14: agreement sla-shop, objective done, indicator: "
        "there is no indicator 'resolutoin'",
        "calendars/shop.yaml:6: calendar office, holidays, 1: 2026-12-99 is no day of the calendar",
        "catalogue/shop.yaml:5: service shop, indicator success, good, 1: "
        "status is a number, high is not",
        "catalogue/shop.yaml:6: service shop, indicator latency, kind: 'durable' is not known",
    ]


def test_an_agreement_is_not_blamed_for_its_service(folder: Path, mistakes: Mistakes) -> None:
    """What exists but is wrong is not called unknown."""
    file = folder / "catalogue" / "shop.yaml"
    file.write_text(file.read_text().replace("name: shop", "name: shop\n    colour: red"))
    file.write_text(file.read_text().replace("from: probes", "from: probs"))

    assert [mistake.rpartition("; ")[2] for mistake in mistakes()] == [
        "known: name, title, owner, dedupe_transactions, indicators",
        "did you mean probes?",
    ]


@pytest.mark.parametrize(
    "spoilt",
    [
        "services: [",
        "service:\n  - name: shop\n",
        "services: shop\n",
        "\n",
        "services:\n  - nmae: shop\n",
    ],
)
def test_an_unreadable_catalogue_makes_nothing_unknown(
    folder: Path, mistakes: Mistakes, spoilt: str
) -> None:
    """While a name may stand in what cannot be read, nobody is told that it is missing."""
    (folder / "catalogue" / "shop.yaml").write_text(spoilt)

    assert not [mistake for mistake in mistakes() if mistake.startswith("agreements")]


def test_versions_may_follow_each_other(folder: Path) -> None:
    """One version ends where the next begins."""
    _add_version(folder, "2026-07-01", until="2026-07-01")

    assert {agreement.version for agreement in load(folder).agreements} == {1, 2}


def test_versions_may_not_overlap(folder: Path, mistakes: Mistakes) -> None:
    """What was in force at an instant is never in doubt."""
    _add_version(folder, "2026-06-30", until="2026-07-01")

    assert mistakes() == [
        "agreements/next.yaml:8: agreement sla-shop, effective_from: version 2 overlaps version 1 "
        "at agreements/shop.yaml:2, two versions cannot judge at once; end the older "
        "(effective_to) where the newer begins (effective_from)"
    ]


def test_a_version_stands_once(folder: Path, mistakes: Mistakes) -> None:
    """Two texts with one number would be two truths."""
    _add_version(folder, "2026-07-01", until="2026-07-01", version=1)

    assert mistakes() == [
        "agreements/shop.yaml:2: agreement sla-shop: another agreement 'sla-shop version 1' "
        "stands at agreements/next.yaml:2; rename one or delete it"
    ]


def _add_version(folder: Path, begin: str, *, until: str, version: int = 2) -> None:
    first = folder / "agreements" / "shop.yaml"
    text = first.read_text()
    first.write_text(text.replace("01-01\n", f"01-01\n    effective_to: {until}\n"))
    later = text.replace("    service", f"    version: {version}\n    service")
    (folder / "agreements" / "next.yaml").write_text(later.replace("2026-01-01", begin))


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("catalogue", "catalogue: there are no services; add catalogue/shop.yaml"),
        ("agreements", "agreements: there are no agreements; add agreements/shop.yaml"),
    ],
)
def test_a_folder_without_promises_is_refused(
    folder: Path, mistakes: Mistakes, part: str, told: str
) -> None:
    """A worker that watches nothing is a mistake, not a quiet success."""
    (folder / part / "shop.yaml").unlink()

    assert mistakes() == [told]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """The sentence names the folder."""
    with pytest.raises(SpecError, match="nosuch: there is no such folder; give"):
        load(tmp_path / "nosuch")
