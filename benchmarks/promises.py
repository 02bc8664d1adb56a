"""Promises to judge meanwhile: twenty indicators and twenty objectives for each service.

No two services have the same limits, as in a real catalogue; burn pairs are the default ones.
"""

from pathlib import Path
from typing import Any

import yaml

from benchmarks.data import SERVICES

WINDOWS = ("28d", "7d", "month", "30d")
BELOW = {400: "95 %", 404: "96 %", 429: "98 %", 500: "98.5 %", 503: "99.3 %"}
WITHIN_MS = {
    **{50: "20 %", 100: "50 %", 150: "70 %", 200: "80 %"},
    **{250: "85 %", 300: "90 %", 400: "95 %", 600: "98 %"},
}
"""Targets that the made-up transactions meet, mostly: what is promised is what is usual."""


def write_promises(folder: Path) -> None:
    """Write a catalogue and agreements to a folder, as `slm worker --config` reads it."""
    write_folder(
        folder,
        [_service(i) for i in range(len(SERVICES))],
        [agreement_of(SERVICES[i], _objectives(i)) for i in range(len(SERVICES))],
    )


def write_folder(
    folder: Path, services: list[dict[str, Any]], agreements: list[dict[str, Any]]
) -> None:
    """Write what `slm worker --config` reads."""
    for name, content in (
        ("catalogue", {"services": services}),
        ("agreements", {"agreements": agreements}),
    ):
        (folder / name).mkdir()
        (folder / name / "bench.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def agreement_of(service: str, objectives: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an agreement about one service; its objectives take windows in turn."""
    return {
        "id": f"sla-{service}",
        "kind": "SLA",
        "service": service,
        "provider": "Provider",
        "customer": "Customer",
        "effective_from": "2020-01-01",
        "time_zone": "Europe/Amsterdam",
        "objectives": [
            {"window": WINDOWS[k % len(WINDOWS)], **objective}
            for k, objective in enumerate(objectives)
        ],
    }


def _service(i: int) -> dict[str, Any]:
    return {"name": SERVICES[i], "indicators": [indicator for indicator, _ in _promised(i)]}


def _promised(i: int) -> list[tuple[dict[str, Any], str]]:
    """Return the indicators of a service, each with the target of its objective."""
    ratio = {"kind": "ratio", "from": "transactions"}
    duration = {"kind": "duration", "from": "transactions"}
    slow = [
        (
            {"name": f"within-{ms}", **ratio, "valid": ["ok == true"], "good": [_within(ms, i)]},
            target,
        )
        for ms, target in WITHIN_MS.items()
    ]
    failed = [
        ({"name": f"below-{status}", **ratio, "good": [f"status < {status}"]}, target)
        for status, target in BELOW.items()
    ]
    served = {**ratio, "valid": ["status != 404"]}
    both = [
        ({"name": f"served-within-{ms}", **served, "good": ["ok == true", _within(ms, i)]}, "15 %")
        for ms in list(WITHIN_MS)[::2]
    ]
    return [
        *slow,
        *failed,
        *both,
        ({"name": "success", **served, "good": ["ok == true"]}, "98 %"),
        ({"name": "latency", **duration}, "90 %"),
        ({"name": "latency-ok", **duration, "valid": ["ok == true"]}, "90 %"),
    ]


def _within(limit_ms: int, i: int) -> str:
    return f"duration_ms <= {limit_ms + i}"


def _objectives(i: int) -> list[dict[str, Any]]:
    return [
        {
            "name": indicator["name"],
            "indicator": indicator["name"],
            "target": target,
            **({"within": f"{300 + i}ms"} if indicator["kind"] == "duration" else {}),
        }
        for indicator, target in _promised(i)
    ]
