"""`slm check`, and the promises that come with it."""

from datetime import date
from pathlib import Path

import pytest

from slm_stream.cli.check import notes
from slm_stream.cli.main import main
from slm_stream.domain.agreement import AgreementKind
from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.spec.loader import load

CONFIG = Path(__file__).parents[3] / "config"


def test_the_example_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    """What newcomers start from has no mistake, and every promise has its sentence."""
    assert main(["check", str(CONFIG)]) == 0

    shown = capsys.readouterr()
    assert not shown.err.replace(next(iter(notes(load(CONFIG), date.max)), ""), "").strip()
    n_objectives = sum(len(agreement.objectives) for agreement in load(CONFIG).agreements)
    table = shown.out.partition("\n\n")[2].splitlines()
    assert len(table) == 1 + n_objectives
    assert table[0].split() == ["AGREEMENT", "SERVICE", "HOURS", "OBJECTIVE", "PROMISE"]
    assert f"{CONFIG}/catalogue/shop.yaml: 6 services, 18 indicators\n" in shown.out
    assert "\nin all: 6 services, 18 indicators, 7 agreements, 20 objectives, 3 cal" in shown.out
    assert "95 % of valid transactions within 300 ms over any 7 d\n" in shown.out


def test_the_example_shows_what_there_is() -> None:
    """All kinds of indicators, agreements, windows and calendars."""
    promises, quality = load(CONFIG), load(CONFIG / "quality")
    objectives = [o for agreement in promises.agreements for o in agreement.objectives]
    services = (*promises.services, *quality.services)
    indicators = [i for service in services for i in service.indicators]

    assert {agreement.kind for agreement in promises.agreements} == {*AgreementKind}
    assert {indicator.kind for indicator in indicators} == {*IndicatorKind}
    assert {objective.window.label for objective in objectives} == {
        *("1d", "7d", "28d"),
        *("day", "week", "month", "quarter"),
    }
    assert {agreement.calendar.name for agreement in promises.agreements} == {
        *("always", "office-hours", "desk-hours"),
    }


def test_holidays_that_run_out_are_noted() -> None:
    """Sixty days before the last year ends: 2028-12-31 less 60 days is 1 November."""
    promises = load(CONFIG)

    assert notes(promises, date(2028, 11, 1)) == []
    assert notes(promises, date(2028, 11, 2)) == [
        "note: calendar office-hours knows holidays until the end of 2028; "
        "widen its years and run slm calendars freeze"
    ]


def test_mistakes_are_listed_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each, a closing sentence, nothing on standard output, exit code 2."""
    (tmp_path / "catalogue").mkdir()
    file = tmp_path / "catalogue" / "shop.yaml"
    file.write_text("services:\n  - {name: shop, indicators: []}\n")

    assert main(["check", str(tmp_path)]) == 2

    shown = capsys.readouterr()
    assert not shown.out
    assert shown.err.splitlines() == [
        f"{tmp_path}/agreements: there are no agreements; add {tmp_path}/agreements/shop.yaml",
        f"{file}:2: service shop, indicators: is empty; add at least one",
        f"slm: 2 mistakes in {tmp_path}; correct them and check again",
    ]


def test_one_mistake_of_each_sort_is_told_with_its_line_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What people get wrong most, in one file."""
    (tmp_path / "catalogue").mkdir()
    file = tmp_path / "catalogue" / "shop.yaml"
    file.write_text(
        """\
services:
  - name: shop
    indicators:
      - {name: up, kind: availability, from: probes, interval: 5m}
      - {name: fine, kind: ratio, from: transactions, good: ["status < 400", "status >= 500"]}
calendars:
  - name: office
    time_zone: Europe/Amsterdm
    hours: {mon: ["09:00-17:00"]}
  - name: desk
    time_zone: Europe/Amsterdam
    hours: {mon: ["09:00-17:00"]}
    years: 2026
    public_holidays: {country: Netherland}
agreements:
  - id: sla-shop
    kind: SLA
    service: shop
    provider: Platform
    customer: Sales
    effective_from: 2026-01-01
    time_zone: Europe/Amsterdam
    objectives:
      - {name: up, indicator: up, target: "99 %", window: 2m}
      - {name: speed, indicator: upp, target: "99 %", window: 28d}
"""
    )

    assert main(["check", str(tmp_path)]) == 2

    assert capsys.readouterr().err.replace(f"{file}:", "").splitlines() == [
        '5: service shop, indicator fine, good: "status < 400" and "status >= 500" exclude each '
        "other, nothing would be good; all conditions of a list must hold, so take one out",
        "8: calendar office, time_zone: 'Europe/Amsterdm' is no IANA time zone; "
        "did you mean Europe/Amsterdam?",
        "14: calendar desk, public_holidays, country: 'Netherland' is no country that is known; "
        "did you mean NL (Netherlands)?",
        "24: agreement sla-shop, objective up, window: 2m is shorter than the probe interval, "
        "indicator up is probed every 5m: most windows see no probe; write at least 5m",
        "25: agreement sla-shop, objective speed, indicator: there is no indicator 'upp'; "
        "did you mean up?",
        f"slm: 5 mistakes in {tmp_path}; correct them and check again",
    ]


def test_a_missing_folder_is_one_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The closing sentence counts in the singular."""
    assert main(["check", str(tmp_path / "nosuch")]) == 2

    assert capsys.readouterr().err.endswith(
        f"slm: 1 mistake in {tmp_path}/nosuch; correct it and check again\n"
    )
