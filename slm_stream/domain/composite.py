"""Composite services: one figure out of those of their members.

Source: OpenSLO v1, composite objectives with weights; the rules *any bad* and *minimum* are
those of availability monitoring, where a chain is up while all its links are.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias

from slm_stream.domain.budget import Number

Member: TypeAlias = tuple[Number, Number | None]
"""Weight above 0, and SLI; None where the member has no data."""


def normalised(weights: Iterable[Number]) -> list[Fraction]:
    """Return weights as shares of their sum.

    >>> normalised([3, 7])
    [Fraction(3, 10), Fraction(7, 10)]

    Raises
    ------
    ValueError
        If one is not above 0.
    """
    given = [Fraction(weight) for weight in weights]
    for weight in given:
        if weight <= 0:
            msg = f"a weight is above 0, got {float(weight):g}; leave the member out instead"
            raise ValueError(msg)
    return [weight / sum(given) for weight in given]


def weighted_sli(members: Iterable[Member]) -> Fraction | None:
    """Return the mean of the members' SLIs by weight; None where no member has data.

    Members without data drop out, and the weights of the others are taken among themselves.

    >>> weighted_sli([(3, Fraction(99, 100)), (7, Fraction(995, 1000)), (5, None)])
    Fraction(1987, 2000)

    Raises
    ------
    ValueError
        If a weight is not above 0.
    """
    given = list(members)
    normalised(weight for weight, _ in given)
    known = [(weight, sli) for weight, sli in given if sli is not None]
    shares = normalised(weight for weight, _ in known)
    if not known:
        return None
    return sum((share * sli for share, (_, sli) in zip(shares, known, strict=True)), Fraction())


def minimum_sli(slis: Iterable[Number | None]) -> Fraction | None:
    """Return the lowest SLI of the members that have data.

    >>> minimum_sli([Fraction(9, 10), None, Fraction(8, 10)])
    Fraction(4, 5)
    """
    known = [Fraction(sli) for sli in slis if sli is not None]
    return min(known, default=None)


def all_good(members: Sequence[Sequence[bool]]) -> list[bool]:
    """Return which slices are good of a service that is good while all members are.

    Parameters
    ----------
    members : sequence of sequence of bool
        For every member, whether each slice was good; all of one length.

    >>> all_good([[True, False, True], [True, True, False]])
    [True, False, False]
    """
    return [all(slices) for slices in zip(*members, strict=True)]
