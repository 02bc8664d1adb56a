"""The Prometheus rule file: one series per objective, alerts, names of other tools.

Workers may overlap for a moment while a partition moves, so every rule reads a series that
``max by`` made unique first. What is promised comes from the agreements, not from the workers,
so an objective that nobody watches is noticed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from slm_stream.adapters.prometheus_alerts import Links, monitor_alerts, objective_alerts
from slm_stream.adapters.prometheus_metrics import METRICS, OBJECTIVE
from slm_stream.domain.agreement import (
    BUDGET_SCALE,
    Agreement,
    ComplianceWindow,
    Objective,
)
from slm_stream.domain.burn_pairs import nominal_s

Rule = dict[str, Any]

HEADER = "# Written by `slm rules generate`; change the agreements, not this file.\n"

LOOKBACKS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""The lookbacks that Sloth records."""

_SAME = "on (service, agreement, objective)"


@dataclass(frozen=True, slots=True)
class _Promise:
    """An objective inside one version of its agreement."""

    agreement: Agreement
    objective: Objective

    @property
    def order(self) -> tuple[str, str, int]:
        return self.agreement.id, self.objective.name, self.agreement.version

    def rules(self) -> list[Rule]:
        """Return the rules that record the promise while the version is in force.

        The target has Sloth's labels; a limit has no target.
        """
        objective = self.objective
        info = self._recorded("objective:promised:info", "1")
        if objective.limit is not None:
            return [info]
        target = BUDGET_SCALE - objective.budget_e8
        subject = f"{self.agreement.id}/{objective.name}"
        ratio = self._recorded(
            "objective:promised:ratio",
            _decimal(target, BUDGET_SCALE),
            sloth_id=subject,
            sloth_service=self.agreement.service,
            sloth_slo=subject,
            sloth_objective=_decimal(100 * target, BUDGET_SCALE),
        )
        return [info, ratio]

    def _recorded(self, name: str, value: str, **labels: str) -> Rule:
        agreement, objective = self.agreement, self.objective
        in_force = [f"vector({value})"]
        if agreement.effective_from_ms > 0:
            in_force.append(f"vector(time()) >= {_decimal(agreement.effective_from_ms, 1000)}")
        if agreement.effective_to_ms is not None:
            in_force.append(f"vector(time()) < {_decimal(agreement.effective_to_ms, 1000)}")
        return _record(
            name,
            " and on () ".join(in_force),
            service=agreement.service,
            agreement=agreement.id,
            objective=objective.name,
            window=objective.window.label,
            kind=str(agreement.kind),
            version=str(agreement.version),
            **labels,
        )


def rule_file(agreements: Iterable[Agreement], links: Links) -> str:
    """Return the text of the rule file for these agreements."""
    promises = sorted(
        (_Promise(agreement, one) for agreement in agreements for one in agreement.objectives),
        key=lambda promise: promise.order,
    )
    windows = {one.objective.window.label: one.objective.window for one in promises}
    groups = [
        {"name": "slm-promises", "rules": [r for promise in promises for r in promise.rules()]},
        # One group, because its rules run in order: an alert sees what was recorded just before.
        {"name": "slm-objectives", "rules": [*_unique(), *objective_alerts(links)]},
        {"name": "slm-monitor", "rules": monitor_alerts(links)},
        {
            "name": "slm-names-of-other-tools",
            "rules": [*_sloth([windows[label] for label in sorted(windows)]), *_pyrra()],
        },
    ]
    return HEADER + yaml.safe_dump({"groups": groups}, sort_keys=False, width=10_000)


def _unique() -> list[Rule]:
    """Return one rule for every metric of objectives and partitions."""
    rules = []
    for row in METRICS:
        if row.labels[: len(OBJECTIVE)] == OBJECTIVE:
            of = "objective"
        elif "partition" in row.labels:
            of = "partition"
        else:
            continue
        rules.append(
            _record(f"{of}:{row.name}:max", f"max by ({', '.join(row.labels)}) ({row.name})")
        )
    return rules


def _sloth(windows: Iterable[ComplianceWindow]) -> list[Rule]:
    """Return Sloth's names for the promise, the bad shares and the budget."""
    rules = [
        _record(
            "slo:objective:ratio",
            "max without (kind, version, sloth_objective) (objective:promised:ratio)",
        ),
        _record("slo:error_budget:ratio", "1 - slo:objective:ratio"),
        _record(
            "sloth_slo_info",
            "max without (kind, version) (objective:promised:ratio) * 0 + 1",
            sloth_mode="slm-stream",
            sloth_spec="slm-stream/v1",
            sloth_version="slm-stream",
        ),
    ]
    for window in windows:
        of_window, name = f'slo:objective:ratio{{window="{window.label}"}}', _days_name(window)
        rules += [
            _record(
                "slo:time_period:days", f"{of_window} * 0 + {_days(window)}", window=window.label
            ),
            _record(
                f"slo:sli_error:ratio_rate{name}",
                f"1 - ({of_window} * 0 + {_SAME} group_left () objective:slm_sli_ratio:max)",
                window=window.label,
                sloth_window=name,
            ),
        ]
    rules += [
        _record(
            f"slo:sli_error:ratio_rate{lookback}",
            f"slo:error_budget:ratio * {_SAME} group_left ()"
            f' objective:slm_burn_rate_ratio:max{{lookback="{lookback}"}}',
            sloth_window=lookback,
        )
        for lookback in LOOKBACKS
    ]
    return [
        *rules,
        _record(
            "slo:current_burn_rate:ratio",
            f"slo:objective:ratio * 0 + {_SAME} group_left ()"
            ' objective:slm_burn_rate_ratio:max{lookback="5m"}',
        ),
        _record(
            "slo:period_error_budget_remaining:ratio",
            f"slo:objective:ratio * 0 + {_SAME} group_left ()"
            " objective:slm_error_budget_remaining_ratio:max",
        ),
        _record("slo:period_burn_rate:ratio", "1 - slo:period_error_budget_remaining:ratio"),
    ]


def _pyrra() -> list[Rule]:
    """Return Pyrra's names, which have the objective in one label, `slo`."""
    figures = {
        "pyrra_objective": "slo:objective:ratio",
        "pyrra_window": "slo:time_period:days * 86400",
        "pyrra_availability": (
            f"slo:objective:ratio * 0 + {_SAME} group_left () objective:slm_sli_ratio:max"
        ),
    }
    return [
        _record(name, f'label_replace({expr}, "slo", "$1", "sloth_slo", "(.*)")')
        for name, expr in figures.items()
    ]


def _record(name: str, expr: str, **labels: str) -> Rule:
    """Return one recording rule."""
    rule: Rule = {"record": name, "expr": expr}
    return rule | {"labels": labels} if labels else rule


def _days(window: ComplianceWindow) -> str:
    """Return the length of a window in days, nominal for calendar periods."""
    return _decimal(nominal_s(window), 86_400)


def _days_name(window: ComplianceWindow) -> str:
    """Return the length as Sloth names it: ``28d``, ``6h``; ``30d`` for a month."""
    return window.label if window.period is None else f"{_days(window)}d"


def _decimal(number: int, scale: int) -> str:
    """Return number / scale as plain digits.

    >>> _decimal(99_900_000, 10**8), _decimal(2_419_200, 86_400)
    ('0.999', '28')
    """
    return format((Decimal(number) / scale).normalize(), "f")
