"""Conditions on measurements: ``status >= 500``, read and checked for sense.

`FIELDS` is the one list of what may be asked; a new field is one line there.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

from slm_stream.domain.catalogue import Condition, Source
from slm_stream.domain.incident import IncidentStatus
from slm_stream.domain.wording import hint, shown


class FieldType(StrEnum):
    """What values a field takes, and so which operators and comparisons make sense."""

    BOOL = "true or false"
    NUMBER = "a number"
    INTEGER = "a whole number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a source; `values` lists all that occur, where they are known."""

    type: FieldType
    values: tuple[str, ...] = ()


FIELDS: dict[Source, dict[str, Field]] = {
    Source.TRANSACTIONS: {
        "ok": Field(FieldType.BOOL),
        "duration_ms": Field(FieldType.NUMBER),
        "status": Field(FieldType.INTEGER),
        "operation": Field(FieldType.TEXT),
        "outcome": Field(FieldType.TEXT),
        "records": Field(FieldType.INTEGER),
        "wrong_records": Field(FieldType.INTEGER),
        "weight": Field(FieldType.INTEGER),
        "value": Field(FieldType.NUMBER),
    },
    Source.PROBES: {
        "ok": Field(FieldType.BOOL),
        "duration_ms": Field(FieldType.NUMBER),
        "value": Field(FieldType.NUMBER),
        "location": Field(FieldType.TEXT),
        "check": Field(FieldType.TEXT),
    },
    Source.INCIDENTS: {
        "priority": Field(FieldType.TEXT),
        "impact": Field(FieldType.TEXT),
        "status": Field(FieldType.TEXT, tuple(IncidentStatus)),
        "category": Field(FieldType.TEXT),
        "group": Field(FieldType.TEXT),
        "public": Field(FieldType.BOOL),
        "reopened": Field(FieldType.BOOL),
        "first_contact": Field(FieldType.BOOL),
        "weight": Field(FieldType.INTEGER),
    },
    Source.FEEDBACK: {
        "score": Field(FieldType.NUMBER),
        "type": Field(FieldType.TEXT),
        "about": Field(FieldType.TEXT),
        "weight": Field(FieldType.INTEGER),
    },
}

CLOCK_FIELDS: dict[str, Field] = {
    **{
        name: FIELDS[Source.INCIDENTS][name]
        for name in ("status", "priority", "group", "category", "impact", "public", "first_contact")
    },
    "first": Field(FieldType.BOOL),
    "restored": Field(FieldType.BOOL),
}
"""What the conditions of a clock may ask of one update: see `incident.Step`."""

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_CONDITION = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*([=!<>]+)\s*(.*?)\s*", re.DOTALL)
_EQUALITY = ("==", "!=")
_OPERATORS = tuple(COMPARE)


def holds(condition: Condition, value: Any) -> bool:
    """Whether a value fulfils a condition; a value that is absent fulfils none.

    >>> holds(Condition("impact", "!=", "maintenance"), "major")
    True
    >>> holds(Condition("value", ">=", 99.0), None)
    False
    """
    return value is not None and bool(COMPARE[condition.op](value, condition.value))


def parse_condition(
    text: object, source: Source, fields: Mapping[str, Field] | None = None
) -> Condition:
    """Return the condition that a text says; raise ValueError with the remedy.

    `fields` may be asked where they are not those of the source.

    >>> parse_condition("status >= 500", Source.TRANSACTIONS)
    Condition(field='status', op='>=', value=500.0)
    >>> parse_condition("ok == 1", Source.PROBES)
    Traceback (most recent call last):
    ...
    ValueError: ok is true or false, 1 is neither; write "ok == true" or "ok == false"
    """
    match = _CONDITION.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match[3]:
        example = _example(source)
        msg = f'{shown(text)} is not a condition; write "field op value", such as "{example}"'
        raise ValueError(msg)
    name, op, literal = match[1], match[2], match[3]
    known = FIELDS[source] if fields is None else fields
    if name not in known:
        msg = f"{source} have no field {name!r}; {hint(name, known)}"
        raise ValueError(msg)
    if op not in _OPERATORS:
        remedy = f'write "{name} == {literal}"' if op == "=" else f"use {' '.join(_OPERATORS)}"
        msg = f"{op!r} is not an operator; {remedy}"
        raise ValueError(msg)
    field = known[name]
    if field.type in (FieldType.BOOL, FieldType.TEXT) and op not in _EQUALITY:
        msg = f"{name} is {field.type}, {op} does not compare it; use == or !="
        raise ValueError(msg)
    return Condition(name, op, _value(name, field, literal))


