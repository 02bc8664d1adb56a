"""Outages of a timeline, clipped to agreed time.

::

    outage      [----------------------------)
    open     ------)            [----)   [---------
    agreed      [--)            [----)   [---)        one outage, 3 parts of it in agreed time

Instants and lengths are integers of one unit, seconds or milliseconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from slm_stream.domain.spans import Span, difference, intersection, union
from slm_stream.domain.timeline import DOWN, EXCLUDED
from slm_stream.domain.witnesses import Finding


class Outage(NamedTuple):
    """One outage: its first and last agreed instant, and how much of it counts.

    `agreed` is what lies in open time, `wall` also what does not; planned time is in neither.
    """

    start: int
    end: int
    agreed: int
    wall: int


def clipped(
    outages: Iterable[Span], open_spans: Sequence[Span], planned: Sequence[Span] = ()
) -> list[Outage]:
    """Return what of each outage counts; one with no open time left is none.

    Parameters
    ----------
    outages : iterable of (start, end)
        Each is one outage, also where closed or planned time interrupts it.
    open_spans : sequence of (start, end)
        Agreed time, sorted, without overlap.
    planned : sequence of (start, end)
        Taken off first: planned maintenance.

    Examples
    --------
    >>> clipped([(2, 12), (20, 30)], [(0, 5), (8, 10)], [(4, 9)])
    [Outage(start=2, end=10, agreed=3, wall=5)]
    """
    cut = union(planned)
    found = []
    for start, end in outages:
        left = difference([(start, end)], cut)
        first = bisect_right(open_spans, start, key=itemgetter(1))
        last = bisect_right(open_spans, end, key=itemgetter(0))
        inside = intersection(left, open_spans[first:last])
        if inside:
            found.append(Outage(inside[0][0], inside[-1][1], _length(inside), _length(left)))
    return found


def outages_of(findings: Iterable[Finding]) -> tuple[list[Span], list[Span]]:
    """Return the outages in consecutive findings, and the excluded time.

    Down is one outage whoever says so, and goes on where excluded time interrupts it; it ends
    where nobody knows.

    Parameters
    ----------
    findings : iterable of Finding
        In time order; degraded ones must have been counted as up or down before.

    Examples
    --------
    >>> from slm_stream.domain.catalogue import Source
    >>> probes, tickets = Source.PROBES, Source.INCIDENTS
    >>> outages_of([Finding(0, 4, DOWN, probes), Finding(4, 6, DOWN, tickets),
    ...             Finding(6, 7, EXCLUDED, None), Finding(7, 9, DOWN, probes)])
    ([(0, 9)], [(6, 7)])
    """
    outages: list[Span] = []
    excluded: list[Span] = []
    for start, end, state, _ in findings:
        if state == EXCLUDED:
            excluded.append((start, end))
        if state != DOWN:
            continue
        since = outages[-1][1] if outages else None
        bridged = excluded and excluded[-1] == (since, start)
        if since is not None and (since == start or bridged):
            outages[-1] = (outages[-1][0], end)
        else:
            outages.append((start, end))
    return outages, excluded


def _length(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)
