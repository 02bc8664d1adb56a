"""A level as it stands on the topic of levels."""

from typing import Any

from slm_stream.codec.events import BudgetData, LevelData, WindowData


def level_data(**changes: Any) -> LevelData:
    """Return an availability that is met, with some of it changed."""
    values: dict[str, Any] = {
        "service": "checkout",
        "agreement": "sla-checkout",
        "version": 1,
        "objective": "availability",
        "indicator": "availability",
        "level": "met",
        "previous_level": "no_data",
        "since": "2026-03-10T13:15:00.000Z",
        "triggers": (),
        "target": 0.999,
        "sli": 1.0,
        "window": WindowData("28d", "2026-02-10T13:15:00.000Z", "2026-03-10T13:15:00.000Z"),
        "bad": 0,
        "valid": 1000,
        "unit": "milliseconds",
        "budget": BudgetData(1.0, 1.0, 0.0),
        "burn_rates": {"1h": 0.0},
        "time_to_exhaustion_s": None,
        "latest_restore": None,
        "already_lost": False,
        "coverage_ratio": 1.0,
        "witness": "probes",
    }
    return LevelData(**(values | changes))
