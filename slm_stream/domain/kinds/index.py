"""Several ratios of one service as one: the functions that were agreed, each by its weight.

Source: functional completeness and correctness of ISO/IEC 25023, weighted as agreed.
"""

from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.kinds.base import Kind, Measure, Unit, share

COMPLETENESS = "completeness"

INDEX = Kind(
    kind=IndicatorKind.INDEX,
    line="the weighted mean of other ratios of the service",
    sources=(),
    options=frozenset(),
    measures=(
        share("weighted mean of the parts' shares", "sum(weight * share) / sum(weight)"),
        Measure(
            COMPLETENESS,
            Unit.RATIO,
            "weighted share of the parts that work at all",
            "sum(weight where share >= works_at) / sum(weight)",
            lambda o: (o.valid - o.bad, o.valid),
        ),
    ),
    example="{name: functions, kind: index, parts: {search-works: 2, pay-works: 3}}",
    columns=("weight lost, in parts per 10**8", "weight, in parts per 10**8"),
)
