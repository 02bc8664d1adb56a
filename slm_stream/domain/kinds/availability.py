"""How long a service was up, and how it failed.

Sources: ITIL 4 (MTBF, MTBSI, MTRS); unknown time is left out of all of them, and shown by the
coverage.
"""

from collections.abc import Callable

from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.kinds.base import MILLI, Int64, Kind, Measure, Need, Observed, Unit, share


def _per_outage(name: str, line: str, formula: str, above: Callable[[Observed], Int64]) -> Measure:
    return Measure(
        name, Unit.SECONDS, line, formula, lambda o: (above(o), o.outages * MILLI), Need.OUTAGES
    )


AVAILABILITY = Kind(
    kind=IndicatorKind.AVAILABILITY,
    line="how long the service was up, to the millisecond, and how it failed",
    sources=(Source.PROBES, Source.TRANSACTIONS, Source.INCIDENTS),
    options=frozenset({"probes", "witnesses"}),
    measures=(
        share("share of known agreed time in which it was up", "1 - down / known"),
        Measure("downtime", Unit.SECONDS, "agreed time down", "down", lambda o: (o.bad, MILLI)),
        Measure(
            "outages",
            Unit.COUNT,
            "outages with agreed time in the window",
            "outages",
            lambda o: (o.outages, 1),
            Need.OUTAGES,
        ),
        Measure(
            "longest_outage",
            Unit.SECONDS,
            "agreed time of the longest outage",
            "max over outages",
            lambda o: (o.longest_ms, MILLI),
            Need.OUTAGES,
        ),
        _per_outage(
            "mtbf",
            "mean time between failures: up time per outage",
            "(known - down) / outages",
            lambda o: o.valid - o.bad,
        ),
        _per_outage(
            "mtbsi",
            "mean time between service incidents: known time per outage",
            "known / outages",
            lambda o: o.valid,
        ),
        _per_outage(
            "mtrs",
            "mean time to restore service: down time per outage",
            "down / outages",
            lambda o: o.bad,
        ),
    ),
    example="{name: availability, kind: availability, from: probes}",
    columns=("milliseconds down", "milliseconds known"),
)
