"""The runner itself, on cases written here: spellings, comparisons, exit codes, decisions."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.__main__ import main
from tests.conformance.decisions import ADR, declined, read_decisions
from tests.conformance.runner import failures, load_cases, skip_reason

OFFICE = {
    "timezone": "Etc/UTC",
    "hours": {"MON": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]},
}
NIGHT = {"timezone": "Europe/Amsterdam", "hours": {"sun": [["00:00", "24:00"]]}}


def objective(
    category: str, inputs: dict[str, Any], expected: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Return an objective case."""
    case = {"id": "own", "use": "oracle", "category": category, "inputs": inputs}
    return case | {"expected": expected} | more


def clock(op: str, expect: Any, **more: Any) -> dict[str, Any]:
    """Return a clock case."""
    return {"id": "own", "class": "portable", "op": op, "calendar": OFFICE, "expect": expect} | more


def run(tmp_path: Path, *cases: dict[str, Any]) -> tuple[int, list[str], str]:
    """Return exit code, lines and complaint of a run over one file."""
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": cases}), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    code = main([str(path)], out, err)
    return code, out.getvalue().splitlines(), err.getvalue()


def wrong(tmp_path: Path, case: dict[str, Any]) -> list[str]:
    """Return what fails of a case that has been through a file."""
    path = tmp_path / "case.json"
    path.write_text(json.dumps({"cases": [case]}), encoding="utf-8")
    return [str(failure) for failure in failures(load_cases(path)[0])]


