"""The alerts: when they fire, how loud, and what they say.

Each has a section in `docs/runbook.md`. Whatever changes while an alert fires belongs into its
annotations: labels are its identity.
"""

from dataclasses import dataclass
from typing import Any

from slm_stream.ports import Trigger

Rule = dict[str, Any]

KEEP_FIRING_FOR = "10m"
"""Longer than a rebalance and the recovery after it, when an objective has no series; otherwise
the alert would resolve exactly while nobody watches."""

_SAME = "on (service, agreement, objective)"
_LEVEL = "objective:slm_objective_level:max"
_COVERAGE = "objective:slm_coverage_ratio:max"
_TRIGGER = "objective:slm_objective_trigger:max"
_SUBJECT = "{{ $labels.agreement }}/{{ $labels.objective }}"


@dataclass(frozen=True, slots=True)
class Links:
    """Where a person who is called can look.

    Attributes
    ----------
    runbook : str
        Address of `docs/runbook.md` as it is published; the alert's section is added.
    dashboard : str
        Address of the Grafana dashboard; the service is added.
    report : str
        Address of the status page; the agreement and the objective are added.
    """

    runbook: str
    dashboard: str
    report: str


def objective_alerts(links: Links) -> list[Rule]:
    """Return the alerts about promises."""
    near = f'{_LEVEL}{{level="near_breach"}} == 1'
    fast = f'{_SAME} {_TRIGGER}{{trigger="{Trigger.BURN_PAGE}"}} == 1'
    near_breach = {
        "summary": f"{_SUBJECT} of {{{{ $labels.service }}}} is about to be broken",
        "description": f"{_figures()} Reasons: {_triggers()}.",
    }
    rules = [
        _alert(
            "SlmBreach",
            f'{_LEVEL}{{level="breach"}} == 1',
            "page",
            f"{_SUBJECT} of {{{{ $labels.service }}}} is broken",
            _figures(),
            keep_firing_for=KEEP_FIRING_FOR,
        ),
        _alert(
            "SlmNearBreach",
            f"{near} and {fast}",
            "page",
            **near_breach,
            keep_firing_for=KEEP_FIRING_FOR,
        ),
        _alert(
            "SlmNearBreach",
            f"{near} unless {fast}",
            "ticket",
            **near_breach,
            keep_firing_for=KEEP_FIRING_FOR,
        ),
        _alert(
            "SlmNoData",
            # Without coverage nothing is expected: a month without incidents is no alarm.
            f'{_LEVEL}{{level="no_data"}} == 1 and {_SAME} {_COVERAGE}',
            "ticket",
            f"Nobody knows whether {_SUBJECT} of {{{{ $labels.service }}}} is met",
            "Too few measurements for a verdict have come for 15 minutes.",
            hold="15m",
        ),
        _alert(
            "SlmLowCoverage",
            # A new window fills up, maybe for weeks: only what grew no more for 6 hours counts.
            f"{_COVERAGE} < 0.9 and {_COVERAGE} <= {_COVERAGE} offset 6h"
            f' unless {_SAME} {_LEVEL}{{level="no_data"}} == 1',
            "ticket",
            f"Only part of the agreed time of {_SUBJECT} is observed",
            "There is evidence for {{ $value | humanizePercentage }} of the agreed service time "
            "in the window, and no more than 6 hours ago; 90% is needed to trust the figure.",
            hold="30m",
        ),
        _alert(
            "SlmObjectiveStale",
            "objective:slm_objective_stale:max == 1",
            "ticket",
            f"The level of {_SUBJECT} is old",
            "Measurements wait to be read, so the level shown is of an earlier time.",
            hold="5m",
        ),
        _alert(
            "SlmObjectiveMissing",
            f"max by (service, agreement, objective, window) (objective:promised:info)"
            f" unless {_SAME} {_LEVEL}",
            "page",
            f"No worker watches {_SUBJECT} of {{{{ $labels.service }}}}",
            "The agreement is in force, but no worker has shown this objective for 10 minutes.",
            hold="10m",
        ),
    ]
    for rule in rules:
        rule["annotations"] |= _links(links, rule["alert"]) | {
            "dashboard_url": links.dashboard + "?var-service={{ $labels.service }}"
            "&var-agreement={{ $labels.agreement }}&var-objective={{ $labels.objective }}",
            "report_url": links.report
            + "/agreements/{{ $labels.agreement }}/objectives/{{ $labels.objective }}",
        }
    return rules


