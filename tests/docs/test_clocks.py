"""docs/clocks.md is what the program does."""

import re
from pathlib import Path

import pytest

from slm_stream.cli.main import main
from slm_stream.domain.agreement import Objective
from slm_stream.domain.clock import ClockAction
from slm_stream.domain.clock_rules import RULES
from slm_stream.domain.conditions import CLOCK_FIELDS
from slm_stream.spec.loader import load

PAGE = (Path(__file__).parents[2] / "docs" / "clocks.md").read_text(encoding="utf-8")
CALENDAR = """
calendars:
  - name: office
    time_zone: Europe/Amsterdam
    hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"]}
"""


def blocks(language: str) -> list[str]:
    """Return the examples of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def first_cells(title: str) -> list[str]:
    """Return all that the first column of a table names in backquotes."""
    table = re.search(rf"^\| {title} \|.*\n\|-.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table, title
    cells = [line.split("|")[1] for line in table[1].splitlines()]
    return re.findall(r"`(\w+)`", " ".join(cells))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the promises of the page's last example."""
    _, own, _, agreements = blocks("yaml")
    for name, text in (("catalogue", own), ("agreements", agreements), ("calendars", CALENDAR)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.yaml").write_text(text)
    return tmp_path


def test_the_timeline_is_what_the_command_prints(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the promises and the updates on the page."""
    (folder / "updates.jsonl").write_text(blocks("json")[0])

    updates = str(folder / "updates.jsonl")
    assert main(["explain", "INC-1", updates, "--config", str(folder)]) == 0

    assert capsys.readouterr().out == blocks("text")[0]


def test_the_first_catalogue_and_the_thresholds_are_read(folder: Path) -> None:
    """The clock that is named, and each threshold."""
    first, _, thresholds, agreements = blocks("yaml")
    (folder / "catalogue" / "page.yaml").write_text(first)
    sla = agreements.split("  - id: ola-network")[0].replace(
        'warn_at: ["75 %"]', thresholds.strip()
    )
    (folder / "agreements" / "page.yaml").write_text(sla)

    promises = load(folder)

    indicators = {i.name: i for i in promises.services[0].indicators}
    assert indicators["response"].clock == RULES["respond"]
    objective: Objective = promises.agreements[0].objectives[0]
    assert [t.label for t in objective.warn_at] == ["50 %", "-30m", "100 %", "+1h"]


def test_all_clocks_actions_and_fields_are_listed() -> None:
    """In the order of the program."""
    assert first_cells("`clock`") == list(RULES)
    assert first_cells("action") == [str(action) for action in ClockAction]
    assert sorted(first_cells("field")) == sorted(CLOCK_FIELDS)
