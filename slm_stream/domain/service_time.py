"""Agreed service time: when time counts, in whole seconds since the epoch.

`ServiceTime` answers every question from open spans, which subclasses work out once per block
of 366 days; the answers after that are a few binary searches.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from slm_stream.domain.spans import Span, append
from slm_stream.domain.zones import DAY_S

HOUR_S = 3600
MINUTES_PER_HOUR = 60

# About a year: the whole of a calendar's ordinary use touches one or two blocks. Whole days,
# so that no minute or hour lies in two blocks.
_BLOCK_S = 366 * DAY_S
# A search gives up after so many blocks, so that a calendar without open time ends.
_HORIZON_BLOCKS = 40
_MAX_BLOCKS = 2 * _HORIZON_BLOCKS
_MAX_MASKS = 4096

MinuteMask: TypeAlias = npt.NDArray[np.bool_]


def _constant_mask(*, is_open: bool) -> MinuteMask:
    mask = np.full(MINUTES_PER_HOUR, is_open)
    mask.setflags(write=False)
    return mask


# Most hours are wholly open or wholly closed: they share these.
_OPEN_HOUR = _constant_mask(is_open=True)
_CLOSED_HOUR = _constant_mask(is_open=False)


class _Block:
    """The open spans of one block, and the open seconds up to the end of each."""

    __slots__ = ("ends", "starts", "sums", "total")

    def __init__(self, spans: list[Span]) -> None:
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]
        self.sums = list(accumulate(end - start for start, end in spans))
        self.total = self.sums[-1] if spans else 0

    def seconds_before(self, at_s: int) -> int:
        """Return the open seconds of this block that lie before an instant."""
        i = bisect_right(self.starts, at_s)
        if not i:
            return 0
        still_to_come = self.ends[i - 1] - at_s
        return self.sums[i - 1] - still_to_come if still_to_come > 0 else self.sums[i - 1]


class ServiceTime(ABC):
    """When time counts: open and closed time that never depends on who asks, or when.

    All instants are integer seconds since the epoch, all spans half-open, all amounts real
    elapsed seconds: an hour that daylight saving repeats counts twice, one that it skips
    counts nothing. Searches give up after 40 years and return None.

    Attributes
    ----------
    zone : str
        IANA name of the zone in which calendar periods and dates are meant.
    name : str
        How people call it.
    """

    zone: str
    name: str

    @abstractmethod
    def _find_open_spans(self, start_s: int, end_s: int) -> list[Span]:
        """Work out the open spans in ``[start, end)``, sorted and merged."""

    def open_spans(self, start_s: int, end_s: int) -> list[Span]:
        """Return the open time in ``[start, end)`` as sorted spans that do not touch."""
        spans: list[Span] = []
        for number in range(start_s // _BLOCK_S, -(-end_s // _BLOCK_S)):
            block = self._block(number)
            first = bisect_right(block.ends, start_s)
            last = bisect_left(block.starts, end_s)
            for start, end in zip(block.starts[first:last], block.ends[first:last], strict=True):
                append(spans, (max(start, start_s), min(end, end_s)))
        return spans

    def open_seconds(self, start_s: int, end_s: int) -> int:
        """Return the open seconds in ``[start, end)``; 0 where the end is before the start."""
        if end_s <= start_s:
            return 0
        first, last = start_s // _BLOCK_S, end_s // _BLOCK_S
        seconds = self._block(last).seconds_before(end_s)
        seconds -= self._block(first).seconds_before(start_s)
        for number in range(first, last):
            seconds += self._block(number).total
        return seconds

    def is_open(self, at_s: int) -> bool:
        """Return whether an instant lies in open time."""
        block = self._block(at_s // _BLOCK_S)
        i = bisect_right(block.starts, at_s)
        return i > 0 and at_s < block.ends[i - 1]

    def deadline(self, start_s: int, amount_s: int) -> int | None:
        """Return the first instant by which so many open seconds have passed since the start.

                 amount = 2 + 3
              start      deadline
                |           |
             [oooo)......[oooo)

        An amount that runs out exactly at a closing gives the closing, not the next opening.

        Raises
        ------
        ValueError
            If the amount is negative.
        """
        _check_amount(amount_s)
        if not amount_s:
            return start_s
        first = start_s // _BLOCK_S
        needed = amount_s + self._block(first).seconds_before(start_s)
        for block in self._blocks_from(first):
            if needed <= block.total:
                i = bisect_left(block.sums, needed)
                return block.ends[i] - (block.sums[i] - needed)
            needed -= block.total
        return None

    def deadline_backward(self, start_s: int, amount_s: int) -> int | None:
        """Return the last instant with so many open seconds between it and the start.

        An amount that runs out exactly at an opening gives the opening.

        Raises
        ------
        ValueError
            If the amount is negative.
        """
        _check_amount(amount_s)
        if not amount_s:
            return start_s
        first = start_s // _BLOCK_S
        needed = amount_s + self._block(first).total - self._block(first).seconds_before(start_s)
        for block in self._blocks_from(first, step=-1):
            if needed <= block.total:
                before = block.total - needed
                i = bisect_right(block.sums, before)
                return block.ends[i] - (block.sums[i] - before)
            needed -= block.total
        return None

    def next_opening(self, at_s: int) -> int | None:
        """Return the first open instant at or after an instant."""
        for block in self._blocks_from(at_s // _BLOCK_S):
            i = bisect_right(block.ends, at_s)
            if i < len(block.ends):
                return max(at_s, block.starts[i])
        return None

    def previous_closing(self, at_s: int) -> int | None:
        """Return the last instant, no later than the given one, that ends open time.

        Inside open time, and at its end, that is the instant itself.
        """
        for block in self._blocks_from((at_s - 1) // _BLOCK_S, step=-1):
            i = bisect_left(block.starts, at_s)
            if i:
                return min(at_s, block.ends[i - 1])
        return None

    def minute_mask(self, hour: int) -> MinuteMask:
        """Return which minutes of an hour since the epoch begin in open time.

        Returns
        -------
        ndarray of bool, shape (60,)
            Read-only, and shared between hours that are alike.
        """
        return self._minute_mask(hour)

    def open_minutes_per_hour(self, first_hour: int, n_hours: int) -> npt.NDArray[np.int32]:
        """Return how many minutes begin in open time, for each of some hours.

        Returns
        -------
        ndarray of int32, shape (n_hours,)
            0-60, for the hours since the epoch `first_hour`, `first_hour` + 1, ...
        """
        spans = self.open_spans(first_hour * HOUR_S, (first_hour + n_hours) * HOUR_S)
        minutes = -(-np.array(spans, dtype=np.int64).reshape(-1, 2) // 60)
        sums = np.concatenate(([0], np.cumsum(minutes[:, 1] - minutes[:, 0])))
        edges = (first_hour + np.arange(n_hours + 1, dtype=np.int64)) * MINUTES_PER_HOUR
        ends = np.concatenate((edges[:1], minutes[:, 1]))
        begun = np.searchsorted(minutes[:, 0], edges, side="right")
        before = sums[begun] - np.where(ends[begun] > edges, ends[begun] - edges, 0)
        return np.diff(before).astype(np.int32)

    # The caches hang on the instance, so that they go when it goes; `cached_property` writes
    # past the frozen dataclasses that inherit from here.

    @cached_property
    def _block(self) -> Callable[[int], _Block]:
        return lru_cache(_MAX_BLOCKS)(self._build_block)

    @cached_property
    def _minute_mask(self) -> Callable[[int], MinuteMask]:
        return lru_cache(_MAX_MASKS)(self._build_minute_mask)

    def _build_block(self, number: int) -> _Block:
        start_s = number * _BLOCK_S
        return _Block(self._find_open_spans(start_s, start_s + _BLOCK_S))

    def _build_minute_mask(self, hour: int) -> MinuteMask:
        begin_s = hour * HOUR_S
        spans = self.open_spans(begin_s, begin_s + HOUR_S)
        if not spans:
            return _CLOSED_HOUR
        mask = np.zeros(MINUTES_PER_HOUR, dtype=np.bool_)
        for start_s, end_s in spans:
            mask[-((begin_s - start_s) // 60) : -((begin_s - end_s) // 60)] = True
        if mask.all():
            return _OPEN_HOUR
        mask.setflags(write=False)
        return mask

    def _blocks_from(self, number: int, *, step: int = 1) -> Iterator[_Block]:
        for offset in range(_HORIZON_BLOCKS + 1):
            yield self._block(number + step * offset)


def _check_amount(amount_s: int) -> None:
    if amount_s < 0:
        msg = f"an amount of open time cannot be negative, got {amount_s} s"
        raise ValueError(msg)
