"""Conditions of the catalogue on single values, where there is no batch to vectorise over."""

from typing import Any

from slm_stream.domain.catalogue import Condition
from slm_stream.engine.lanes import COMPARE


def holds(condition: Condition, value: Any) -> bool:
    """Whether a value fulfils a condition; a value that is absent fulfils none.

    >>> holds(Condition("impact", "!=", "maintenance"), "major")
    True
    >>> holds(Condition("value", ">=", 99.0), None)
    False
    """
    return value is not None and bool(COMPARE[condition.op](value, condition.value))
