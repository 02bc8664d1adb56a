"""`slm rules generate`, as a person runs it."""

from pathlib import Path

import pytest

from slm_stream.cli.main import main

ROOT = Path(__file__).parents[3]
CHECKED_IN = ROOT / "deploy" / "prometheus" / "rules" / "slm.rules.yml"


def test_the_checked_in_rules_are_those_of_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    """The command, without options, writes the file that docker-compose.yml mounts."""
    assert main(["rules", "generate", "--config", str(ROOT / "config")]) == 0

    assert capsys.readouterr().out == CHECKED_IN.read_text(), "run: make docs"


def test_output_goes_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --output nothing is printed."""
    file = tmp_path / "slm.rules.yml"

    code = main(["rules", "generate", "--config", str(ROOT / "config"), "--output", str(file)])

    assert code == 0
    assert file.read_text() == CHECKED_IN.read_text()
    assert capsys.readouterr().out == ""


def test_links_are_as_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Each organisation has its own addresses."""
    links = ["--runbook-url", "https://wiki/r", "--dashboard-url", "https://g/d"]
    links += ["--report-url", "https://s"]

    assert main(["rules", "generate", "--config", str(ROOT / "config"), *links]) == 0

    out = capsys.readouterr().out
    assert "runbook_url: https://wiki/r#slmbreach\n" in out
    assert "dashboard_url: https://g/d?var-service=" in out
    assert "report_url: https://s/agreements/" in out
    assert "localhost" not in out


def test_the_folder_may_come_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SLM_CONFIG is what the worker reads, so the rules read it too."""
    monkeypatch.setenv("SLM_CONFIG", str(ROOT / "config"))

    assert main(["rules", "generate"]) == 0
    assert capsys.readouterr().out == CHECKED_IN.read_text()


@pytest.mark.parametrize(
    ("option", "blamed"), [("--config", "no such folder"), ("--output", "cannot write")]
)
def test_a_wrong_path_is_one_sentence(
    option: str, blamed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line, no traceback."""
    paths = {"--config": str(ROOT / "config"), option: str(tmp_path / "absent" / "thing")}

    assert main(["rules", "generate", *(word for pair in paths.items() for word in pair)]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert blamed in line
