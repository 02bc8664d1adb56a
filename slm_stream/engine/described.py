"""All figures of a partition in words that a program can read, and what to ask of a recording."""

import math
from collections.abc import Iterable
from typing import Any

from slm_stream.codec import topics
from slm_stream.codec.events import rfc3339
from slm_stream.domain.catalogue import Condition, Indicator, IndicatorKind, Service, Source
from slm_stream.engine.figures import Figures, durations, share, uptime
from slm_stream.engine.partition import PartitionState

_OK = (Condition("ok", "==", value=True),)
OBSERVED = {
    topics.TRANSACTIONS: (
        Indicator("success", IndicatorKind.RATIO, Source.TRANSACTIONS, good=_OK),
        Indicator("latency", IndicatorKind.DURATION, Source.TRANSACTIONS),
    ),
    topics.PROBES: (
        Indicator("probe-success", IndicatorKind.RATIO, Source.PROBES, good=_OK),
        Indicator("probe-latency", IndicatorKind.DURATION, Source.PROBES),
    ),
}
"""What can be said of the measurements of a topic where nothing is promised."""


def observed_services(named: Iterable[tuple[str, str]]) -> tuple[Service, ...]:
    """Return a catalogue for services that nobody wrote down, by (topic, service) seen.

    >>> [s.name for s in observed_services([(topics.PROBES, "b"), (topics.PROBES, "a")])]
    ['a', 'b']
    """
    seen: dict[str, set[str]] = {}
    for topic, service in named:
        seen.setdefault(service, set()).add(topic)
    return tuple(
        Service(name, tuple(i for topic in sorted(seen[name]) for i in OBSERVED.get(topic, ())))
        for name in sorted(seen)
    )


def described(state: PartitionState, start_ms: int, end_ms: int) -> list[dict[str, Any]]:
    """Return the figures of every indicator over a span, one dictionary each.

    Availability is of an objective: its rule and hours decide. Durations are told once over all
    time, and once more for each agreement that promises something of them, over its agreed
    service time alone. Timeliness has no figures.
    """
    result: list[dict[str, Any]] = []
    for service in state.plan.services:
        for indicator in service.indicators:
            said = {"service": service.name, "indicator": indicator.name, "kind": indicator.kind}
            figures = _figures(state, service, indicator, start_ms, end_ms)
            if figures is not None:
                result.append(said | figures)
    promised = {
        (row.agreement.id, row.agreement.version, row.indicator.name): row
        for row in state.plan.rows
        if row.indicator.kind is IndicatorKind.DURATION
    }
    for row in promised.values():
        took = durations(
            state, row.service, row.indicator.name, start_ms, end_ms, agreement=row.agreement
        )
        result.append(
            {
                "service": row.service,
                "indicator": row.indicator.name,
                "kind": IndicatorKind.DURATION,
                "agreement": row.agreement.id,
                "version": row.agreement.version,
                **_took(took),
            }
        )
    for row in state.plan.rows:
        if row.series.kind is IndicatorKind.AVAILABILITY:
            up = uptime(state, row, start_ms, end_ms)
            result.append(
                {
                    "service": row.service,
                    "indicator": row.objective.indicator,
                    "kind": IndicatorKind.AVAILABILITY,
                    "objective": row.key,
                    "known_s": up.valid / 1000,
                    "down_s": (up.valid - up.good) / 1000,
                    "ratio": _or_none(up.ratio),
                }
            )
    return result


def _figures(
    state: PartitionState, service: Service, indicator: Indicator, start_ms: int, end_ms: int
) -> dict[str, Any] | None:
    if indicator.kind is IndicatorKind.RATIO:
        good = share(state, service.name, indicator.name, start_ms, end_ms)
        return {"n": good.valid, "bad": good.valid - good.good, "ratio": _or_none(good.ratio)}
    if indicator.kind is not IndicatorKind.DURATION:
        return None
    return _took(durations(state, service.name, indicator.name, start_ms, end_ms))


def _took(took: Figures) -> dict[str, Any]:
    quantiles = {f"p{100 * q:g}_ms": _or_none(ms) for q, ms in took.quantiles_ms.items()}
    return {
        "n": took.n,
        "mean_ms": _or_none(took.mean_ms),
        **quantiles,
        "throughput_per_s": _or_none(took.throughput_per_s),
        "first": None if took.first_ms is None else rfc3339(took.first_ms),
        "last": None if took.last_ms is None else rfc3339(took.last_ms),
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
