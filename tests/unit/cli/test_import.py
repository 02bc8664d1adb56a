"""`slm import` without a broker: results on stdout, everything else on stderr."""

import json
import time
from pathlib import Path

import pytest

from slm_stream.adapters import producer
from slm_stream.cli.main import main
from slm_stream.spec.mapping_files import shipped

HEADER = "time,slug,status,response_ms"
ROWS = ("2026-01-01T12:00:00Z,shop,up,7", "2026-01-01T12:01:00Z,shop,down,0")


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """Return a file of two checks that the mapping `upptime` reads."""
    path = tmp_path / "samples.csv"
    path.write_text("\n".join((HEADER, *ROWS)) + "\n")
    return path


def test_dry_run_prints_measurements_and_sends_nothing(
    samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON object a line, with the topic it would go to; defaults are left out."""
    assert main(["import", str(samples), "-m", "upptime", "--dry-run"]) == 0

    out, err = capsys.readouterr()
    assert [json.loads(line) for line in out.splitlines()] == [
        {
            "topic": "slm.probes.v1",
            "value": {"service": "shop", "at_ms": 1_767_268_800_000, "duration_ms": 7.0},
        },
        {
            "topic": "slm.probes.v1",
            "value": {"service": "shop", "at_ms": 1_767_268_860_000, "ok": False},
        },
    ]
    assert "for slm.probes.v1" in err


def test_the_summary_accounts_for_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows skipped come by reason, bad ones by count with the first few shown."""
    path = tmp_path / "incidents.jsonl"
    line = {"id": "1", "started_at": "2026-01-01T12:00:00Z", "components": ["A"]}
    lines = [line, {**line, "components": []}] + [{**line, "started_at": "soon"}] * 12
    path.write_text("\n".join(map(json.dumps, lines)))

    assert main(["import", str(path), "-m", "statuspage", "--dry-run"]) == 0

    err = capsys.readouterr().err.splitlines()
    counts = {" ".join(words[:-1]): words[-1] for words in map(str.split, err) if words}
    assert counts["rows read"] == "14"
    assert counts["for slm.incidents.v1"] == "1"
    assert counts["rows skipped: no component"] == "1"
    assert counts["rows that cannot be mapped"] == "12"
    assert sum("at_ms: 'soon' is not an ISO 8601 time" in line for line in err) == 10
    assert f"  {path}:3: at_ms: 'soon' is not an ISO 8601 time" in err
    assert err[-1] == "  … and 2 more"


def test_strict_sends_nothing_of_a_file_with_a_bad_row(
    samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All or nothing, where a recording is evidence."""
    with samples.open("a") as file:
        file.write("soon,shop,up,7\n")

    assert main(["import", str(samples), "-m", "upptime", "--dry-run", "--strict"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert f"{samples}:4: at_ms: 'soon' is not an ISO 8601 time" in err
    assert "1 of 3 rows cannot be mapped; nothing was sent" in err


def test_a_file_of_which_no_row_fits_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Most likely it is the wrong mapping: exit code 2."""
    path = tmp_path / "x.log"
    path.write_text("a\nb\n")

    assert main(["import", str(path), "-m", "access-log", "--service", "s", "--dry-run"]) == 2
    assert "slm: not one of 2 rows fits access-log" in capsys.readouterr().err


def test_rate_is_kept(samples: Path) -> None:
    """Two measurements at ten a second lie a tenth apart."""
    start = time.monotonic()

    assert main(["import", str(samples), "-m", "upptime", "--dry-run", "--rate", "10"]) == 0

    assert time.monotonic() - start >= 0.1


def test_list_shows_every_mapping_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """What a newcomer copies and adapts."""
    assert main(["import", "--list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[::2]] == list(shipped())
    assert all(line.strip().startswith("slm import ") for line in lines[1::2])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which files, and --mapping NAME"),
        (["FILE"], "say which files, and --mapping NAME"),
        (["FILE", "-m", "uptime"], "did you mean upptime?"),
        (["FILE", "-m", "./none.yaml"], "no mapping file ./none.yaml"),
        (["none.csv", "-m", "upptime"], "no file none.csv"),
        (["FILE", "-m", "jmeter"], "no column 'label', 'timeStamp'"),
        (["FILE", "-m", "access-log"], "give --service"),
        (["FILE", "-m", "upptime", "--time-zone", "Europe/Amsterdm"], "did you mean"),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    samples: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """Exit code 2, nothing on stdout, and what to do."""
    arguments = [argument.replace("FILE", str(samples)) for argument in arguments]

    assert main(["import", *arguments, "--dry-run"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_broker_that_does_not_answer_is_told(
    samples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and how to name another."""
    monkeypatch.setattr(producer, "ANSWER_TIMEOUT_S", 0.5)

    assert main(["import", str(samples), "-m", "upptime", "--broker", "127.0.0.1:9"]) == 2

    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("slm: no Kafka answers at 127.0.0.1:9 ")
    assert "--broker or SLM_BROKER" in said
