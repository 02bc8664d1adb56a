"""Good among valid measurements, each counted once or by a weight."""

from slm_stream.domain.catalogue import IndicatorKind, Source
from slm_stream.domain.kinds.base import Kind, Measure, Need, Unit, amount, share
from slm_stream.domain.windows import HOUR_MS

SLICES = frozenset({"method", "slice_target"})
VOLUME = frozenset({"min_valid", "expected_volume"})

RATIO = Kind(
    kind=IndicatorKind.RATIO,
    line="good among valid measurements, each counted once or by a weight",
    sources=(Source.TRANSACTIONS, Source.PROBES, Source.INCIDENTS, Source.FEEDBACK),
    options=SLICES | VOLUME,
    measures=(
        share("good share of what is valid"),
        amount("count", "how many were bad", "bad", "bad"),
        amount("total", "how many were valid", "valid", "valid"),
        Measure(
            "rate",
            Unit.PER_HOUR,
            "bad per hour of agreed service time",
            "bad / agreed hours so far",
            lambda o: (o.bad * HOUR_MS, o.agreed_ms),
            Need.AGREED,
            counts=True,
        ),
    ),
    example='{name: success, kind: ratio, from: transactions, good: ["status < 500"]}',
    columns=("bad measurements, or their weight", "valid measurements, or their weight"),
)
