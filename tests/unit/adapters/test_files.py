"""Foreign files as rows: what is broken in a file costs only itself."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from slm_stream.adapters.files import FileRow, RowFile
from slm_stream.errors import SettingsError, SpecError
from slm_stream.spec.mapping import Mapping


def rows(path: Path, content: str | bytes, read: dict[str, Any], **probe: Any) -> list[FileRow]:
    """Return the rows of a file with that content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    template = {"kind": "probe", "at_ms": "t", "service": {"const": "shop"}, **probe}
    mapping = Mapping.model_validate({"title": "t", "read": read, "emit": [template]})
    with RowFile(path, mapping) as file:
        return list(file.rows())


CSV = {"format": "csv"}


def test_csv_rows_know_the_line_on_which_they_begin(tmp_path: Path) -> None:
    """Quoted line breaks and blank lines don't shift the count."""
    found = rows(tmp_path / "f", '\ufefft,b\n1,"two\nlines"\n\n2,x\n', CSV)

    assert found == [
        FileRow(2, {"t": "1", "b": "two\nlines"}),
        FileRow(5, {"t": "2", "b": "x"}),
    ]


def test_csv_with_another_delimiter_and_no_header(tmp_path: Path) -> None:
    """The mapping names the columns where the file doesn't."""
    read = {"format": "csv", "delimiter": ";", "columns": ["t", "b"]}

    assert rows(tmp_path / "f", "1;2\r\n", read) == [FileRow(1, {"t": "1", "b": "2"})]


def test_a_csv_row_with_too_few_values_is_bad_and_the_next_is_not(tmp_path: Path) -> None:
    """A row cut off by a full disk is told with its line."""
    found = rows(tmp_path / "f", 't,b\n1\n2,"x"y\n3,z\n', CSV)

    assert [row.number for row in found] == [2, 3, 4]
    assert found[0].error == "1 values for 2 columns"
    assert found[1].error.startswith("not CSV: ")
    assert found[2] == FileRow(4, {"t": "3", "b": "z"})


def test_a_csv_file_without_a_column_that_is_needed_is_refused(tmp_path: Path) -> None:
    """A misspelt column would otherwise be a figure that is silently missing."""
    with pytest.raises(SpecError, match=r"f:1: no column 'ms'.*the file has t, MS"):
        rows(tmp_path / "f", "t,MS\n1,2\n", CSV, duration_ms="ms")


@pytest.mark.parametrize(
    "spared",
    [
        {"duration_ms": {"from": "ms", "optional": True}},
        {"duration_ms": {"from": "ms", "default": 0}},
        {"duration_ms": {"from": ["ms", "t"]}},
        {"duration_ms": "ms", "when": [{"from": "ms", "present": True}]},
    ],
)
def test_columns_that_may_be_missing(tmp_path: Path, spared: dict[str, Any]) -> None:
    """Optional ones, those with a default or a stand-in, and those that `when` asks for."""
    assert rows(tmp_path / "f", "t\n1\n", CSV, **spared) == [FileRow(2, {"t": "1"})]


def test_an_empty_csv_file_has_no_header(tmp_path: Path) -> None:
    """Nothing to read is told, not taken for nothing that happened."""
    with pytest.raises(SpecError, match=r"no column 't'.*no header"):
        rows(tmp_path / "f", "", CSV)


def test_json_lines_with_a_broken_one(tmp_path: Path) -> None:
    """Blank lines don't count as rows; what isn't an object is bad."""
    found = rows(tmp_path / "f", '{"t": 1}\n\n{"t": \n[1]\n{"t": 2}', {"format": "jsonl"})

    assert [(row.number, row.fields) for row in found if not row.error] == [
        (1, {"t": 1}),
        (5, {"t": 2}),
    ]
    assert [(row.number, row.error[:15]) for row in found if row.error] == [
        (3, "not JSON: Input"),
        (4, "not a JSON obje"),
    ]


@pytest.mark.parametrize(
    ("items", "document"),
    [(None, [{"t": 1}, 2]), ("page.incidents", {"page": {"incidents": [{"t": 1}, 2]}})],
)
def test_json_documents(tmp_path: Path, items: str | None, document: object) -> None:
    """Rows are the document's items, or those of a list inside it; they are numbered from 1."""
    read = {"format": "json", "items": items}

    assert rows(tmp_path / "f", json.dumps(document), read) == [
        FileRow(1, {"t": 1}),
        FileRow(2, {}, "not a JSON object"),
    ]


@pytest.mark.parametrize(
    ("content", "items", "said"),
    [
        ("{", None, "not JSON"),
        ("{}", None, "the document is not a list"),
        ("{}", "a.b", "no list at a.b"),
    ],
)
def test_json_documents_that_hold_no_rows(
    tmp_path: Path, content: str, items: str | None, said: str
) -> None:
    """One bad row says what is wrong with the whole."""
    (found,) = rows(tmp_path / "f", content, {"format": "json", "items": items})

    assert said in found.error


def test_lines_by_pattern(tmp_path: Path) -> None:
    """The whole line must match; bytes that aren't UTF-8 stay visible."""
    read = {"format": "regex", "pattern": r"(?P<t>\d+)\ (?P<b>.*)"}
    found = rows(tmp_path / "f", b"1 caf\xe9\r\nx\n\n2 \n", read)

    assert found == [
        FileRow(1, {"t": "1", "b": "caf\\xe9"}),
        FileRow(2, {}, "the line doesn't match the pattern"),
        FileRow(4, {"t": "2", "b": ""}),
    ]


def test_only_outermost_xml_elements_are_rows(tmp_path: Path) -> None:
    """JMeter's embedded resources are part of the sample around them."""
    read = {"format": "xml", "elements": ["s", "h"]}
    found = rows(
        tmp_path / "f",
        '<all>\n<h t="1"><s t="2"/><x/></h>\n<x t="3"/>\n<s t="4">text</s></all>',
        read,
    )

    assert found == [FileRow(2, {"t": "1"}), FileRow(4, {"t": "4"})]


def test_xml_that_breaks_off_gives_the_rows_before(tmp_path: Path) -> None:
    """A load test that was killed leaves a file without its end."""
    found = rows(tmp_path / "f", '<all>\n<s t="1"/>\n<s t="2', {"format": "xml", "elements": ["s"]})

    assert found[0] == FileRow(2, {"t": "1"})
    assert [(row.number, row.error[:8]) for row in found[1:]] == [(3, "not XML:")]


def test_gzip_is_recognised_by_its_content(tmp_path: Path) -> None:
    """Whatever the file is called."""
    assert rows(tmp_path / "f.log", gzip.compress(b"t\n1\n"), CSV) == [FileRow(2, {"t": "1"})]


def test_gzip_that_breaks_off_gives_the_rows_before(tmp_path: Path) -> None:
    """The rest is one bad row that says so."""
    # Incompressible enough that half the bytes hold some of the lines.
    content = "t\n" + "".join(f"{(i * 7919) % 10_007}\n" for i in range(20_000))
    whole = gzip.compress(content.encode())

    found = rows(tmp_path / "f.gz", whole[: len(whole) // 2], CSV)

    assert found[0].fields == {"t": "0"}
    assert found[1].fields == {"t": "7919"}
    assert found[-1].error.startswith("the file breaks off: ")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A folder is no file."""
    mapping = Mapping.model_validate(
        {"title": "t", "read": CSV, "emit": [{"kind": "probe", "at_ms": "t"}]}
    )
    with pytest.raises(SettingsError, match=r"cannot read .*: Is a directory"):
        RowFile(tmp_path, mapping)