SPELLINGS = [
    # Counts, shares and percents.
    objective("sli", {"bad": 1, "total": 8}, {"sli": 0.875, "sli_percent": 87.5}),
    objective("sli", {"good": 3, "total": 0}, {"sli": None, "status": "NO_DATA"}),
    objective("sli", {"good": None, "total": 9}, {"sli": None}),
    # 60 of 1440 slices are bad: 60 / 1440 / 0.05 = 0.8333 of the budget.
    objective(
        "error_budget",
        {"budgeting": "Timeslices", "elapsed_slices": 700, "good_slices": 640,
         "window_slices": 1440, "target_percent": 95},
        {"initial": 0.05, "consumed": 0.833333, "remaining": 0.166667},
        abs_tolerance=1e-6,
    ),
    objective("error_budget", {"good": 1, "total": 0, "target": 0.9}, {"consumed": None}),
    # 1 % of 1, 7 and 28 days, in minutes.
    objective(
        "error_budget_time",
        {"target": 0.99, "window_days": [1, 7, 28]},
        {"budget_minutes": [14.4, 100.8, 403.2], "budget_hours": [0.24, 1.68, 6.72]},
    ),
    # 86 400 s x 0.0007 = 60.48 s; a source that rounds says 60.
    objective(
        "error_budget_time",
        {"target": 0.9993, "window_hours": 24},
        {"budget_seconds_rounded": 60},
        abs_tolerance=0.5,
    ),
    # (1/2 + 100/100) / 2: every slice weighs the same, whatever its traffic.
    objective(
        "budgeting_methods",
        {"good": [1, 100], "total": [2, 100], "target": 0.5, "method": "RATIOTIMESLICES"},
        {"sli": 0.75, "budget_burnt_percent": 50},
    ),
    # Weights alone; members without data drop out: (2 x 0.5 + 2 x 1) / 4.
    objective("composite", {"weights": [1, 3]}, {"normalised": [0.25, 0.75]}),
    objective(
        "composite",
        {"target": 0.75, "members": [
            {"weight": 2, "sli": 0.5}, {"weight": 9, "sli": None}, {"weight": 2, "sli": 1}]},
        {"sli": 0.75, "status": "HEALTHY", "remaining": 0},
    ),
    # A total failure spends 1 % of a day of 1440 minutes in 14.4; at a baseline of 99.5 % half
    # is left for it: x + (1440 - x) 0.005 = 14.4, x = 7.2 / 0.995.
    objective(
        "timeslices",
        {"window_days": 1, "slice_minutes": 1, "target": 0.99, "attack_slice_ratio": 0,
         "baseline_slice_ratio": 0.995},
        {"slices": 1440, "bad_minutes_allowed": 14.4, "text": "14m24s",
         "attack_minutes_to_exhaust": 7.236181},
        abs_tolerance=1e-6,
    ),
    objective(
        "report",
        {"sli": 0.98, "target": 0.99, "window_s": 6000, "burn_rate_threshold": 2},
        {"gap": -0.01, "error_budget_minutes": 1, "error_minutes": 2,
         "error_budget_remaining_minutes": -1, "burn_rate": 2, "alert": False, "valid": True},
    ),
    # Burn rates and alerts.
    objective("burn_rate", {"sli": 0.98, "target": 0.99}, {"burn_rate": 2, "error_rate": 0.02}),
    objective(
        "burn_rate",
        {"burn_rate": 4, "target": 0.99},
        {"error_rate": 0.04, "days_to_exhaustion_of_30d": 7.5},
    ),
    objective(
        "burn_rate_factor",
        {"slo_period_days": 7, "error_budget_consumed_percent": 50, "long_window_minutes": 10080},
        {"burn_rate_factor": 0.5},
    ),
    objective(
        "time_to_exhaustion",
        {"slo_period_days": 7, "burn_rate": 2},
        {"label": "3d12h", "seconds": 302_400, "days_to_exhaustion": 3.5},
    ),
    objective("time_to_exhaustion", {"slo_period_days": 28, "burn_rate": 2}, {"label": "2w"}),
    objective("time_to_exhaustion", {"slo_period_days": 28, "burn_rate": 0}, {"label": None}),
    # Half of the events bad for ten minutes: 0.5 / 0.1 = 5 in short; over 20 minutes 2.5.
    objective(
        "alert_timeline",
        {"target": 0.9, "slo_period_days": 1, "per_minute": [
            {"minutes": "0-9", "good": 4, "bad": 0}, {"minutes": "10-19", "good": 2, "bad": 2}],
         "windows": [
            {"severity": "page", "factor": 4, "long_window_hours": 1, "short_window_minutes": 5},
            {"severity": "ticket", "factor": 2, "long_window_hours": 1, "short_window_minutes": 5},
            {"severity": "ticket", "factor": 1, "long_window_hours": 1, "short_window_minutes": 5},
         ]},
        {"at_minute_9": [], "at_minute_19": ["ticket"], "at_minute_30": []},
    ),
    # Windows: units in any case, no count, epoch times, no zone, offsets instead of zones.
    objective(
        "calendar_window",
        {"unit": "DAY", "timestamp": 90_000},
        {"begin": 86_400, "end": "1970-01-03T00:00:00+00:00"},
    ),
    objective(
        "calendar_window",
        {"unit": "week", "tz": "Europe/Amsterdam", "timestamp": "2026-03-25T00:00:00Z"},
        {"begin": "2026-03-22T23:00:00.000Z", "end": "2026-03-29T22:00:00Z"},
    ),
    objective(
        "calendar_window",
        {"unit": "Month", "utc_offset": "-05:30", "timestamp": "2026-03-01T05:29:59.999999999Z"},
        {"begin": "2026-02-01T00:00:00-05:30", "end": "2026-03-01T00:00:00-05:30"},
    ),
    objective(
        "calendar_window",
        {"duration": "12h", "start": "2026-03-01T06:00:00+01:00", "tz": "UTC", "kind": "calendar",
         "timestamp": "2025-12-31T23:00:00Z"},
        {"begin": "2025-12-31T17:00:00Z", "end": "2026-01-01T05:00:00Z"},
    ),
    objective(
        "rolling_window",
        {"duration": "1M", "tz": "Europe/Amsterdam", "timestamp": "2026-03-31T10:00:00+02:00"},
        {"begin": "2026-02-28T10:00:00+01:00", "end": "2026-03-31T08:00:00Z"},
    ),
    objective(
        "rolling_window",
        {"duration": "1d", "tz": "Europe/Amsterdam", "timestamp": "2026-03-29T10:00:00+02:00"},
        {"begin": "2026-03-28T09:00:00+01:00"},
    ),
    objective("duration", {"text": "2w"}, {"seconds": 1_209_600}),
    objective("period_seconds", {"days_in_month": 30}, {"seconds": 2_592_000}),
    objective(
        "timestamp_format", {"epoch": 0.5, "tz": "UTC"}, {"iso": "1970-01-01T00:00:00.500000+00:00"}
    ),
    # Clocks: weekdays in any case, a boundary that may be either, repeated hours, no target.
    clock("working_time_between", 3600, start="2026-03-02T16:00:00Z", end="2026-03-02T23:00:00Z"),
    clock("working_time_between", 0, start="2026-03-03T16:00:00Z", end="2026-03-02T09:00:00Z"),
    clock(
        "working_time_between",
        90_000,  # the hour from two to three comes twice
        calendar=NIGHT,
        start="2026-10-24T22:00:00Z",
        end="2026-10-25T23:00:00Z",
    ),
    clock(
        "deadline",
        "2026-03-03T09:00:00Z",
        accept=["2026-03-02T18:00:00+01:00", "2026-03-03T09:00:00Z"],
        start="2026-03-02T16:00:00Z",
        amount_seconds=3600,
    ),
    clock("deadline", None, calendar={}, start="2026-03-02T16:00:00Z", amount_seconds=1),
    clock(
        "clock",
        {"elapsed_seconds": 1800, "paused_working_seconds": 1800, "remaining_seconds": 5400,
         "overrun_seconds": 0, "breached": False, "deadline": "2026-03-02T11:30:00Z",
         "thresholds": {"50": "2026-03-02T10:30:00Z"}, "elapsed_at": {"2026-03-02T09:10:00Z": 600}},
        events=[
            {"at": "2026-03-02T09:00:00Z", "event": "start"},
            {"at": "2026-03-02T09:30:00Z", "event": "pause"},
            {"at": "2026-03-02T10:00:00Z", "event": "resume"},
        ],
        target_seconds=7200,
    ),
    clock(
        "clock",
        {"elapsed_seconds": 60, "remaining_seconds": None, "deadline": None, "breached": False},
        events=[
            {"at": "2026-03-02T09:00:00Z", "event": "start"},
            {"at": "2026-03-02T09:01:00Z", "event": "stop"},
        ],
        target_seconds=None,
    ),
    # 8 h agreed, an hour of it down in one of two outages; maintenance takes half an hour off.
    clock(
        "availability_window",
        {"committed_seconds": 28_800, "downtime_wall": 5400, "downtime_in_schedule": 1800,
         "outages_in_schedule": 1, "availability_pct": 93.75, "mtbf_seconds": 27_000,
         "mtrs_seconds": 1800},
        start="2026-03-02T00:00:00Z",
        end="2026-03-03T00:00:00Z",
        outages=[["2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z"],
                 ["2026-03-02T20:00:00Z", "2026-03-02T21:00:00Z"]],
        planned=[["2026-03-02T11:00:00Z", "2026-03-02T12:30:00Z"]],
    ),
    clock(
        "availability",
        {"availability_pct": 98.0},
        calendar=None,
        agreed_service_seconds=360_000,
        downtime_seconds=7200,
        incidents=None,
    ),
    clock("add_working_days", "2026-03-10T17:00:00Z", start="2026-03-02T10:00:00Z", amount_days=3,
          end_of_day=True),
]  # fmt: skip


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: case.get("op") or case.get("category"))
def test_every_spelling_of_the_formats_is_read(tmp_path: Path, case: dict[str, Any]) -> None:
    """Figures by hand, in units, cases and forms that the shared files may lack."""
    assert wrong(tmp_path, case) == []


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (objective("sli", {"good": 1, "total": 2}, {"sli": 0.6}), "sli: expected 0.6, got 0.5"),
        (objective("sli", {"good": 1, "total": 2}, {"sli": None}), "sli: expected null, got 0.5"),
        (
            objective("report", {"good": 1, "bad": 0}, {"valid": 1}),
            "valid: expected 1, got true",
        ),
        (
            objective("sli", {"good": 1, "total": 2}, {"beauty": 1}),
            "beauty: expected 1, got no value (the runner knows no such output of this category)",
        ),
        (
            objective("astrology", {}, {}),
            "category: expected one that the runner knows, got astrology",
        ),
        (clock("divination", 1), "op: expected one that the runner knows, got divination"),
        (
            objective("calendar_window", {"unit": "day", "timestamp": 0}, {"begin": 86_400}),
            "begin: expected 86400, got 1970-01-01T00:00:00Z",
        ),
        (
            objective("calendar_window", {"unit": "fortnight", "timestamp": 0}, {"end": 0}),
            "end: expected 0, got no value ('fortnight' is no unit of time; known: second, minute, "
            "hour, day, week, month, quarter, year)",
        ),
        (
            objective("duration", {"text": "5H"}, {"seconds": 18_000}),
            "seconds: expected 18000, got no value ('5H' is not a duration; write for example "
            "300ms, 30s, 5m, 4h or 28d)",
        ),
        (
            clock(
                "deadline", "2026-03-02T17:00:00Z", start="2026-03-02T16:00:00Z", amount_seconds=60
            ),
            "instant: expected 2026-03-02T17:00:00Z, got 2026-03-02T16:01:00Z",
        ),
        (
            clock("deadline", "2026-03-02T17:00:00Z", start="2026-03-02T16:00:00Z"),
            "case: expected 2026-03-02T17:00:00Z, got no value (the case gives no amount_seconds)",
        ),
    ],
)  # fmt: skip
def test_a_failure_says_what_was_expected_and_what_came(
    tmp_path: Path, case: dict[str, Any], told: str
) -> None:
    """One line per figure; what is unknown fails, it is never passed over."""
    assert wrong(tmp_path, case) == [told]


