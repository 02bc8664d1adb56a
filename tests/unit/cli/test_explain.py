"""`slm explain` on a ticket whose times were worked out by hand."""

import json
from pathlib import Path

import pytest

from slm_stream.cli.main import main

CATALOGUE = """
services:
  - name: checkout
    indicators:
      - {name: resolution, kind: timeliness, from: incidents}
      - {name: updates, kind: timeliness, from: incidents, clock: update}
      - name: network
        kind: timeliness
        from: incidents
        start: ["group == network"]
        pause: ["group != network", "status == waiting"]
        resume: ["group == network and status != waiting"]
  - name: billing
    indicators:
      - {name: resolution, kind: timeliness, from: incidents}
"""
AGREEMENTS = """
agreements:
  - id: sla-checkout
    kind: SLA
    service: checkout
    provider: Platform
    customer: Shop
    effective_from: 2026-01-01
    calendar: office
    objectives:
      - name: resolution
        indicator: resolution
        target: "90 %"
        within: {P1: 4h}
        window: month
        warn_at: ["75 %", "-10m", "+1h"]
      - {name: updates, indicator: updates, target: "90 %", within: {P1: 1h}, window: month}
  - id: ola-network
    kind: OLA
    service: checkout
    provider: Network
    customer: Platform
    effective_from: 2026-01-01
    calendar: office
    objectives:
      - {name: network, indicator: network, target: "90 %", within: {P1: 2h}, window: month}
"""
CALENDARS = """
calendars:
  - name: office
    time_zone: Europe/Amsterdam
    hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"]}
"""
ONE = 1_772_452_800_000  # Monday 2026-03-02T13:00 in Amsterdam
LIFE = (
    (0, {"status": "opened", "priority": "P1", "group": "desk", "public": True}),
    (10, {"status": "in_progress", "group": "network"}),
    (40, {"status": "in_progress", "group": "supplier", "public": True}),
    (60, {"status": "in_progress", "group": "network"}),
    (100, {"status": "waiting", "public": True}),
    (150, {"status": "resumed"}),
    (190, {"status": "in_progress", "public": True}),
    # Tuesday 10:30.
    (21 * 60 + 30, {"status": "resolved", "public": True}),
)
# Monday to 14:40 are 1h 40m; then 50 minutes of rest; 3h 10m at 17:00; from 09:00 on.
RESOLUTION = """\
INC-1: sla-checkout version 1, resolution (resolve), target 4h, times in Europe/Amsterdam

  when                       what         said                    the clock     elapsed  paused
  2026-03-02 13:00:00 +0100  opened       P1, group desk, public  starts             0s      0s
  2026-03-02 13:10:00 +0100  in_progress  group network                             10m      0s
  2026-03-02 13:40:00 +0100  in_progress  group supplier, public                    40m      0s
  2026-03-02 14:00:00 +0100  in_progress  group network                              1h      0s
  2026-03-02 14:40:00 +0100  waiting      public                  rests          1h 40m      0s
  2026-03-02 15:30:00 +0100  resumed                              goes on        1h 40m     50m
  2026-03-02 16:10:00 +0100  in_progress  public                                 2h 20m     50m
  2026-03-02 16:50:00 +0100  75 %                                                    3h     50m
  2026-03-03 09:40:00 +0100  -10m                                                3h 50m     50m
  2026-03-03 09:50:00 +0100  deadline                                                4h     50m
  2026-03-03 09:50:01 +0100  late                                            4h 00m 01s     50m
  2026-03-03 10:30:00 +0100  resolved     public                  stops          4h 40m     50m
  2026-03-03 10:30:00 +0100  until here                                          4h 40m     50m

  verdict: late by 40m
  deadline: 2026-03-03 09:50:00 +0100
  by group: desk 10m, network 4h 10m, supplier 20m
"""
# Told at 13:00, 13:40, 14:40 (rest to 15:30), 16:10 and with the solution.
UPDATES = """\
2026-03-02 13:00:00 +0100 opened P1, group desk, public starts 0s 0s
2026-03-02 13:40:00 +0100 in_progress group supplier, public begins anew after 40m 0s 0s
2026-03-02 14:40:00 +0100 waiting public rests, begins anew after 1h 0s 0s
2026-03-02 14:40:00 +0100 deadline 1h 0s
2026-03-03 09:10:01 +0100 late 1h 00m 01s 0s
2026-03-03 10:30:00 +0100 resolved public stops 2h 20m 0s
verdict: 1 of 4 intervals late; the last one: late by 1h 20m
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with promises, and the ticket as the topic of incidents has it."""
    for name, text in (
        ("catalogue", CATALOGUE),
        ("agreements", AGREEMENTS),
        ("calendars", CALENDARS),
    ):
        (tmp_path / "config" / name).mkdir(parents=True)
        (tmp_path / "config" / name / "shop.yaml").write_text(text)
    lines = [
        json.dumps(
            {"service": "checkout", "incident": "INC-1", "at_ms": ONE + minute * 60_000, **said}
        )
        for minute, said in LIFE
    ]
    # In any order, and one of them twice.
    (tmp_path / "updates.jsonl").write_text("\n".join([*reversed(lines), lines[3], ""]))
    return tmp_path


def run(folder: Path, *arguments: str) -> int:
    """Run the command with the folder's promises."""
    return main(["explain", *arguments, "--config", str(folder / "config")])


