"""Foreign files as rows, one at a time: CSV, JSON lines, JSON, XML, lines of text; gzip or not.

What cannot be read as a row is a row too, with the reason instead of fields: one broken line
must not cost the rest of a recording.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple, cast
from xml.parsers import expat

import msgspec

from slm_stream.errors import SettingsError, SpecError
from slm_stream.spec.mapping import (
    CsvFile,
    JsonFile,
    JsonLinesFile,
    Mapping,
    RegexFile,
    XmlFile,
)

CHUNK = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"


class FileRow(NamedTuple):
    """One row: its line (item, in a JSON document) and its fields, or why it has none."""

    number: int
    fields: dict[str, object]
    error: str = ""


class RowFile:
    """An open foreign file.

    Parameters
    ----------
    path : Path
    mapping : Mapping
        Says how to read it.

    Raises
    ------
    SettingsError
        If the file is not there or cannot be opened.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path = path
        self._mapping = mapping
        self._stack = ExitStack()
        try:
            self._raw = self._stack.enter_context(path.open("rb"))
            packed = self._raw.peek(2)[:2] == GZIP_MAGIC
        except OSError as error:
            msg = f"cannot read {path}: {error.strerror}"
            raise SettingsError(msg) from error
        self._bytes: IO[bytes] = self._raw
        if packed:
            unpacked = gzip.GzipFile(fileobj=self._raw)
            self._stack.callback(unpacked.close)
            self._bytes = cast("IO[bytes]", unpacked)

    def __enter__(self) -> "RowFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def bytes_read(self) -> int:
        """How far into the file (as it lies on disk) the reading has come."""
        return self._raw.tell()

    def rows(self) -> Iterator[FileRow]:
        """Yield the rows in the file's order.

        Raises
        ------
        SpecError
            If the file's columns are not those that the mapping needs.
        """
        number = 0
        try:
            for row in self._read():
                number = row.number
                yield row
        except (EOFError, OSError, zlib.error) as error:
            yield FileRow(number + 1, {}, f"the file breaks off: {error}")

    def _read(self) -> Iterator[FileRow]:
        match self._mapping.read:
            case CsvFile() as form:
                yield from self._csv(form)
            case JsonLinesFile():
                yield from _json_lines(self._bytes)
            case JsonFile() as form:
                yield from _json_items(self._bytes.read(), form.items)
            case RegexFile() as form:
                yield from _matches(self._text(form.encoding, "\n"), form.pattern)
            case XmlFile() as form:
                yield from _elements(self._bytes, form)

    def _text(self, encoding: str, newline: str) -> IO[str]:
        if encoding == "utf-8":
            encoding = "utf-8-sig"
        # A byte that isn't text stays visible, as \xff, and costs nothing but itself.
        text = io.TextIOWrapper(self._bytes, encoding, errors="backslashreplace", newline=newline)
        return self._stack.enter_context(text)

    def _csv(self, form: CsvFile) -> Iterator[FileRow]:
        # The csv module wants line ends as they are: they may be part of a quoted value.
        text = self._text(form.encoding, newline="")
        lines = csv.reader(text, delimiter=form.delimiter, strict=True)
        columns = form.columns
        if columns is None:
            try:
                columns = tuple(next(lines, ()))
            except csv.Error as error:
                msg = f"{self.path}:1: the header is not CSV: {error}"
                raise SpecError(msg) from None
            self._check_columns(columns)
        number = lines.line_num + 1
        while True:
            try:
                values = next(lines, None)
            except csv.Error as error:
                yield FileRow(number, {}, f"not CSV: {error}")
            else:
                if values is None:
                    return
                if len(values) == len(columns):
                    yield FileRow(number, dict(zip(columns, values, strict=True)))
                elif values:
                    yield FileRow(number, {}, f"{len(values)} values for {len(columns)} columns")
            number = lines.line_num + 1

    def _check_columns(self, columns: tuple[str, ...]) -> None:
        missing = [
            " or ".join(map(repr, fields))
            for fields in self._mapping.fields_needed()
            if not set(fields) & set(columns)
        ]
        if missing:
            msg = (
                f"{self.path}:1: no column {', '.join(dict.fromkeys(missing))}, which the mapping "
                f"reads; the file has {', '.join(columns) or 'no header'}"
            )
            raise SpecError(msg)


def _json_lines(lines: IO[bytes]) -> Iterator[FileRow]:
    decode = msgspec.json.Decoder().decode
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield FileRow(number, {}, f"not JSON: {error}")
        else:
            yield _object(number, value)


def _json_items(document: bytes, path: str | None) -> Iterator[FileRow]:
    try:
        found = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        yield FileRow(1, {}, f"not JSON: {error}")
        return
    for step in path.split(".") if path else ():
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, list):
        yield FileRow(1, {}, f"no list at {path}" if path else "the document is not a list")
        return
    for number, item in enumerate(found, 1):
        yield _object(number, item)


def _object(number: int, value: object) -> FileRow:
    if isinstance(value, dict):
        return FileRow(number, value)
    return FileRow(number, {}, "not a JSON object")


def _matches(lines: IO[str], pattern: str) -> Iterator[FileRow]:
    match = re.compile(pattern, re.VERBOSE).fullmatch
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if not text:
            continue
        found = match(text)
        if found is None:
            yield FileRow(number, {}, "the line doesn't match the pattern")
        else:
            yield FileRow(number, dict(found.groupdict()))


def _elements(source: IO[bytes], form: XmlFile) -> Iterator[FileRow]:
    """Yield the outermost elements of the names; the parser is fed piece by piece."""
    found: list[FileRow] = []
    depth = 0
    wanted = frozenset(form.elements)
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if name in wanted:
            if depth == 0:
                found.append(FileRow(parser.CurrentLineNumber, dict(attributes)))
            depth += 1

    def end(name: str) -> None:
        nonlocal depth
        depth -= name in wanted

    parser.StartElementHandler, parser.EndElementHandler = start, end
    chunk = b" "
    while chunk:
        chunk = source.read(CHUNK)
        try:
            parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            yield from found
            yield FileRow(error.lineno, {}, f"not XML: {expat.errors.messages[error.code]}")
            return
        yield from found
        found.clear()
