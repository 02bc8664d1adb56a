"""Figures that are held against a limit, and the levels that follow from them."""

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.catalogue import TOLD_BY_PEOPLE
from slm_stream.domain.evaluation import Evaluation, Level
from slm_stream.domain.kinds.base import Measure, Need, Observed
from slm_stream.domain.limit import Limits
from slm_stream.domain.sli_table import BAD, VALID
from slm_stream.engine.agreed_time import AgreedTime
from slm_stream.engine.availability import Availability
from slm_stream.engine.rows import Row
from slm_stream.engine.tickets import Tickets

Int64 = NDArray[np.int64]


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
        limits = {i: r.objective.limit for i, r in enumerate(rows) if r.objective.limit is not None}
        self._limited = np.array([*limits], np.int64)
        self._limits = Limits([*limits.values()])
        self._upper = np.array(
            [float(one.value) if one.at_most else np.nan for one in limits.values()]
        )
        mine = [rows[i] for i in limits]
        self._min_valid = np.array([row.objective.min_valid for row in mine], np.int64)
        self._timed = np.array([row.unit == "milliseconds" for row in mine], bool)
        self._told = np.array(
            [row.measure.counts and row.series.source in TOLD_BY_PEOPLE for row in mine], bool
        )
        groups: dict[Measure, list[int]] = {}
        for i in limits:
            groups.setdefault(rows[i].measure, []).append(i)
        self._groups = [(m, np.array(found, np.int64)) for m, found in groups.items()]

    def figures(
        self, window: Int64, span: tuple[Int64, Int64], availability: Availability, tickets: Tickets
    ) -> Int64:
        """Return the figure of every row with a limit, shape (2, n_rows): a fraction each.

        Rows without a limit have 0 / 0.

        Parameters
        ----------
        window : ndarray of int64, shape (n_rows, 3)
            Sums over each row's window.
        span : tuple of ndarray of int64, shape (n_rows,) each
            Start of each row's window, and until when it has been observed, in milliseconds.
        availability, tickets
            What does not add over minutes.
        """
        figures = np.zeros((2, len(self._rows)), np.int64)
        for measure, rows in self._groups:
            picked = [(self._rows[i], int(span[0][i]), int(span[1][i])) for i in rows.tolist()]
            outages = np.zeros((2, len(rows)), np.int64)
            overdue, agreed_s = np.zeros((2, len(rows)), np.int64)
            if measure.needs is Need.OUTAGES:
                asked = ((row.series, *at) for row, *at in picked)
                outages[:] = availability.outage_counts(asked)
            elif measure.needs is Need.OVERDUE:
                overdue[:] = [len(tickets.overdue(row.series, now)) for row, _, now in picked]
            elif measure.needs is Need.AGREED:
                agreed_s[:] = [self._agreed.seconds(row.agreement, *at) for row, *at in picked]
            observed = Observed(
                bad=window[rows, BAD],
                valid=window[rows, VALID],
                agreed_ms=agreed_s * 1000,
                outages=outages[0],
                longest_ms=outages[1],
                overdue=overdue,
            )
            figures[0, rows], figures[1, rows] = measure.parts(observed)
        return figures

    def judge(self, outcome: Evaluation, figures: Int64, before: Int64) -> None:
        """Put the levels of rows with a limit into an evaluation.

        They have no good share: `sli` becomes ``nan``, and `spent_ratio` the share of an upper
        limit that the figure has reached.
        """
        rows = self._limited
        above, below = figures[:, rows]
        was_near = np.isin(before[rows], (Level.NEAR_BREACH, Level.BREACH))
        near = self._limits.near(above, below, was_near)
        counted = np.where(self._timed, outcome.seen[rows], outcome.valid[rows])
        known = (counted >= self._min_valid) & (outcome.valid[rows] > 0) | self._told
        with np.errstate(divide="ignore", invalid="ignore"):
            share = above / below / self._upper
        outcome.sli[rows] = np.nan
        outcome.spent_ratio[rows] = np.where(known & np.isfinite(share), share, np.nan)
        outcome.spent_near[rows] = near & known
        outcome.clock_near[rows] = False
        outcome.level[rows] = np.select(
            [~known, self._limits.breached(above, below), near],
            [Level.NO_DATA, Level.BREACH, Level.NEAR_BREACH],
            Level.MET,
        )
