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


def test_a_missing_folder_is_one_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The closing sentence counts in the singular."""
    assert main(["check", str(tmp_path / "nosuch")]) == 2

    assert capsys.readouterr().err.endswith(
        f"slm: 1 mistake in {tmp_path}/nosuch; correct it and check again\n"
    )
