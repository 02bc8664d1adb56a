"""How one field of a measurement is written down in a mapping file.

Every class is what YAML may say; what it means for a row is in `slm_stream.spec.rows`.
"""

import re
from datetime import datetime
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Scalar = bool | int | float | str

Status = Literal[
    "opened",
    "acknowledged",
    "in_progress",
    "waiting",
    "resumed",
    "resolved",
    "closed",
    "reopened",
    "cancelled",
]
Constant = TypeVar("Constant", bool, int, float, str, Status)

EPOCHS = ("epoch_s", "epoch_ms", "epoch_us", "epoch_ns")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def as_text(value: object) -> str:
    """Return how a scalar is written in a file: what tables and conditions compare.

    >>> as_text(True), as_text(404), as_text(" up ")
    ('true', '404', 'up')
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _texts(value: object) -> object:
    return [as_text(item) for item in value] if isinstance(value, list | tuple) else value


def _text_keys(value: object) -> object:
    return {as_text(key): item for key, item in value.items()} if isinstance(value, dict) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_one_or_several), Field(min_length=1)]
Text = Annotated[str, BeforeValidator(as_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class MappingModel(BaseModel):
    """Every part of a mapping: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(MappingModel):
    """One test of one field of the row; a field without a value passes only `present: false`."""

    paths: Paths = Field(alias="from")
    present: bool | None = None
    equals: Text | None = None
    not_equals: Text | None = None
    one_of: Texts | None = None
    none_of: Texts | None = None
    below: float | None = None
    at_most: float | None = None
    above: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = sorted(self.model_fields_set - {"paths"})
        if len(tests) != 1:
            known = ", ".join(name for name in type(self).model_fields if name != "paths")
            msg = f"a condition has exactly one test of: {known}"
            raise ValueError(msg)
        return self

    @property
    def operator(self) -> str:
        """Name of the one test."""
        return next(iter(self.model_fields_set - {"paths"}))


class _Source(MappingModel):
    """Where a value comes from, and when it counts as missing."""

    paths: Paths | None = Field(default=None, alias="from")
    empty: Texts = ()
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"from": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [name for name in self.origin_names() if getattr(self, name) is not None]
        if len(origins) != 1:
            known = ", ".join("from" if name == "paths" else name for name in self.origin_names())
            msg = f"say exactly one of: {known}"
            raise ValueError(msg)
        return self

    @classmethod
    def origin_names(cls) -> tuple[str, ...]:
        """Return the attributes that may say where the value comes from."""
        return ("paths",)

    def fields_read(self) -> tuple[str, ...]:
        """Return the row's fields that are looked at, best first."""
        return self.paths or ()


class _Constant(_Source, Generic[Constant]):
    """A value that may also be written down, or looked up in a table."""

    const: Constant | None = None
    default: Constant | None = None
    otherwise: Constant | None = None
    table: Annotated[dict[str, Constant], BeforeValidator(_text_keys)] | None = Field(
        default=None, alias="map"
    )

    @classmethod
    def origin_names(cls) -> tuple[str, ...]:
        """Return the attributes that may say where the value comes from."""
        return ("paths", "const")


class TextValue(_Constant[str]):
    """A text: as it stands, composed by a template, or made a slug."""

    template: str | None = None
    slug: bool = False

    @classmethod
    def origin_names(cls) -> tuple[str, ...]:
        """Return the attributes that may say where the value comes from."""
        return ("paths", "const", "template")

    def fields_read(self) -> tuple[str, ...]:
        """Return the row's fields that are looked at, best first."""
        return self.paths or tuple(PLACEHOLDER.findall(self.template or ""))

    @field_validator("template")
    @classmethod
    def _has_placeholders(cls, value: str | None) -> str | None:
        if value is not None:
            rest = PLACEHOLDER.sub("", value)
            if "{" in rest or "}" in rest or not all(PLACEHOLDER.findall(value)):
                msg = "write placeholders as {field}"
                raise ValueError(msg)
            if rest == value:
                msg = "has no {field}: use const"
                raise ValueError(msg)
        return value


class StatusValue(_Constant[Status]):
    """A step in the life of a ticket."""


class FlagValue(_Constant[bool]):
    """True or false: read as such, by a table, or by a condition."""

    test: Condition | None = None

    @classmethod
    def origin_names(cls) -> tuple[str, ...]:
        """Return the attributes that may say where the value comes from."""
        return ("paths", "const", "test")

    def fields_read(self) -> tuple[str, ...]:
        """Return the row's fields that are looked at, best first."""
        return self.paths or (self.test.paths if self.test is not None else ())


class IntegerValue(_Constant[int]):
    """A whole number as it stands."""


class NumberValue(_Constant[float]):
    """A number as it stands."""


class DurationValue(_Constant[float]):
    """A duration; `unit` is the file's, the measurement's is milliseconds."""

    unit: Literal["ns", "us", "ms", "s"] = "ms"


class InstantValue(_Source):
    """An instant; `parse` is how the file writes it."""

    parse: str = "iso"

    @field_validator("parse")
    @classmethod
    def _known_way(cls, value: str) -> str:
        if value == "iso" or value in EPOCHS:
            return value
        if "%" not in value:
            msg = f"one of iso, {', '.join(EPOCHS)}, or a format like '%d/%b/%Y:%H:%M:%S %z'"
            raise ValueError(msg)
        try:
            datetime.strptime("", value)  # noqa: DTZ007 - only the format is looked at
        except ValueError as error:
            if "bad directive" in str(error) or "stray" in str(error):
                raise
        return value


AnyValue = (
    TextValue | StatusValue | FlagValue | IntegerValue | NumberValue | DurationValue | InstantValue
)
