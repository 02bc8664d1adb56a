"""An INDEX made of its parts: their shares, weighted, as one row among the others."""

import numpy as np
from numpy.typing import NDArray

from slm_stream.domain.agreement import BUDGET_SCALE
from slm_stream.domain.kinds.index import COMPLETENESS
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
        self._parts = [
            (
                row,
                np.array([part.row for part in parts], np.int64),
                np.array([part.weight for part in parts], np.int64),
                plan.rows[row].indicator.works_at_e8
                if plan.rows[row].objective.measure == COMPLETENESS
                else None,
            )
            for row, parts in plan.parts.items()
        ]

    def __call__(self, sums: Int64) -> Int64:
        """Return bad, valid and seen of the objectives, shape (n_rows, 3).

        Parameters
        ----------
        sums : ndarray of int64, shape (n_table_rows, 3)
        """
        for row, parts, weights, works_at_e8 in self._parts:
            bad, valid = sums[parts, BAD], sums[parts, VALID]
            known = valid > 0
            share_e8 = (valid - bad) * BUDGET_SCALE // np.maximum(valid, 1)
            if works_at_e8 is not None:
                share_e8 = np.where(share_e8 >= works_at_e8, BUDGET_SCALE, 0)
            lost = (weights * (BUDGET_SCALE - share_e8))[known].sum()
            sums[row] = lost, (weights[known] * BUDGET_SCALE).sum(), 0
            sums[row, SEEN] = sums[parts, SEEN].max(initial=0)
        return sums[: self._n_rows]
