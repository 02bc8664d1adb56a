"""All kinds of indicators: a new one is a module beside these, and a line here."""

from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.kinds.amounts import DURATION, NUMBER
from slm_stream.domain.kinds.availability import AVAILABILITY
from slm_stream.domain.kinds.base import Kind
from slm_stream.domain.kinds.index import INDEX
from slm_stream.domain.kinds.ratio import RATIO
from slm_stream.domain.kinds.timeliness import TIMELINESS

KINDS: dict[IndicatorKind, Kind] = {
    kind.kind: kind for kind in (RATIO, DURATION, NUMBER, AVAILABILITY, TIMELINESS, INDEX)
}
