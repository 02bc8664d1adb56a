"""Every metric of the page, in one table; `docs/metrics.md` shows the same one."""

from dataclasses import dataclass

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

OBJECTIVE = ("service", "agreement", "objective", "window")


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric as it is documented and exposed."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str

    def family(self) -> Metric:
        """Return an empty family to add samples to."""
        match self.kind:
            case "counter":
                return CounterMetricFamily(self.name, self.help, labels=self.labels)
            case "histogram":
                return HistogramMetricFamily(self.name, self.help, labels=self.labels)
            case _:
                return GaugeMetricFamily(self.name, self.help, labels=self.labels)


METRICS = (
    MetricRow(
        "slm_objective_level",
        "gauge",
        (*OBJECTIVE, "level"),
        "1 for the present level of the objective, 0 for the others: "
        "met, near_breach, breach, no_data.",
    ),
    MetricRow(
        "slm_objective_info",
        "gauge",
        (*OBJECTIVE, "kind", "indicator"),
        "Always 1: what the objective belongs to. kind is SLA, OLA or UC.",
    ),
    MetricRow(
        "slm_objective_trigger",
        "gauge",
        (*OBJECTIVE, "trigger"),
        "1 for each warning of a breach that holds now: "
        "budget_spent, limit_near, burn_page, burn_ticket, clock; absent otherwise.",
    ),
    MetricRow(
        "slm_objective_stale",
        "gauge",
        OBJECTIVE,
        "1 while the level is older than it should be because measurements wait to be read.",
    ),
    MetricRow(
        "slm_objective_transitions_total",
        "counter",
        (*OBJECTIVE, "to"),
        "Changes of level, by the level entered. Kept across restarts and moves.",
    ),
    MetricRow(
        "slm_objective_target_ratio",
        "gauge",
        OBJECTIVE,
        "Promised share of good events or time. Absent where a limit is promised.",
    ),
    MetricRow(
        "slm_objective_limit",
        "gauge",
        (*OBJECTIVE, "measure", "unit", "bound"),
        "Promised limit of a figure, in its unit; bound is at_most or at_least. "
        "Absent where a share is promised.",
    ),
    MetricRow(
        "slm_objective_figure",
        "gauge",
        (*OBJECTIVE, "measure", "unit"),
        "Figure over the compliance window that is held against the limit, in its unit: "
        "count, seconds, per_hour, per_second, number. Absent without data.",
    ),
    MetricRow(
        "slm_sli_ratio",
        "gauge",
        OBJECTIVE,
        "Measured share of good events or time in the compliance window. Absent without data.",
    ),
    MetricRow(
        "slm_objective_percentile_seconds",
        "gauge",
        (*OBJECTIVE, "quantile"),
        "Durations over the compliance window, within 0.5 %, for showing: quantile 0.5 to 0.999. "
        "Objectives about durations only; absent without data, and for minutes after a start.",
    ),
    MetricRow(
        "slm_error_budget_remaining_ratio",
        "gauge",
        OBJECTIVE,
        "Share of the error budget that is left; negative once it is overspent. "
        "Absent without data.",
    ),
    MetricRow(
        "slm_burn_rate_ratio",
        "gauge",
        (*OBJECTIVE, "lookback"),
        "Speed of spending over the lookback: 1 spends exactly the budget over the window. "
        "Absent without data.",
    ),
    MetricRow(
        "slm_coverage_ratio",
        "gauge",
        OBJECTIVE,
        "Share of the agreed service time in the window for which there is evidence. "
        "Absent for incident clocks, and while no time was agreed.",
    ),
    MetricRow(
        "slm_window_events",
        "gauge",
        (*OBJECTIVE, "result"),
        "Events in the compliance window by result, good or bad, or their weight. "
        "Shares of events only.",
    ),
    MetricRow(
        "slm_window_seconds",
        "gauge",
        (*OBJECTIVE, "result"),
        "Agreed time in the compliance window by result, good or bad. "
        "Objectives that count time only.",
    ),
    MetricRow(
        "slm_watermark_timestamp_seconds",
        "gauge",
        ("partition",),
        "Event time up to which the owned partition is evaluated.",
    ),
    MetricRow(
        "slm_lag_records",
        "gauge",
        ("topic", "partition"),
        "Records of the owned partition that are not applied yet.",
    ),
    MetricRow("slm_measurements_total", "counter", ("topic",), "Measurements applied."),
    MetricRow(
        "slm_late_measurements_total",
        "counter",
        ("topic",),
        "Measurements that came too late to be applied; they go to slm.late.v1.",
    ),
    MetricRow(
        "slm_duplicates_total",
        "counter",
        ("topic",),
        "Measurements that repeat one already applied, and were left out.",
    ),
    MetricRow(
        "slm_dead_letters_total",
        "counter",
        ("topic", "reason"),
        "Messages set aside because they could not be read or belong to nothing.",
    ),
    MetricRow("slm_checkpoints_total", "counter", (), "Checkpoints written."),
    MetricRow(
        "slm_checkpoint_timestamp_seconds",
        "gauge",
        (),
        "Time up to which nothing waits for a checkpoint. Absent before the first one.",
    ),
    MetricRow(
        "slm_detection_delay_seconds",
        "histogram",
        (),
        "From the event time of a change of level to its sending.",
    ),
    MetricRow("slm_owned_partitions", "gauge", (), "Partitions that this worker owns."),
    MetricRow(
        "slm_restoring",
        "gauge",
        (),
        "1 while state is restored; no objective and no watermark is shown until it is 0.",
    ),
    MetricRow("slm_build_info", "gauge", ("version",), "Always 1: the release that runs."),
)

PROCESS_METRICS = (
    MetricRow("process_virtual_memory_bytes", "gauge", (), "Virtual memory size in bytes."),
    MetricRow("process_resident_memory_bytes", "gauge", (), "Resident memory size in bytes."),
    MetricRow(
        "process_start_time_seconds",
        "gauge",
        (),
        "Start time of the process since unix epoch in seconds.",
    ),
    MetricRow(
        "process_cpu_seconds_total",
        "counter",
        (),
        "Total user and system CPU time spent in seconds.",
    ),
    MetricRow("process_open_fds", "gauge", (), "Number of open file descriptors."),
    MetricRow("process_max_fds", "gauge", (), "Maximum number of open file descriptors."),
)
"""What prometheus_client's ProcessCollector adds on Linux."""


def as_markdown() -> str:
    """Return the table of `docs/metrics.md`."""
    lines = ["| metric | type | labels | meaning |", "|---|---|---|---|"]
    for row in (*METRICS, *PROCESS_METRICS):
        labels = ", ".join(f"`{label}`" for label in row.labels)
        lines.append(f"| `{row.name}` | {row.kind} | {labels} | {row.help} |")
    return "\n".join(lines) + "\n"
