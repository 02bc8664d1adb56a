"""What is measured: services and their indicators."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """The witness that an indicator listens to."""

    TRANSACTIONS = "transactions"
    PROBES = "probes"
    INCIDENTS = "incidents"


class IndicatorKind(StrEnum):
    """How measurements become a figure.

    * RATIO: good among valid measurements
    * DURATION: how long valid measurements took
    * AVAILABILITY: up seconds among known seconds
    * TIMELINESS: incidents done within the target among incidents
    """

    RATIO = "ratio"
    DURATION = "duration"
    AVAILABILITY = "availability"
    TIMELINESS = "timeliness"


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field of a measurement: ``status >= 500``.

    `op` is one of ``== != < <= > >=``. A field without a value fulfils no condition.
    """

    field: str
    op: str
    value: float | bool | str


When = tuple[tuple[Condition, ...], ...]
"""Alternatives, each a list of conditions: true where all conditions of any one hold."""


@dataclass(frozen=True, slots=True)
class ClockRule:
    """What the updates of a ticket do to one of its clocks.

    An update is held against `start`, `pause`, `resume`, `stop`, `reset` and `cancel` in this
    order, and does to the clock all that it meets; see `clock.ClockAction`.

    Attributes
    ----------
    name : str
        Which clock: ``resolve``, ``acknowledge``, ...
    start, pause, resume, stop, reset, cancel : tuple of alternatives
        When an update does so; never where there is none.
    laps : bool
        Each reset ends one promise, which is judged, and begins the next. Otherwise a reset
        forgets.
    """

    name: str
    start: When = ()
    pause: When = ()
    resume: When = ()
    stop: When = ()
    reset: When = ()
    cancel: When = ()
    laps: bool = False

    def __hash__(self) -> int:
        # Rules are few and looked up often; all of a rule's conditions take long to hash.
        return hash(self.name)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One SLI of a service; all conditions of a list must hold.

    `clock` is what TIMELINESS reads of a ticket.
    """

    name: str
    kind: IndicatorKind
    source: Source
    valid: tuple[Condition, ...] = ()
    good: tuple[Condition, ...] = ()
    title: str = ""
    clock: ClockRule | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What a customer gets.

    `dedupe_transactions` counts a transaction id once per hour of event time.
    """

    name: str
    indicators: tuple[Indicator, ...]
    title: str = ""
    owner: str = ""
    dedupe_transactions: bool = False

    def indicator(self, name: str) -> Indicator:
        """Return the indicator of that name; raise KeyError where there is none."""
        for indicator in self.indicators:
            if indicator.name == name:
                return indicator
        raise KeyError(name)
