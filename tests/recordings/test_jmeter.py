"""A load test, against the report that JMeter itself made of it (block Total)."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from slm_stream.engine.core import Outgoing
from slm_stream.engine.figures import durations, share
from slm_stream.engine.replay import Replay
from tests.recordings.replaying import read, replay_of

MINUTE = 60_000


@pytest.fixture(scope="module")
def replayed(recordings: Path) -> tuple[Replay, list[Outgoing], dict[str, Any], int]:
    """Return the replay, what left, the published figures and the first start."""
    folder = recordings / "jmeter_samples"
    found, _ = read(folder / "HTMLReportTestFile.csv", "jmeter", service="shop")
    found.sort(key=lambda routed: routed[1].at_ms)
    replay = replay_of("jmeter")
    left = list(replay.run(found, every_ms=MINUTE))
    report = json.loads((folder / "HTMLReportExpect.json").read_text(encoding="utf-8"))["Total"]
    return replay, left, report, found[0][1].at_ms


def test_samples_and_errors_are_the_published_ones(
    replayed: tuple[Replay, list[Outgoing], dict[str, Any], int],
) -> None:
    """255 samples, 3 errors, 1.1764706 %: 99 % is a broken promise."""
    replay, left, report, first_ms = replayed
    good = share(replay.state, "shop", "success", first_ms - MINUTE, first_ms + 60 * MINUTE)
    assert (good.valid, good.valid - good.good) == (report["sampleCount"], report["errorCount"])
    assert (good.valid, good.valid - good.good) == (255, 3)
    assert round(100 * (1 - good.ratio), 7) == report["errorPct"] == 1.1764706

    standing = replay.standings()["sla-shop/success"]
    assert (standing.valid, standing.bad, standing.verdict) == (255, 3, "breach")
    assert "slm.breaches.v1" in {outgoing.topic for outgoing in left}


def test_times_and_throughput_are_the_published_ones(
    replayed: tuple[Replay, list[Outgoing], dict[str, Any], int],
) -> None:
    """Mean and throughput to nine digits; percentiles, which are shown from bins, within 1 %."""
    replay, _, report, first_ms = replayed
    took = durations(replay.state, "shop", "latency", first_ms - MINUTE, first_ms + 60 * MINUTE)
    assert took.n == report["sampleCount"]
    assert took.first_ms == first_ms
    assert took.mean_ms == pytest.approx(report["meanResTime"], rel=1e-9)
    assert took.throughput_per_s == pytest.approx(report["throughput"], rel=1e-9)
    for name, q in (("pct1ResTime", 0.9), ("pct2ResTime", 0.95), ("pct3ResTime", 0.99)):
        assert took.quantiles_ms[q] == pytest.approx(report[name], rel=0.01)


def test_a_promised_percentile_is_judged_by_counting(
    replayed: tuple[Replay, list[Outgoing], dict[str, Any], int], recordings: Path
) -> None:
    """Whatever percentiles are shown: as many samples are slow as the file says."""
    path = recordings / "jmeter_samples" / "HTMLReportTestFile.csv"
    with path.open(newline="", encoding="utf-8") as file:
        slow = sum(float(row["elapsed"]) > 339.2 for row in csv.DictReader(file))
    standing = replayed[0].standings()["sla-shop/p95"]
    assert (standing.bad, standing.valid) == (slow, 255)
    # 5 % of 255 are 12.75.
    assert (standing.verdict == "breach") == (slow > 12.75)
