"""A web shop with injected faults: the mesh's bad minutes, and spans captured twice."""

import math
from pathlib import Path

import numpy as np
import pytest
from ddsketch import DDSketch

from slm_stream.codec.topics import DEAD_LETTERS, LATE, TRANSACTIONS
from slm_stream.domain.histogram import N_BINS, RELATIVE_ERROR, bins_of, quantile_us
from slm_stream.engine.figures import durations
from slm_stream.ports import Count
from tests.recordings.replaying import csv_rows, read, replay_of

MINUTE = 60_000


def test_the_bad_minutes_are_the_rows_below_99_percent(recordings: Path) -> None:
    """22 of 1,209 minutes, and each is counted in the minute of its row."""
    path = recordings / "nezha_onlineboutique" / "2022-08-22-front_service.csv"
    found, _ = read(path, "mesh-minute")
    replay = replay_of("nezha")
    bad_minutes = []
    n_bad = 0
    for topic, probe in found:
        replay.feed(topic, [probe])
        replay.tick(probe.at_ms)
        standing = replay.standings()["sla-frontend/mesh"]
        bad_minutes += [probe.at_ms // MINUTE] * (standing.bad - n_bad)
        n_bad = standing.bad

    rows = csv_rows(path)
    below = [int(row["TimeStamp"]) // 60 for row in rows if float(row["SuccessRate(%)"]) < 99]
    assert bad_minutes == below
    assert (standing.bad, standing.valid) == (22, len(rows)) == (22, 1209)
    # 22 of 1,209 is 1.8 %: more than the 1 % that the promise leaves.
    assert standing.verdict == "breach"


def test_a_span_that_was_captured_twice_is_one_transaction(recordings: Path) -> None:
    """19,210 rows, of which 103 repeat a (TraceID, SpanID) in another file: 19,107."""
    path = recordings / "nezha_onlineboutique" / "2022-08-22-root_spans.csv"
    found, _ = read(path, "trace-spans", service="frontend")
    found.sort(key=lambda routed: routed[1].at_ms)
    replay = replay_of("nezha")
    left = list(replay.run(found, every_ms=MINUTE))
    assert not {outgoing.topic for outgoing in left} & {DEAD_LETTERS, LATE}

    rows = csv_rows(path)
    spans = {(row["TraceID"], row["SpanID"]): int(row["Duration"]) for row in rows}
    assert (len(rows), len(spans)) == (19_210, 19_107)
    counts = replay.engine.counts.snapshot()
    assert counts[Count.DUPLICATES, TRANSACTIONS] == len(rows) - len(spans) == 103
    assert counts[Count.MEASUREMENTS, TRANSACTIONS] == 19_107
    assert replay.standings()["sla-frontend/requests"].valid == 19_107

    first_ms, last_ms = found[0][1].at_ms, found[-1][1].at_ms
    took = durations(replay.state, "frontend", "latency", first_ms - MINUTE, last_ms + MINUTE)
    assert took.n == 19_107
    assert round(took.mean_ms * 1000 * took.n) == sum(spans.values())
    ranked = sorted(spans.values())
    for q, shown_ms in took.quantiles_ms.items():
        exact_ms = ranked[math.ceil(q * len(ranked)) - 1] / 1000
        assert abs(shown_ms - exact_ms) <= 0.005 * exact_ms, q


def test_percentiles_of_real_spans_are_those_of_ddsketch(recordings: Path) -> None:
    """19,210 durations from 0.2 ms to seconds; at the same ranks, of which ours begin at 1."""
    rows = csv_rows(recordings / "nezha_onlineboutique" / "2022-08-22-root_spans.csv")
    took_us = np.array([int(row["Duration"]) for row in rows])
    counts = np.bincount(bins_of(took_us), minlength=N_BINS)
    sketch = DDSketch(RELATIVE_ERROR)
    for each in took_us.tolist():
        sketch.add(each)

    n = len(took_us)
    for rank in (1, n // 2, n * 9 // 10, n * 95 // 100, n * 99 // 100, n * 999 // 1000, n):
        theirs = sketch.get_quantile_value(min(1.0, (rank - 1 + 1e-6) / (n - 1)))
        assert quantile_us(counts, rank / n) == pytest.approx(theirs, rel=1e-9)
