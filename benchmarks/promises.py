"""Promises to judge meanwhile: twenty indicators and twenty objectives for each service.

No two services have the same limits, as in a real catalogue; burn pairs are the default ones.
"""

from pathlib import Path
from typing import Any

import yaml

from benchmarks.data import SERVICES

WINDOWS = ("28d", "7d", "month", "30d")
FAILURES = (400, 404, 429, 500, 503)
LIMITS_MS = (50, 100, 150, 200, 250, 300, 400, 600)


def write_promises(folder: Path) -> None:
    """Write a catalogue and agreements to a folder, as `slm worker --config` reads it."""
    for name, content in (
        ("catalogue", {"services": [_service(i) for i in range(len(SERVICES))]}),
        ("agreements", {"agreements": [_agreement(i) for i in range(len(SERVICES))]}),
    ):
        (folder / name).mkdir()
        (folder / name / "bench.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def _service(i: int) -> dict[str, Any]:
    ratio = {"kind": "ratio", "from": "transactions"}
    slow = [
        {"name": f"within-{limit}", **ratio, "valid": ["ok == true"], "good": [_within(limit, i)]}
        for limit in LIMITS_MS
    ]
    failed = [
        {"name": f"below-{status}", **ratio, "good": [f"status < {status}"]} for status in FAILURES
    ]
    both = [
        {
            "name": f"found-within-{limit}",
            **ratio,
            "valid": ["status != 404"],
            "good": ["ok == true", _within(limit, i)],
        }
        for limit in LIMITS_MS[::2]
    ]
    success = {"name": "success", **ratio, "valid": ["status != 404"], "good": ["ok == true"]}
    duration = {"kind": "duration", "from": "transactions"}
    latency = [
        {"name": "latency", **duration},
        {"name": "latency-ok", **duration, "valid": ["ok == true"]},
    ]
    return {"name": SERVICES[i], "indicators": [*slow, *failed, *both, success, *latency]}


def _within(limit_ms: int, i: int) -> str:
    return f"duration_ms <= {limit_ms + i}"


def _agreement(i: int) -> dict[str, Any]:
    indicators = _service(i)["indicators"]
    return {
        "id": f"sla-{SERVICES[i]}",
        "kind": "SLA",
        "version": 1,
        "title": f"Benchmark {i}",
        "service": SERVICES[i],
        "provider": "Provider",
        "customer": "Customer",
        "effective_from": "2020-01-01",
        "time_zone": "Europe/Amsterdam",
        "objectives": [
            {
                "name": indicator["name"],
                "indicator": indicator["name"],
                "target": ("99 %", "95 %", "90 %", "99.5 %")[k % 4],
                "window": WINDOWS[k % len(WINDOWS)],
                **({"within": f"{300 + i}ms"} if indicator["kind"] == "duration" else {}),
            }
            for k, indicator in enumerate(indicators)
        ],
    }
