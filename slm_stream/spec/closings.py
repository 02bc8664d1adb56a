"""Closings: the days and spans on which a calendar is closed, as holidays and feeds name them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from pydantic import PlainValidator

from slm_stream.domain.spans import Span
from slm_stream.domain.wording import shown
from slm_stream.spec.days import parse_day

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


@dataclass(frozen=True)
class Closing:
    """A closed day, or a closed span in seconds since the epoch; with its title and its UID."""

    when: date | Span
    title: str = ""
    uid: str = ""

    @property
    def written(self) -> str:
        """Return when it is, as `parse_when` reads it.

        >>> Closing((0, 5400)).written
        '1970-01-01T00:00:00Z/1970-01-01T01:30:00Z'
        """
        if isinstance(self.when, date):
            return self.when.isoformat()
        return "/".join(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in self.when)

    @property
    def names(self) -> tuple[str, ...]:
        """Return what people may call it by: its title, its UID, the day on which it begins."""
        return tuple(name for name in (self.title, self.uid, self.written[:10]) if name)


def parse_when(text: object) -> date | Span:
    """Return the day, or the span between two instants, of what `Closing.written` wrote.

    >>> parse_when("1970-01-01T00:00:00Z/1970-01-01T01:30:00Z")
    (0, 5400)
    """
    if not isinstance(text, str) or "/" not in text:
        return parse_day(text)
    edges = text.split("/")
    if len(edges) == 2 and all(map(_INSTANT.fullmatch, edges)):
        try:
            start_s, end_s = (int(datetime.fromisoformat(edge).timestamp()) for edge in edges)
        except ValueError:
            pass  # no such day or time
        else:
            if start_s < end_s:
                return start_s, end_s
    msg = f"{shown(text)} is no span of time; write two instants, 2026-03-01T14:00:00Z/…T16:00:00Z"
    raise ValueError(msg)


When: TypeAlias = Annotated[date | Span, PlainValidator(parse_when)]


def days_of(closings: Iterable[Closing]) -> frozenset[date]:
    """Return the days that are closed as a whole."""
    return frozenset(closing.when for closing in closings if isinstance(closing.when, date))


def spans_of(closings: Iterable[Closing]) -> tuple[Span, ...]:
    """Return the spans that are closed."""
    return tuple(closing.when for closing in closings if not isinstance(closing.when, date))
