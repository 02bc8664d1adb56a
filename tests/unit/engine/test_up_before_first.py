"""An agreement may count the time before its first probe result as up."""

import pytest

from slm_stream.codec.messages import Probe
from slm_stream.codec.topics import PROBES
from slm_stream.domain.agreement import Agreement, ComplianceWindow, Objective, ProbeRule
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.engine.replay import Replay
from tests.promises import IN_2026_MS, agreement

AT = IN_2026_MS
MINUTE = 60_000
SHOP = Service("shop", (Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES),))
KEY = "sla-shop/up"


def promise(*, up_before_first: bool, **changes: object) -> Agreement:
    """Return a day's availability, in force since 20 s after midnight."""
    objective = Objective(
        "up",
        "up",
        10_000_000,
        ComplianceWindow(rolling_s=86_400),
        probe_rule=ProbeRule(hold_s=7200, up_before_first=up_before_first),
    )
    values = {"effective_from_ms": AT + 20_000, "calendar": Calendar.always("UTC"), **changes}
    return agreement("shop", objective, **values)


@pytest.mark.parametrize(("up_before_first", "known"), [(False, 30), (True, 120)])
def test_the_time_from_the_agreement_to_the_first_result(up_before_first: bool, known: int) -> None:
    """First result, a failure, at 01:30:20; at 02:00:20 the agreement is 120 min old."""
    replay = Replay((SHOP,), (promise(up_before_first=up_before_first),))
    replay.tick(AT + 80 * MINUTE)
    assert replay.standings()[KEY].valid == 0  # nobody has looked yet
    replay.feed(PROBES, [Probe("shop", AT + 90 * MINUTE + 20_000, ok=False)])
    replay.tick(AT + 120 * MINUTE + 20_000)
    standing = replay.standings()[KEY]
    assert (standing.bad, standing.valid) == (30 * MINUTE, known * MINUTE)


def test_it_survives_a_restart_and_an_earlier_result() -> None:
    """A result from 00:50 that arrives late says up too; 120 min are known either way."""
    promised = promise(up_before_first=True)
    before = Replay((SHOP,), (promised,))
    before.feed(PROBES, [Probe("shop", AT + 90 * MINUTE)])
    before.tick(AT + 100 * MINUTE)
    stored = [(key, blob) for key, blob in before.state.frozen() if blob is not None]
    after = Replay((SHOP,), (promised,))
    after._store.update(stored)
    after.engine.assign(0, [*stored, before.state.marker()])

    for replay in (before, after):
        replay.feed(PROBES, [Probe("shop", AT + 50 * MINUTE)])
        replay.tick(AT + 120 * MINUTE + 20_000)
        assert replay.standings()[KEY].valid == 120 * MINUTE


def test_an_agreement_without_a_beginning_reaches_back_as_far_as_windows_do() -> None:
    """In force for ever: the whole window of a day is known, and nothing is painted before it."""
    replay = Replay((SHOP,), (promise(up_before_first=True, effective_from_ms=0),))
    replay.feed(PROBES, [Probe("shop", AT)])
    replay.tick(AT + MINUTE)
    assert replay.standings()[KEY].valid == 1440 * MINUTE
