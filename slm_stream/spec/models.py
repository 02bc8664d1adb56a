"""What may stand in a catalogue and an agreement: one model per part."""

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo

from slm_stream.domain.agreement import AgreementKind, BudgetingMethod, Threshold
from slm_stream.domain.catalogue import Condition, IndicatorKind, Source
from slm_stream.domain.clock_rules import parse_alternative
from slm_stream.domain.conditions import parse_condition
from slm_stream.domain.kinds.base import SHARE
from slm_stream.domain.thresholds import parse_threshold
from slm_stream.spec.fields import (
    Budget,
    Burn,
    Count,
    CountOrNone,
    Effective,
    Flag,
    Minutes,
    Name,
    NearBreach,
    Percentile,
    PositiveSeconds,
    Seconds,
    Share,
    SliceTarget,
    Weight,
    Window,
    Within,
    Words,
    Zone,
)


class SpecModel(BaseModel):
    """Every model: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _condition(value: object, info: ValidationInfo) -> Condition:
    source = info.data.get("source")
    if source is None:  # told already; what its fields are is not known
        return Condition("", "==", "")
    return parse_condition(value, source)


Alternatives = list[Annotated[tuple[Condition, ...], PlainValidator(parse_alternative)]]


class IndicatorSpec(SpecModel):
    """An indicator; `source` comes before the conditions, which depend on it.

    What is left out of `start` to `cancel` is as the clock of that name has it.
    """

    name: Name = Field(examples=["availability"])
    title: str = ""
    kind: IndicatorKind = Field(examples=["ratio"])
    source: Source | None = Field(None, alias="from", examples=["transactions"])
    valid: list[Annotated[Condition, PlainValidator(_condition)]] = []
    good: list[Annotated[Condition, PlainValidator(_condition)]] = []
    weight: str = ""
    bad: str = ""
    field: str = ""
    parts: dict[Name, Weight] = {}
    works_at: SliceTarget = Fraction(1)
    interval: PositiveSeconds | None = None
    clock: str | None = None
    start: Alternatives | None = None
    pause: Alternatives | None = None
    resume: Alternatives | None = None
    stop: Alternatives | None = None
    reset: Alternatives | None = None
    cancel: Alternatives | None = None


class ServiceSpec(SpecModel):
    """A service; its indicators are read one by one, so that none hides another's mistakes."""

    name: Name = Field(examples=["checkout"])
    title: str = ""
    owner: str = ""
    dedupe_transactions: Flag = False
    indicators: list[Any] = Field(min_length=1, examples=["[{name: …, kind: …, from: …}]"])


class ProbesSpec(SpecModel):
    """When probes make a service down, and which outages count."""

    fail_after: Count = 1
    recover_after: Count = 1
    quorum: Count = 1
    hold: PositiveSeconds = 300
    strike_off: Seconds = 0
    strike_off_after: Seconds = 0
    up_before_first: Flag = False


class BurnSpec(SpecModel):
    """One pair of lookbacks; the long one may spend `budget` before it warns."""

    long: Minutes = Field(examples=["1h"])
    short: Minutes = Field(examples=["5m"])
    budget: Share = Field(examples=['"2 %"'])
    severity: Literal["page", "ticket"] = Field(examples=["page"])


class ObjectiveSpec(SpecModel):
    """An objective; which options fit depends on its indicator's kind."""

    name: Name = Field(examples=["availability"])
    indicator: str = Field(examples=["availability"])
    target: Budget | None = None
    measure: str = SHARE
    at_most: Any = None
    at_least: Any = None
    window: Window = Field(examples=["28d"])
    within: Within | None = None
    percentile: Percentile | None = None
    method: BudgetingMethod = BudgetingMethod.OCCURRENCES
    slice_target: SliceTarget | None = None
    min_valid: Count = 1
    expected_volume: CountOrNone = 0
    probes: ProbesSpec = ProbesSpec()
    witnesses: dict[str, Any] = {}
    stop_at: list[str] = Field(["resolved", "closed"], min_length=1)
    warn_at: list[Annotated[Threshold, PlainValidator(parse_threshold)]] = []
    near_breach: NearBreach | None = None
    burn: Burn = None


class AgreementSpec(SpecModel):
    """An agreement; its objectives are read one by one."""

    id: Name = Field(examples=["sla-checkout"])
    kind: AgreementKind = Field(examples=["SLA"])
    version: Count = 1
    title: str = ""
    service: str = Field(examples=["checkout"])
    provider: Words = Field(examples=["Shop Platform"])
    customer: Words = Field(examples=["Web Shop"])
    effective_from: Effective = None
    effective_to: Effective = None
    time_zone: Zone | None = None
    calendar: str = "always"
    near_breach: NearBreach = Fraction(3, 4)
    objectives: list[Any] = Field(min_length=1, examples=["[{name: …, indicator: …, …}]"])
