"""Composite services."""

from fractions import Fraction

import pytest

from slm_stream.domain.composite import all_good, minimum_sli, normalised, weighted_sli

HALF = Fraction(1, 2)


def test_members_weigh_what_they_weigh() -> None:
    """(1 x 0.5 + 3 x 1) / 4 = 0.875."""
    assert weighted_sli([(1, HALF), (3, 1)]) == Fraction(875, 1000)


def test_members_without_data_drop_out() -> None:
    """Then the weights of the others count among themselves; nobody's data is no data."""
    assert weighted_sli([(1, HALF), (3, None), (1, 1)]) == Fraction(3, 4)
    assert weighted_sli([(1, None)]) is None
    assert weighted_sli([]) is None
    assert minimum_sli([None, 1, HALF]) == HALF
    assert minimum_sli([None]) is None


@pytest.mark.parametrize("weight", [0, -2])
def test_a_weight_is_above_zero(weight: int) -> None:
    """Also of a member without data."""
    with pytest.raises(ValueError, match="above 0"):
        normalised([1, weight])
    with pytest.raises(ValueError, match="above 0"):
        weighted_sli([(weight, None), (1, 1)])


def test_a_chain_is_good_while_all_its_links_are() -> None:
    """Minute by minute."""
    assert all_good([[True, True, False], [True, False, False]]) == [True, False, False]
    with pytest.raises(ValueError, match="shorter"):
        all_good([[True], []])
