"""The worked example of docs/mappings.md, run as written."""

import re
from pathlib import Path

import pytest

from slm_stream.cli.main import main
from slm_stream.spec.mapping import CsvFile, Mapping, RegexFile, XmlFile
from slm_stream.spec.mapping_files import shipped
from slm_stream.spec.mapping_values import Condition

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
EXAMPLE = PAGE[PAGE.index("## A worked example") : PAGE.index("## The whole of it")]


def block(language: str) -> str:
    """Return the example's fenced block in a language."""
    found = re.search(rf"```{language}\n(.*?)```", EXAMPLE, re.DOTALL)
    assert found, language
    return found.group(1)


def test_the_worked_example_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, mapping, output and summary are those of the page."""
    monkeypatch.chdir(tmp_path)
    Path("checks.csv").write_text(block("csv"))
    Path("checks.yaml").write_text(block("yaml"))

    assert main(["import", "checks.csv", "--mapping", "./checks.yaml", "--dry-run"]) == 0

    out, err = capsys.readouterr()
    assert out == block("json")
    assert [line.rstrip() for line in err.splitlines()] == block("text").splitlines()


def test_every_shipped_mapping_is_in_the_table() -> None:
    """And nothing else is."""
    rows = re.findall(r"^\| (`[a-z`, -]+`) \|", PAGE[PAGE.index("## Shipped") :], re.MULTILINE)

    assert tuple(name.strip("`") for row in rows for name in row.split(", ")) == shipped()


def test_every_key_of_a_mapping_is_explained() -> None:
    """Its own, those of file formats, and those of conditions."""
    keys = set(Mapping.model_fields)
    for form in (CsvFile, RegexFile, XmlFile):
        keys |= set(form.model_fields)
    keys |= set(Condition.model_fields) - {"paths"} | {"from", "for_each", "when", "kind"}

    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", PAGE)] == []
