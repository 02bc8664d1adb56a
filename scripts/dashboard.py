"""The Grafana dashboard `deploy/grafana/dashboards/slm.json`, made with grafana-foundation-sdk."""

import json
from typing import Any

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    stat,
    statetimeline,
    table,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueGraphMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataTransformerConfig,
    DynamicConfigValue,
)
from panels import (
    GREEN,
    GREY,
    RED,
    SOURCE,
    YELLOW,
    Panel,
    level_names,
    lines_of,
    panel_of,
    query_of,
    steps_of,
    variable_of,
)

CHOSEN = 'service=~"$service", agreement=~"$agreement", objective=~"$objective"'
LEVEL = "objective:slm_objective_level:max"
SUBJECT = "{{agreement}}/{{objective}}"
OF_OBJECTIVE = "max by (service, agreement, objective, window)"

# 0 met, 1 near breach, 2 breach, 3 no data: the order of LEVELS.
LEVEL_CODE = " + ignoring (level) ".join(
    f'{code} * {LEVEL}{{level="{level}", {CHOSEN}}}'
    for code, level in enumerate(("met", "near_breach", "breach", "no_data"))
)


def main_dashboard() -> str:
    """Return the dashboard as JSON."""
    built = (
        dashboard.Dashboard("Service levels")
        .uid("slm-objectives")
        .description("What is promised, how it stands, and whether the monitor itself is well.")
        .tags(["slm-stream"])
        .editable()
        .refresh("10s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .annotation(
            dashboard.AnnotationQuery()
            .name("Breaches")
            .datasource(SOURCE)
            .enable(True)
            .icon_color(RED)
            .expr(f'ALERTS{{alertname="SlmBreach", alertstate="firing", {CHOSEN}}}')
        )
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
    )
    before = ""
    for name in ("service", "agreement", "objective"):
        built = built.with_variable(variable_of(name, before))
        before += f', {name}=~"${name}"'
    for title, panels in (
        ("Promises", _promises()),
        ("Budgets and figures", _figures()),
        ("The monitor itself", _monitor()),
    ):
        built = built.with_row(dashboard.Row(title))
        for panel in panels:
            built = built.with_panel(panel)
    return _numbered(json.loads(JSONEncoder().encode(built.build())))


def _numbered(page: dict[str, Any]) -> str:
    """Return the page with ids, which the SDK leaves to a server that we do not have."""
    for number, panel in enumerate(page["panels"], start=1):
        panel["id"] = number
    for variable in page["templating"]["list"]:
        for name in ("auto", "auto_count", "auto_min"):  # belong to interval variables only
            variable.pop(name, None)
    return json.dumps(page, indent=2, sort_keys=True) + "\n"


def _promises() -> list[Panel]:
    """Return what is met and what is not."""
    counts = [
        panel_of(
            stat.Panel(),
            f"Objectives: {title}",
            f"Number of chosen objectives that stand at {title!r} now.",
            ("", f'count({LEVEL}{{level="{level}", {CHOSEN}}} == 1) or vector(0)'),
            unit="none",
            width=6,
            height=4,
        )
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(steps_of((None, GREEN if level == "met" else GREY), *steps))
        for title, level, steps in (
            ("breach", "breach", [(1, RED)]),
            ("near breach", "near_breach", [(1, YELLOW)]),
            ("no data", "no_data", []),
            ("met", "met", []),
        )
    ]
    timeline = panel_of(
        statetimeline.Panel(),
        "Levels",
        "The level of every chosen objective over time. A gap: no worker showed it.",
        (SUBJECT, LEVEL_CODE),
        unit="none",
        width=24,
        height=8,
    ).mappings([level_names()])
    return [*counts, timeline, _objectives()]


def _objectives() -> Panel:
    """Return the table of objectives, the smallest budget first."""
    columns = (
        ("Level", LEVEL_CODE),
        ("Measured", f"objective:slm_sli_ratio:max{{{CHOSEN}}}"),
        ("Promised", f"objective:slm_objective_target_ratio:max{{{CHOSEN}}}"),
        ("Budget left", f"objective:slm_error_budget_remaining_ratio:max{{{CHOSEN}}}"),
        ("Burn rate 1h", f'objective:slm_burn_rate_ratio:max{{lookback="1h", {CHOSEN}}}'),
        ("Observed", f"objective:slm_coverage_ratio:max{{{CHOSEN}}}"),
    )
    panel = (
        table.Panel()
        .title("Objectives")
        .description("How every chosen objective stands now; the smallest budget comes first.")
        .datasource(SOURCE)
        .unit("percentunit")
        .decimals(3)
        .span(24)
        .height(9)
    )
    for ref, (_, expr) in zip("ABCDEF", columns, strict=True):
        panel = panel.with_target(
            query_of(ref, f"{OF_OBJECTIVE} ({expr})").instant().format("table")
        )
    names = {f"Value #{ref}": name for ref, (name, _) in zip("ABCDEF", columns, strict=True)}
    return (
        panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            DataTransformerConfig(
                id_val="organize", options={"excludeByName": {"Time": True}, "renameByName": names}
            )
        )
        .with_transformation(
            DataTransformerConfig(id_val="sortBy", options={"sort": [{"field": "Budget left"}]})
        )
        .override_by_name(
            "Level",
            [
                DynamicConfigValue(id_val="unit", value="none"),
                DynamicConfigValue(id_val="mappings", value=[level_names()]),
                DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-background"}),
            ],
        )
        .override_by_name("Burn rate 1h", [DynamicConfigValue(id_val="unit", value="none")])
    )


