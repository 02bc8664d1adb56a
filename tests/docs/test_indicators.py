"""docs/indicators.md: every measure has its row, and every example says what it promises."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from slm_stream.codec.decode import DECODERS
from slm_stream.codec.topics import FEEDBACK, INCIDENTS, PROBES, TRANSACTIONS
from slm_stream.domain.figures_text import format_figure
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.kinds.base import Kind, Unit
from slm_stream.engine.replay import Replay
from slm_stream.spec.loader import load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```yaml\n(.*?)```\n```text\n(.*?)```", re.DOTALL)
TOPICS = {
    "transaction": TRANSACTIONS,
    "probe": PROBES,
    "incident": INCIDENTS,
    "feedback": FEEDBACK,
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = {"hours": {day: ["00:00-24:00"] for day in DAYS}}
EXAMPLES = EXAMPLE.findall(PAGE)


def instant(text: str) -> int:
    """Return 2026-03-02 at a time of day, in milliseconds."""
    hours, minutes, seconds = (*map(int, text.split(":")), 0)[:3]
    return round(datetime(2026, 3, 2, hours, minutes, seconds, tzinfo=UTC).timestamp() * 1000)


def write(folder: Path, promised: dict[str, Any]) -> None:
    """Write an example's promises as a folder of files."""
    indicator, objective = promised["indicator"], promised["objective"]
    calendar = {"name": "hours", "time_zone": "UTC", **promised.get("calendar", ALWAYS)}
    everything = {
        "services": [
            {"name": "store", "indicators": [indicator, *promised.get("parts", [])]},
        ],
        "calendars": [calendar],
        "agreements": [
            {
                **{"id": "sla", "kind": "SLA", "service": "store", "calendar": "hours"},
                **{"provider": "us", "customer": "them"},
                "effective_from": promised.get("effective_from", "2026-01-01"),
                "objectives": [{"indicator": indicator["name"], **objective}],
            }
        ],
    }
    (folder / "catalogue").mkdir()
    (folder / "agreements").mkdir()
    (folder / "agreements" / "example.yaml").write_text(yaml.safe_dump(everything))


def happen(replay: Replay, line: str) -> None:
    """Feed one line: a time, how many, what, and its fields."""
    at, *words = line.split()
    n = int(words.pop(0)) if words[0].isdigit() else 1
    topic = TOPICS[words.pop(0)]
    fields: dict[str, Any] = {"service": "store", "at_ms": instant(at)}
    for word in words:
        name, _, value = word.partition("=")
        fields[name] = yaml.safe_load(value)
        if name in {"priority", "update", "incident", "id"}:
            fields[name] = value
    for k in range(n):
        # Each its own instant: probes of one place and instant are one probe.
        raw = msgspec.json.encode({**fields, "at_ms": fields["at_ms"] + k})
        (measurement,), bad = DECODERS[topic].decode([raw])
        assert not bad
        assert not replay.feed(topic, [measurement])


@pytest.mark.parametrize(("promised", "story"), EXAMPLES)
def test_the_example_comes_true(promised: str, story: str, tmp_path: Path) -> None:
    """Figure and verdict, as the page shows them."""
    write(tmp_path, yaml.safe_load(promised))
    promises = load(tmp_path)
    replay = Replay(promises.services, promises.agreements)
    *before, last = story.strip().splitlines()
    for line in before:
        happen(replay, line)
    at, _, expected = last.partition(" → ")
    replay.tick(instant(at))

    (standing,) = replay.standings().values()
    value = standing.sli if standing.measured is None else standing.measured.value
    unit = Unit.RATIO if standing.measured is None else standing.measured.unit
    shown = "–" if value != value else format_figure(value, unit)  # noqa: PLR0124 - nan
    assert f"{shown} {standing.verdict}" == expected


def test_there_is_an_example_of_each_measure() -> None:
    """Each kind and measure is promised by at least one example."""
    shown = set()
    for promised, _ in EXAMPLES:
        example = yaml.safe_load(promised)
        shown.add((example["indicator"]["kind"], example["objective"].get("measure", "share")))
    wanted = {(str(kind.kind), m.name) for kind in KINDS.values() for m in kind.measures}
    assert wanted == shown


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_measure_has_its_row(kind: Kind) -> None:
    """Name and formula, in the section of the kind."""
    section = PAGE.partition(f"\n## {kind.kind.capitalize()}\n")[2].partition("\n## ")[0]
    for measure in kind.measures:
        assert f"| `{measure.name}` | `{measure.formula}` |" in section


def test_the_quality_table_names_every_promise_of_the_example() -> None:
    """And promises nothing that is not there."""
    table = PAGE.partition("\n## The service quality table\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")]
    named = {name for row in rows[1:] for name in re.findall(r"`([^`]+)`", row[4])}
    (agreement,) = load(ROOT / "config" / "quality").agreements
    assert named == {objective.name for objective in agreement.objectives}
