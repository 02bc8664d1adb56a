"""Shipped mappings on real recordings, against figures computed or published independently.

The right-hand sides come from the files by the csv and json modules and `date`-like arithmetic,
never through a mapping.
"""

import csv
import json
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from slm_stream.adapters.recordings import Tally, read_measurements
from slm_stream.codec.messages import IncidentUpdate, Measurement, Probe, Transaction
from slm_stream.codec.topics import INCIDENTS, PROBES, TRANSACTIONS
from slm_stream.spec.mapping_files import load


def read(path: Path, name: str, service: str | None = None) -> tuple[list[Measurement], Tally]:
    """Return all measurements of a recording, and the tally."""
    tally = Tally()
    found = [m for _, m in read_measurements(path, load(name), service=service, tally=tally)]
    assert tally.n_bad == 0, tally.examples
    return found, tally


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def utc_ms(text: str, zone: str = "UTC") -> int:
    """Return an ISO stamp's instant."""
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=ZoneInfo(zone))
    return round(stamp.timestamp() * 1000)


def test_jmeter_agrees_with_its_own_report(recordings: Path) -> None:
    """Counts, errors, mean and quantiles are those that JMeter published for the same file."""
    folder = recordings / "jmeter_samples"
    found, tally = read(folder / "HTMLReportTestFile.csv", "jmeter", service="shop")
    report = json.loads((folder / "HTMLReportExpect.json").read_text())["Total"]

    samples = [m for m in found if isinstance(m, Transaction)]
    took = sorted(m.duration_ms for m in samples if m.duration_ms is not None)
    assert tally.emitted == {TRANSACTIONS: 255}
    assert len(took) == report["sampleCount"] == 255
    assert sum(not m.ok for m in samples) == report["errorCount"] == 3
    assert sum(took) / len(took) == pytest.approx(report["meanResTime"], rel=1e-12)
    assert (took[0], took[-1]) == (report["minResTime"], report["maxResTime"])
    # JMeter takes the value at p(n + 1)/100: for 90 % the 230.4th, for 95 % the 243.2nd.
    assert took[229] + 0.4 * (took[230] - took[229]) == pytest.approx(report["pct1ResTime"])
    assert took[242] + 0.2 * (took[243] - took[242]) == pytest.approx(report["pct2ResTime"])
    # Throughput over [first start, last end).
    start = min(m.at_ms for m in samples)
    end = max(m.at_ms + (m.duration_ms or 0) for m in samples)
    assert 1000 * len(samples) / (end - start) == pytest.approx(report["throughput"], rel=1e-12)
    assert Counter(m.status for m in samples) == {200: 252, 400: 3}


def test_jmeter_xml_has_every_sample(recordings: Path) -> None:
    """The stream agrees with the whole tree."""
    path = recordings / "jmeter_samples" / "sample_log1c.jtl"
    found, _ = read(path, "jmeter-xml", service="shop")

    tree = ET.parse(path)  # noqa: S314 - a file of the JMeter project
    assert len(found) == 2000
    assert found == [
        Transaction(
            "shop",
            int(e.attrib["ts"]),
            e.attrib["s"] == "true",
            float(e.attrib["t"]),
            e.attrib["lb"],
            int(e.attrib["rc"]),
        )
        for e in tree.getroot()
    ]


def test_upptime_checks_keep_their_times_but_for_the_unanswered(recordings: Path) -> None:
    """267 up, 47 down; 27 of the failures have no time, 20 have one that counts."""
    path = recordings / "upptime_manticore" / "samples.csv"
    found, tally = read(path, "upptime")

    probes = [m for m in found if isinstance(m, Probe)]
    assert tally.emitted == {PROBES: 314}
    assert Counter(m.ok for m in probes) == {True: 267, False: 47}
    assert Counter((m.ok, m.duration_ms is None) for m in probes) == {
        (True, False): 267,
        (False, True): 27,
        (False, False): 20,
    }
    assert len({m.service for m in probes}) == 18
    assert [(m.service, m.at_ms, m.duration_ms or 0.0) for m in probes] == [
        (row["slug"], utc_ms(row["time"]), float(row["response_ms"])) for row in csv_rows(path)
    ]


def test_upptime_mean_response_times_are_the_published_ones(recordings: Path) -> None:
    """Mean of all times so far, half rounded up, in every publication of every site."""
    folder = recordings / "upptime_manticore"
    found, _ = read(folder / "samples.csv", "upptime")
    probes = [m for m in found if isinstance(m, Probe) and m.duration_ms is not None]

    n_compared = 0
    for line in (folder / "published_summaries.jsonl").read_text().splitlines():
        published = json.loads(line)
        now_ms = utc_ms(published["published_at"])
        for site in published["sites"]:
            took = [
                m.duration_ms
                for m in probes
                if m.service == site["slug"] and m.at_ms <= now_ms and m.duration_ms is not None
            ]
            if took:
                assert int(sum(took) / len(took) + 0.5) == site["time"], (site["slug"], now_ms)
                n_compared += 1
    assert n_compared > 800