def test_a_run_ends_with_the_counts(tmp_path: Path) -> None:
    """One passes, one fails, one is only for reading; a failure makes the exit code 1."""
    good = objective("sli", {"good": 1, "total": 2}, {"sli": 0.5, "tool_value": -1})
    bad = objective("sli", {"good": 1, "total": 2}, {"sli": 0.1}, id="bad")
    formula = {
        "id": "f",
        "use": "formula",
        "category": "nothing known",
        "inputs": {},
        "expected": {},
    }

    code, lines, _ = run(tmp_path, good, bad, formula)

    assert code == 1
    assert lines[0].endswith("cases.json: bad: sli: expected 0.1, got 0.5")
    assert lines[1:] == ["1 passed, 1 failed, 1 skipped"]
    assert run(tmp_path, good)[:2] == (0, ["1 passed, 0 failed, 0 skipped"])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read as JSON"),
        ('{"cases": [NaN]}', "NaN is no number"),
        ("[]", "it has no list named cases"),
        ('{"cases": {}}', "it has no list named cases"),
        ('{"cases": [1]}', "case 1 is no object with an id"),
        ('{"cases": [{"id": "a"}]}', "case 1 (a) has neither op nor category"),
        ('{"cases": [{"id": "a", "op": "clock"}]}', "case 1 (a) has no expect"),
        (
            '{"cases": [{"id": "a", "category": "sli", "inputs": {}}]}',
            "has no inputs or no expected",
        ),
    ],
)
def test_a_malformed_file_is_refused_in_one_sentence(
    tmp_path: Path, content: str, told: str
) -> None:
    """Exit code 2, nothing on standard output."""
    path = tmp_path / "cases.json"
    path.write_text(content, encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()

    assert main([str(path)], out, err) == 2
    assert told in err.getvalue()
    assert err.getvalue().count("\n") == 1
    assert not out.getvalue()


def test_a_missing_file_and_no_file_at_all_are_refused(tmp_path: Path) -> None:
    """Exit code 2 as well."""
    assert main([str(tmp_path / "none.json")], io.StringIO(), io.StringIO()) == 2
    assert main([], io.StringIO(), io.StringIO()) == 2


def test_the_runner_declines_what_the_adr_declines() -> None:
    """A declined id is skipped where it is somebody's choice, an adopted one never."""
    decisions = read_decisions(ADR.read_text(encoding="utf-8"))
    ids = [case_id for case_id, _, _ in decisions]
    no = next(case_id for case_id, decision, _ in decisions if decision == "declined")
    yes = next(case_id for case_id, decision, _ in decisions if decision == "adopted")

    assert len(set(ids)) == len(ids) > 100
    assert declined().keys() == {i for i, decision, _ in decisions if decision == "declined"}
    assert skip_reason(objective("sli", {}, {}, id=no, use="policy")) == declined()[no]
    assert skip_reason(clock("deadline", 0, id=no) | {"class": "system_specific"}) == declined()[no]
    assert skip_reason(objective("sli", {}, {}, id=no)) is None
    assert skip_reason(clock("deadline", 0, id=no)) is None
    assert skip_reason(objective("sli", {}, {}, id=yes, use="policy")) is None


def test_every_table_row_of_the_adr_is_a_decision() -> None:
    """No row is passed over because of how it is written."""
    text = ADR.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]

    assert len(read_decisions(text)) == len(rows)
