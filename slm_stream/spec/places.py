"""Where a value stands: its file, its line, and what people call it."""

import re
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from slm_stream.domain.wording import hint, nearest, shown
from slm_stream.spec.mistakes import Mistakes
from slm_stream.spec.yaml_lines import Document, Step, Steps

_CALLED = {
    "services": ("service", "name"),
    "indicators": ("indicator", "name"),
    "agreements": ("agreement", "id"),
    "objectives": ("objective", "name"),
    "calendars": ("calendar", "name"),
    "frozen": ("frozen calendar", "name"),
}

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Place:
    """A value inside a document, and the list to which its mistakes go."""

    document: Document
    mistakes: Mistakes
    steps: Steps = ()

    def at(self, *steps: Step) -> "Place":
        """Return the place of something inside this."""
        return Place(self.document, self.mistakes, (*self.steps, *steps))

    @property
    def value(self) -> object:
        """Return the value, or None where nothing stands there."""
        value = self.document.data
        for step in self.steps:
            value = _inside(value, step)
        return value

    @property
    def mapping(self) -> dict[str, object]:
        """Return the value where it is a mapping, else an empty one."""
        value = self.value
        return value if isinstance(value, dict) else {}

    def children(self, key: str) -> list["Place"]:
        """Return the places of the items of the list under a key, if there is one."""
        items = self.mapping.get(key)
        return [self.at(key, i) for i in range(len(items))] if isinstance(items, list) else []

    @property
    def reference(self) -> str:
        """Return ``file:line``."""
        return f"{self.document.file}:{self.document.line(self.steps)}"

    @property
    def where(self) -> str:
        """Return what people call it, such as ``agreement sla-shop, objective p95, within``."""
        words: list[str] = []
        value = self.document.data
        for step, container in zip(self.steps, (None, *self.steps), strict=False):
            value = _inside(value, step)
            called = _CALLED.get(str(container)) if isinstance(step, int) else None
            if called:
                sort, key = called
                name = value.get(key) if isinstance(value, dict) else None
                words.append(f"{sort} {name if isinstance(name, str) and name else int(step) + 1}")
            elif isinstance(step, int):
                words.append(str(step + 1))
            elif step not in _CALLED or step == self.steps[-1]:
                words.append(step)
        return ", ".join(words)

    def meant(self, model: type[BaseModel]) -> set[str]:
        """Return the keys that are given here, misspelt ones as what they were meant to be."""
        keys = _keys(model)
        return {near for key in self.mapping if (near := _meant(key, keys))}

    def refuse(self, what: str) -> None:
        """Note that something is wrong here."""
        line = self.document.line(self.steps)
        self.mistakes.add(self.document.file, line, self.where, what)

    def read(self, model: type[Model]) -> Model | None:
        """Return the value as a model; note each thing that is wrong with it."""
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._refuse_detail(detail, model)
            return None

    def _refuse_detail(self, detail: ErrorDetails, model: type[BaseModel]) -> None:
        place, reached = self, model
        for step in detail["loc"]:
            # Pydantic adds steps of its own (union members, "[key]") that no file has.
            mapping = place.mapping
            if step in mapping or (isinstance(step, int) and isinstance(place.value, list)):
                reached = _model_below(reached, step) or reached
                place = place.at(step)
        if detail["type"] == "missing":
            key = str(detail["loc"][-1])
            if key not in place.meant(reached):
                place.at(key).refuse(f"is missing; add {_example(reached, key)}")
        else:
            place.refuse(_what(detail, reached))


def _inside(value: object, step: Step) -> object:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _model_below(model: type[BaseModel], step: Step) -> type[BaseModel] | None:
    """Return the model of a field, for fields that are one model or None."""
    for name, field in model.model_fields.items():
        if step in (name, field.alias):
            candidates = (field.annotation, *getattr(field.annotation, "__args__", ()))
            for candidate in candidates:
                if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                    return candidate
    return None


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _meant(key: str, keys: list[str]) -> str | None:
    return key if key in keys else nearest(key, keys)


def _example(model: type[BaseModel], key: str) -> str:
    for name, field in model.model_fields.items():
        if key in (name, field.alias) and field.examples:
            return f"for example {key}: {field.examples[0]}"
    return f"{key}:"


_SAID = {
    "string_type": "{} is not text; put it in quotes",
    "int_type": "{} is not a whole number; write for example 1",
    "bool_type": "{} is neither true nor false; write true or false",
    "list_type": "{} is not a list; write [ … ] or lines that begin with -",
    "dict_type": "{} is not a mapping; write key: value",
    "model_type": "{} is not a mapping; write key: value",
    "too_short": "is empty; add at least one",
    "greater_than_equal": "{} is too small; write {ge} or more",
    "less_than_equal": "{} is too large; write {le} or less",
}
"""Pydantic's sorts of errors in our words: what is wrong; remedy."""


def _what(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """Return one of pydantic's errors as a sentence with its remedy."""
    kind, given = detail["type"], detail["input"]
    context = detail.get("ctx", {})
    if kind == "value_error":  # raised by our own fields
        return str(context["error"])
    if kind == "extra_forbidden":
        return f"is not known here; {hint(str(detail['loc'][-1]), _keys(model))}"
    if given is None:
        return "has no value; give it one"
    if kind in ("enum", "literal_error"):
        known = re.findall(r"'([^']*)'", context["expected"])
        return f"{shown(given)} is not known; {hint(str(given), known)}"
    return _SAID.get(kind, f"{{}}: {detail['msg']}; correct it").format(shown(given), **context)
