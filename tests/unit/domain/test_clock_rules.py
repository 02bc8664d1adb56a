"""Clocks of a ticket: what its updates do to each."""

from dataclasses import replace
from typing import Any

import pytest

from slm_stream.domain.agreement import STOP_STATUSES
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import ClockRule
from slm_stream.domain.clock import ClockAction, ClockReading, ClockState
from slm_stream.domain.clock_rules import (
    ACKNOWLEDGE,
    RESOLVE,
    RESPOND,
    RESTORE,
    RULES,
    UPDATE,
    actions_of,
    read_steps,
    stopped_at,
    when,
)
from slm_stream.domain.incident import IncidentStatus, Step, elapsed_by_group, history

ALWAYS = Calendar.always("UTC")
HOUR = {"": 3600, "P1": 3600, "P2": 7200}


def steps_of(story: str, restored_min: int | None = None) -> tuple[Step, ...]:
    """Return the steps of "0 opened P1 @desk, 5 in_progress public, 10 waiting private"."""
    updates = []
    for update in story.split(", "):
        minute, status, *said = update.split()
        more: dict[str, Any] = {}
        for word in said:
            if word in ("public", "private"):
                more["public"] = word == "public"
            elif word.startswith("@"):
                more["group"] = word[1:]
            else:
                more["priority"] = word
        updates.append(Step(int(minute) * 60, IncidentStatus(status), **more))
    return history(updates, None if restored_min is None else restored_min * 60)


def read_all(
    story: str, at_min: int, rule: ClockRule, restored_min: int | None = None
) -> tuple[ClockReading, ...]:
    """Read a ticket's clock, by laps where it has them."""
    return read_steps(steps_of(story, restored_min), rule, ALWAYS, HOUR, at_min * 60)


def read(story: str, at_min: int, rule: ClockRule = RESOLVE) -> ClockReading:
    """Read a ticket's clock with an hour's target; story is "0 opened, 10 waiting"."""
    return read_all(story, at_min, rule)[-1]


@pytest.mark.parametrize(
    ("story", "state", "elapsed_min", "paused_min"),
    [
        ("0 opened", "running", 100, 0),
        ("0 opened, 5 acknowledged, 9 in_progress", "running", 100, 0),
        ("0 opened, 30 resolved", "stopped", 30, 0),
        ("0 opened, 30 resolved, 90 closed", "stopped", 30, 0),
        ("0 opened, 40 closed", "stopped", 40, 0),
        ("0 opened, 10 waiting, 25 resumed, 30 resolved", "stopped", 15, 15),
        ("0 opened, 10 waiting, 25 in_progress, 30 resolved", "stopped", 15, 15),
        ("0 opened, 10 waiting, 25 acknowledged, 30 resolved", "stopped", 15, 15),
        ("0 opened, 10 waiting, 30 resolved", "stopped", 10, 20),
        # Delivered twice, or known from the middle on.
        ("0 opened, 10 waiting, 12 opened, 30 resolved", "stopped", 10, 20),
        ("20 in_progress", "running", 80, 0),
        ("20 waiting", "paused", 0, 80),
        ("20 resolved", "idle", 0, 0),
        # Reopened, by that word or by work on it: 30 min before, then from 60 or 70.
        ("0 opened, 30 resolved, 60 reopened", "running", 70, 0),
        ("0 opened, 30 resolved, 60 in_progress", "running", 70, 0),
        ("0 opened, 30 resolved, 60 waiting, 70 resumed", "running", 60, 10),
        ("0 opened, 10 waiting, 30 resolved, 60 reopened", "running", 50, 20),
        ("0 opened, 10 cancelled", "cancelled", 10, 0),
    ],
)
def test_statuses_move_the_resolve_clock(
    story: str, state: str, elapsed_min: int, paused_min: int
) -> None:
    """Each history, read after 100 minutes, has its state and its minutes."""
    reading = read(story, at_min=100)

    assert reading.state is ClockState(state)
    assert (reading.elapsed_s, reading.paused_s) == (elapsed_min * 60, paused_min * 60)


def test_an_agreement_may_stop_at_closed_only() -> None:
    """A ticket resolved at 50 and closed at 70 minutes is late where closing is promised."""
    story = "0 opened, 50 resolved, 70 closed"
    until_closed = stopped_at(RESOLVE, ["closed"])

    assert not read(story, at_min=100).breached
    assert read(story, at_min=100, rule=until_closed).breached
    assert stopped_at(RESOLVE, STOP_STATUSES) == RESOLVE


