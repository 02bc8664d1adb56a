"""The generated rule file, read as YAML."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from slm_stream.adapters.prometheus_alerts import KEEP_FIRING_FOR, Links
from slm_stream.adapters.prometheus_metrics import METRICS
from slm_stream.adapters.prometheus_rules import rule_file
from slm_stream.domain.agreement import Agreement, AgreementKind
from slm_stream.ports import Trigger
from tests.promises import AGREEMENTS, IN_2026_MS, IN_JULY_MS, SUCCESS, agreement

ROOT = Path(__file__).parents[3]
LINKS = Links("https://wiki.example/runbook", "https://grafana.example/d/x", "https://slm.example")


def rules(agreements: tuple[Agreement, ...] = AGREEMENTS) -> list[dict[str, Any]]:
    """Return every rule."""
    return [
        rule
        for group in yaml.safe_load(rule_file(agreements, LINKS))["groups"]
        for rule in group["rules"]
    ]


def alerts() -> list[dict[str, Any]]:
    """Return the alerting rules."""
    return [rule for rule in rules() if "alert" in rule]


def promised(*agreements: Agreement) -> list[dict[str, Any]]:
    """Return the rules that say what is promised."""
    return [rule for rule in rules(agreements) if rule.get("record") == "objective:promised:ratio"]


def test_each_objective_is_promised_while_its_agreement_is_in_force() -> None:
    """The target is exact, and the times are those of the agreement, in seconds."""
    uc = agreement("dns", SUCCESS, id="uc-dns", kind=AgreementKind.UC, effective_to_ms=IN_JULY_MS)

    (rule,) = promised(uc)

    assert rule["expr"] == (
        "vector(0.995) and on () vector(time()) >= 1767225600 and on () vector(time()) < 1782864000"
    )
    assert rule["labels"] == {
        "service": "dns",
        "agreement": "uc-dns",
        "objective": "success",
        "window": "28d",
        "kind": "UC",
        "version": "1",
        "sloth_id": "uc-dns/success",
        "sloth_service": "dns",
        "sloth_slo": "uc-dns/success",
        "sloth_objective": "99.5",
    }


def test_versions_follow_one_another() -> None:
    """Two versions of one agreement are two rules, of which one holds at any time."""
    first = agreement("shop", SUCCESS, effective_to_ms=IN_JULY_MS)
    second = agreement(
        "shop", replace(SUCCESS, budget_e8=100_000), version=2, effective_from_ms=IN_JULY_MS
    )

    old, new = promised(second, first)

    assert (old["labels"]["version"], new["labels"]["version"]) == ("1", "2")
    assert old["expr"].endswith("vector(time()) < 1782864000")
    assert new["expr"] == "vector(0.999) and on () vector(time()) >= 1782864000"


def test_the_file_does_not_depend_on_the_order_of_the_agreements() -> None:
    """A checked-in file changes only when a promise does."""
    assert rule_file(AGREEMENTS, LINKS) == rule_file(AGREEMENTS[::-1], LINKS)


def test_no_rule_reads_an_objective_of_a_single_worker() -> None:
    """Only the rules that make series unique may touch what a worker shows of objectives."""
    of_objectives = [row.name for row in METRICS if "objective" in row.labels]
    for rule in rules():
        if not rule["expr"].startswith("max by"):
            for name in of_objectives:
                assert not re.search(rf"(?<!:){name}(?!:)", rule["expr"]), rule


def test_every_window_gets_its_length_in_days() -> None:
    """28 days are 28 days; a month counts as 30, because Sloth knows no calendar."""
    found = {
        rule["labels"]["window"]: rule["expr"].rpartition(" ")[2]
        for rule in rules()
        if rule.get("record") == "slo:time_period:days"
    }

    assert found == {"28d": "28", "month": "30"}


def test_every_alert_says_who_is_called_and_where_to_look() -> None:
    """Severity, summary, description and links are there; nothing that changes is a label."""
    for rule in alerts():
        assert rule["alert"].startswith("Slm")
        assert set(rule["labels"]) == {"severity"}
        assert rule["labels"]["severity"] in {"page", "ticket", "none"}
        texts = rule["annotations"]
        assert texts["summary"]
        assert texts["description"]
        assert texts["runbook_url"] == f"{LINKS.runbook}#{rule['alert'].lower()}"
        assert texts["dashboard_url"].startswith(LINKS.dashboard)
        if "$labels.objective" in texts["summary"]:
            assert texts["report_url"].startswith(LINKS.report)


def test_alerts_about_the_level_outlive_a_rebalance() -> None:
    """Otherwise the alert resolves while nobody looks."""
    for rule in alerts():
        if rule["alert"] in {"SlmBreach", "SlmNearBreach"}:
            assert rule["keep_firing_for"] == KEEP_FIRING_FOR


def test_the_runbook_has_a_section_for_every_alert_and_no_other() -> None:
    """The anchor of a heading is its text in small letters."""
    headings = re.findall(r"^## (\S+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)

    assert sorted(headings) == sorted({rule["alert"] for rule in alerts()})


def test_numbers_are_plain_digits() -> None:
    """Prometheus would read 1e-8 too, but a person reads the file."""
    strict = replace(SUCCESS, budget_e8=1)

    (rule,) = promised(agreement("shop", strict, effective_from_ms=IN_2026_MS + 500))

    assert rule["expr"] == "vector(0.99999999) and on () vector(time()) >= 1767225600.5"
    assert rule["labels"]["sloth_objective"] == "99.999999"


def test_an_agreement_without_a_beginning_holds_from_ever() -> None:
    """No condition on time is written where there is none."""
    (rule,) = promised(agreement("shop", SUCCESS, effective_from_ms=0))

    assert rule["expr"] == "vector(0.995)"


@pytest.mark.parametrize("agreements", [(), AGREEMENTS])
def test_the_alerts_do_not_depend_on_the_number_of_objectives(
    agreements: tuple[Agreement, ...],
) -> None:
    """One rule looks at every objective, however many there are."""
    assert [rule["alert"] for rule in rules(agreements) if "alert" in rule] == [
        rule["alert"] for rule in alerts()
    ]


def test_the_runbook_explains_every_trigger() -> None:
    """A near-breach names its reasons by these words."""
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    metrics = (ROOT / "docs" / "metrics.md").read_text()

    for trigger in Trigger:
        assert f"| `{trigger}` |" in runbook
        assert f"`{trigger}`" in metrics
