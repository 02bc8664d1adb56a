"""From a metrics page to somebody's telephone, through the real programs."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from slm_stream.adapters.prometheus import MetricsServer
from slm_stream.domain.agreement import Verdict
from slm_stream.ports import Trigger
from tests.fake_view import FakeView, standing
from tests.integration.servers import (
    DEPLOY,
    RULES,
    Alert,
    Alertmanager,
    Prometheus,
    Receiver,
    command,
    eventually,
)

ALERTMANAGER_YML = DEPLOY / "alertmanager" / "alertmanager.yml"


class Chain(NamedTuple):
    """A metrics page and everything behind it."""

    view: FakeView
    prometheus: Prometheus
    alertmanager: Alertmanager
    receiver: Receiver


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Yield a running chain that watches one objective, which is met."""
    view = FakeView(by_partition={0: (standing(),)})
    with (
        MetricsServer(view, port=0) as server,
        Receiver() as receiver,
        Alertmanager(tmp_path, receiver) as alertmanager,
        Prometheus(tmp_path, [server.port], alertmanager=alertmanager) as prometheus,
    ):
        prometheus.wait_for("objective:slm_objective_level:max")
        yield Chain(view, prometheus, alertmanager, receiver)


def named(alert: Alert, name: str, severity: str) -> bool:
    """Tell whether an alert is the one of that name about our objective."""
    labels = alert["labels"]
    return (labels["alertname"], labels["severity"]) == (name, severity) and alert[
        "status"
    ] == "firing"


def test_a_near_breach_then_a_breach_reach_a_person(chain: Chain) -> None:
    """Each level is delivered where it belongs, and the breach silences the near-breach."""
    view, _, alertmanager, receiver = chain
    receiver.wait_for(lambda a: named(a, "SlmWatchdog", "none"), "the watchdog", "/watchdog")
    assert receiver.alerts("/pages") == []

    near = standing(
        verdict=Verdict.NEAR_BREACH, budget_spent_ratio=0.8, triggers=(Trigger.BUDGET_SPENT,)
    )
    view.by_partition = {0: (near,)}
    ticket = receiver.wait_for(
        lambda a: named(a, "SlmNearBreach", "ticket"), "the ticket", "/tickets"
    )
    assert ticket["labels"]["objective"] == "success"
    assert ticket["annotations"]["description"].endswith(
        "error budget left: 20.0 %. Reasons: budget_spent."
    )
    assert receiver.alerts("/pages") == []

    view.by_partition = {
        0: (standing(verdict=Verdict.BREACH, sli=0.9949, budget_spent_ratio=1.02),)
    }
    page = receiver.wait_for(lambda a: named(a, "SlmBreach", "page"), "the page", "/pages")

    assert "instance" not in page["labels"]
    assert page["annotations"]["summary"] == "sla-checkout/success of checkout is broken"
    assert page["annotations"]["description"] == (
        "Measured 99.4900 % over 28d, promised 99.5000 %; error budget left: -2.0 %."
    )
    assert page["annotations"]["runbook_url"] == "docs/runbook.md#slmbreach"

    # The near-breach is kept firing for ten minutes, and says nothing more meanwhile.
    inhibited = eventually(
        lambda: [a for a in alertmanager.alerts() if a["status"]["inhibitedBy"]],
        "the breach inhibited the near-breach",
    )
    assert [a["labels"]["alertname"] for a in inhibited] == ["SlmNearBreach"]


def test_a_breach_outlives_the_move_of_its_partition(chain: Chain) -> None:
    """While the new owner restores, the alert goes on; it never says that all is well."""
    view, prometheus, _, receiver = chain
    view.by_partition = {0: (standing(verdict=Verdict.BREACH),)}
    receiver.wait_for(lambda a: named(a, "SlmBreach", "page"), "the page", "/pages")

    view.restoring = True
    prometheus.wait_for("slm_restoring == 1 unless on () objective:slm_objective_level:max")

    firing = 'ALERTS{alertname="SlmBreach", alertstate="firing"}'
    assert len(prometheus.wait_for(firing)) == 1
    assert all(alert["status"] == "firing" for alert in receiver.alerts("/pages"))


def test_two_owners_for_a_moment_are_one_alert(tmp_path: Path) -> None:
    """A zombie that still shows its partition doubles no series and no alert."""
    both = (standing(verdict=Verdict.BREACH),)
    with (
        MetricsServer(FakeView(by_partition={0: both}), port=0) as one,
        MetricsServer(FakeView(by_partition={0: both}), port=0) as other,
        Prometheus(tmp_path, [one.port, other.port]) as prometheus,
    ):
        prometheus.wait_for('count(slm_objective_level{level="breach"}) == 2')
        found = prometheus.wait_for('ALERTS{alertname="SlmBreach", alertstate="firing"}')

    assert len(found) == 1


def test_the_shipped_files_are_right() -> None:
    """Everything under deploy/ passes promtool and amtool, lint included."""
    lines: tuple[list[str | Path], ...] = (
        [command("promtool"), "check", "config", DEPLOY / "prometheus" / "prometheus.yml"],
        [command("promtool"), "check", "rules", "--lint=all", "--lint-fatal", RULES],
        [command("amtool"), "check-config", ALERTMANAGER_YML],
    )
    for line in lines:
        done = subprocess.run(line, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_do_what_their_tests_say() -> None:
    """`promtool test rules` passes on every file beside the rules."""
    tests = sorted((DEPLOY / "prometheus" / "tests").glob("*.test.yml"))
    assert tests

    done = subprocess.run(
        [command("promtool"), "test", "rules", *tests], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=SlmBreach", "severity=page", "service=checkout"], "pages"),
        (["alertname=SlmNearBreach", "severity=page", "service=checkout"], "pages"),
        (["alertname=SlmNearBreach", "severity=ticket", "service=checkout"], "tickets"),
        (["alertname=SlmNoWorker", "severity=page"], "pages"),
        (["alertname=SlmDeadLetters", "severity=ticket"], "tickets"),
        (["alertname=SlmWatchdog", "severity=none"], "watchdog"),
    ],
)
def test_alerts_go_where_they_belong(labels: list[str], receiver: str) -> None:
    """Pages call, tickets wait, the watchdog has a way of its own."""
    test = [command("amtool"), "config", "routes", "test", f"--config.file={ALERTMANAGER_YML}"]

    done = subprocess.run([*test, *labels], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == receiver


def test_everything_that_inhibits_names_its_labels() -> None:
    """Labels that are absent on both sides would count as equal, and silence everything."""
    for rule in yaml.safe_load(ALERTMANAGER_YML.read_text())["inhibit_rules"]:
        for label in rule.get("equal", []):
            assert f'{label}=~".+"' in rule["source_matchers"]
            assert f'{label}=~".+"' in rule["target_matchers"]


def test_prometheus_is_told_of_the_services_that_compose_starts() -> None:
    """Each worker is scraped under the job that the alerts ask for, and alerts have a way out."""
    compose = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text())["services"]
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (scrape,) = config["scrape_configs"]
    (workers,) = scrape["static_configs"]
    (alertmanagers,) = config["alerting"]["alertmanagers"][0]["static_configs"]

    assert f'up{{job="{scrape["job_name"]}"}} == 0' in RULES.read_text()
    assert workers["targets"] == [f"{name}:9464" for name in compose if name.startswith("worker")]
    assert alertmanagers["targets"] == [
        f"{name}:9093" for name in compose if name == "alertmanager"
    ]