def test_trace_spans_know_a_span_that_was_captured_twice(recordings: Path) -> None:
    """19,210 spans, 103 of them exact repetitions: 19,107 ids."""
    path = recordings / "nezha_onlineboutique" / "2022-08-22-root_spans.csv"
    found, tally = read(path, "trace-spans", service="frontend")

    spans = [m for m in found if isinstance(m, Transaction)]
    assert tally.emitted == {TRANSACTIONS: 19_210}
    assert len({m.id for m in spans}) == 19_107
    for span, row in zip(spans, csv_rows(path), strict=True):
        assert span.at_ms == int(row["StartTimeUnixNano"]) // 1_000_000
        assert span.duration_ms == int(row["Duration"]) / 1000
        # The capture truncates to microseconds what the two stamps say in nanoseconds.
        took_ns = int(row["EndTimeUnixNano"]) - int(row["StartTimeUnixNano"])
        assert span.duration_ms is not None
        assert abs(span.duration_ms - took_ns / 1e6) <= 0.001


def test_mesh_minutes_are_probes_with_a_success_rate(recordings: Path) -> None:
    """1,209 minutes, 22 of them below 99 %."""
    path = recordings / "nezha_onlineboutique" / "2022-08-22-front_service.csv"
    found, _ = read(path, "mesh-minute")

    probes = [m for m in found if isinstance(m, Probe)]
    assert len(probes) == 1209
    assert {m.service for m in probes} == {"frontend"}
    assert sum(m.value is not None and m.value < 99 for m in probes) == 22
    for probe, row in zip(probes, csv_rows(path), strict=True):
        # The other column says the same instant: "2022-08-22 03:51:19.573905004 +0000 UTC m=…".
        assert probe.at_ms == utc_ms(f"{row['Time'][:19]}+00:00")
        assert probe.value == float(row["SuccessRate(%)"])


def test_incident_export_opens_and_closes_every_ticket(recordings: Path) -> None:
    """4,000 opened, 4,000 closed at close_time, 183 reopened, in the order of time."""
    path = recordings / "bpic2014_rabobank" / "incident_cases.csv"
    found, tally = read(path, "incident-export", service="it-services")

    updates = [m for m in found if isinstance(m, IncidentUpdate)]
    assert tally.rows == 4000
    assert tally.emitted == {INCIDENTS: 8183}
    assert Counter(m.status for m in updates) == {"opened": 4000, "closed": 4000, "reopened": 183}
    assert all(a.at_ms <= b.at_ms for a, b in pairwise(updates))
    rows = csv_rows(path)
    assert Counter(m.priority for m in updates if m.status == "opened") == Counter(
        f"P{row['priority']}" for row in rows
    )
    stamps = {(m.incident, m.status): m.at_ms for m in updates}
    for row in rows:
        for column, status in (
            ("open_time", "opened"),
            ("reopen_time", "reopened"),
            ("close_time", "closed"),
        ):
            expected = utc_ms(row[column], "Europe/Amsterdam") if row[column] else None
            assert stamps.get((row["incident_id"], status)) == expected


def test_incident_export_takes_another_zone_and_the_component(recordings: Path) -> None:
    """IM0000013 was opened on 2012-08-10 at 11:27:59: in UTC two hours after Amsterdam's."""
    path = recordings / "bpic2014_rabobank" / "incident_cases.csv"
    here = next(read_measurements(path, load("incident-export")))[1]
    utc = next(read_measurements(path, load("incident-export"), time_zone="UTC"))[1]

    assert here.service == utc.service == "wbs000088"
    assert utc.at_ms - here.at_ms == 2 * 3_600_000
    assert datetime.fromtimestamp(utc.at_ms / 1000, UTC).isoformat() == "2012-08-10T11:27:59+00:00"


def test_statuspage_windows_are_the_published_downtime(recordings: Path) -> None:
    """Per incident and component the window is that of downtime_windows.csv."""
    folder = recordings / "github_status_incidents"
    found, tally = read(folder / "incidents.jsonl", "statuspage")
    text = (folder / "incidents.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.rstrip("\n").split("\n")]

    # 819 incidents, 158 of them without component; the rest name 1,092 components together.
    assert tally.rows == len(lines) == 819
    assert tally.skipped == {"no component": 158}
    n_components = sum(len(line.get("components") or []) for line in lines)
    assert n_components == 1092
    assert tally.emitted == {INCIDENTS: 2 * n_components}

    updates = [m for m in found if isinstance(m, IncidentUpdate)]
    resolved = {(m.incident, m.service): m for m in updates if m.status == "resolved"}
    opened = {(m.incident, m.service): m for m in updates if m.status == "opened"}
    assert len(resolved) == len(opened) == n_components
    assert len({m.service for m in updates}) == 12
    windows = {row["incident_id"]: row for row in csv_rows(folder / "downtime_windows.csv")}
    for (incident, service), update in resolved.items():
        window = windows[incident]
        assert update.impact == window["impact"]
        assert update.impact_start_ms == utc_ms(window["downtime_start"])
        assert update.impact_end_ms == utc_ms(window["downtime_end"])
        first = opened[incident, service]
        assert first.impact_end_ms is None
        assert first.impact == update.impact
        assert first.at_ms <= update.at_ms
    by_id = {line["id"]: line for line in lines}
    assert all(m.at_ms == utc_ms(by_id[m.incident]["started_at"]) for m in opened.values())
    assert all(m.at_ms == utc_ms(by_id[m.incident]["resolved_at"]) for m in resolved.values())
