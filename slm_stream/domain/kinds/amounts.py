"""A number that measurements carry: how long they took, how much was in use, what was thought."""

from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.kinds.base import MICRO, MILLI, Kind, Measure, Need, Unit, amount, share
from slm_stream.domain.kinds.ratio import SLICES, VOLUME

DURATION = Kind(
    kind=IndicatorKind.DURATION,
    line="how long valid measurements took",
    sources=(Source.TRANSACTIONS, Source.PROBES),
    options=SLICES | VOLUME | {"within", "percentile"},
    measures=(
        share("share of valid measurements that took no longer than `within`"),
        Measure(
            "mean",
            Unit.SECONDS,
            "how long one took on average",
            "sum of durations / valid",
            lambda o: (o.bad, o.valid * MICRO),
        ),
        Measure(
            "throughput",
            Unit.PER_SECOND,
            "valid measurements a second of agreed service time",
            "valid / agreed seconds so far",
            lambda o: (o.valid * MILLI, o.agreed_ms),
            Need.AGREED,
        ),
        amount("total", "how many had a duration", "valid", "valid"),
    ),
    example='{name: latency, kind: duration, from: transactions, valid: ["ok == true"]}',
    columns=("microseconds", "valid measurements with a duration"),
)

NUMBER = Kind(
    kind=IndicatorKind.NUMBER,
    line="a number that valid measurements carry",
    sources=(Source.PROBES, Source.FEEDBACK, Source.TRANSACTIONS),
    options=frozenset({"min_valid"}),
    measures=(
        Measure(
            "mean",
            Unit.NUMBER,
            "the number on average",
            "sum of the field / valid",
            lambda o: (o.bad, o.valid * MILLI),
        ),
        Measure(
            "sum",
            Unit.NUMBER,
            "all of it",
            "sum of the field",
            lambda o: (o.bad, MILLI),
        ),
        amount("total", "how many carried the number", "valid", "valid"),
    ),
    example="{name: score, kind: number, from: feedback, field: score}",
    columns=("thousandths of the field", "valid measurements with the field"),
)