@pytest.mark.parametrize(
    ("story", "state", "elapsed_min"),
    [
        ("0 opened", "running", 100),
        # No wait rests it: to be put on hold, somebody has seen it.
        ("0 opened, 15 waiting, 30 in_progress", "stopped", 15),
        ("0 opened, 15 acknowledged, 30 opened, 40 reopened", "stopped", 15),
        ("0 opened, 20 closed", "stopped", 20),
        # Known from the middle on, or seen before it was told to be open: at once.
        ("20 in_progress", "stopped", 0),
        ("10 acknowledged, 12 opened", "stopped", 0),
        ("0 opened, 10 cancelled", "cancelled", 10),
    ],
)
def test_acknowledging_ends_with_the_first_sign_of_life(
    story: str, state: str, elapsed_min: int
) -> None:
    """Once: what comes after it starts nothing."""
    reading = read(story, 100, ACKNOWLEDGE)

    assert (reading.state, reading.elapsed_s) == (ClockState(state), elapsed_min * 60)


@pytest.mark.parametrize(
    ("story", "state", "elapsed_min"),
    [
        # Taken by the desk, which nobody outside sees; then an answer.
        ("0 opened, 5 acknowledged, 25 in_progress public, 50 waiting public", "stopped", 25),
        # The customer's own opening is no answer, nor is a note inside.
        ("0 opened public, 5 acknowledged private", "running", 100),
        ("0 opened, 40 resolved", "stopped", 40),
        ("0 opened, 10 waiting, 30 in_progress public", "stopped", 30),
    ],
)
def test_a_first_response_is_what_the_customer_sees(
    story: str, state: str, elapsed_min: int
) -> None:
    """An answer or the solution; no wait before it is excused."""
    reading = read(story, 100, RESPOND)

    assert (reading.state, reading.elapsed_s) == (ClockState(state), elapsed_min * 60)


@pytest.mark.parametrize(
    ("story", "restored_min", "state", "elapsed_min"),
    [
        # The service is back at 40, the ticket goes on; a wait does not bring it back.
        ("0 opened, 10 waiting, 50 in_progress, 70 resolved", 40, "stopped", 40),
        ("0 opened, 10 waiting, 70 resolved", None, "stopped", 70),
        # Down again at 60, and nobody says until when: 40 and 40 minutes.
        ("0 opened, 40 resolved, 60 reopened", None, "running", 80),
        # Back before anybody opened a ticket, which is not in advance of the opening.
        ("20 opened, 30 resolved", 10, "stopped", 0),
        ("0 opened", 120, "running", 100),
    ],
)
def test_restoring_ends_with_the_outage_that_the_ticket_reports(
    story: str, restored_min: int | None, state: str, elapsed_min: int
) -> None:
    """Or with the solution, where no update says when the outage ended."""
    reading = read_all(story, 100, RESTORE, restored_min)[-1]

    assert (reading.state, reading.elapsed_s) == (ClockState(state), elapsed_min * 60)