def _figures() -> list[Panel]:
    """Return the course of budgets, burn rates and indicators."""
    return [
        lines_of(
            "Error budget left",
            "1 is untouched, 0 is spent; in a calendar window it is a share of the whole period's.",
            (SUBJECT, f"objective:slm_error_budget_remaining_ratio:max{{{CHOSEN}}}"),
            unit="percentunit",
        ).thresholds(steps_of((None, RED), (0, YELLOW), (0.25, GREEN))),
        lines_of(
            "Burn rate",
            "1 spends exactly the budget over the window; 14.4 over an hour calls somebody.",
            (
                f"{SUBJECT} {{{{lookback}}}}",
                f'objective:slm_burn_rate_ratio:max{{lookback=~"5m|1h|6h", {CHOSEN}}}',
            ),
            unit="none",
        ),
        lines_of(
            "Measured and promised",
            "The indicator over its compliance window, and the target.",
            (SUBJECT, f"objective:slm_sli_ratio:max{{{CHOSEN}}}"),
            (f"{SUBJECT} promised", f"objective:slm_objective_target_ratio:max{{{CHOSEN}}}"),
            unit="percentunit",
        ),
        lines_of(
            "Observed share of the agreed time",
            "Below 90 % a figure is not to be trusted.",
            (SUBJECT, f"objective:slm_coverage_ratio:max{{{CHOSEN}}}"),
            unit="percentunit",
        ).thresholds(steps_of((None, RED), (0.9, GREEN))),
        lines_of(
            "Bad in the window",
            "Events that missed the objective and are in its compliance window.",
            (SUBJECT, f'objective:slm_window_events:max{{result="bad", {CHOSEN}}}'),
            unit="short",
        ),
        lines_of(
            "Downtime in the window",
            "Agreed time that missed the objective and is in its compliance window.",
            (SUBJECT, f'objective:slm_window_seconds:max{{result="bad", {CHOSEN}}}'),
            unit="s",
        ),
        lines_of(
            "Figures by their limits",
            "1 is the limit: an upper one is broken above, a lower one below it.",
            (
                f"{SUBJECT} {{{{measure}}}}",
                f"objective:slm_objective_figure:max{{{CHOSEN}}}"
                f" / ignoring (bound) objective:slm_objective_limit:max{{{CHOSEN}}}",
            ),
            unit="percentunit",
        ),
        lines_of(
            "Percentiles of durations",
            "Over the compliance window, inside agreed time; for showing, within 0.5 %.",
            (
                f"{SUBJECT} {{{{quantile}}}}",
                f"objective:slm_objective_percentile_seconds:max{{{CHOSEN}}}",
            ),
            unit="s",
        ),
        lines_of(
            "Changes of level",
            "How many objectives entered each level.",
            (
                "to {{to}}",
                "sum by (to) (increase(objective:slm_objective_transitions_total:max"
                f"{{{CHOSEN}}}[$__rate_interval]))",
            ),
            unit="short",
            width=24,
        ),
    ]


def _monitor() -> list[Panel]:
    """Return whether the figures above can be relied on."""
    return [
        lines_of(
            "Age of the figures",
            "How far the evaluation of each partition is behind the clock.",
            ("partition {{partition}}", "time() - partition:slm_watermark_timestamp_seconds:max"),
            unit="s",
            width=8,
        ),
        lines_of(
            "Records that wait",
            "Lag by topic, over all partitions.",
            ("{{topic}}", "sum by (topic) (partition:slm_lag_records:max)"),
            unit="short",
            width=8,
        ),
        lines_of(
            "Detection delay",
            "From the event time of a change of level to its sending.",
            *(
                (
                    f"{share:.0%}",
                    f"histogram_quantile({share}, sum by (le) "
                    "(rate(slm_detection_delay_seconds_bucket[$__rate_interval])))",
                )
                for share in (0.5, 0.99)
            ),
            unit="s",
            width=8,
        ),
        lines_of(
            "Measurements applied",
            "Per second, by topic.",
            ("{{topic}}", "sum by (topic) (rate(slm_measurements_total[$__rate_interval]))"),
            unit="cps",
            width=8,
        ),
        lines_of(
            "Measurements not applied",
            "Per second: late ones, repeated ones, and messages set aside.",
            (
                "{{topic}} late",
                "sum by (topic) (rate(slm_late_measurements_total[$__rate_interval]))",
            ),
            ("{{topic}} repeated", "sum by (topic) (rate(slm_duplicates_total[$__rate_interval]))"),
            (
                "{{topic}} {{reason}}",
                "sum by (topic, reason) (rate(slm_dead_letters_total[$__rate_interval]))",
            ),
            unit="cps",
            width=8,
        ),
        lines_of(
            "Age of the checkpoint",
            "What a crash would have to read again, by worker.",
            ("{{instance}}", "time() - slm_checkpoint_timestamp_seconds"),
            unit="s",
            width=8,
        ),
        lines_of(
            "Partitions owned",
            "By worker; 0 while others do the work.",
            ("{{instance}}", "slm_owned_partitions"),
            unit="none",
            width=6,
        ),
        lines_of(
            "Restoring",
            "1 while a worker restores its state and withholds its figures.",
            ("{{instance}}", "slm_restoring"),
            unit="none",
            width=6,
        ),
        lines_of(
            "Processor",
            "CPU seconds per second, by worker.",
            (
                "{{instance}}",
                'rate(process_cpu_seconds_total{job="slm-stream"}[$__rate_interval])',
            ),
            unit="percentunit",
            width=6,
        ),
        lines_of(
            "Memory",
            "Resident memory, by worker.",
            ("{{instance}}", 'process_resident_memory_bytes{job="slm-stream"}'),
            unit="bytes",
            width=6,
        ),
    ]
