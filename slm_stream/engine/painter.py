"""The verdicts of one availability series, kept in step with what its witnesses say."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.catalogue import Source
from slm_stream.domain.sli_table import SliTable
from slm_stream.domain.spans import Span
from slm_stream.domain.timeline import DEGRADED, DOWN, EXCLUDED, Segment, per_minute
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.domain.witness_rule import WitnessRule
from slm_stream.domain.witnesses import Finding, Panel, counted
from slm_stream.engine.rows import Series

Int64 = NDArray[np.int64]
Line = Callable[[int, int], list[Segment]]


class Strip(NamedTuple):
    """Down and known milliseconds of the rest of an hour, for two columns of the table."""

    column: int
    first_minute: int
    amounts: Int64

    def write(self, counts: Int64) -> None:
        """Put the amounts into the counts of the hour, shape (n_columns, 60)."""
        counts[self.column : self.column + 2, self.first_minute :] = self.amounts


class Painter:
    """Joins the witnesses of one series into the down and known time of its columns.

    Parameters
    ----------
    series : Series
    rule : WitnessRule

    Attributes
    ----------
    lines : dict of Source to callable
        ``lines[source](start_ms, end_ms)`` is what a witness says in a span, without gaps.
    """

    def __init__(self, series: Series, rule: WitnessRule) -> None:
        self.series = series
        self.heard = tuple(part.source for part in series.witnesses or (series,))
        self.lines: dict[Source, Line] = {}
        self.painted_ms = 0
        self._rule = rule
        self._panel = Panel(self.heard, rule)
        self._stale_from: int | None = None
        self._lost: list[Finding] | None = None

    def stale(self, from_ms: int) -> None:
        """Note that some witness's timeline has changed from an instant on."""
        self._stale_from = from_ms if self._stale_from is None else min(self._stale_from, from_ms)

    def repaint(self, until_ms: int) -> None:
        """After a restore: hours are filled in up to an instant as they are decoded.

        With tickets among the witnesses all is painted at the next evaluation instead: no
        ticket says up also in hours of which nothing is stored.
        """
        self._lost = None
        if Source.INCIDENTS not in self.heard:
            self.painted_ms, self._stale_from = until_ms, None

    def findings(self, start_ms: int, end_ms: int) -> list[Finding]:
        """Return the verdicts in [start_ms, end_ms), as far as time has come."""
        return self._join(start_ms, min(end_ms, self.painted_ms))

    def segments(self, start_ms: int, end_ms: int) -> list[Segment]:
        """Return up, down and unknown as the agreement counts them."""
        return counted(self.findings(start_ms, end_ms), self._rule)

    def said(self, at_ms: int) -> dict[Source, int]:
        """Return what each witness says at an instant."""
        return {source: self.lines[source](at_ms, at_ms + 1)[0][2] for source in self._panel.order}

    def contradictions(self, start_ms: int, end_ms: int) -> list[Span]:
        """Return when witnesses contradict each other in [start_ms, end_ms)."""
        return self._panel.contradictions(self._lines_in(start_ms, end_ms))

    def lost(self, start_ms: int, end_ms: int) -> list[Finding]:
        """Return what counts as down, and what is excluded, in [start_ms, end_ms)."""
        if start_ms >= end_ms:
            return []
        if self._lost is None:
            self._lost = self._losses(self.findings(0, self.painted_ms))
        low = bisect_right(self._lost, start_ms, key=attrgetter("end_ms"))
        high = bisect_left(self._lost, end_ms, key=attrgetter("start_ms"))
        return [
            Finding(max(f.start_ms, start_ms), min(f.end_ms, end_ms), f.state, f.witness)
            for f in self._lost[low:high]
        ]

    def paint(self, table: SliTable, now_ms: int) -> dict[int, Strip]:
        """Bring the verdicts up to `now_ms`; return what must be written into which hours.

        Whole hours that were up are laid into the table at once and not among them.
        """
        start = self.painted_ms or self._since(table, now_ms)
        if self._stale_from is not None:
            start = min(start, self._stale_from)
        self._stale_from = None
        self.painted_ms = max(self.painted_ms, now_ms)
        # No further back than is kept, whatever a ticket says about its outage.
        oldest_ms = table.oldest_ms(now_ms)
        start = max(start, oldest_ms)
        if start >= self.painted_ms:
            return {}
        first, end_h = start // MINUTE_MS, -(-self.painted_ms // HOUR_MS)
        findings = self.findings(first * MINUTE_MS, self.painted_ms)
        self._note(findings, first * MINUTE_MS, oldest_ms)
        down, known = per_minute(counted(findings, self._rule), first, end_h * 60 - first)
        strips = {}
        for hour in self._after_calm(table, first, down, known):
            if table.holds(hour):
                # Of the first hour what comes before `first` stays.
                low = max(first, hour * 60)
                source = slice(low - first, (hour + 1) * 60 - first)
                column, minute = self.series.column, low - hour * 60
                strips[hour] = Strip(column, minute, np.stack((down[source], known[source])))
        return strips

    def fill(self, hour: int, counts: Int64) -> None:
        """Set the minutes of one hour as far as they were painted."""
        if self.painted_ms > hour * HOUR_MS:
            segments = self.segments(hour * HOUR_MS, (hour + 1) * HOUR_MS)
            down, known = per_minute(segments, hour * 60, 60)
            counts[self.series.bad_column] = down
            counts[self.series.valid_column] = known

    def _lines_in(self, start_ms: int, end_ms: int) -> dict[Source, list[Segment]]:
        return {source: line(start_ms, end_ms) for source, line in self.lines.items()}

    def _join(self, start_ms: int, end_ms: int) -> list[Finding]:
        return self._panel.join(self._lines_in(start_ms, end_ms))

    def _after_calm(self, table: SliTable, first: int, down: Int64, known: Int64) -> list[int]:
        """Write down whole hours that were up at once; return the hours that are left."""
        hours = np.arange(first // 60, (first + len(down)) // 60)
        if first % 60:
            before = 60 - first % 60
            down, known, partial, hours = down[before:], known[before:], hours[:1], hours[1:]
        else:
            partial = hours[:0]
        calm = ((down.reshape(-1, 60) == 0) & (known.reshape(-1, 60) == MINUTE_MS)).all(1)
        calm &= np.array([table.holds(hour) for hour in hours.tolist()], bool)
        left = table.lay(self.series.valid_column, MINUTE_MS, hours[calm])
        return sorted([*partial.tolist(), *hours[~calm].tolist(), *left.tolist()])

    def _since(self, table: SliTable, now_ms: int) -> int:
        """Return since when a series that was never painted is known.

        No ticket is good news from the day of the agreement on; no probe result is no news.
        """
        if Source.INCIDENTS not in self.heard or self.series.agreement is None:
            return now_ms
        return max(self.series.agreement.effective_from_ms, table.oldest_ms(now_ms))

    def _losses(self, findings: list[Finding]) -> list[Finding]:
        bad = (DOWN, DEGRADED) if self._rule.degraded_is_down else (DOWN,)
        return [
            Finding(f.start_ms, f.end_ms, EXCLUDED if f.state == EXCLUDED else DOWN, f.witness)
            for f in findings
            if f.state == EXCLUDED or f.state in bad
        ]

    def _note(self, findings: list[Finding], from_ms: int, oldest_ms: int) -> None:
        """Keep what is lost from an instant on, in place of what was kept of it."""
        if self._lost is None:
            return  # worked out once it is asked for
        kept = self._lost
        del kept[bisect_left(kept, from_ms, key=attrgetter("start_ms")) :]
        if kept and kept[-1].end_ms > from_ms:
            kept[-1] = kept[-1]._replace(end_ms=from_ms)
        for new in self._losses(findings):
            last = kept[-1] if kept else None
            if last is not None and (last.end_ms, *last[2:]) == (new.start_ms, *new[2:]):
                kept[-1] = last._replace(end_ms=new.end_ms)
            else:
                kept.append(new)
        if kept and kept[0].end_ms < oldest_ms:
            del kept[: bisect_left(kept, oldest_ms, key=attrgetter("end_ms"))]
