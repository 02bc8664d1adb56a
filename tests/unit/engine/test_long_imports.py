"""Years of measurements may come in one batch, long before the ticks that judge them."""

from collections.abc import Iterable

import pytest

from slm_stream.codec.messages import IncidentUpdate
from slm_stream.codec.topics import INCIDENTS
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.engine.replay import Replay
from tests.promises import IN_2026_MS, agreement

DAY_MS = 86_400_000
SHOP = Service("shop", (Indicator("up", IndicatorKind.AVAILABILITY, Source.INCIDENTS),))
PROMISED = agreement(
    "shop",
    Objective("up", "up", 100_000, ComplianceWindow(rolling_s=86_400)),
    calendar=Calendar.always("UTC"),
)


def outages(days: Iterable[int]) -> list[IncidentUpdate]:
    """Return an outage on each day, from 06:00 to 06:10."""
    return [
        IncidentUpdate("shop", IN_2026_MS + day * DAY_MS + minute * 60_000, f"INC-{day}", status)
        for day in days
        for minute, status in ((360, "opened"), (370, "resolved"))
    ]


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_how_a_long_history_is_batched_makes_no_difference(batch: int) -> None:
    """Windows and corrections reach 36 days back; the history is of 100 days."""
    replay = Replay((SHOP,), (PROMISED,))
    updates = outages(range(100))
    for start in range(0, len(updates), batch):
        assert replay.feed(INCIDENTS, updates[start : start + batch]) == []
    for day in (1, 2, 50, 100):
        replay.tick(IN_2026_MS + day * DAY_MS)
        replay.checkpoint()
        assert replay.standings()["sla-shop/up"].bad == 600_000, day


def test_what_no_window_can_reach_any_more_is_late() -> None:
    """36 days behind the newest update is too old, 35 is not."""
    replay = Replay((SHOP,), (PROMISED,))
    replay.feed(INCIDENTS, outages([40]))
    assert [late.topic for late in replay.feed(INCIDENTS, outages([4]))] == ["slm.late.v1"] * 2
    assert replay.feed(INCIDENTS, outages([5])) == []
