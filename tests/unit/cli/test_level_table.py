"""Levels as a table."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from slm_stream.cli.level_table import Words, level_table, why, words_of
from slm_stream.codec.events import BudgetData, LevelData
from slm_stream.spec.loader import load
from tests.unit.cli.levels import level_data

CONFIG = Path(__file__).parents[3] / "config"
UTC = ZoneInfo("UTC")


def shown(levels: list[LevelData], width: int = 100, **options: Any) -> list[str]:
    """Return the lines of a table."""
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(level_table(levels, {}, width=width, zone=UTC, **options))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_row_says_where_an_objective_stands() -> None:
    """Level by mark and word, SLI rounded down, budget left, since when, why."""
    # 0.99899 is a breach of 99.9 %: it must not be shown as 99.90 %. 126 % spent leaves -26 %.
    data = level_data(
        level="breach", sli=0.998999, budget=BudgetData(1.0, -0.26, 1.26), triggers=("breach",)
    )

    header, row = shown([data])

    assert header.split("  ")[0] == "OBJECTIVE"
    assert " ".join(row.split()) == (
        "sla-checkout/availability ✗ breach 99.899 % ▱▱▱▱▱ −26 % 10 Mar 13:15 overspent"
    )


def test_a_wide_terminal_shows_more() -> None:
    """Service, target, burn and window; the promise in words, or target and window without."""
    data = level_data(burn_rates={"1h": 3.25, "6h": 0.5})

    row = shown([data], width=240)[1]

    assert row.startswith("checkout")
    assert "99.9 %" in row
    assert "3.2× 1h" in row
    assert row.endswith("99.9 % over 28d")


def test_without_data_nothing_is_made_up() -> None:
    """No figure where there is none."""
    data = level_data(level="no_data", sli=None, budget=BudgetData(0.0, 0.0, None), burn_rates={})

    assert "· no data" in shown([data])[1]
    assert "%" not in shown([data])[1]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"triggers": ()}, ""),
        ({"level": "breach", "triggers": ("breach", "budget_spent")}, "overspent"),
        ({"triggers": ("budget_spent",), "budget": BudgetData(1, 0.2, 0.8)}, "80 % spent"),
        ({"triggers": ("burn_rate:1h/5m", "burn_rate:6h/30m")}, "burns fast 1h/5m"),
        ({"triggers": ("clock:INC-7",)}, "INC-7 due soon"),
        ({"triggers": ("clock:A", "clock:B")}, "2 tickets due soon"),
    ],
)
def test_why_in_few_words(changes: dict[str, Any], text: str) -> None:
    """Each trigger has its words."""
    assert why(level_data(**changes)) == text


def test_what_does_not_fit_is_met_and_told() -> None:
    """Rows that must be seen stay; of the others the last are left out, with a line to say so."""
    levels = [level_data(objective=f"o{i}") for i in range(6)]
    levels[5] = level_data(objective="o5", level="near_breach")

    lines = shown(levels, rows=4, first=["sla-checkout/o4"])

    assert [line.split("  ")[0] for line in lines[1:]] == [
        "sla-checkout/o0",
        "sla-checkout/o4",
        "sla-checkout/o5",
        "… 3 more, all met",
    ]


def test_a_breach_is_never_left_out() -> None:
    """Where there is no space at all, what is not met is shown nevertheless."""
    levels = [level_data(objective=f"o{i}", level="breach") for i in range(5)]

    assert len(shown(levels, rows=2)) == 6


def test_order_and_words_are_those_of_the_promises() -> None:
    """Agreements in the order of their files, and what each objective promises."""
    words = words_of(load(CONFIG))

    assert words["sla-storefront/availability"] == Words(
        "available for 99.9 % of agreed service time in each calendar month, by probes", 0
    )
    assert words["sla-storefront/success"].place == 1
