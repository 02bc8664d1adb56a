"""What happened in hours without a single result survives a restart."""

from slm_stream.codec.messages import Probe
from slm_stream.codec.topics import PROBES
from slm_stream.domain.agreement import ComplianceWindow, Objective, ProbeRule
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.engine.replay import Replay
from tests.promises import IN_2026_MS, agreement

AT = IN_2026_MS
HOUR_MS = 3_600_000
SHOP = Service("shop", (Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES),))


def test_a_result_that_expired_in_a_silent_hour_stays_expired() -> None:
    """Results at 00:00 and 08:00 that hold for 3 h: of 10 h, 3 + 2 are known."""
    objective = Objective(
        "up",
        "up",
        10_000_000,
        ComplianceWindow(rolling_s=86_400),
        probe_rule=ProbeRule(hold_s=3 * 3600),
    )
    promised = agreement("shop", objective, calendar=Calendar.always("UTC"))
    before = Replay((SHOP,), (promised,))
    for hour in (0, 8):
        before.feed(PROBES, [Probe("shop", AT + hour * HOUR_MS)])
        before.tick(AT + hour * HOUR_MS)
    stored = [(key, blob) for key, blob in before.state.frozen() if blob is not None]
    after = Replay((SHOP,), (promised,))
    after._store.update(stored)
    after.engine.assign(0, [*stored, before.state.marker()])

    for replay in (before, after):
        replay.tick(AT + 10 * HOUR_MS)
        assert replay.standings()["sla-shop/up"].valid == 5 * HOUR_MS
