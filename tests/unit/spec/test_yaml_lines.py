"""YAML with line numbers."""

from pathlib import Path

import pytest

from slm_stream.errors import SpecError
from slm_stream.spec.mistakes import Mistakes
from slm_stream.spec.yaml_lines import Document, read_document


def _read(tmp_path: Path, text: str | bytes) -> tuple[Document | None, list[str]]:
    file = tmp_path / "a.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    mistakes = Mistakes()
    document = read_document(file, mistakes)
    try:
        mistakes.raise_if_any()
    except SpecError as error:
        return document, [mistake.replace(f"{tmp_path}/", "") for mistake in error.mistakes]
    return document, []


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    """Keys, items and flow mappings over several lines all have theirs."""
    document, told = _read(tmp_path, "a:\n  - b: 1\n    c: {d: 2,\n        e: 3}\n  - 4\n")

    assert document is not None
    assert not told
    assert document.data == {"a": [{"b": 1, "c": {"d": 2, "e": 3}}, 4]}
    assert document.line(("a",)) == 1
    assert document.line(("a", 0)) == document.line(("a", 0, "b")) == 2
    assert document.line(("a", 0, "c", "e")) == 4
    assert document.line(("a", 1)) == 5
    assert document.line(("a", 0, "missing")) == 2


def test_only_json_words_are_more_than_text(tmp_path: Path) -> None:
    """Norway, half past twelve and New Year arrive as they were written."""
    document, _ = _read(
        tmp_path,
        "[no, on, yes, 12:30, 2026-01-01, 010, 1_000, true, null, ~, -5, 0.999, 1e-3, '1', 4h]",
    )

    assert document is not None
    texts = ["no", "on", "yes", "12:30", "2026-01-01", "010", "1_000"]
    assert document.data == [*texts, True, None, None, -5, 0.999, 0.001, "1", "4h"]


def test_keys_are_text(tmp_path: Path) -> None:
    """A priority called 1 is a name, not a number."""
    document, _ = _read(tmp_path, "{1: a, true: b, 2026-01-01: c}")

    assert document is not None
    assert document.data == {"1": "a", "true": "b", "2026-01-01": "c"}


def test_a_repeated_key_is_told_and_hides_nothing(tmp_path: Path) -> None:
    """The first stands, so that the rest can be checked."""
    document, told = _read(tmp_path, "a: 1\nb: 2\na: 3\n")

    assert document is not None
    assert document.data == {"a": 1, "b": 2}
    assert told == ["a.yaml:3: a is given twice, first in line 1; keep one"]


def test_aliases_repeat_a_part(tmp_path: Path) -> None:
    """Mistakes in the part are told where it is written."""
    document, _ = _read(tmp_path, "a: &part\n  b: 1\nc: *part\n")

    assert document is not None
    assert document.data == {"a": {"b": 1}, "c": {"b": 1}}
    assert document.line(("c", "b")) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: is empty; write services:, agreements: or calendars:, or delete it"),
        ("# nothing\n", "1: is empty; write services:, agreements: or calendars:, or delete it"),
        (
            "a: [1,\nb: 2\n",
            "1: is not YAML: while parsing a flow sequence expected ',' or ']', but got "
            "'<stream end>'; "
            "check the indentation, brackets and quotes around here",
        ),
        (
            "a: 1\n\tb: 2\n",
            "2: is not YAML: while scanning for the next token found character '\\t' that cannot "
            "start any token; check the indentation, brackets and quotes around here",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "2: is not YAML: expected a single document in the stream but found another "
            "document; check the indentation, brackets and quotes around here",
        ),
        (b"a: 1\nb: \xff\n", "2: is not UTF-8 text; save it as UTF-8"),
        ("a: \x00\n", "1: is not YAML: unacceptable character #x0000: special characters are "
         "not allowed; save it as text"),
        ("a: !!timestamp 2026-01-01\n", "1: the tag tag:yaml.org,2002:timestamp is not known "
         "here; write a plain value"),
        ("a: !!int x\n", "1: 'x' is not a int; take out the tag"),
        ("a: &a\n  - *a\n", "1: an alias refers to what it is in; write the part out"),
        ("a: {x: 1}\n<<: {y: 2}\n", "2: a key is plain text here, without merging; "
         "write the keys out"),
        ("? [1, 2]\n: 3\n", "1: a key is plain text here, without merging; write the keys out"),
        ("[" * 1500, "1: is nested too deeply; write it flatter"),
        (
            "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
                      for old, new in zip("abcdef", "bcdefg", strict=True)),
            "1: unfolds to more than 200000 values; use fewer aliases",
        ),
    ],
    ids=["empty", "comment", "bracket", "tab", "documents", "latin", "nul", "tag", "number",
         "loop", "merge", "key", "deep", "bomb"],
)  # fmt: skip
def test_what_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    """Never a traceback, whatever the file holds."""
    document, mistakes = _read(tmp_path, text)

    assert document is None
    assert mistakes == [f"a.yaml:{told}"]


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    """The operating system's reason is passed on."""
    mistakes = Mistakes()

    assert read_document(tmp_path, mistakes) is None
    with pytest.raises(SpecError, match="cannot be read: Is a directory; check"):
        mistakes.raise_if_any()
