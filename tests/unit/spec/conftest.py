"""A small folder of promises, right in all parts, that tests spoil one line at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slm_stream.errors import SpecError
from slm_stream.spec.loader import load

CATALOGUE = """\
services:
  - name: shop
    indicators:
      - {name: up, kind: availability, from: probes}
      - {name: success, kind: ratio, from: transactions, good: ["ok == true"]}
      - {name: latency, kind: duration, from: transactions}
      - {name: resolution, kind: timeliness, from: incidents}
      - {name: outages, kind: availability, from: incidents}
"""
AGREEMENTS = """\
agreements:
  - id: sla-shop
    kind: SLA
    service: shop
    provider: Platform
    customer: Sales
    effective_from: 2026-01-01
    time_zone: Europe/Amsterdam
    near_breach: "75 %"
    objectives:
      - {name: up, indicator: up, target: "99.9 %", window: month}
      - {name: good, indicator: success, target: "99 %", window: 28d}
      - {name: p95, indicator: latency, percentile: 95, within: 300ms, window: 28d}
      - {name: done, indicator: resolution, target: "90 %", within: {P1: 4h}, window: month}
      - {name: told, indicator: outages, target: "99 %", window: month}
"""
CALENDARS = """\
calendars:
  - name: office
    time_zone: Europe/Amsterdam
    hours:
      mon: ["09:00-12:00", "13:00-17:00"]
    holidays: ["2026-12-25"]
    annual_holidays: ["01-01"]
    breaks: {"2026-05-04": ["12:00-13:00"]}
    date_overrides: {"2026-12-24": ["09:00-12:00"]}
"""

Mistaken = Callable[[], list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder without a mistake."""
    for name, text in (
        ("catalogue", CATALOGUE),
        ("agreements", AGREEMENTS),
        ("calendars", CALENDARS),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def mistakes(folder: Path) -> Mistaken:
    """Return a function that loads the folder and returns what is wrong, without its path."""

    def read() -> list[str]:
        with pytest.raises(SpecError) as caught:
            load(folder)
        return [mistake.replace(f"{folder}/", "") for mistake in caught.value.mistakes]

    return read
