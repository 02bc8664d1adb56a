"""Figures that are held against a limit, and the levels that follow from them."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.catalogue import Source
from slm_stream.domain.evaluation import HYSTERESIS, Evaluation, Level
from slm_stream.domain.kinds.base import Measure, Need, Observed
from slm_stream.domain.limit import Figure
from slm_stream.domain.sli_table import BAD, VALID
from slm_stream.engine.availability import Availability
from slm_stream.engine.plan import Row
from slm_stream.engine.standings import AgreedTime
from slm_stream.engine.tickets import Tickets

Int64 = NDArray[np.int64]
_TOLD = (Source.INCIDENTS, Source.FEEDBACK)
"""What people report: that nobody reported anything is a figure."""


class Measuring:
    """Reads the figures of all objectives that promise a limit.

    Parameters
    ----------
    rows : list of Row
        All rows; those with a limit are judged.
    agreed : AgreedTime
    """

    def __init__(self, rows: list[Row], agreed: AgreedTime) -> None:
        self._rows = rows
        self._agreed = agreed
        self._groups: list[tuple[Measure, Int64]] = []
        groups: dict[Measure, list[int]] = {}
        for i, row in enumerate(rows):
            if row.objective.limit is not None:
                groups.setdefault(row.measure, []).append(i)
        self._groups = [(m, np.array(found, np.int64)) for m, found in groups.items()]

    def figures(
        self, window: Int64, span: tuple[Int64, Int64], availability: Availability, tickets: Tickets
    ) -> dict[int, Figure]:
        """Return the figure of every row with a limit.

        Parameters
        ----------
        window : ndarray of int64, shape (n_rows, 3)
            Sums over each row's window.
        span : tuple of ndarray of int64, shape (n_rows,) each
            Start of each row's window, and until when it has been observed, in milliseconds.
        availability, tickets
            What does not add over minutes.
        """
        result: dict[int, Figure] = {}
        for measure, rows in self._groups:
            picked = [(self._rows[i], int(span[0][i]), int(span[1][i])) for i in rows.tolist()]
            outages = (np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64))
            overdue = np.zeros(len(rows), np.int64)
            if measure.needs is Need.OUTAGES:
                series = [row.series for row, _, _ in picked]
                outages = availability.outage_counts(series, span[0][rows], span[1][rows])
            elif measure.needs is Need.OVERDUE:
                overdue[:] = [len(tickets.overdue(row.series)) for row, _, _ in picked]
            agreed_s = [self._agreed.seconds(row.agreement, *at) for row, *at in picked]
            observed = Observed(
                bad=window[rows, BAD],
                valid=window[rows, VALID],
                agreed_ms=np.array(agreed_s, np.int64) * 1000,
                outages=outages[0],
                longest_ms=outages[1],
                overdue=overdue,
            )
            above, below = (np.broadcast_to(p, rows.shape) for p in measure.parts(observed))
            for i, *parts in zip(rows.tolist(), above.tolist(), below.tolist(), strict=True):
                result[i] = Figure(*parts)
        return result

    def judge(self, outcome: Evaluation, figures: dict[int, Figure], before: Int64) -> None:
        """Put the levels of rows with a limit into an evaluation.

        What stands there of budgets means nothing for them, and may have overflowed.
        `spent_ratio` becomes the share of an upper limit that the figure has reached.
        """
        for i, figure in figures.items():
            row = self._rows[i]
            limit = row.objective.limit
            assert limit is not None  # noqa: S101 - the figures are of rows with a limit
            kept = HYSTERESIS if before[i] in (Level.NEAR_BREACH, Level.BREACH) else 0.0
            near = limit.near(figure, kept=kept)
            outcome.spent_near[i] = outcome.clock_near[i] = False
            outcome.spent_ratio[i] = np.nan
            if not self._known(row, outcome, i):
                outcome.level[i] = Level.NO_DATA
                continue
            outcome.spent_near[i] = near
            if limit.at_most and limit.value and figure.denominator:
                outcome.spent_ratio[i] = float(Fraction(*figure) / limit.value)
            if limit.breached(figure):
                outcome.level[i] = Level.BREACH
            else:
                outcome.level[i] = Level.NEAR_BREACH if near else Level.MET

    @staticmethod
    def _known(row: Row, outcome: Evaluation, index: int) -> bool:
        if row.measure.counts and row.series.source in _TOLD:
            return True
        counted = outcome.seen if row.unit == "milliseconds" else outcome.valid
        return bool(counted[index] >= row.objective.min_valid and outcome.valid[index] > 0)
