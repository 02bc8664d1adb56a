"""How fast simulated time passes: days in a second, minutes where something is about to happen.

Updates of tickets and the clock come by different topics, so a worker may know a ticket's end
before it judges the instant at which it was nearly late. Around the expected events steps are
short enough for that not to matter.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slm_stream.cli.demo.faults import END_MS, START_MS, Fault
from slm_stream.cli.demo.simulation import BLOCK_MS

MINUTE_MS = 60_000
MARGIN_MS = 20 * MINUTE_MS
MOMENT_MS = 3 * 3_600_000
"""An event expected within a longer span than this needs no slow motion."""
SLOW_TICK_MS, FAST_TICK_MS = 5 * MINUTE_MS, 60 * MINUTE_MS
SLOW_SHARE = 0.3
"""Of the real time, spent in slow motion."""
FAST_STEP_S = 0.25


@dataclass(frozen=True, slots=True)
class Step:
    """A span of simulated time, how long it takes, and how often it is judged."""

    start_ms: int
    end_ms: int
    takes_s: float
    tick_ms: int

    @property
    def ticks_ms(self) -> list[int]:
        """Return the instants at which the span is judged; its end is one."""
        first = self.start_ms // self.tick_ms * self.tick_ms + self.tick_ms
        return [*range(first, self.end_ms, self.tick_ms), self.end_ms]


def slow_spans(faults: Iterable[Fault]) -> list[tuple[int, int]]:
    """Return where time passes slowly: whole blocks around the expected events, merged."""
    found: list[tuple[int, int]] = []
    moments = sorted(
        (_floor(e.from_ms - MARGIN_MS), _floor(e.to_ms + MARGIN_MS + BLOCK_MS - 1))
        for fault in faults
        for e in fault.expected
        if e.to_ms - e.from_ms <= MOMENT_MS
    )
    for start, end in moments:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def month(faults: Iterable[Fault], seconds: float) -> Iterator[Step]:
    """Yield the steps of the month, which together take so many seconds."""
    spans = slow_spans(faults)
    slow_blocks = sum(end - start for start, end in spans) // BLOCK_MS
    slow_s = SLOW_SHARE * seconds / slow_blocks if slow_blocks else 0.0
    quick_ms = END_MS - START_MS - slow_blocks * BLOCK_MS
    quick_s = seconds * (1 - SLOW_SHARE) if slow_blocks else seconds
    n_quick = max(1, round(quick_s / FAST_STEP_S))
    quick_blocks = max(1, -(-quick_ms // (n_quick * BLOCK_MS)))
    at = START_MS
    for start, end in [*spans, (END_MS, END_MS)]:
        while at < start:
            until = min(start, at + quick_blocks * BLOCK_MS)
            yield Step(at, until, quick_s * (until - at) / quick_ms, FAST_TICK_MS)
            at = until
        while at < end:
            yield Step(at, at + BLOCK_MS, slow_s, SLOW_TICK_MS)
            at += BLOCK_MS


def afterwards(start_ms: int) -> Iterator[Step]:
    """Yield steps without end: ten minutes a second."""
    while True:
        yield Step(start_ms, start_ms + BLOCK_MS, 1.0, SLOW_TICK_MS)
        start_ms += BLOCK_MS


def _floor(at_ms: int) -> int:
    return START_MS + (at_ms - START_MS) // BLOCK_MS * BLOCK_MS