def laps(story: str, at_min: int = 200) -> list[tuple[int, str]]:
    """Return elapsed minutes and state of each lap of the update clock."""
    return [(lap.elapsed_s // 60, str(lap.state)) for lap in read_all(story, at_min, UPDATE)]


def test_each_interval_between_updates_that_the_customer_sees_is_a_lap() -> None:
    """Told at 30 and 110 and with the solution at 150: three intervals, and none after."""
    story = "0 opened, 30 in_progress public, 60 in_progress private, 110 in_progress public"

    assert laps(story) == [(30, "running"), (80, "running"), (90, "running")]
    assert laps(f"{story}, 150 resolved public, 160 closed") == [
        (30, "running"),
        (80, "running"),
        (40, "stopped"),
    ]


def test_an_interval_rests_while_the_ticket_waits() -> None:
    """Told at 10 that it waits, until 70: 30 of the 90 minutes to the next update count."""
    assert laps("0 opened, 10 waiting public, 70 resumed, 100 in_progress public", 100) == [
        (10, "paused"),
        (30, "running"),
        (0, "running"),
    ]


def test_two_updates_in_a_second_are_no_interval() -> None:
    """The opening is public too: the customer wrote it."""
    assert laps("0 opened public, 0 acknowledged public, 20 in_progress public", 25) == [
        (20, "running"),
        (5, "running"),
    ]


def test_a_cancelled_ticket_has_no_laps() -> None:
    """Nobody should have been told of it; taken up again it has."""
    story = "0 opened, 30 in_progress public, 40 cancelled"

    assert laps(story) == []
    # 30 minutes; the lap in which it was cancelled goes on, without the time that it was.
    assert laps(f"{story}, 60 reopened, 80 in_progress public, 90 resolved") == [
        (30, "running"),
        (30, "running"),
        (10, "stopped"),
    ]


def test_the_priority_at_its_end_judges_a_lap_and_the_last_one_a_clock() -> None:
    """P2 allows two hours: the first interval of 90 minutes was in time, for P1 it is not."""
    story = "0 opened P2, 90 in_progress public, 100 in_progress P1"

    assert [lap.target_s for lap in read_all(story, 200, UPDATE)] == [7200, 3600]
    assert read(story, 200).target_s == 3600
    assert [lap.breached for lap in read_all(story, 200, UPDATE)] == [False, True]


def test_a_clock_may_count_the_time_of_one_group_only() -> None:
    """An OLA of the network group: 30 minutes, then 40, with the supplier's 20 between."""
    rule = replace(
        RESOLVE,
        start=when("group == network"),
        pause=when("group != network", "status == waiting"),
        resume=when("group == network and status != waiting"),
    )
    story = (
        "0 opened @desk, 10 in_progress @network, 40 in_progress @supplier, "
        "60 in_progress @network, 100 resolved"
    )
    reading = read(story, 200, rule)

    assert (reading.state, reading.elapsed_s) == (ClockState.STOPPED, 70 * 60)
    assert reading.paused_s == 20 * 60
    # The clock of the customer, by group: all of its 100 minutes.
    by_group = elapsed_by_group(read(story, 200), steps_of(story))
    assert by_group == {"desk": 600, "network": 70 * 60, "supplier": 20 * 60}


def test_overlapping_reasons_to_pause_end_with_the_last() -> None:
    """Waiting from 10 to 40 and with the supplier from 20 to 60: 50 minutes of rest."""
    rule = replace(
        RESOLVE,
        pause=when("status == waiting", "group == supplier"),
        resume=when("status != waiting and group != supplier"),
    )
    story = "0 opened @desk, 10 waiting, 20 waiting @supplier, 40 in_progress, 60 in_progress @desk"
    reading = read(f"{story}, 70 resolved", 100, rule)

    assert (reading.elapsed_s, reading.paused_s) == (20 * 60, 50 * 60)


def test_a_rule_applies_start_pause_resume_stop_reset_and_cancel_in_this_order() -> None:
    """Whatever the order in which it is written."""
    always = when("first == true")
    rule = ClockRule("all", cancel=always, reset=always, stop=always, pause=always)
    rule = replace(rule, resume=always, start=always)

    found = actions_of(steps_of("0 opened")[0], rule)

    assert [str(action) for action in found] == [
        "start", "pause", "resume", "stop", "reset", "cancel",
    ]  # fmt: skip
    assert found == tuple(ClockAction)


def test_a_reset_forgets_where_there_are_no_laps() -> None:
    """A ticket that becomes P2 begins again: 40 of 70 minutes are left out."""
    rule = replace(RESOLVE, reset=when("priority == P2"))

    assert read("0 opened P1, 40 in_progress P2", 70, rule).elapsed_s == 30 * 60


def test_a_reset_in_a_rest_begins_a_clock_that_rests() -> None:
    """From zero at 40: stopped in the rest it took no time, and that counts."""
    rule = replace(RESOLVE, reset=when("public == true"))
    reading = read("0 opened, 30 waiting, 40 waiting public, 70 resolved", 90, rule)

    assert (reading.state, reading.elapsed_s) == (ClockState.STOPPED, 0)
    assert reading.started_at_s == 40 * 60


def test_what_an_update_leaves_out_is_as_it_was() -> None:
    """Group and priority are carried on; who sees an update is not."""
    steps = steps_of("0 opened P1 @desk public, 5 in_progress, 9 waiting @network")

    assert [(s.priority, s.group, s.public, s.first) for s in steps] == [
        ("P1", "desk", True, True),
        ("P1", "desk", None, False),
        ("P1", "network", None, False),
    ]


def test_every_named_clock_is_known_by_its_name() -> None:
    """As a catalogue writes it."""
    assert list(RULES) == ["acknowledge", "respond", "restore", "resolve", "update"]
