"""What is measured: services and their indicators."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """The witness that an indicator listens to."""

    TRANSACTIONS = "transactions"
    PROBES = "probes"
    INCIDENTS = "incidents"
    FEEDBACK = "feedback"


TOLD_BY_PEOPLE = (Source.INCIDENTS, Source.FEEDBACK)
"""Sources where silence is a figure: nobody reported anything."""


class IndicatorKind(StrEnum):
    """How measurements become a figure.

    `domain.kinds` says of each what it hears and which figures it gives.
    """

    RATIO = "ratio"
    DURATION = "duration"
    NUMBER = "number"
    AVAILABILITY = "availability"
    TIMELINESS = "timeliness"
    INDEX = "index"


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
class Witness:
    """One of several sources of an indicator, with conditions of its own."""

    source: Source
    valid: tuple[Condition, ...] = ()
    good: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """One SLI of a service; all conditions of a list must hold.

    Attributes
    ----------
    clock : ClockRule or None
        TIMELINESS only: what is read of a ticket.
    weight : str
        RATIO only: the field that says how much a measurement counts for; "" for 1 each.
    bad : str
        RATIO only, instead of `good`: the field that says how much of the weight is bad.
    field : str
        NUMBER only: the field that holds the number.
    parts : tuple of (str, int)
        INDEX only: ratios of the same service, and their weights.
    works_at_e8 : int
        INDEX only: a part works at all from this share on, in parts per 10**8.
    interval_s : int
        From PROBES only: how often each location probes; 0 where that is not said.
    witnesses : tuple of Witness
        AVAILABILITY from several sources, of which `source` is the first; empty with one.
    """

    name: str
    kind: IndicatorKind
    source: Source | None
    valid: tuple[Condition, ...] = ()
    good: tuple[Condition, ...] = ()
    title: str = ""
    weight: str = ""
    bad: str = ""
    field: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    works_at_e8: int = 10**8
    interval_s: int = 0
    witnesses: tuple[Witness, ...] = ()
    clock: ClockRule | None = None

    @property
    def heard(self) -> tuple[Witness, ...]:
        """Return all witnesses, also where there is one; an INDEX has none of its own."""
        if self.source is None:
            return ()
        return self.witnesses or (Witness(self.source, self.valid, self.good),)

    @property
    def by(self) -> str:
        """Return its sources in words, such as ``probes, transactions and incidents``."""
        *others, last = [str(witness.source) for witness in self.heard] or ["other indicators"]
        return f"{', '.join(others)} and {last}" if others else last


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
