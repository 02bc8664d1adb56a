"""Promises of all kinds, twenty for each service, and the probes and incidents that they need."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.data import SERVICES
from benchmarks.promises import agreement_of, write_folder
from slm_stream.codec import topics

PROBE_EVERY_MS = 30_000
LOCATIONS = ("ams", "fra", "lon")
INCIDENT_EVERY_MS = 600_000

_SOLD: dict[str, Any] = {"kind": "ratio", "from": "transactions"}
INDICATORS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"name": "success", **_SOLD, "good": ["ok == true"]}, {"target": "98 %"}),
    ({"name": "served", **_SOLD, "good": ["status < 500"]}, {"target": "98 %"}),
    ({"name": "known", **_SOLD, "good": ["status != 404"]}, {"measure": "count", "at_most": 9}),
    ({"name": "rare", **_SOLD, "good": ["status != 429"]}, {"measure": "rate", "at_most": 9}),
    ({"name": "weighed", **_SOLD, "weight": "weight", "good": ["ok == true"]}, {"target": "9 %"}),
    ({"name": "wrong", **_SOLD, "weight": "records", "bad": "wrong_records"}, {"target": "9 %"}),
    ({"name": "ended", **_SOLD, "good": ["outcome != user_error"]}, {"target": "90 %"}),
    ({"name": "fast", **_SOLD, "valid": ["ok == true"], "good": ["duration_ms <= 400"]},
     {"target": "90 %"}),
    ({"name": "took", "kind": "duration", "from": "transactions"},
     {"percentile": 90, "within": "300ms"}),
    ({"name": "took-on-average", "kind": "duration", "from": "transactions"},
     {"measure": "mean", "at_most": "1s"}),
    ({"name": "pace", "kind": "duration", "from": "transactions", "valid": ["ok == true"]},
     {"measure": "throughput", "at_least": 1}),
    ({"name": "value", "kind": "number", "from": "transactions", "field": "value"},
     {"measure": "mean", "at_most": 9}),
    ({"name": "up", "kind": "availability", "from": "probes"},
     {"target": "99 %", "probes": {"quorum": 2, "fail_after": 2, "hold": "5m"}}),
    ({"name": "restored", "kind": "availability", "from": "probes"},
     {"measure": "mtrs", "at_most": "4h", "probes": {"hold": "5m"}}),
    ({"name": "reported", "kind": "availability", "from": "incidents"},
     {"measure": "longest_outage", "at_most": "4h"}),
    ({"name": "disk", "kind": "number", "from": "probes", "field": "value"},
     {"measure": "mean", "at_most": 80}),
    ({"name": "right", "kind": "ratio", "from": "probes", "good": ["ok == true"]},
     {"target": "90 %"}),
    ({"name": "resolved", "kind": "timeliness", "from": "incidents"},
     {"target": "50 %", "within": {"P1": "4h"}}),
    ({"name": "overdue", "kind": "timeliness", "from": "incidents"},
     {"measure": "overdue", "at_most": 9, "within": {"P1": "4h"}}),
    ({"name": "all", "kind": "index", "parts": {"success": 1, "right": 2}}, {"target": "90 %"}),
]  # fmt: skip


def write_mix(folder: Path) -> None:
    """Write a catalogue and agreements to a folder, as `slm worker --config` reads it."""
    objectives = [
        {"name": indicator["name"], "indicator": indicator["name"], **promised}
        for indicator, promised in INDICATORS
    ]
    write_folder(
        folder,
        [{"name": service, "indicators": [one for one, _ in INDICATORS]} for service in SERVICES],
        [agreement_of(service, objectives) for service in SERVICES],
    )


def events(start_ms: int, end_ms: int) -> Iterator[tuple[str, int, list[bytes | None]]]:
    """Yield batches of probes and incidents of every service in [start, end)."""
    made: list[tuple[str, int, bytes]] = []
    for at_ms in range(-(-start_ms // PROBE_EVERY_MS) * PROBE_EVERY_MS, end_ms, PROBE_EVERY_MS):
        made += [
            (topics.PROBES, at_ms, _probe(service, at_ms, location))
            for service in SERVICES
            for location in LOCATIONS
        ]
        if at_ms % INCIDENT_EVERY_MS == 0:
            made += [(topics.INCIDENTS, at_ms, _ticket(service, at_ms)) for service in SERVICES]
    for topic, batch in groupby(sorted(made, key=lambda one: one[0]), key=lambda one: one[0]):
        yield topic, end_ms, [value for _, _, value in batch]


def _probe(service: str, at_ms: int, location: str) -> bytes:
    ok = "false" if at_ms // PROBE_EVERY_MS % 40 == 0 else "true"
    return (
        f'{{"service":"{service}","at_ms":{at_ms},"ok":{ok},"location":"{location}",'
        f'"duration_ms":31.5,"value":71.5}}'
    ).encode()


def _ticket(service: str, at_ms: int) -> bytes:
    """Return the opening of a ticket, or the end of the one before."""
    nth = at_ms // INCIDENT_EVERY_MS
    status = "resolved" if nth % 2 else "opened"
    return (
        f'{{"service":"{service}","at_ms":{at_ms},"incident":"INC-{nth // 2}",'
        f'"status":"{status}","priority":"P1"}}'
    ).encode()
