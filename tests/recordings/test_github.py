"""Outages of GitHub's components from its status page, as downtime of the last 30 days.

What is compared with is a union of intervals, minute by minute, of the windows that another
project read out of the same updates and post-mortems: `downtime_windows.csv`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from slm_stream.adapters.recordings import Routed
from slm_stream.codec.topics import INCIDENTS
from slm_stream.engine.replay import Replay
from tests.recordings.replaying import csv_rows, instant_ms, read, replay_of

MINUTE = 60_000
DAY_MS = 86_400_000
FIRST_MS = instant_ms("2022-04-23T00:00:00Z")
LAST_MS = instant_ms("2026-08-21T00:00:00Z")
MIDNIGHTS = range(FIRST_MS, LAST_MS + 1, DAY_MS)
WINDOW = 30 * 1440  # minutes
START = FIRST_MS // MINUTE - WINDOW
N_MINUTES = LAST_MS // MINUTE - START
Span = tuple[int, int]


@dataclass(frozen=True)
class Outage:
    """One incident of one component, with its published window."""

    started_ms: int
    resolved_ms: int
    window: Span


@dataclass(frozen=True)
class StatusPage:
    """The recording as measurements, and as outages by service that others worked out."""

    updates: list[Routed]
    outages: dict[str, list[Outage]]


@pytest.fixture(scope="module")
def page(recordings: Path) -> StatusPage:
    """Return the recording; 158 of 819 incidents name no component and are left out."""
    folder = recordings / "github_status_incidents"
    updates, skipped = read(folder / "incidents.jsonl", "statuspage")
    lines = (folder / "incidents.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
    assert (len(lines), skipped) == (819, {"no component": 158})
    windows = {row["incident_id"]: row for row in csv_rows(folder / "downtime_windows.csv")}
    outages: dict[str, list[Outage]] = {}
    for incident in map(json.loads, lines):
        window = windows[incident["id"]]
        if window["impact"] == "maintenance":
            continue
        outage = Outage(
            instant_ms(incident["started_at"]),
            instant_ms(incident["resolved_at"]),
            (instant_ms(window["downtime_start"]), instant_ms(window["downtime_end"])),
        )
        for component in incident.get("components") or ():
            outages.setdefault(component.lower().replace(" ", "-"), []).append(outage)
    return StatusPage(updates, outages)


def cut(span: Span) -> slice:
    """Return the minutes of a span; all stamps of the recording are whole minutes."""
    assert span[0] % MINUTE == span[1] % MINUTE == 0
    return slice(*(min(max(0, at_ms // MINUTE - START), N_MINUTES) for at_ms in span))


def sums_of(minutes: NDArray[np.int64]) -> list[int]:
    """Return the sum over the 30 days before each midnight."""
    total = np.concatenate(([0], np.cumsum(minutes)))
    ends = np.array(MIDNIGHTS) // MINUTE - START
    return [int(n) for n in total[ends] - total[ends - WINDOW]]


def judged(replay: Replay, now_ms: int) -> Iterator[tuple[str, int]]:
    """Let time pass to a midnight; yield the minutes of downtime of each component."""
    replay.tick(now_ms)
    for standing in replay.engine.standings():
        assert standing.bad % MINUTE == 0
        assert standing.valid == WINDOW * MINUTE
        yield standing.service, standing.bad // MINUTE


def test_downtime_with_all_corrections_is_the_union_of_the_published_windows(
    page: StatusPage,
) -> None:
    """12 components at 1,582 midnights, to the minute."""
    replay = replay_of("github")
    assert replay.feed(INCIDENTS, [update for _, update in page.updates]) == []
    ours: dict[str, list[int]] = {name: [] for name in page.outages}
    for now_ms in MIDNIGHTS:
        for name, minutes in judged(replay, now_ms):
            ours[name].append(minutes)

    assert (len(ours), len(MIDNIGHTS)) == (12, 1582)
    n_overlapping = 0
    for name, outages in page.outages.items():
        times = np.zeros(N_MINUTES, np.int64)
        for outage in outages:
            times[cut(outage.window)] += 1
        expected = sums_of(np.minimum(times, 1))
        assert ours[name] == expected, name
        n_overlapping += sum(a != b for a, b in zip(expected, sums_of(times), strict=True))
    # Adding windows up would not do: overlapping ones count once.
    assert n_overlapping == 382


def test_downtime_day_by_day_is_what_was_known_then(page: StatusPage) -> None:
    """An incident lasts from its first update until it is resolved; then its window is known.

    The last year, after all that came before it.
    """
    replay = replay_of("github")
    waiting = list(page.updates)
    down = {name: np.zeros(N_MINUTES, bool) for name in page.outages}
    seen_ms = 0
    for now_ms in MIDNIGHTS[-365:]:
        due = [update for _, update in waiting if update.at_ms <= now_ms]
        waiting = waiting[len(due) :]
        assert replay.feed(INCIDENTS, due) == []
        ours = dict(judged(replay, now_ms))

        for name, outages in page.outages.items():
            for outage in outages:
                if seen_ms < outage.resolved_ms <= now_ms:
                    down[name][cut(outage.window)] = True
            last = now_ms // MINUTE - START
            minutes = down[name][last - WINDOW : last].copy()
            for outage in outages:
                if outage.started_ms < now_ms < outage.resolved_ms:
                    minutes[max(0, outage.started_ms // MINUTE - START - last + WINDOW) :] = True
            assert ours[name] == int(minutes.sum()), (name, now_ms)
        seen_ms = now_ms
