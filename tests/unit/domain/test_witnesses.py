"""Several witnesses, one verdict: every rule on drawn timelines."""

import numpy as np
import pytest

from slm_stream.domain.catalogue import Source
from slm_stream.domain.timeline import DEGRADED, DOWN, EXCLUDED, UNKNOWN, UP
from slm_stream.domain.witness_rule import MinuteRule, WitnessPolicy, WitnessRule
from slm_stream.domain.witnesses import (
    Finding,
    Panel,
    counted,
    decide,
    minute_states,
    minute_verdicts,
)

ANY, MAJORITY, PRECEDENCE = WitnessPolicy
TICKETS, PROBES, CALLS = Source.INCIDENTS, Source.PROBES, Source.TRANSACTIONS

#                0         10        20        30        40        50
# tickets        up        [-- down ---------------------)         up
# probes         up   [-- down ------)         up        [ unknown -
# transactions   unknown   [-- degraded -------)    up
SAID = {
    TICKETS: [(0, 10, UP), (10, 40, DOWN), (40, 60, UP)],
    PROBES: [(0, 5, UP), (5, 20, DOWN), (20, 40, UP), (40, 60, UNKNOWN)],
    CALLS: [(0, 10, UNKNOWN), (10, 30, DEGRADED), (30, 60, UP)],
}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (
            ANY,
            [(0, 5, UP, TICKETS), (5, 10, DOWN, PROBES), (10, 40, DOWN, TICKETS),
             (40, 60, UP, TICKETS)],
        ),
        # 5 to 10 is one against one; 20 to 30 down, up, degraded: the one in the middle.
        (
            MAJORITY,
            [(0, 5, UP, TICKETS), (5, 10, DOWN, PROBES), (10, 20, DOWN, TICKETS),
             (20, 30, DEGRADED, CALLS), (30, 40, UP, PROBES), (40, 60, UP, TICKETS)],
        ),
        (
            PRECEDENCE,
            [(0, 10, UP, TICKETS), (10, 40, DOWN, TICKETS), (40, 60, UP, TICKETS)],
        ),
    ],
)  # fmt: skip
def test_a_rule_decides_and_names_who_did(
    policy: WitnessPolicy, expected: list[tuple[int, int, int, Source]]
) -> None:
    """The first in the agreed order that says what is decided is named."""
    assert Panel(SAID, WitnessRule(policy)).join(SAID) == expected


def test_precedence_asks_the_next_where_the_first_knows_nothing() -> None:
    """Probes come first here, and are silent from 40 on."""
    rule = WitnessRule(PRECEDENCE, order=(PROBES, CALLS, TICKETS))

    found = Panel(SAID, rule).join(SAID)

    assert found == [(0, 5, UP, PROBES), (5, 20, DOWN, PROBES), (20, 40, UP, PROBES),
                     (40, 60, UP, CALLS)]  # fmt: skip


def test_excluded_time_is_excluded_whatever_anybody_says() -> None:
    """Also where nobody knows; spans that touch are one."""
    said = {PROBES: [(0, 10, UNKNOWN), (10, 30, DOWN), (30, 60, UP)]}

    found = Panel(said, WitnessRule()).join(said, [(15, 20), (5, 15), (50, 90)])

    assert found == [(0, 5, UNKNOWN, None), (5, 20, EXCLUDED, None), (20, 30, DOWN, PROBES),
                     (30, 50, UP, PROBES), (50, 60, EXCLUDED, None)]  # fmt: skip


def test_excluded_and_unknown_time_counts_as_neither() -> None:
    """What is degraded counts as the agreement says."""
    found = [Finding(0, 10, DEGRADED, CALLS), Finding(10, 20, EXCLUDED, None)]

    assert counted(found, WitnessRule()) == [(0, 10, UP), (10, 20, UNKNOWN)]
    assert counted(found, WitnessRule(degraded_is_down=True))[0] == (0, 10, DOWN)


def test_nobody_knows_when_no_witness_does() -> None:
    """Whatever the rule."""
    for policy in WitnessPolicy:
        assert decide([UNKNOWN, UNKNOWN, UNKNOWN], policy) == (UNKNOWN, -1)


def test_no_time_at_all_has_no_verdict() -> None:
    """An empty span has no segments to join."""
    panel = Panel([PROBES, TICKETS], WitnessRule())

    assert panel.join({PROBES: [], TICKETS: []}) == []
    assert panel.contradictions({PROBES: [], TICKETS: []}) == []


def test_witnesses_contradict_each_other_as_up_and_down_do() -> None:
    """Degraded contradicts neither: 20 to 40 tickets and probes do."""
    assert Panel(SAID, WitnessRule()).contradictions(SAID) == [(5, 10), (20, 40)]


@pytest.mark.parametrize(
    ("bad", "valid", "state"),
    [
        (0, 9, UNKNOWN),  # nine are too few
        (0, 10, UP),
        (2, 200, UP),  # 99 % is not below 99 %
        (3, 200, DEGRADED),
        (5, 10, DEGRADED),  # 50 % is not below 50 %
        (101, 200, DOWN),
        (10, 10, DOWN),
    ],
)
def test_a_minute_of_transactions_speaks_by_its_good_share(
    bad: int, valid: int, state: int
) -> None:
    """With at least ten of them, below 99 % degraded, below 50 % down."""
    assert minute_states(np.array([bad]), np.array([valid]), MinuteRule()).tolist() == [state]


def test_a_minute_is_the_worst_that_is_known_in_it() -> None:
    """A second of down makes it down; excluded and unknown give way to any word."""
    second = 1000
    found = [
        Finding(0, 60 * second, UP, TICKETS),
        Finding(60 * second, 90 * second, UNKNOWN, None),
        Finding(90 * second, 119 * second, DEGRADED, CALLS),
        Finding(119 * second, 121 * second, DOWN, PROBES),
        Finding(121 * second, 180 * second, UP, TICKETS),
        Finding(180 * second, 200 * second, UNKNOWN, None),
        Finding(200 * second, 230 * second, EXCLUDED, None),
    ]

    assert minute_verdicts(found, 0, 5) == [
        (UP, TICKETS),
        (DOWN, PROBES),
        (DOWN, PROBES),
        (EXCLUDED, None),
        (UNKNOWN, None),
    ]
