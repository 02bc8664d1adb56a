"""Mappings on disk: what is wrong with one is told all at once, with its line and a remedy."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from slm_stream.codec.messages import IncidentUpdate, Probe, Transaction
from slm_stream.domain.incident import IncidentStatus
from slm_stream.errors import SettingsError, SpecError
from slm_stream.spec.mapping import IncidentTemplate, ProbeTemplate, Template, TransactionTemplate
from slm_stream.spec.mapping_files import load, load_file, shipped
from slm_stream.spec.mapping_values import Status

WRONG = """\
title: Everything wrong
read: {format: csv, delimiter: ";;"}
time_zone: Europe/Amsterdm
emit:
  - kind: transaction
    at_ms: {from: t, parse: epoch_m}
    durration_ms: elapsed
    ok: {from: up, map: {yes: maybe}}
  - kind: incident
    at_ms: t
    status: {const: open}
    service: {from: a, const: b}
  - kind: ticket
    at_ms: t
skip:
  old: [{from: a, equals: 1, below: 2}]
"""


def mistakes(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with a mapping, one line each, without the folder."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_file(path)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    """Nobody has to repair a mapping one run at a time."""
    found = mistakes(tmp_path, WRONG)

    places = [line.split(": ")[0:2] for line in found]
    assert places == [
        ["mine.yaml:2", "read, delimiter"],
        ["mine.yaml:3", "time_zone"],
        ["mine.yaml:6", "emit 1, at_ms, parse"],
        ["mine.yaml:7", "emit 1, durration_ms"],
        ["mine.yaml:8", "emit 1, ok, map, yes"],
        ["mine.yaml:9", "emit 2, incident"],
        ["mine.yaml:11", "emit 2, status, const"],
        ["mine.yaml:12", "emit 2, service"],
        ["mine.yaml:13", "emit 3"],
        ["mine.yaml:16", "skip, old 1"],
    ]


@pytest.mark.parametrize(
    ("fragment", "remedy"),
    [
        ("mine.yaml:3", "did you mean Europe/Amsterdam?"),
        ("mine.yaml:6", "epoch_ms"),
        ("mine.yaml:7", "did you mean duration_ms?"),
        ("mine.yaml:9", "is missing; add it"),
        ("mine.yaml:12", "exactly one of: from, const, template"),
        ("mine.yaml:13", "'transaction', 'probe', 'incident'"),
        ("mine.yaml:16", "exactly one test of: present, equals"),
    ],
)
def test_mistakes_say_what_to_write_instead(tmp_path: Path, fragment: str, remedy: str) -> None:
    """Each mistake ends with its remedy."""
    (line,) = [line for line in mistakes(tmp_path, WRONG) if line.startswith(f"{fragment}:")]

    assert remedy in line


def test_a_key_of_another_part_is_told_as_that(tmp_path: Path) -> None:
    """`unit` is for durations; an instant is parsed."""
    text = (
        "title: t\nread: {format: csv}\nemit:\n"
        "  - {kind: probe, service: s, at_ms: {from: t, unit: ms}}\n"
    )
    assert mistakes(tmp_path, text) == [
        "mine.yaml:4: emit 1, at_ms, unit: does not belong here, another part of a mapping has it; "
        "take it out"
    ]


def test_a_field_that_the_pattern_does_not_have_is_a_mistake(tmp_path: Path) -> None:
    """Where the mapping itself names the fields, a misspelt one is found without any file."""
    found = mistakes(
        tmp_path,
        """\
title: t
read: {format: regex, pattern: '(?P<time>\\S+)\\ (?P<code>\\d+)'}
emit:
  - kind: transaction
    service: {const: shop}
    at_ms: time
    status: cod
""",
    )

    assert found == [
        "mine.yaml:7: emit 1, status: no field is called 'cod'; the file has time, code"
    ]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("{template: plain}", "has no {field}: use const"),
        ("{template: 'a{'}", "write placeholders as {field}"),
        ("{template: '{}'}", "write placeholders as {field}"),
        ("{slug: true}", "say exactly one of"),
    ],
)
def test_a_text_that_means_nothing_is_refused(tmp_path: Path, value: str, complaint: str) -> None:
    """A template without placeholder, or a value from nowhere, is no value."""
    text = f"title: t\nread: {{format: jsonl}}\nemit: [{{kind: probe, at_ms: t, service: {value}}}]"

    (found,) = mistakes(tmp_path, text)

    assert complaint in found


@pytest.mark.parametrize(
    ("read", "complaint"),
    [
        ("{format: regex, pattern: '(?P<a'}", "not a regular expression"),
        ("{format: regex, pattern: 'a+'}", "has no named group"),
        ("{format: csv, encoding: utf-9}", "no such encoding"),
        ("{format: tsv}", "'tsv' is not known; use 'csv'"),
        ("{delimiter: ','}", "format is missing; add it"),
    ],
)
def test_a_file_format_that_cannot_be_read_is_refused(
    tmp_path: Path, read: str, complaint: str
) -> None:
    """A pattern or an encoding is checked before the first file."""
    (found,) = mistakes(tmp_path, f"title: t\nread: {read}\nemit: [{{kind: probe, at_ms: t}}]")

    assert found.startswith("mine.yaml:2: read")
    assert complaint in found


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (TransactionTemplate, Transaction),
        (ProbeTemplate, Probe),
        (IncidentTemplate, IncidentUpdate),
    ],
)
def test_a_mapping_can_fill_every_field_of_a_measurement(
    template: type[Template], message: type[msgspec.Struct]
) -> None:
    """A field added to a message must be added here too."""
    own = {"kind", "when", "for_each"}

    assert set(template.model_fields) - own == {f.name for f in msgspec.structs.fields(message)}


def test_statuses_are_those_of_the_domain() -> None:
    """A mapping and the clock speak of the same steps."""
    assert set(get_args(Status)) == {status.value for status in IncidentStatus}


def test_shipped_mappings_are_right_and_say_how_to_use_them() -> None:
    """Each has a title and an example that names it."""
    assert len(shipped()) == 9
    for name in shipped():
        mapping = load(name)
        assert mapping.title
        assert f"--mapping {name}" in mapping.example


def test_a_mapping_is_found_by_name_or_by_path(tmp_path: Path) -> None:
    """A file of one's own is as good as a shipped one."""
    path = tmp_path / "own.yaml"
    path.write_text("title: t\nread: {format: jsonl}\nemit: [{kind: probe, at_ms: t}]")

    assert load(str(path)).title == "t"
    assert load("jmeter").read.format == "csv"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("jmetr", "did you mean jmeter?"),
        ("zzz", "there are access-log, "),
        ("no.yaml", "no mapping"),
    ],
)
def test_a_mapping_that_is_not_there_is_told(name: str, said: str) -> None:
    """The message names what there is."""
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")):
        load(name)
