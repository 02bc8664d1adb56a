"""Several witnesses of one service, joined into one verdict at every instant.

::

    incidents     up                    [-- down -----------------)        up
    probes        up      [-- down ------------)                  up
    transactions  .  .  .  unknown  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .

    any           up      [ probes )[-- incidents ----------------)        up
    majority      up      [ probes )[-- incidents ----------------)        up    a tie is down
    precedence    up                [-- incidents ----------------)        up

Excluded time is excluded whatever anybody says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.catalogue import Source
from slm_stream.domain.ratios import share_e8
from slm_stream.domain.spans import Span, append, union
from slm_stream.domain.timeline import DEGRADED, DOWN, EXCLUDED, UNKNOWN, UP, Segment
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.domain.witness_rule import MinuteRule, WitnessPolicy, WitnessRule

_NOBODY = -1
_SEVERITY = {UNKNOWN: 0, EXCLUDED: 1, UP: 2, DEGRADED: 3, DOWN: 4}


class Finding(NamedTuple):
    """One state over a half-open span, and the witness that decided it, if any did."""

    start_ms: int
    end_ms: int
    state: int
    witness: Source | None


class Panel:
    """The witnesses of one service, joined by an agreement's rule.

    Parameters
    ----------
    heard : iterable of Source
    rule : WitnessRule
        Witnesses that its order leaves out come last.

    Examples
    --------
    >>> panel = Panel([Source.PROBES, Source.INCIDENTS], WitnessRule(WitnessPolicy.ANY))
    >>> said = {Source.PROBES: [(0, 20, DOWN), (20, 90, UP)], Source.INCIDENTS: [(0, 90, UP)]}
    >>> [(f.start_ms, f.end_ms, f.state, str(f.witness)) for f in panel.join(said)]
    [(0, 20, 1, 'probes'), (20, 90, 0, 'incidents')]
    """

    def __init__(self, heard: Iterable[Source], rule: WitnessRule) -> None:
        rest = list(heard)
        first = [source for source in rule.order if source in rest]
        self.order = (*first, *(source for source in rest if source not in first))
        states = (UNKNOWN, UP, DOWN, DEGRADED)
        self._decided = {
            said: decide(said, rule.policy) for said in product(states, repeat=len(self.order))
        }

    def join(
        self, lines: Mapping[Source, Sequence[Segment]], excluded: Sequence[Span] = ()
    ) -> list[Finding]:
        """Return one state at every instant of a span.

        Parameters
        ----------
        lines : mapping of Source to list of (start_ms, end_ms, state)
            What each witness says, without gaps, all from the same start to the same end.
        excluded : sequence of (start_ms, end_ms)
            Agreed to count as neither known nor down: planned maintenance.

        Returns
        -------
        list of Finding
            Without gaps, neighbours differ.
        """
        if len(self.order) == 1 and not excluded:
            # Most services have one witness, who needs no sweep.
            (source,) = self.order
            return [
                Finding(at, to, state, None if state == UNKNOWN else source)
                for at, to, state in lines[source]
            ]
        found: list[Finding] = []
        for at, to, said, is_excluded in self._sweep(lines, union(excluded)):
            state, decider = (EXCLUDED, _NOBODY) if is_excluded else self._decided[said]
            witness = None if decider == _NOBODY else self.order[decider]
            if found and found[-1][2:] == (state, witness):
                found[-1] = Finding(found[-1].start_ms, to, state, witness)
            else:
                found.append(Finding(at, to, state, witness))
        return found

    def contradictions(self, lines: Mapping[Source, Sequence[Segment]]) -> list[Span]:
        """Return when one witness said up and another down; degraded contradicts neither.

        Parameters
        ----------
        lines : mapping of Source to list of (start_ms, end_ms, state)
            As `join` takes them.
        """
        found: list[Span] = []
        for at, to, said, _ in self._sweep(lines, ()):
            if UP in said and DOWN in said:
                append(found, (at, to))
        return found

    def _sweep(
        self, lines: Mapping[Source, Sequence[Segment]], cut: Sequence[Span]
    ) -> Iterator[tuple[int, int, tuple[int, ...], bool]]:
        """Yield what all say between one change and the next, and whether it is cut out."""
        last = len(self.order)
        start_ms, end_ms = _bounds(lines)
        events = [
            (at, i, state) for i, source in enumerate(self.order) for at, _, state in lines[source]
        ]
        for at, to in cut:
            if at < end_ms and to > start_ms:
                events += [(max(at, start_ms), last, 1), (to, last, 0)]
        events.sort()
        said = [UNKNOWN] * last + [0]
        ends = [*(at for at, *_ in events[1:]), end_ms] if events else []
        for (at, who, what), until in zip(events, ends, strict=True):
            said[who] = what
            to = min(until, end_ms)
            if at < to:
                yield at, to, tuple(said[:last]), bool(said[last])


def decide(said: Sequence[int], policy: WitnessPolicy) -> tuple[int, int]:
    """Return the state that a rule makes of some, and the first of them that says it; or -1.

    With MAJORITY it is the median of those that know, the worse one of an even number.

    >>> decide([UP, DOWN, DOWN], WitnessPolicy.MAJORITY)
    (1, 1)
    >>> decide([UNKNOWN, UP, DOWN], WitnessPolicy.MAJORITY)
    (1, 2)
    >>> decide([UNKNOWN, UP, DOWN], WitnessPolicy.PRECEDENCE)
    (0, 1)
    """
    known = [state for state in said if state != UNKNOWN]
    if not known:
        return UNKNOWN, _NOBODY
    worst_first = sorted(known, key=lambda state: -_SEVERITY[state])
    state = {
        WitnessPolicy.ANY: worst_first[0],
        WitnessPolicy.MAJORITY: worst_first[(len(known) - 1) // 2],
        WitnessPolicy.PRECEDENCE: known[0],
    }[policy]
    return state, list(said).index(state)


def counted(findings: Iterable[Finding], rule: WitnessRule) -> list[Segment]:
    """Return findings as up, down and unknown, which is how an agreement counts them."""
    means = {
        DEGRADED: DOWN if rule.degraded_is_down else UP,
        EXCLUDED: UNKNOWN,
    }
    return [(at, to, means.get(state, state)) for at, to, state, _ in findings]


def minute_states(
    bad: NDArray[np.int64], valid: NDArray[np.int64], rule: MinuteRule
) -> NDArray[np.int8]:
    """Return what minutes of transactions say: up, degraded, down or unknown.

    Parameters
    ----------
    bad, valid : ndarray of int64, shape (n,)
    rule : MinuteRule

    Returns
    -------
    ndarray of int8, shape (n,)
        Compared as integers.

    Examples
    --------
    >>> minute_states(np.array([0, 1, 6, 0]), np.array([10, 10, 10, 9]), MinuteRule()).tolist()
    [0, 2, 1, -1]
    """
    share = share_e8(valid - bad, valid)
    return np.select(
        [
            valid < rule.min_valid,
            share < rule.down_below_e8,
            share < rule.degraded_below_e8,
        ],
        [UNKNOWN, DOWN, DEGRADED],
        UP,
    ).astype(np.int8)


def minute_verdicts(
    findings: Iterable[Finding], first_minute: int, n_minutes: int
) -> list[tuple[int, Source | None]]:
    """Return one verdict per minute, and the first witness in it that decided so.

    A minute is the worst that is known of any instant in it: down, degraded, up; excluded or
    unknown only if nothing else is said.

    Parameters
    ----------
    findings : iterable of Finding
    first_minute : int
        Minutes since the epoch.
    n_minutes : int

    Examples
    --------
    >>> half = [Finding(0, 30_000, UP, Source.PROBES), Finding(30_000, 60_000, UNKNOWN, None)]
    >>> minute_verdicts(half, 0, 2)
    [(0, <Source.PROBES: 'probes'>), (-1, None)]
    """
    verdicts: list[tuple[int, Source | None]] = [(UNKNOWN, None)] * n_minutes
    for start_ms, end_ms, state, witness in findings:
        low = max(0, start_ms // MINUTE_MS - first_minute)
        high = min(n_minutes, -(-end_ms // MINUTE_MS) - first_minute)
        for minute in range(low, high):
            if _SEVERITY[state] > _SEVERITY[verdicts[minute][0]]:
                verdicts[minute] = state, witness
    return verdicts


def _bounds(lines: Mapping[Source, Sequence[Segment]]) -> Span:
    line = next(iter(lines.values()), ())
    return (line[0][0], line[-1][1]) if line else (0, 0)
