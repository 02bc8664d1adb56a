"""Half-open spans ``[start, end)`` of integers: union, difference, intersection.

Results are sorted, and spans that touch are one span.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """Return what lies in any of the spans; empty ones are dropped.

    >>> union([(5, 7), (1, 3), (3, 4), (9, 9)])
    [(1, 4), (5, 7)]
    """
    merged: list[Span] = []
    for span in sorted(spans):
        append(merged, span)
    return merged


def append(spans: list[Span], span: Span) -> None:
    """Add a span that starts no earlier than the last one of `spans`.

    >>> spans = [(1, 3)]
    >>> append(spans, (3, 5))
    >>> spans
    [(1, 5)]
    """
    start, end = span
    if end <= start:
        return
    if spans and start <= spans[-1][1]:
        spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
    else:
        spans.append(span)


def intersection(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return what lies in both of two results of this module.

    >>> intersection([(1, 4), (6, 9)], [(3, 7)])
    [(3, 4), (6, 7)]
    """
    common: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        append(common, (max(one[i][0], other[j][0]), min(one[i][1], other[j][1])))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return common


def difference(whole: Sequence[Span], cut: Sequence[Span]) -> list[Span]:
    """Return what lies in `whole` and not in `cut`, both results of this module.

    >>> difference([(1, 9)], [(3, 4), (8, 12)])
    [(1, 3), (4, 8)]
    """
    left: list[Span] = []
    j = 0
    for start, end in whole:
        at = start
        while j < len(cut) and cut[j][0] < end:
            append(left, (at, cut[j][0]))
            at = max(at, cut[j][1])
            if cut[j][1] > end:
                break  # reaches into what follows
            j += 1
        append(left, (at, end))
    return left