def monitor_alerts(links: Links) -> list[Rule]:
    """Return the alerts about the monitor itself, and the one that always fires."""
    rules = [
        _alert(
            "SlmWatchdog",
            "vector(1)",
            "none",
            "Alerts reach you",
            "This alert always fires. When it stops, Prometheus, Alertmanager or the way between "
            "them and you is broken.",
        ),
        _alert(
            "SlmNoWorker",
            "absent(slm_owned_partitions)",
            "page",
            "No worker runs",
            "Prometheus has not seen any worker for 2 minutes, so no promise is watched.",
            hold="2m",
        ),
        _alert(
            "SlmWorkerDown",
            'up{job="slm-stream"} == 0',
            "ticket",
            "The worker {{ $labels.instance }} does not answer",
            "Prometheus has not reached it for 5 minutes; the others should have taken over.",
            hold="5m",
        ),
        _alert(
            "SlmRestoringTooLong",
            "slm_restoring == 1",
            "page",
            "The worker {{ $labels.instance }} does not finish restoring",
            "It has been restoring state for 10 minutes and withholds its figures meanwhile.",
            hold="10m",
        ),
        _alert(
            "SlmWatermarkOld",
            "time() - partition:slm_watermark_timestamp_seconds:max > 120",
            "page",
            "Partition {{ $labels.partition }} is not evaluated",
            "Its figures end {{ $value | humanizeDuration }} ago; breaches since then are unseen.",
            hold="2m",
        ),
        _alert(
            "SlmLagging",
            "sum by (topic) (partition:slm_lag_records:max) > 10000",
            "ticket",
            "{{ $labels.topic }} is read more slowly than it is written",
            "{{ $value | humanize }} records have been waiting for 10 minutes.",
            hold="10m",
        ),
        _alert(
            "SlmDeadLetters",
            # A reason that never occurred has no series yet, and `increase` cannot see its birth.
            "sum by (topic, reason) ("
            "(slm_dead_letters_total unless slm_dead_letters_total offset 10m)"
            " or increase(slm_dead_letters_total[10m])) > 0",
            "ticket",
            "Messages of {{ $labels.topic }} are set aside: {{ $labels.reason }}",
            "About {{ $value | humanize }} in 10 minutes; they count for no objective.",
        ),
        _alert(
            "SlmLateMeasurements",
            "sum by (topic) (increase(slm_late_measurements_total[1h]))"
            " / sum by (topic) (increase(slm_measurements_total[1h])) > 0.01",
            "ticket",
            "Measurements of {{ $labels.topic }} come too late",
            "{{ $value | humanizePercentage }} of the last hour's; they count for no objective.",
            hold="15m",
        ),
        _alert(
            "SlmCheckpointOld",
            "time() - slm_checkpoint_timestamp_seconds > 120",
            "ticket",
            "The worker {{ $labels.instance }} writes no checkpoint",
            "The last one is {{ $value | humanizeDuration }} old; after a crash everything since "
            "then is read again.",
            hold="2m",
        ),
    ]
    for rule in rules:
        rule["annotations"] |= _links(links, rule["alert"]) | {"dashboard_url": links.dashboard}
    return rules


def _alert(
    name: str,
    expr: str,
    severity: str,
    summary: str,
    description: str,
    *,
    hold: str | None = None,
    keep_firing_for: str | None = None,
) -> Rule:
    """Return one alerting rule; `hold` is how long the condition must last."""
    rule: Rule = {"alert": name, "expr": expr}
    if hold is not None:
        rule["for"] = hold
    if keep_firing_for is not None:
        rule["keep_firing_for"] = keep_firing_for
    return rule | {
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": description},
    }


def _links(links: Links, alert: str) -> dict[str, str]:
    """Return the link to the section of an alert."""
    return {"runbook_url": f"{links.runbook}#{alert.lower()}"}


def _figures() -> str:
    """Return the sentence with the figures of the objective."""
    measured = _look_up("slm_sli_ratio", "%.4f %%")
    promised = _look_up("slm_objective_target_ratio", "%.4f %%")
    left = _look_up("slm_error_budget_remaining_ratio", "%.1f %%")
    figure = _look_up("slm_objective_figure", "%.6g", scale=1)
    return (
        f'{_OF}{{{{ with printf "objective:slm_objective_limit:%s" $of | query }}}}'
        f'Measured {figure} {{{{ . | first | label "unit" }}}} over {{{{ $labels.window }}}},'
        f' promised {{{{ . | first | label "bound" }}}} {{{{ . | first | value }}}}.'
        f"{{{{ else }}}}Measured {measured} over {{{{ $labels.window }}}}, promised {promised}; "
        f"error budget left: {left}.{{{{ end }}}}"
    )


_OF = (
    "{{ $of := printf \"max{service='%s',agreement='%s',objective='%s'}\""
    " $labels.service $labels.agreement $labels.objective }}"
)
"""Sets what every look-up ends with."""


def _look_up(metric: str, form: str, scale: int = 100) -> str:
    """Return the template of one figure, of ratios as a percentage; it may not be known."""
    return (
        f'{{{{ with printf "{scale} * objective:{metric}:%s" $of | query }}}}'
        f'{{{{ . | first | value | printf "{form}" }}}}{{{{ else }}}}unknown{{{{ end }}}}'
    )


def _triggers() -> str:
    """Return the template of the names of what made it a near-breach."""
    return (
        '{{ range $i, $one := printf "objective:slm_objective_trigger:%s" $of'
        ' | query | sortByLabel "trigger" }}'
        "{{ if $i }}, {{ end }}{{ $one.Labels.trigger }}{{ end }}"
    )
