"""Agreements built by hand, as a checked `config/` would give them."""

from slm_stream.domain.agreement import (
    Agreement,
    AgreementKind,
    ComplianceWindow,
    Objective,
    Period,
)
from slm_stream.domain.calendar import Calendar

DAY_S = 86_400
IN_2026_MS = 1_767_225_600_000  # 2026-01-01T00:00Z
IN_JULY_MS = 1_782_864_000_000  # 2026-07-01T00:00Z

ROLLING = ComplianceWindow(rolling_s=28 * DAY_S)
MONTH = ComplianceWindow(period=Period.MONTH)


def agreement(service: str, *objectives: Objective, **changes: object) -> Agreement:
    """Return version 1 of an agreement in force since 2026."""
    values: dict[str, object] = {
        "id": f"sla-{service}",
        "kind": AgreementKind.SLA,
        "version": 1,
        "service": service,
        "provider": "Shop Platform",
        "customer": "Web Shop",
        "calendar": Calendar.always("Europe/Amsterdam"),
        "objectives": objectives,
        "effective_from_ms": IN_2026_MS,
    }
    return Agreement(**(values | changes))  # type: ignore[arg-type]


SUCCESS = Objective("success", "success", 500_000, ROLLING)  # 99.5 %
AVAILABILITY = Objective("availability", "availability", 100_000, MONTH)  # 99.9 %

AGREEMENTS = (agreement("checkout", SUCCESS, AVAILABILITY), agreement("billing", SUCCESS))
