"""Outages clipped to agreed time, and the figures that people make of them.

::

    outage      [----------------------------)
    open     ------)            [----)   [---------
    agreed      [--)            [----)   [---)        one outage, 3 parts of it in agreed time

Instants and lengths are integers of one unit, seconds or milliseconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from slm_stream.domain.service_time import ServiceTime
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


@dataclass(frozen=True, slots=True)
class OutageFigures:
    """How often and for how long a service was down, of the time that is known.

    Means are None without an outage. They fit together: MTBSI = MTBF + MTRS.

    References
    ----------
    ITIL 4 availability management; the commitment figures of ServiceNow's service portfolio.
    """

    known: int
    down: int
    n_outages: int
    longest: int

    @property
    def mtbf(self) -> float | None:
        """Mean time between failures: up time per outage."""
        return (self.known - self.down) / self.n_outages if self.n_outages else None

    @property
    def mtrs(self) -> float | None:
        """Mean time to restore service: down time per outage."""
        return self.down / self.n_outages if self.n_outages else None

    @property
    def mtbsi(self) -> float | None:
        """Mean time between service incidents: known time per outage."""
        return self.known / self.n_outages if self.n_outages else None


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


def figures_of(outages: Sequence[Outage], known: int) -> OutageFigures:
    """Return the figures of clipped outages in a known length of agreed time.

    >>> figures = figures_of([Outage(0, 10, 6, 10), Outage(50, 52, 2, 2)], known=100)
    >>> figures.down, figures.longest, figures.mtbf, figures.mtrs, figures.mtbsi
    (8, 6, 46.0, 4.0, 50.0)
    """
    return OutageFigures(
        known=known,
        down=sum(outage.agreed for outage in outages),
        n_outages=len(outages),
        longest=max((outage.agreed for outage in outages), default=0),
    )


def availability_window(
    calendar: ServiceTime,
    start_s: int,
    end_s: int,
    outages: Iterable[Span],
    planned: Sequence[Span] = (),
) -> tuple[OutageFigures, list[Outage]]:
    """Return the figures of known outages in a window, all of its open time being known.

    Planned time is no downtime but stays in the time that is known: it was committed.
    """
    open_spans = calendar.open_spans(start_s, end_s) if start_s < end_s else []
    inside = ((max(start_s, at), min(end_s, to)) for at, to in outages)
    found = clipped([span for span in inside if span[0] < span[1]], open_spans, planned)
    return figures_of(found, _length(open_spans)), found


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
