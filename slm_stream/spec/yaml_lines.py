"""YAML files as plain data that remembers the line of everything in it.

Only what JSON has is read as other than text: no dates, no `yes` and `off`, no octal numbers.
Keys are text. So `2026-01-01` and `12:30` arrive as they were written.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from slm_stream.domain.wording import shown
from slm_stream.spec.mistakes import Mistakes

Step: TypeAlias = str | int
Steps: TypeAlias = tuple[Step, ...]

_MAX_VALUES = 200_000
"""Aliases may repeat a part; a file that unfolds to more than this is no catalogue."""

_TAG = "tag:yaml.org,2002:"
_SCALARS: dict[str, Callable[[str], object]] = {
    f"{_TAG}str": str,
    f"{_TAG}null": lambda _: None,
    f"{_TAG}bool": lambda text: text == "true",
    f"{_TAG}int": int,
    f"{_TAG}float": float,
}


class _Loader(yaml.SafeLoader):
    """Resolves plain scalars as YAML 1.2's JSON schema does."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # the base class's own are YAML 1.1


for _kind, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", list("-+0123456789")),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(rf"(?:{_pattern})\Z"), _first)


@dataclass
class Document:
    """One file: its data, and the line of each value by the steps that lead to it."""

    file: Path
    data: object = None
    lines: dict[Steps, int] = field(default_factory=dict)

    def line(self, steps: Steps) -> int:
        """Return the line of a value, or of the nearest thing around it."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)


def read_document(file: Path, mistakes: Mistakes) -> Document | None:
    """Return the file's content, or None where it has none that can be used.

    Keys that are given twice are mistakes too, but do not hide the rest.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
        node = yaml.compose(text, Loader=_Loader)
    except OSError as error:
        mistakes.add(file, 1, "", f"cannot be read: {error.strerror}; check its permissions")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        mistakes.add(file, line, "", "is not UTF-8 text; save it as UTF-8")
    except yaml.MarkedYAMLError as error:
        # What is never closed is noticed at the end of the file, but began where it opens.
        unclosed = error.context_mark and "<stream end>" in (error.problem or "")
        mark = error.context_mark if unclosed else error.problem_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        mistakes.add(
            file,
            mark.line + 1 if mark else 1,
            "",
            f"is not YAML: {said}; check the indentation, brackets and quotes around here",
        )
    except yaml.YAMLError as error:
        mistakes.add(file, 1, "", f"is not YAML: {str(error).splitlines()[0]}; save it as text")
    except RecursionError:
        mistakes.add(file, 1, "", "is nested too deeply; write it flatter")
    else:
        if node is None:
            mistakes.add(
                file, 1, "", "is empty; write services:, agreements: or calendars:, or delete it"
            )
            return None
        return _Reading(file, mistakes).document(node)
    return None


class _Reading:
    """One walk over the nodes of a file."""

    def __init__(self, file: Path, mistakes: Mistakes) -> None:
        self._document = Document(file)
        self._mistakes = mistakes
        self._open: set[int] = set()
        self._n_values = 0

    def document(self, node: Node) -> Document | None:
        try:
            self._document.data = self._value(node, ())
        except _UnusableError as error:
            self._mistakes.add(self._document.file, error.line, "", str(error))
            return None
        return self._document

    def _value(self, node: Node, steps: Steps) -> object:
        line = node.start_mark.line + 1
        self._document.lines.setdefault(steps, line)
        self._n_values += 1
        if self._n_values > _MAX_VALUES:
            msg = f"unfolds to more than {_MAX_VALUES} values; use fewer aliases"
            raise _UnusableError(msg, line)
        if isinstance(node, ScalarNode):
            read = _SCALARS.get(node.tag)
            if read is None:
                msg = f"the tag {node.tag} is not known here; write a plain value"
                raise _UnusableError(msg, line)
            try:
                return read(node.value)
            except ValueError:
                msg = (
                    f"{shown(node.value)} is not a {node.tag.removeprefix(_TAG)}; take out the tag"
                )
                raise _UnusableError(msg, line) from None
        if id(node) in self._open:
            msg = "an alias refers to what it is in; write the part out"
            raise _UnusableError(msg, line)
        self._open.add(id(node))
        value: object = None
        if isinstance(node, SequenceNode):
            value = [self._value(item, (*steps, i)) for i, item in enumerate(node.value)]
        elif isinstance(node, MappingNode):
            value = self._mapping(node, steps)
        self._open.remove(id(node))
        return value

    def _mapping(self, node: MappingNode, steps: Steps) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or key_node.value == "<<":
                msg = "a key is plain text here, without merging; write the keys out"
                raise _UnusableError(msg, line)
            key = key_node.value
            here = (*steps, key)
            if key in mapping:
                self._mistakes.add(
                    self._document.file,
                    line,
                    "",
                    f"{key} is given twice, first in line {self._document.lines[here]}; keep one",
                )
                continue
            self._document.lines[here] = line
            mapping[key] = self._value(value_node, here)
        return mapping


class _UnusableError(Exception):
    """The file cannot be used at all."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line
