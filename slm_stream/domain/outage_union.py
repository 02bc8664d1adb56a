"""What outage tickets say about availability: down while any of them reports it."""

from bisect import bisect_right
from operator import itemgetter

from slm_stream.domain.spans import Span, union
from slm_stream.domain.timeline import DOWN, NO_END, UP, Segment


class OutageUnion:
    """Outages by name; down while any of them lasts, up otherwise."""

    def __init__(self) -> None:
        self._outages: dict[str, tuple[int, int | None]] = {}
        self._down: list[Span] | None = None

    def put(self, name: str, outage: tuple[int, int | None] | None) -> int | None:
        """Set, replace or (with None) remove an outage; return the earliest changed instant."""
        old = self._outages.pop(name, None)
        if outage is not None:
            self._outages[name] = outage
        if old == outage:
            return None
        self._down = None
        return min(span[0] for span in (old, outage) if span is not None)

    def segments(self, start_ms: int, end_ms: int) -> list[Segment]:
        """Return up and down in [start_ms, end_ms)."""
        if end_ms <= start_ms:
            return []
        if self._down is None:
            spans = self._outages.values()
            self._down = union((s, NO_END if e is None else e) for s, e in spans)
        result: list[Segment] = []
        at = start_ms
        for start, end in self._down[bisect_right(self._down, start_ms, key=itemgetter(1)) :]:
            if start >= end_ms:
                break
            low, high = max(start, start_ms), min(end, end_ms)
            if at < low:
                result.append((at, low, UP))
            result.append((low, high, DOWN))
            at = high
        if at < end_ms:
            result.append((at, end_ms, UP))
        return result