def test_a_clock_tells_its_timeline(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every update with what it did, thresholds, deadline and verdict, in the agreement's zone."""
    assert run(folder, "INC-1", str(folder / "updates.jsonl")) == 0

    told = capsys.readouterr().out
    assert told.startswith(RESOLUTION)
    blocks = told.split("\n\n")
    assert [block.split(",")[0] for block in blocks if block.startswith("INC-1")] == [
        "INC-1: sla-checkout version 1",
        "INC-1: sla-checkout version 1",
        "INC-1: ola-network version 1",
    ]
    squeezed = [" ".join(line.split()) for line in told.splitlines()]
    assert [line for line in UPDATES.splitlines() if line not in squeezed] == []


def test_a_story_may_end_before_the_ticket(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 15:00 it rests since 14:40 with 2h 20m left; going on it would be due at 09:20."""
    at = "2026-03-02T15:00"
    assert run(folder, "INC-1", str(folder / "updates.jsonl"), "--at", f"{at}+01:00") == 0

    first = capsys.readouterr().out.split("\n\n")[2]
    assert first.splitlines() == [
        "  verdict: rests, 2h 20m left",
        "  deadline: 2026-03-03 09:20:00 +0100, if it went on now",
        "  by group: desk 10m, network 1h 10m, supplier 20m",
    ]


def test_what_a_running_clock_will_pass_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 16:40 there are 2h 50m: 3h at 16:50, 3h 50m at 09:40, and 5h at 10:50."""
    updates = str(folder / "updates.jsonl")
    assert run(folder, "INC-1", updates, "--at", "2026-03-02T15:40Z") == 0

    first = capsys.readouterr().out.split("\n\n")[2]
    assert first.splitlines()[:3] == [
        "  verdict: runs, 1h 10m left",
        "  deadline: 2026-03-03 09:50:00 +0100",
        "  to come: 75 % at 2026-03-02 16:50:00 +0100, -10m at 2026-03-03 09:40:00 +0100, "
        "+1h at 2026-03-03 10:50:00 +0100",
    ]


def test_objectives_that_read_the_same_clock_are_told_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A count of late tickets beside the share of those in time: one story with both names."""
    objective = "indicator: resolution, measure: count, at_most: 3, within: {P1: 4h}, window: month"
    file = folder / "config" / "agreements" / "shop.yaml"
    more = "      - {name: updates, indicator"
    warned = 'warn_at: ["75 %", "-10m", "+1h"]'
    text = file.read_text().replace(more, f"      - {{name: late, {objective}, {warned}}}\n{more}")
    file.write_text(text)
    assert run(folder, "INC-1", str(folder / "updates.jsonl")) == 0
    heads = [
        line.split(" (")[0] for line in capsys.readouterr().out.splitlines() if " target " in line
    ]
    assert heads == [
        "INC-1: sla-checkout version 1, resolution, late",
        "INC-1: sla-checkout version 1, updates",
        "INC-1: ola-network version 1, network",
    ]


def test_a_program_reads_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of JSON for each clock."""
    assert run(folder, "INC-1", str(folder / "updates.jsonl"), "--json") == 0

    stories = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(s["objective"], s["elapsed_s"], s["paused_s"]) for s in stories] == [
        ("resolution", 16_800, 3000),  # 4h 40m
        ("updates", 8400, 0),  # 2h 20m since 16:10
        ("network", 15_000, 4200),  # 4h 10m, and 20 and 50 minutes
    ]
    assert stories[2]["by_group"] == {"desk": 0, "network": 15_000, "supplier": 0}
    assert stories[2]["verdict"] == "late by 2h 10m"


def test_a_foreign_file_is_read_by_a_mapping(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `slm replay` does."""
    (folder / "mapping.yaml").write_text(
        "title: t\nexample: e\nread: {format: csv}\ntime_zone: Europe/Amsterdam\n"
        "emit:\n  - {kind: incident, service: {const: checkout}, at_ms: at, incident: nr,\n"
        "     status: {from: status}, priority: {const: P1}, group: team}\n"
    )
    (folder / "tickets.csv").write_text(
        "nr,at,status,team\nA,2026-03-02T09:00,opened,desk\nA,2026-03-02T10:30,closed,desk\n"
    )
    mapping = str(folder / "mapping.yaml")
    assert run(folder, "A", str(folder / "tickets.csv"), "-m", mapping) == 0

    told = capsys.readouterr().out
    assert "2026-03-02 10:30:00 +0100  closed" in told
    assert "verdict: in time, 2h 30m left" in told
    assert "verdict: never started, not judged" in told  # the network never had it


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["INC-2", "{updates}"], "no update of incident 'INC-2' in {updates}; did you mean INC-1?"),
        (["INC-1", "nowhere.jsonl"], "no file nowhere.jsonl"),
        (["INC-1", "{config}/catalogue/shop.yaml"],
         "{config}/catalogue/shop.yaml: line 1 is no incident update (JSON is malformed: invalid "
         "character (byte 0)); say how to read the file with --mapping"),
        (["INC-1", "{updates}", "--service", "billing"],
         "no update of incident 'INC-1' of billing in {updates}"),
        (["INC-1", "{updates}", "--at", "noon"],
         "--at: Invalid isoformat string: 'noon'; write for example 2026-03-01T00:00Z"),
        (["X", "{others}"],
         "X is a ticket of billing and of checkout: say which with --service"),
        (["X", "{others}", "--service", "billing"],
         "{config} promises nothing of X: no objective is read off its clocks"),
        (["Y", "{others}"], "{config} has no service 'till'; known: checkout, billing"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_said_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    """With exit code 2 and nothing on standard output."""
    others = folder / "others.jsonl"
    others.write_text(
        "\n".join(
            json.dumps({"service": s, "incident": i, "at_ms": ONE, "status": "opened"})
            for s, i in (("billing", "X"), ("checkout", "X"), ("till", "Y"))
        )
    )
    places = {
        "updates": str(folder / "updates.jsonl"),
        "others": str(others),
        "config": str(folder / "config"),
    }
    assert run(folder, *(each.format(**places) for each in arguments)) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"slm: {told.format(**places)}\n"
