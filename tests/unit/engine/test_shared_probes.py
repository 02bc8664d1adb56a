"""Several objectives may judge the same probe results."""

from slm_stream.codec.messages import Probe
from slm_stream.codec.topics import PROBES
from slm_stream.domain.agreement import ComplianceWindow, Objective
from slm_stream.domain.calendar import Calendar
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from slm_stream.engine.figures import durations
from slm_stream.engine.replay import Replay
from slm_stream.ports import Count
from tests.promises import IN_2026_MS, agreement

SHOP = Service(
    "shop",
    (
        Indicator("up", IndicatorKind.AVAILABILITY, Source.PROBES),
        Indicator("response", IndicatorKind.DURATION, Source.PROBES),
    ),
)


def test_a_result_that_two_objectives_read_counts_once_and_is_no_repetition() -> None:
    """Two results, one sent twice, for two windows: mean of 100 and 300 ms, one repetition."""
    promised = agreement(
        "shop",
        Objective("day", "up", 100_000, ComplianceWindow(rolling_s=86_400)),
        Objective("week", "up", 100_000, ComplianceWindow(rolling_s=7 * 86_400)),
        calendar=Calendar.always("UTC"),
    )
    replay = Replay((SHOP,), (promised,))
    results = [
        Probe("shop", IN_2026_MS + second * 1000, duration_ms=took)
        for second, took in ((0, 100.0), (10, 300.0), (10, 300.0))
    ]
    replay.feed(PROBES, results)
    replay.tick(IN_2026_MS + 60_000)
    figures = durations(replay.state, "shop", "response", IN_2026_MS, IN_2026_MS + 60_000)
    assert (figures.n, figures.mean_ms) == (2, 200.0)
    assert replay.engine.counts.snapshot()[Count.DUPLICATES, PROBES] == 1
    assert {s.valid for s in replay.engine.standings()} == {60_000}
