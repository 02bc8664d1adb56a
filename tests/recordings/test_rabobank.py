"""4,000 incidents of a bank, against the resolution clock of its own tool (BPI Challenge 2014).

The tool took pauses out that the log does not tell of, so elapsed time is never below the
published one, and equals it where nothing hints at a pause.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from slm_stream.codec.topics import DEAD_LETTERS, LATE
from slm_stream.engine.replay import Replay
from tests.recordings.replaying import csv_rows, read, replay_of

DAY_MS = 86_400_000
ZONE = "Europe/Amsterdam"
URGENT = ("1", "2")
MAY_PAUSE = {"Status Change", "Pending vendor"}
Row = dict[str, str]


@pytest.fixture(scope="module")
def clocks(recordings: Path) -> list[tuple[Row, int]]:
    """Return every incident with the agreed seconds that its clock shows at the end."""
    path = recordings / "bpic2014_rabobank" / "incident_cases.csv"
    found, _ = read(path, "incident-export", service="it-services", time_zone=ZONE)
    replay = replay_of("rabobank")
    left = list(replay.run(found, every_ms=DAY_MS))
    assert not {outgoing.topic for outgoing in left} & {DEAD_LETTERS, LATE}
    return [(row, elapsed_s(replay, row, found[-1][1].at_ms)) for row in csv_rows(path)]


def elapsed_s(replay: Replay, row: Row, now_ms: int) -> int:
    """Return what the clock of one incident shows."""
    agreement = "sla-urgent" if row["priority"] in URGENT else "sla-ordinary"
    series = next(r.series for r in replay.state.plan.rows if r.agreement.id == agreement)
    reading = replay.state.tickets.reading(0, row["incident_id"], series, now_ms)
    assert reading is not None
    return reading.elapsed_s


def published_s(row: Row) -> int:
    """Return the tool's own figure, which is written in hours, in whole seconds."""
    return round(float(row["handle_time_hours"]) * 3600)


def office_s(row: Row) -> int:
    """Return the office hours from opening to closing, a day at a time."""
    opened, closed = (datetime.fromisoformat(row[name]) for name in ("open_time", "close_time"))
    total = timedelta()
    day: date = opened.date()
    while day <= closed.date():
        if day.weekday() < 5 and (day.month, day.day) not in {(12, 25), (12, 26), (1, 1)}:
            start = max(opened, datetime.combine(day, time(7, 30)))
            end = min(closed, datetime.combine(day, time(18)))
            total += max(end - start, timedelta())
        day += timedelta(days=1)
    return round(total.total_seconds())


def test_the_clock_is_never_below_the_published_one(clocks: list[tuple[Row, int]]) -> None:
    """All 4,000, reopened ones too."""
    assert len(clocks) == 4000
    assert [row["incident_id"] for row, ours_s in clocks if ours_s < published_s(row)] == []


def test_the_clock_is_the_published_one_where_nothing_hints_at_a_pause(
    clocks: list[tuple[Row, int]], recordings: Path
) -> None:
    """Of 1,357 incidents never reopened and without such an activity, 98.5 % within a minute."""
    path = recordings / "bpic2014_rabobank" / "incident_activities.csv"
    paused = {
        row["incident_id"] for row in csv_rows(path) if row["incident_activity_type"] in MAY_PAUSE
    }
    plain = [
        abs(ours_s - published_s(row)) <= 60
        for row, ours_s in clocks
        if not row["reopen_time"] and row["incident_id"] not in paused
    ]
    assert len(plain) == 1357
    assert sum(plain) / len(plain) >= 0.985
    assert sum(plain) == 1340


def test_office_hours_are_those_of_a_count_day_by_day(clocks: list[tuple[Row, int]]) -> None:
    """To the second, for every incident of priority 3 to 5."""
    ordinary = [(row, ours_s) for row, ours_s in clocks if row["priority"] not in URGENT]
    assert len(ordinary) == 3937
    assert [row["incident_id"] for row, ours_s in ordinary if ours_s != office_s(row)] == []
