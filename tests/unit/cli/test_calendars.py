"""`slm calendars freeze`, as people run it."""

from pathlib import Path
from shutil import copytree

import pytest

from slm_stream.cli.main import main

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the example."""
    copytree(CONFIG, tmp_path / "config", ignore=lambda *_: ["__pycache__", "__init__.py"])
    return tmp_path / "config"


def test_the_example_is_frozen_as_it_would_be_now(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is new in it, and its file is written as it stands."""
    lock = folder / "calendars" / "holidays.lock.yaml"

    assert main(["calendars", "freeze", str(folder)]) == 0

    # Ten holidays a year. Stocktaking five times until 2028, one company day, five of painting.
    assert capsys.readouterr().out.splitlines() == [
        "office-hours: country NL, 2026-2028: 30 closings, frozen already",
        "office-hours: feed closing-days.ics, 2026-2028: 11 closings, frozen already",
        f"written: {lock}",
    ]
    assert lock.read_text() == (CONFIG / "calendars" / "holidays.lock.yaml").read_text()


def test_check_asks_for_freezing_and_freezing_satisfies_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The remedy that is told works."""
    (folder / "calendars" / "holidays.lock.yaml").unlink()
    assert main(["check", str(folder)]) == 2
    assert "country NL is not frozen for 2026-2028; run slm calendars freeze" in (
        capsys.readouterr().err
    )

    assert main(["calendars", "freeze", str(folder)]) == 0
    assert main(["check", str(folder)]) == 0


def test_a_country_that_does_not_exist_ends_with_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `slm check` tells it; nothing is written."""
    hours = folder / "calendars" / "hours.yaml"
    hours.write_text(hours.read_text().replace("country: NL", "country: Netherland"))
    before = (folder / "calendars" / "holidays.lock.yaml").read_text()

    for command in (["calendars", "freeze"], ["check"]):
        assert main([*command, str(folder)]) == 2
        told = capsys.readouterr().err.splitlines()
        assert told == [
            f"{hours}:13: calendar office-hours, public_holidays, country: 'Netherland' is no "
            "country that is known; did you mean NL (Netherlands)?",
            f"slm: 1 mistake in {folder}; correct it and check again",
        ]
    assert (folder / "calendars" / "holidays.lock.yaml").read_text() == before


def test_a_folder_without_holidays_has_nothing_to_freeze(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so and writes no file."""
    (tmp_path / "calendars").mkdir()

    assert main(["calendars", "freeze", str(tmp_path)]) == 0

    assert capsys.readouterr().out == "no calendar names a country or a feed\n"
    assert not [*(tmp_path / "calendars").iterdir()]
