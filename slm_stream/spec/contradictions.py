"""Conditions that nothing can fulfil together, told where they stand."""

from collections.abc import Sequence

from slm_stream.domain.catalogue import Condition, Source
from slm_stream.domain.conditions import contradiction, written
from slm_stream.spec.places import Place


def refuse_contradictions(
    source: Source,
    valid: Sequence[Condition],
    good: Sequence[Condition],
    at_valid: Place,
    at_good: Place,
) -> None:
    """Refuse conditions that exclude each other; good ones are asked of valid events."""
    if clash := contradiction(valid, source):
        at_valid.refuse(_clash(*clash, "no measurement would be valid"))
    elif clash := contradiction((*valid, *good), source):
        at_good.refuse(_clash(*clash, "nothing would be good"))


def _clash(one: Condition, other: Condition, consequence: str) -> str:
    return (
        f'"{written(one)}" and "{written(other)}" exclude each other, {consequence}; '
        "all conditions of a list must hold, so take one out"
    )