def contradiction(
    conditions: Iterable[Condition], source: Source, fields: Mapping[str, Field] | None = None
) -> tuple[Condition, Condition] | None:
    """Return the first two conditions that no measurement can fulfil at once.

    `fields` may be asked where they are not those of the source.

    >>> contradiction([Condition("status", ">", 500), Condition("status", "<", 400)],
    ...               Source.TRANSACTIONS) is None
    False
    >>> contradiction([Condition("status", ">=", 200), Condition("status", "<", 400)],
    ...               Source.TRANSACTIONS) is None
    True
    """
    known = FIELDS[source] if fields is None else fields
    for one, other in combinations(conditions, 2):
        if one.field == other.field and not _compatible(one, other, known[one.field].type):
            return one, other
    return None


def written(condition: Condition) -> str:
    """Return a condition as it is written in a catalogue.

    >>> written(Condition("status", ">=", 500.0)), written(Condition("ok", "==", True))
    ('status >= 500', 'ok == true')
    """
    value = condition.value
    if isinstance(value, bool):
        text = str(value).lower()
    else:
        text = value if isinstance(value, str) else f"{value:.15g}"
    return f"{condition.field} {condition.op} {text}"


def _example(source: Source) -> str:
    return "priority == P1" if source is Source.INCIDENTS else "ok == true"


def _value(name: str, field: Field, literal: str) -> float | bool | str:
    quoted = len(literal) >= 2 and literal[0] == literal[-1] and literal[0] in "'\""
    if field.type is FieldType.TEXT:
        value = literal[1:-1] if quoted else literal
        if not value:
            msg = f"{name} is compared with nothing; a field without a value fulfils no condition"
            raise ValueError(msg)
        if field.values and value not in field.values:
            msg = f"{name} is never {value!r}; {hint(value, field.values)}"
            raise ValueError(msg)
        return value
    if field.type is FieldType.BOOL:
        if literal not in ("true", "false"):
            msg = (
                f"{name} is true or false, {literal} is neither; "
                f'write "{name} == true" or "{name} == false"'
            )
            raise ValueError(msg)
        return literal == "true"
    try:
        number = float(literal)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = f'{name} is a number, {literal} is not; write for example "{name} >= 500"'
        raise ValueError(msg)
    return number


def _compatible(one: Condition, other: Condition, type_: FieldType) -> bool:
    if type_ is FieldType.BOOL:
        return (one.value == (one.op == "==")) == (other.value == (other.op == "=="))
    if one.op == other.op == "!=":
        return True
    if "!=" in (one.op, other.op):
        return {one.op, other.op} != {"==", "!="} or one.value != other.value
    if isinstance(one.value, str) or isinstance(other.value, str):
        return one.value == other.value
    integer = type_ is FieldType.INTEGER
    return _overlap(_interval(one, integer=integer), _interval(other, integer=integer))


def _interval(condition: Condition, *, integer: bool) -> tuple[float, float]:
    """Return the closed interval that a comparison allows; open ends move by one step."""
    value = float(condition.value)
    below = math.ceil(value) - 1 if integer else math.nextafter(value, -math.inf)
    above = math.floor(value) + 1 if integer else math.nextafter(value, math.inf)
    return {
        "==": (value, value),
        "<": (-math.inf, below),
        "<=": (-math.inf, value),
        ">": (above, math.inf),
        ">=": (value, math.inf),
    }[condition.op]


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(one[0], other[0]) <= min(one[1], other[1])
