"""An INDEX made of its parts: their shares, weighted, as one row among the others."""

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.kinds.index import COMPLETENESS
from slm_stream.domain.ratios import E8, share_e8
from slm_stream.domain.sli_table import BAD, SEEN, VALID
from slm_stream.engine.plan import Plan

Int64 = NDArray[np.int64]


class IndexFold:
    """Turns the sums of all table rows into those of the objectives.

    The share of a part is its good by its valid, rounded down to one part in 10**8; a part
    without data drops out, and its weight with it.
    """

    def __init__(self, plan: Plan) -> None:
        self._n_rows = len(plan.rows)
        self._rows = np.array([*plan.parts], np.int64)
        n_parts = [len(parts) for parts in plan.parts.values()]
        self._starts = np.cumsum([0, *n_parts[:-1]]) if n_parts else np.zeros(0, np.int64)
        parts = [part for parts in plan.parts.values() for part in parts]
        self._parts = np.array([part.row for part in parts], np.int64)
        self._weights = np.array([part.weight for part in parts], np.int64)
        works_at = [
            plan.rows[row].indicator.works_at_e8
            if plan.rows[row].objective.measure == COMPLETENESS
            else -1
            for row in plan.parts
        ]
        self._works_at_e8 = np.repeat(np.array(works_at, np.int64), n_parts)

    def __call__(self, sums: Int64) -> Int64:
        """Return bad, valid and seen of the objectives, shape (n_rows, 3).

        Parameters
        ----------
        sums : ndarray of int64, shape (n_table_rows, 3)
        """
        if not len(self._rows):
            return sums
        bad, valid, seen = sums[self._parts].T
        share = share_e8(valid - bad, valid)
        works = np.where(share >= self._works_at_e8, E8, 0)
        share = np.where(self._works_at_e8 < 0, share, works)
        weights = self._weights * (valid > 0)
        lost = weights * (E8 - share)
        sums[self._rows, BAD] = np.add.reduceat(lost, self._starts)
        sums[self._rows, VALID] = np.add.reduceat(weights * E8, self._starts)
        sums[self._rows, SEEN] = np.maximum.reduceat(seen, self._starts)
        return sums[: self._n_rows]
