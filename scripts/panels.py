"""Parts that the panels of the Grafana dashboard are made of."""

from typing import Any

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
    VariableOption,
    VariableRefresh,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED, GREY = "green", "yellow", "red", "#808080"
LEVELS = (("met", GREEN), ("near breach", YELLOW), ("breach", RED), ("no data", GREY))

Panel = Any
"""The builders share their methods, but no type."""


def lines_of(
    title: str,
    description: str,
    *queries: tuple[str, str],
    unit: str,
    width: int = 12,
) -> Panel:
    """Return a panel of lines; gaps stay gaps."""
    panel = panel_of(
        timeseries.Panel(), title, description, *queries, unit=unit, width=width, height=8
    )
    return panel.fill_opacity(5).span_nulls(False)


def panel_of(
    panel: Panel,
    title: str,
    description: str,
    *queries: tuple[str, str],
    unit: str,
    width: int,
    height: int,
) -> Panel:
    """Return `panel` with its texts and (legend, expression) queries."""
    panel = panel.title(title).description(description).datasource(SOURCE)
    panel = panel.unit(unit).span(width).height(height)
    for ref, (legend, expr) in zip("ABCDEF", queries, strict=False):
        panel = panel.with_target(query_of(ref, expr).legend_format(legend))
    return panel


def query_of(ref: str, expr: str) -> prometheus.Dataquery:
    """Return one query over the time shown."""
    return prometheus.Dataquery().expr(expr).ref_id(ref).range().datasource(SOURCE)


def variable_of(name: str, before: str) -> dashboard.QueryVariable:
    """Return a variable that offers what the ones before it leave."""
    selector = f"{{{before.removeprefix(', ')}}}" if before else ""
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query(f"label_values(objective:slm_objective_info:max{selector}, {name})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .include_all(True)
        .current(VariableOption(text="All", value="$__all", selected=True))
        .all_value(".+")
        .multi(True)
    )


def steps_of(*steps: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Return thresholds; the first has no lower bound."""
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=color) for value, color in steps])
    )


def level_names() -> ValueMap:
    """Return the names and colours of the level codes."""
    return ValueMap(
        options={
            str(code): ValueMappingResult(text=text, color=color, index=code)
            for code, (text, color) in enumerate(LEVELS)
        }
    )
