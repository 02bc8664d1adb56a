"""The mapping model: how rows of a foreign file become measurements.

`docs/mappings.md` explains it with a worked example; `load` finds and checks one.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from slm_stream.spec.mapping_values import (
    AnyValue,
    Condition,
    DurationValue,
    FlagValue,
    InstantValue,
    IntegerValue,
    MappingModel,
    NumberValue,
    StatusValue,
    Texts,
    TextValue,
)
from slm_stream.spec.zones import check_zone


class _File(MappingModel):
    encoding: str = "utf-8"

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError:
            msg = "no such encoding: utf-8, latin-1, …"
            raise ValueError(msg) from None
        return value

    def field_names(self) -> tuple[str, ...] | None:
        """Return the fields that every row has, or None where the file says so itself."""
        return None


class CsvFile(_File):
    """Rows with a delimiter; the first row names the columns unless `columns` does."""

    format: Literal["csv"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    columns: tuple[str, ...] | None = None

    def field_names(self) -> tuple[str, ...] | None:
        """Return the columns where the mapping names them."""
        return self.columns


class JsonLinesFile(_File):
    """One JSON object a line."""

    format: Literal["jsonl"]


class JsonFile(_File):
    """One JSON document; the rows are the list at `items`, or the document itself."""

    format: Literal["json"]
    items: str | None = None


class RegexFile(_File):
    """Lines of text; the rows' fields are the pattern's named groups."""

    format: Literal["regex"]
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            pattern = re.compile(value, re.VERBOSE)
        except re.error as error:
            msg = f"not a regular expression: {error}"
            raise ValueError(msg) from None
        if not pattern.groupindex:
            msg = "has no named group (?P<name>…): nothing could be read from it"
            raise ValueError(msg)
        return value

    def field_names(self) -> tuple[str, ...]:
        """Return the named groups."""
        return tuple(re.compile(self.pattern, re.VERBOSE).groupindex)


class XmlFile(_File):
    """XML; the rows are the outermost elements of these names, their fields the attributes."""

    format: Literal["xml"]
    elements: tuple[str, ...] = Field(min_length=1)


FileFormat = Annotated[
    CsvFile | JsonLinesFile | JsonFile | RegexFile | XmlFile, Field(discriminator="format")
]


class Template(MappingModel):
    """One measurement to make of a row, where every condition of `when` holds.

    `for_each` names list fields, outermost first: the template is filled once for each item
    (each combination, where there are several lists), which goes by the name on the left.
    """

    kind: str
    when: tuple[Condition, ...] = ()
    for_each: dict[str, str] = Field(default_factory=dict)
    service: TextValue | None = None
    at_ms: InstantValue

    def fields_read(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every field that is looked at, after its place in the template."""
        for index, condition in enumerate(self.when):
            for path in condition.paths:
                yield ("when", index, "from"), path
        for item, path in self.for_each.items():
            yield ("for_each", item), path
        for name, value in self.values():
            for path in value.fields_read():
                yield (name,), path

    def values(self) -> Iterator[tuple[str, AnyValue]]:
        """Yield the measurement's fields that are filled, with their origins."""
        for name in type(self).model_fields:
            if name not in ("kind", "when", "for_each"):
                value = getattr(self, name)
                if value is not None:
                    yield name, value


class TransactionTemplate(Template):
    """See `slm_stream.codec.messages.Transaction`."""

    kind: Literal["transaction"]
    ok: FlagValue | None = None
    duration_ms: DurationValue | None = None
    operation: TextValue | None = None
    status: IntegerValue | None = None
    id: TextValue | None = None
    outcome: TextValue | None = None
    records: IntegerValue | None = None
    wrong_records: IntegerValue | None = None
    weight: IntegerValue | None = None
    value: NumberValue | None = None


class ProbeTemplate(Template):
    """See `slm_stream.codec.messages.Probe`."""

    kind: Literal["probe"]
    ok: FlagValue | None = None
    location: TextValue | None = None
    duration_ms: DurationValue | None = None
    value: NumberValue | None = None
    check: TextValue | None = None


class IncidentTemplate(Template):
    """See `slm_stream.codec.messages.IncidentUpdate`."""

    kind: Literal["incident"]
    incident: TextValue
    status: StatusValue
    priority: TextValue | None = None
    update: TextValue | None = None
    impact: TextValue | None = None
    impact_start_ms: InstantValue | None = None
    impact_end_ms: InstantValue | None = None
    group: TextValue | None = None
    category: TextValue | None = None
    public: FlagValue | None = None
    first_contact: FlagValue | None = None
    weight: IntegerValue | None = None


class FeedbackTemplate(Template):
    """See `slm_stream.codec.messages.Feedback`."""

    kind: Literal["feedback"]
    type: TextValue | None = None
    score: NumberValue | None = None
    about: TextValue | None = None
    incident: TextValue | None = None
    weight: IntegerValue | None = None
    id: TextValue | None = None


AnyTemplate = Annotated[
    TransactionTemplate | ProbeTemplate | IncidentTemplate | FeedbackTemplate,
    Field(discriminator="kind"),
]


def _at_least_one(templates: tuple[AnyTemplate, ...]) -> tuple[AnyTemplate, ...]:
    # Field(min_length=1) would also complain where templates are there, but wrong.
    if not templates:
        msg = "is empty; add a measurement to make of a row"
        raise ValueError(msg)
    return templates


class Mapping(MappingModel):
    """How the rows of one kind of file become measurements.

    Attributes
    ----------
    title, example : str
        For the list of mappings: what it reads, and a command that does.
    read : FileFormat
    empty : tuple of str
        Texts that mean "no value" in this file, beside the empty one.
    time_zone : str or None
        Of stamps that carry no offset.
    sort : bool
        Rows don't come in the order of time: measurements are held back and sorted.
    skip : dict of str to conditions
        Rows left out on purpose, by reason.
    emit : tuple of Template
    """

    title: str
    example: str = ""
    read: FileFormat
    empty: Texts = ()
    time_zone: Annotated[str, AfterValidator(check_zone)] | None = None
    sort: bool = False
    skip: dict[str, tuple[Condition, ...]] = Field(default_factory=dict)
    emit: Annotated[tuple[AnyTemplate, ...], AfterValidator(_at_least_one)]

    def fields_read(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every field of the row that is looked at, after its place in the mapping."""
        for reason, conditions in self.skip.items():
            for index, condition in enumerate(conditions):
                for path in condition.paths:
                    yield ("skip", reason, index, "from"), path
        for index, template in enumerate(self.emit):
            for place, path in template.fields_read():
                if path.split(".")[0] not in template.for_each:
                    yield ("emit", index, *place), path

    def fields_needed(self) -> Iterator[tuple[str, ...]]:
        """Yield groups of fields of which the file must have at least one each.

        A field with a default, an optional one, and one that `when` asks for are not needed.
        """
        for template in self.emit:
            asked = {path for condition in template.when for path in condition.paths}
            for _, value in template.values():
                fields = value.fields_read()
                spare = value.optional or getattr(value, "default", None) is not None
                if not fields or spare or asked.intersection(fields):
                    continue
                if isinstance(value, TextValue) and value.template is not None:
                    yield from ((field,) for field in fields)
                else:
                    yield fields
