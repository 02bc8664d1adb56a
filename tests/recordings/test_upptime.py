"""Uptime and response times of 18 endpoints, against 54 publications of Upptime.

https://github.com/upptime/uptime-monitor computed what is compared with here. Its rules are
settings of the agreements: `config/upptime/agreements`.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slm_stream.codec.messages import Probe
from slm_stream.codec.topics import PROBES
from slm_stream.engine.figures import durations, uptime
from slm_stream.engine.replay import Replay
from slm_stream.ports import Standing
from tests.recordings.replaying import instant_ms, read, replay_of

MINUTE = 60_000
DAY_MS = 86_400_000
WINDOWS = {"day": ("Day", DAY_MS), "week": ("Week", 7 * DAY_MS), "all": ("", 366 * DAY_MS)}
Published = tuple[int, dict[str, Any], dict[str, Standing]]


def publications(folder: Path, replay: Replay) -> Iterator[Published]:
    """Replay the checks; yield every site of every publication and where we stand then."""
    found, _ = read(folder / "samples.csv", "upptime")
    lines = (folder / "published_summaries.jsonl").read_text(encoding="utf-8").splitlines()
    for published in map(json.loads, lines):
        now_ms = instant_ms(published["published_at"])
        due = [m for _, m in found if m.at_ms <= now_ms]
        found = found[len(due) :]
        replay.feed(PROBES, due)
        replay.tick(now_ms)
        standings = replay.standings()
        for site in published["sites"]:
            yield now_ms, site, {w: standings[f"up-{site['slug']}/{w}"] for w in WINDOWS}


def test_every_published_figure_is_ours(recordings: Path) -> None:
    """2,712 mean response times to the millisecond, 2,712 uptimes within 0.1 points."""
    replay = replay_of("upptime")
    wrong: list[tuple[object, ...]] = []
    without_data = []
    n_times = n_uptimes = 0
    for now_ms, site, standings in publications(recordings / "upptime_manticore", replay):
        slug = site["slug"]
        if not standings["all"].valid:
            without_data.append(slug)
            continue
        for window, (suffix, span_ms) in WINDOWS.items():
            sli = standings[window].sli
            published = float(site[f"uptime{suffix}"].rstrip("%"))
            n_uptimes += 1
            if not abs(100 * sli - published) <= 0.1:
                wrong.append((window, slug, now_ms, 100 * sli, published))
            took = durations(replay.state, slug, "response", now_ms - span_ms, now_ms + 1)
            n_times += 1
            if math.floor(took.mean_ms + 0.5) != site[f"time{suffix}"]:
                wrong.append((window, slug, now_ms, took.mean_ms, site[f"time{suffix}"]))
    assert wrong == []
    # Of 908 summaries of a site, four came before its first sample: these say "up, 100 %".
    assert sorted(without_data) == [
        "catalog-autocomplete",
        "catalog-search",
        "cloudflare-monitor",
        "facet-demo-search",
    ]
    assert (n_times, n_uptimes) == (2712, 2712)


def test_verdicts_and_figures_read_the_same_uptime(recordings: Path) -> None:
    """The uptime that an objective is judged by is that of its timeline, to the millisecond."""
    replay = replay_of("upptime")
    rows = {row.key: row for row in replay.state.plan.rows}
    n_compared = 0
    for now_ms, site, standings in publications(recordings / "upptime_manticore", replay):
        for window, (_, span_ms) in WINDOWS.items():
            row = rows[f"up-{site['slug']}/{window}"]
            share = uptime(replay.state, row, now_ms - span_ms, now_ms)
            judged = standings[window]
            assert (judged.valid - judged.bad, judged.valid) == (share.good, share.valid)
            n_compared += 1
    assert n_compared == 3 * 908


@pytest.mark.parametrize(
    ("outage_s", "after_s", "down_s"),
    [
        (899, 299, 899),  # shorter than 15 minutes, closed for less than five
        (899, 300, 0),  # five minutes closed: struck off
        (900, 300, 900),  # 15 minutes are not shorter than 15 minutes
        (900, 86_000, 900),
        (901, 301, 901),
    ],
)
def test_an_outage_of_fifteen_minutes_counts_and_a_shorter_one_does_not(
    outage_s: int, after_s: int, down_s: int
) -> None:
    """Up at noon, down ten minutes later for `outage_s`, seen `after_s` after its end."""
    replay = replay_of("upptime")
    noon_ms = instant_ms("2026-08-12T12:00:00Z")
    start_ms = noon_ms + 10 * MINUTE
    end_ms = start_ms + outage_s * 1000
    for at_ms, ok in ((noon_ms, True), (start_ms, False), (end_ms, True)):
        replay.feed(PROBES, [Probe("manual", at_ms, ok)])
        replay.tick(at_ms)
    assert replay.standings()["up-manual/all"].bad == outage_s * 1000
    replay.tick(end_ms + after_s * 1000)
    assert replay.standings()["up-manual/all"].bad == down_s * 1000
