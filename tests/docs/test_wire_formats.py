"""docs/wire-formats.md is what the codec does."""

import json
import re
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest

from slm_stream.codec.decode import DECODERS
from slm_stream.codec.messages import Feedback, IncidentUpdate, Probe, Tick, Transaction
from slm_stream.codec.topics import FEEDBACK, INCIDENTS, PROBES, TICKS, TOPICS, TRANSACTIONS
from slm_stream.domain.incident import IncidentStatus

PAGE = (Path(__file__).parents[2] / "docs" / "wire-formats.md").read_text(encoding="utf-8")
KINDS: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "Transaction": (TRANSACTIONS, Transaction),
    "Probe": (PROBES, Probe),
    "Incident update": (INCIDENTS, IncidentUpdate),
    "Feedback": (FEEDBACK, Feedback),
    "Tick": (TICKS, Tick),
}
TYPES = {
    "text": str,
    "integer": int,
    "boolean": bool,
    "boolean or null": bool | None,
    "number or null": float | None,
    "integer or null": int | None,
}


def section(title: str) -> str:
    """Return the part of the page under a heading."""
    found = re.search(rf"^##+ {title}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def table(text: str, first: str) -> list[list[str]]:
    """Return the cells of the table whose first column has that title, without backquotes."""
    found = re.search(rf"^\| {first} \|.*\n\|-.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found, first
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        for line in found.group(1).splitlines()
    ]


@pytest.mark.parametrize("title", KINDS)
def test_examples_decode_and_hold_only_known_fields(title: str) -> None:
    """What a reader copies is taken by the decoder as it stands."""
    topic, kind = KINDS[title]
    examples = re.findall(r"```json\n(.*?)\n```", section(title), re.DOTALL)
    assert examples

    good, bad = DECODERS[topic].decode([example.encode() for example in examples])

    assert not bad
    assert all(isinstance(message, kind) for message in good)
    names = {field.name for field in msgspec.structs.fields(kind)}
    for example, message in zip(examples, good, strict=True):
        written = json.loads(example)
        assert set(written) <= names
        assert {name: getattr(message, name) for name in written} == written
    assert set().union(*map(json.loads, examples)) == names


@pytest.mark.parametrize("title", KINDS)
def test_every_field_is_described_with_its_type_and_default(title: str) -> None:
    """In the order of the message itself."""
    _, kind = KINDS[title]

    described: list[tuple[str, Any, Any]] = [
        (name, TYPES[type_], msgspec.NODEFAULT if default == "required" else json.loads(default))
        for name, type_, default, _ in table(section(title), "field")
    ]

    types = get_type_hints(kind)  # without the bounds of numbers
    fields = msgspec.structs.fields(kind)
    assert described == [(f.name, types[f.name], f.default) for f in fields]


def test_every_topic_is_listed() -> None:
    """With the names that `slm topics create` makes."""
    assert [row[0] for row in table(PAGE, "topic")] == [shape.name for shape in TOPICS]


def test_every_status_is_explained() -> None:
    """In the order of the domain."""
    statuses = [row[0] for row in table(section("Incident update"), "status")]

    assert statuses == [status.value for status in IncidentStatus]
