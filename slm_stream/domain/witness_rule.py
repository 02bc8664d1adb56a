"""How an agreement makes one verdict of what several witnesses say."""

from dataclasses import dataclass
from enum import StrEnum

from slm_stream.domain.catalogue import Source


class WitnessPolicy(StrEnum):
    """Who decides, of the witnesses that know anything at an instant.

    * ANY: the one that says the worst
    * MAJORITY: most of them; of two that contradict each other, the worse
    * PRECEDENCE: the first in the agreed order
    """

    ANY = "any"
    MAJORITY = "majority"
    PRECEDENCE = "precedence"


@dataclass(frozen=True, slots=True)
class MinuteRule:
    """What a minute of transactions says of a service.

    Attributes
    ----------
    min_valid : int
        With fewer valid transactions nobody knows, >= 1.
    degraded_below_e8, down_below_e8 : int
        Good shares below which a minute is degraded, and down; in parts per 10**8.
    """

    min_valid: int = 10
    degraded_below_e8: int = 99_000_000
    down_below_e8: int = 50_000_000


@dataclass(frozen=True, slots=True)
class WitnessRule:
    """How witnesses are joined.

    Attributes
    ----------
    policy : WitnessPolicy
    order : tuple of Source
        Who is asked first with PRECEDENCE, and named where several say the same.
    minutes : MinuteRule
    degraded_is_down : bool
        Whether degraded time counts as down or as up.
    disagreement_s : int
        Witnesses that contradict each other for longer are an event; 0 for never.
    """

    policy: WitnessPolicy = WitnessPolicy.ANY
    order: tuple[Source, ...] = (Source.INCIDENTS, Source.PROBES, Source.TRANSACTIONS)
    minutes: MinuteRule = MinuteRule()
    degraded_is_down: bool = False
    disagreement_s: int = 0
