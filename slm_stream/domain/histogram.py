"""Log-bucket histogram of durations: mergeable, subtractable, within 0.5 % of the truth.

Only for showing percentiles. A promise about a percentile is judged exactly, as the share of
events within the duration.

With the relative error ``a`` = 0.005, bins grow by ``gamma = (1 + a) / (1 - a)``. Bin ``i`` holds
``(gamma**(i-1), gamma**i]`` microseconds and is shown as ``2 gamma**i / (1 + gamma)``. That equals
``(1 - a) gamma**i`` and ``(1 + a) gamma**(i-1)``: it is no more than ``a`` above the least and no
more than ``a`` below the greatest that the bin holds. So it is from 1 us to 1 h; what took less
counts as 1 us, what took more as 1 h.

A histogram is its counts: adding and subtracting those of two gives exactly the histogram of the
durations taken together, or of those that are left.
"""

import math

import numpy as np
from numpy.typing import NDArray

RELATIVE_ERROR = 0.005
"""A shown percentile differs from a recorded value of that rank by no more than this share."""

QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)
"""The percentiles that are shown."""

_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA = math.log(_GAMMA)
MAX_US = 3_600_000_000
N_BINS = math.ceil(math.log(MAX_US) / _LOG_GAMMA) + 2
"""One bin for up to 1 µs, then one per factor `_GAMMA` up to one hour and beyond."""


def bins_of(durations_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bin of each duration.

    Bin ``i`` holds ``(gamma**(i-1), gamma**i]`` microseconds, as in DDSketch [1]_. No whole number
    but 1 is a power of gamma = 201 / 199, so rounding moves none over the edge of a bin.

    Parameters
    ----------
    durations_us : ndarray of int64, shape (n,)
        Microseconds; below 1 counts as 1, above `MAX_US` as `MAX_US`.

    References
    ----------
    .. [1] Masson, Rim, Lee: *DDSketch: a fast and fully-mergeable quantile sketch*, VLDB 2019.

    Examples
    --------
    >>> bins_of(np.array([0, 1, 2]))
    array([ 0,  0, 70])
    """
    clipped = np.clip(durations_us, 1, MAX_US)
    return np.ceil(np.log(clipped) / _LOG_GAMMA).astype(np.int64)


def value_of(index: int) -> float:
    """Return the mid-point of a bin in microseconds, within `RELATIVE_ERROR` of all it holds."""
    return 2 * _GAMMA**index / (1 + _GAMMA)


def quantile_us(counts: NDArray[np.int64], q: float) -> float:
    """Return the duration of rank ``ceil(q * n)`` in microseconds; ``nan`` without data.

    That is the nearest-rank percentile: the smallest duration that at least a share `q` does not
    exceed.

    Parameters
    ----------
    counts : ndarray of int64, shape (N_BINS,)
    q : float
        0 < q <= 1.

    Examples
    --------
    >>> counts = np.bincount(bins_of(np.array([100, 200, 300, 400])), minlength=N_BINS)
    >>> 0.995 <= quantile_us(counts, 0.5) / 200 <= 1.005
    True
    """
    total = int(counts.sum())
    if total == 0:
        return math.nan
    rank = min(total, max(1, math.ceil(q * total - 1e-9)))
    return value_of(int(np.searchsorted(np.cumsum(counts), rank)))
