"""`slm indicators` lists what there is, and each of its examples is right."""

from pathlib import Path

import pytest
import yaml

from slm_stream.cli.main import main
from slm_stream.domain.kinds import KINDS
from slm_stream.spec.loader import load

PARTS = "{name: search-works, kind: ratio, from: probes, good: [ok == true]}"


def test_every_kind_and_figure_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of explanation for each, in a block for each kind."""
    assert main(["indicators"]) == 0
    blocks = capsys.readouterr().out.rstrip().split("\n\n")
    for block, kind in zip(blocks, KINDS.values(), strict=True):
        lines = block.splitlines()
        assert lines[0] == f"{kind.kind}: {kind.line}"
        assert [line.split()[0] for line in lines[3:]] == [m.name for m in kind.measures]


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_proposes_passes_the_check(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Example and promises of one kind, written into a folder as they are printed."""
    assert main(["indicators", kind]) == 0
    about, _, promised = capsys.readouterr().out.partition("promised in an agreement:\n")
    example = about.splitlines()[1].partition("for example ")[2]
    name = yaml.safe_load(example)["name"]
    written = promised.replace("indicator: …", f"indicator: {name}")
    objectives = [yaml.safe_load(line) for line in written.splitlines()]
    needs = {"timeliness": {"within": {"P1": "4h"}}, "duration": {"within": "1s"}}.get(kind, {})
    for objective in objectives:
        if objective.get("measure", "share") in {"share", "count", "total", "overdue"}:
            objective.update(needs if kind == "timeliness" or "measure" not in objective else {})
    parts = [yaml.safe_load(PARTS.replace("search", part)) for part in ("search", "pay")]
    indicators = [yaml.safe_load(example), *parts]
    folder = {
        "services": [{"name": "shop", "indicators": indicators}],
        "agreements": [
            {
                **{"id": "sla", "kind": "SLA", "service": "shop", "provider": "us"},
                **{"customer": "them", "time_zone": "UTC", "objectives": objectives},
            }
        ],
    }
    for part in ("catalogue", "agreements", "calendars"):
        (tmp_path / part).mkdir()
    (tmp_path / "catalogue" / "all.yaml").write_text(yaml.safe_dump(folder))

    assert len(load(tmp_path).agreements[0].objectives) == len(KINDS[kind].measures)  # type: ignore[index]


def test_an_unknown_kind_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest name."""
    assert main(["indicators", "availabilty"]) == 2
    assert capsys.readouterr().err == (
        "slm: there is no kind 'availabilty'; did you mean availability?\n"
    )
