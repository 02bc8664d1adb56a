"""Conditions of the catalogue on single values, where there is no batch to vectorise over."""

import operator
from typing import Any

from slm_stream.domain.catalogue import Condition

_COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Condition, value: Any) -> bool:
    """Whether a value fulfils a condition; a value that is absent fulfils none.

    >>> holds(Condition("impact", "!=", "maintenance"), "major")
    True
    >>> holds(Condition("value", ">=", 99.0), None)
    False
    """
    return value is not None and bool(_COMPARE[condition.op](value, condition.value))
