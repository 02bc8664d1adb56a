"""`slm replay` on small files."""

import json
from pathlib import Path
from typing import Any

import pytest

from slm_stream.cli.main import main

CATALOGUE = """
services:
  - name: shop
    dedupe_transactions: true
    indicators:
      - {name: success, kind: ratio, from: transactions, good: ["ok == true"]}
      - {name: latency, kind: duration, from: transactions}
      - {name: availability, kind: availability, from: probes}
"""
AGREEMENTS = """
agreements:
  - id: sla-shop
    kind: SLA
    service: shop
    provider: Platform
    customer: Shop
    effective_from: 2026-01-01
    time_zone: UTC
    objectives:
      - {name: success, indicator: success, target: "90 %", window: 1h, burn: []}
      - name: up
        indicator: availability
        target: "99 %"
        window: 1d
        burn: []
        probes: {hold: 1h}
"""
# Ten a minute of 100 ms each, from 12:00 on; in the second minute two fail: 2 of 20 is the
# whole budget, with two more in the third minute 4 of 30 are too many.
SAMPLES = "timeStamp,elapsed,label,responseCode,success\n" + "".join(
    f"{1_772_366_400_000 + minute * 60_000 + i * 1000},100,buy,200,{str(i >= failures).lower()}\n"
    for minute, failures in enumerate((0, 2, 2))
    for i in range(10)
)
# Down from 12:01 to 12:02.
CHECKS = """time,slug,status,response_ms
2026-03-01T12:00:00Z,shop,up,80
2026-03-01T12:01:00Z,shop,down,0
2026-03-01T12:02:00Z,shop,up,120
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with promises and two recordings."""
    for name, text in (
        ("config/catalogue/shop.yaml", CATALOGUE),
        ("config/agreements/shop.yaml", AGREEMENTS),
        ("samples.csv", SAMPLES),
        ("checks.csv", CHECKS),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[list[Any], str]:
    """Return the JSON lines of a run that succeeds, and what it says beside them."""
    assert main(["replay", *map(str, arguments)]) == 0
    said = capsys.readouterr()
    return [json.loads(line) for line in said.out.splitlines()], said.err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Return the one sentence of a run that is refused."""
    assert main(["replay", *map(str, arguments)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("slm: ")
    assert said.err.count("\n") == 1
    return said.err


def test_events_come_in_order_and_levels_at_the_end(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The budget is spent at 12:02 and overspent at 12:03; both objectives end with a level."""
    lines, summary = run(
        capsys,
        f"{folder}/samples.csv@jmeter",
        f"{folder}/checks.csv@upptime",
        "--service=shop",
        f"--config={folder}/config",
    )
    moves = [
        (line["time"][11:16], line["type"].split(".")[2], line["data"]["level"])
        for line in lines
        if line["subject"] == "sla-shop/success" and ".level." not in line["type"]
    ]
    assert moves == [("12:02", "near_breach", "near_breach"), ("12:03", "near_breach", "breach"),
                     ("12:03", "breach", "breach")]  # fmt: skip
    final = {line["subject"]: line["data"] for line in lines[-2:]}
    assert {name: data["level"] for name, data in final.items()} == {
        "sla-shop/success": "breach",
        "sla-shop/up": "breach",
    }
    assert (final["sla-shop/success"]["bad"], final["sla-shop/success"]["valid"]) == (4, 30)
    assert final["sla-shop/up"]["bad"] == 60_000
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert "rows read" in summary
    assert "33" in summary


def test_figures_are_of_the_whole_recording(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """30 samples in 129.1 s; two timed checks; a minute down of the three that were seen."""
    lines, _ = run(
        capsys,
        f"{folder}/samples.csv@jmeter",
        f"{folder}/checks.csv@upptime",
        "--service=shop",
        f"--config={folder}/config",
        "--figures",
        "--until=2026-03-01T12:03:00Z",
    )
    success, latency, up = (line for line in lines if "specversion" not in line)
    assert success == {
        "service": "shop",
        "indicator": "success",
        "kind": "ratio",
        "n": 30,
        "bad": 4,
        "ratio": pytest.approx(26 / 30),
    }
    assert (latency["n"], latency["mean_ms"]) == (30, 100.0)
    assert latency["p99.9_ms"] == pytest.approx(100, rel=0.005)
    assert latency["throughput_per_s"] == pytest.approx(30 / 129.1)
    assert (latency["first"], latency["last"]) == (
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T12:02:09.100Z",
    )
    assert (up["objective"], up["known_s"], up["down_s"]) == ("sla-shop/up", 180.0, 60.0)


def test_without_promises_there_are_figures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody wrote down what the services are: they are what the recording names."""
    lines, _ = run(capsys, folder / "checks.csv", "--mapping=upptime")
    assert [(line["service"], line["indicator"], line["n"]) for line in lines] == [
        ("shop", "probe-success", 3),
        ("shop", "probe-latency", 2),
    ]
    assert lines[1]["mean_ms"] == 100.0


def test_the_clock_may_go_on_after_the_recording_or_stop_before_its_end(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 12:01:30 the shop is down; at 13:10 the last check has expired."""
    promised = (folder / "checks.csv", "-m", "upptime", f"--config={folder}/config")
    for until, bad, valid in (
        ("2026-03-01T12:01:30Z", 30_000, 90_000),
        ("2026-03-01T13:10", 60_000, 3_720_000),
    ):
        lines, _ = run(capsys, *promised, "--until", until)
        up = lines[-1]["data"]
        assert (up["objective"], up["bad"], up["valid"]) == ("up", bad, valid)


def test_what_is_not_counted_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that cannot be mapped, and one of a service that is not in the catalogue."""
    with (folder / "checks.csv").open("a") as file:
        file.write("2026-03-01T12:02:30Z,bakery,up,1\n2026-03-01T12:02:40Z,shop,asleep,1\n")
    _, summary = run(capsys, folder / "checks.csv", "-m", "upptime", f"--config={folder}/config")
    assert "set aside: unknown_service, slm.probes.v1" in summary
    assert "rows that cannot be mapped" in summary
    assert "checks.csv:6:" in summary


def test_what_cannot_be_done_is_refused_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No mapping, no file, no such step, no such instant, no promise about the service."""
    checks = folder / "checks.csv"
    assert "--mapping NAME" in refused(capsys, checks)
    assert "no file" in refused(capsys, folder / "nothing.csv", "-m", "upptime")
    assert "--every" in refused(capsys, checks, "-m", "upptime", "--every", "often")
    assert "--every" in refused(capsys, checks, "-m", "upptime", "--every", "0s")
    assert "--until" in refused(capsys, checks, "-m", "upptime", "--until", "tomorrow")
    assert "2026-03-01T12:00:00.000Z" in refused(
        capsys, checks, "-m", "upptime", "--until", "2026-02-28"
    )
    assert "no mapping is called" in refused(capsys, checks, "-m", "upptim")
    other = refused(
        capsys, checks, "-m", "upptime", "--service", "bakery", f"--config={folder}/config"
    )
    assert "promises nothing of bakery" in other
    (folder / "empty.csv").write_text("time,slug,status,response_ms\n")
    assert "not one of 0 rows" in refused(capsys, folder / "empty.csv", "-m", "upptime")


def test_minutes_are_told_in_runs_with_who_decided(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All good; down by probes, where 80 % of transactions are good; then degraded by these."""
    catalogue = folder / "config/catalogue/shop.yaml"
    catalogue.write_text(
        catalogue.read_text().replace("from: probes", "from: [probes, transactions]")
    )
    lines, _ = run(
        capsys,
        f"{folder}/samples.csv@jmeter",
        f"{folder}/checks.csv@upptime",
        "--service=shop",
        f"--config={folder}/config",
        "--minutes=sla-shop/up",
        "--until=2026-03-01T12:04:00Z",
    )
    runs = [line for line in lines if "specversion" not in line]
    assert all(run["objective"] == "sla-shop/up" and run["agreed"] for run in runs)
    assert [(run["start"][11:16], run["end"][11:16], run["state"], run["witness"])
            for run in runs] == [
        ("12:00", "12:01", "up", "probes"),
        ("12:01", "12:02", "down", "probes"),
        ("12:02", "12:03", "degraded", "transactions"),
        ("12:03", "12:04", "up", "probes"),
    ]  # fmt: skip


def test_minutes_are_only_of_availability(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The remedy names what was meant; without promises there is no objective at all."""
    checks = (folder / "checks.csv", "-m", "upptime", f"--config={folder}/config")
    assert "known: sla-shop/up" in refused(capsys, *checks, "--minutes", "success")
    assert "did you mean sla-shop/up?" in refused(capsys, *checks, "--minutes", "sla-shop/ups")
    assert "add --config" in refused(capsys, *checks[:3], "--minutes", "sla-shop/up")
