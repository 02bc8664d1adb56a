"""Spans of integers: union, difference, intersection."""

from slm_stream.domain.spans import difference, intersection, union


def test_touching_and_overlapping_spans_become_one() -> None:
    """A union is sorted, without empty spans and without seams."""
    assert union([(4, 6), (1, 3), (3, 4), (2, 3), (8, 8), (9, 10)]) == [(1, 6), (9, 10)]


def test_a_cut_leaves_what_lies_on_both_sides() -> None:
    """A difference splits a span, trims its edges, and may leave nothing."""
    assert difference([(0, 10), (20, 30)], [(0, 2), (4, 5), (9, 22)]) == [(2, 4), (5, 9), (22, 30)]
    assert difference([(3, 5)], [(0, 9)]) == []
    assert difference([(3, 5)], []) == [(3, 5)]
    # One cut reaches over two spans, another ends where a span does.
    assert difference([(0, 4), (6, 9), (11, 15)], [(3, 7), (8, 9), (11, 12)]) == [
        *((0, 3), (7, 8), (12, 15)),
    ]


def test_spans_that_only_touch_have_nothing_in_common() -> None:
    """The end of a half-open span is not part of it."""
    assert intersection([(0, 5), (8, 12)], [(5, 9), (11, 20)]) == [(8, 9), (11, 12)]
    assert intersection([(0, 5)], []) == []
