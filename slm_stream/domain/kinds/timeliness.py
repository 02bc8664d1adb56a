"""Incidents whose clock stopped within its target."""

from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.kinds.base import Kind, Measure, Need, Unit, amount, share
from slm_stream.domain.kinds.ratio import VOLUME

TIMELINESS = Kind(
    kind=IndicatorKind.TIMELINESS,
    line="incidents whose clock stopped within its target, in agreed time",
    sources=(Source.INCIDENTS,),
    options=VOLUME | {"within", "stop_at", "warn_at"},
    measures=(
        share("share of incidents within the target", "1 - late / counted"),
        amount("count", "incidents that were late", "late", "bad"),
        amount("total", "incidents done or overdue", "counted", "valid"),
        Measure(
            "overdue",
            Unit.COUNT,
            "incidents overdue and still open now",
            "running clocks beyond their target",
            lambda o: (o.overdue, 1),
            Need.OVERDUE,
            counts=True,
        ),
        Measure(
            "mean",
            Unit.SECONDS,
            "agreed time that the clock took on average",
            "sum of elapsed / stopped clocks",
            lambda o: (o.bad, o.valid),
        ),
    ),
    example="{name: resolution, kind: timeliness, from: incidents}",
    columns=("late incidents; for `mean` seconds", "incidents done or overdue; for `mean` done"),
)
