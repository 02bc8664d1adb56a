"""Random promises and random streams for the engine's property tests."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from slm_stream.codec.messages import IncidentUpdate, Probe, Transaction
from slm_stream.domain.agreement import (
    Agreement,
    BudgetingMethod,
    BurnPair,
    ComplianceWindow,
    Objective,
    Period,
    ProbeRule,
)
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import (
    Condition,
    Indicator,
    IndicatorKind,
    Service,
    Source,
    Witness,
)
from slm_stream.domain.incident import IncidentStatus
from slm_stream.domain.witness_rule import MinuteRule, WitnessPolicy, WitnessRule
from slm_stream.engine.core import EngineConfig
from slm_stream.testing import agreement

T0 = 1_774_735_200_000  # 2026-03-28T22:00Z, an hour before the day that loses one in Amsterdam
SPAN_S = 4 * 3600
LATENESS_MS = 3_600_000

NAMES = ("checkout", "billing", "search")
_IS_OK = (Condition("ok", "==", True),)
INDICATORS = (
    Indicator(
        "success",
        IndicatorKind.RATIO,
        Source.TRANSACTIONS,
        (Condition("status", "!=", 404), Condition("operation", "!=", "health")),
        _IS_OK,
    ),
    Indicator("latency", IndicatorKind.DURATION, Source.TRANSACTIONS, _IS_OK),
    Indicator("probed", IndicatorKind.AVAILABILITY, Source.PROBES),
    Indicator(
        "reported",
        IndicatorKind.AVAILABILITY,
        Source.INCIDENTS,
        (Condition("impact", "==", "outage"),),
    ),
    Indicator("resolution", IndicatorKind.TIMELINESS, Source.INCIDENTS),
    Indicator(
        "joint",
        IndicatorKind.AVAILABILITY,
        Source.PROBES,
        witnesses=(
            Witness(Source.PROBES, (Condition("location", "!=", "lon"),)),
            Witness(Source.TRANSACTIONS, (Condition("status", "!=", 404),)),
            Witness(Source.INCIDENTS, (Condition("impact", "==", "outage"),)),
        ),
    ),
    Indicator(
        "heard",
        IndicatorKind.AVAILABILITY,
        Source.TRANSACTIONS,
        witnesses=(Witness(Source.TRANSACTIONS), Witness(Source.PROBES)),
    ),
)
CALENDARS = (
    Calendar.always("UTC"),
    Calendar.always("Europe/Amsterdam"),
    # Saturday 22:00 to Sunday 04:00 and a morning, across the lost hour.
    Calendar("Europe/Amsterdam", {5: ((1320, 240),), 6: ((300, 720),)}),
    Calendar("UTC", {5: ((1335, 1390), (1410, 1440)), 6: ((30, 95),)}),
)
CONFIG = EngineConfig(corrections_h=3, refresh_ms=2**60)


@dataclass
class Scenario:
    """Measurements in the order of their arrival, among ticks (plain integers)."""

    services: tuple[Service, ...]
    agreements: tuple[Agreement, ...]
    stream: list[Any]

    @property
    def end_ms(self) -> int:
        """Return a last instant to judge at, a second after the last tick."""
        return max(what for what in self.stream if isinstance(what, int)) + 1000


windows = st.sampled_from(
    [
        ComplianceWindow(rolling_s=1800),
        ComplianceWindow(rolling_s=3600),
        ComplianceWindow(rolling_s=2 * 3600 + 300),
        ComplianceWindow(period=Period.DAY),
    ]
)
budgets_e8 = st.sampled_from([10_000_000, 25_000_000, 5_000_000, 50_000_000])
pairs = st.lists(
    st.builds(
        BurnPair,
        st.sampled_from([900, 1800]),
        st.sampled_from([120, 300]),
        st.sampled_from([1.0, 1.5, 2.0]),
        st.just("page"),
    ),
    max_size=2,
).map(tuple)
rules = st.builds(
    ProbeRule,
    fail_after=st.integers(1, 3),
    recover_after=st.integers(1, 3),
    quorum=st.integers(1, 2),
    hold_s=st.sampled_from([120, 300, 600, 4500]),
    strike_off_s=st.sampled_from([0, 0, 90, 400]),
    strike_off_after_s=st.sampled_from([0, 60, 4000]),
)
witness_rules = st.builds(
    WitnessRule,
    policy=st.sampled_from(WitnessPolicy),
    order=st.permutations(list(Source)).map(tuple),
    minutes=st.sampled_from([MinuteRule(1), MinuteRule(2, 99_000_000, 60_000_000)]),
    degraded_is_down=st.booleans(),
    disagreement_s=st.sampled_from([0, 90, 600]),
)


def _objective(name: str, **parts: Any) -> st.SearchStrategy[Objective]:
    return st.builds(
        Objective,
        name=st.just(name),
        indicator=st.just(name),
        budget_e8=budgets_e8,
        window=windows,
        near_breach_ratio=st.sampled_from([0.75, 0.5]),
        burn_pairs=pairs,
        **parts,
    )


counted = {
    "method": st.sampled_from(BudgetingMethod),
    "slice_target": st.sampled_from([1.0, 0.9, 0.5]),
    "min_valid": st.sampled_from([1, 1, 3]),
}
objectives = st.tuples(
    _objective("success", expected_volume=st.sampled_from([0, 20]), **counted),
    _objective("latency", within_ms=st.sampled_from([100, 250.5]), **counted),
    _objective("probed", probe_rule=rules, **counted),
    _objective("reported"),
    _objective(
        "resolution",
        targets_s=st.just({"P1": 1800, "P2": 4000}),
        stop_at=st.sampled_from([("resolved", "closed"), ("closed",)]),
    ),
    _objective("joint", probe_rule=rules, witness_rule=witness_rules),
    _objective("heard", probe_rule=rules, witness_rule=witness_rules, **counted),
)
offsets_s = st.integers(0, SPAN_S // 10).map(lambda n: 10 * n)
bounds = st.tuples(
    st.sampled_from([T0 - 3_600_000, T0 + 1_800_000]), st.sampled_from([None, T0 + 9_000_000])
)


@st.composite
def promises(draw: st.DrawFn, n_services: int = 1) -> tuple[Any, Any]:
    """Services and an agreement for each."""
    services, agreements = [], []
    for name in NAMES[:n_services]:
        low, high = draw(bounds)
        services.append(Service(name, INDICATORS))
        agreements.append(
            agreement(
                name,
                *draw(objectives),
                calendar=draw(st.sampled_from(CALENDARS)),
                effective_from_ms=low,
                effective_to_ms=high,
            )
        )
    return tuple(services), tuple(agreements)


def _transactions(service: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.builds(
        Transaction,
        service,
        offsets_s,
        ok=st.booleans(),
        duration_ms=st.sampled_from([None, 99.9, 100.0, 250.5, 251.0]),
        operation=st.sampled_from(["", "health", "pay"]),
        status=st.sampled_from([0, 200, 404]),
    )


def _probes(service: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.builds(
        Probe, service, offsets_s, ok=st.booleans(), location=st.sampled_from(["ams", "fra", "lon"])
    )


instants = st.none() | offsets_s.map(lambda s: T0 + s * 1000)


def _incidents(service: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.builds(
        IncidentUpdate,
        service,
        offsets_s,
        incident=st.sampled_from(["I1", "I2", "I3"]),
        status=st.sampled_from([str(s) for s in IncidentStatus] + ["opened", "resolved"]),
        priority=st.sampled_from(["P1", "P2", "P3", ""]),
        update=st.sampled_from(["", "", "", "u1"]),
        impact=st.sampled_from(["outage", "outage", "slow", ""]),
        impact_start_ms=instants,
        impact_end_ms=instants,
    )


def measurements(n_services: int = 1) -> st.SearchStrategy[list[Any]]:
    """Each with the seconds that it needs to arrive."""
    service = st.sampled_from(NAMES[:n_services])
    one = st.one_of(_transactions(service), _probes(service), _probes(service), _incidents(service))
    return st.lists(
        st.tuples(one, st.sampled_from([0, 0, 0, 0, 5, 45, 400, 3000])), min_size=1, max_size=60
    )


def _at_once(promise: Agreement) -> Agreement:
    """Return the promise with every probe result counting when it comes."""
    objectives = [
        replace(o, probe_rule=ProbeRule(quorum=o.probe_rule.quorum, hold_s=o.probe_rule.hold_s))
        for o in promise.objectives
    ]
    return replace(promise, objectives=tuple(objectives))


@st.composite
def scenarios(
    draw: st.DrawFn, n_services: int = 1, *, in_time: bool = False, each_minutes: int = 0
) -> Scenario:
    """Promises and a stream.

    Parameters
    ----------
    draw : callable
    n_services : int
    in_time : bool
        Whether everything arrives at once and says nothing of the time before: then a tick
        that is evaluated again after a crash, knowing more, finds what it found before.
    each_minutes : int
        Ticks come so often; at random instants where 0.
    """
    services, agreements = draw(promises(n_services))
    if in_time:
        agreements = tuple(_at_once(agreement) for agreement in agreements)
    arriving = []
    for i, (measurement, delay_s) in enumerate(draw(measurements(n_services))):
        at_s = measurement.at_ms
        if in_time and isinstance(measurement, IncidentUpdate):
            continue
        measurement.at_ms = T0 + at_s * 1000
        arriving.append((at_s + (0 if in_time else delay_s), 0, i, measurement))
    if each_minutes:
        ticks = list(range(0, SPAN_S + 3600, 60 * each_minutes))
    else:
        ticks = draw(st.lists(st.integers(0, SPAN_S + 3600), min_size=1, max_size=12, unique=True))
    arriving += [(at_s, 1, 0, T0 + at_s * 1000) for at_s in ticks]
    stream = [what for *_, what in sorted(arriving, key=lambda a: a[:3])]
    return Scenario(services, agreements, stream)
