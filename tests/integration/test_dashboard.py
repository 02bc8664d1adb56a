"""The Grafana dashboard: every query runs on a real Prometheus and brings what its panel needs.

No Grafana runs here: layout, value mappings and transformations are not exercised.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from slm_stream.adapters.prometheus import MetricsServer
from slm_stream.codec.topics import MEASUREMENTS, PROBES, TRANSACTIONS
from slm_stream.domain.agreement import AgreementKind, Verdict
from slm_stream.domain.kinds.base import Unit
from slm_stream.ports import Count, Measured, Trigger
from tests.fake_view import FakeView, standing
from tests.integration.servers import DEPLOY, Prometheus

GRAFANA = DEPLOY / "grafana"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "slm.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = [one for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
BUILT_IN = {"$__rate_interval": "20s"}
EVERYTHING = {f"${one['name']}": one["allValue"] for one in VARIABLES}
ONE_OBJECTIVE = {"$service": "checkout", "$agreement": "sla-checkout", "$objective": "p95"}

each_panel = pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])


def workers() -> tuple[FakeView, FakeView]:
    """Return two workers with one of everything that a dashboard has to show."""
    nothing = math.nan
    first = FakeView(
        by_partition={
            0: (
                standing(),
                standing(
                    objective="p95",
                    verdict=Verdict.BREACH,
                    budget_spent_ratio=1.2,
                    percentiles_s={"0.5": 0.12, "0.95": 0.31},
                ),
                standing(
                    objective="mtrs",
                    target=None,
                    sli=nothing,
                    budget_spent_ratio=nothing,
                    measured=Measured("mtrs", Unit.SECONDS, 900.0, 14_400.0, at_most=True),
                ),
            ),
            1: (
                standing(
                    "billing",
                    "availability",
                    Verdict.NEAR_BREACH,
                    budget_spent_ratio=0.8,
                    triggers=(Trigger.BUDGET_SPENT,),
                    window="month",
                    unit="milliseconds",
                    bad=1_800_000,
                    valid=1_209_600_000,
                ),
            ),
        }
    )
    silent = standing(
        "dns",
        kind=AgreementKind.UC,
        verdict=Verdict.NO_DATA,
        sli=nothing,
        bad=0,
        valid=0,
        budget_spent_ratio=nothing,
    )
    return first, FakeView(by_partition={2: (silent,)})


def go_on(view: FakeView) -> None:
    """Let a worker do something."""
    for topic in MEASUREMENTS:
        view.counted.add(Count.MEASUREMENTS, topic, by=1000)
    view.counted.add(Count.LATE, PROBES)
    view.counted.add(Count.DUPLICATES, TRANSACTIONS)
    view.counted.add(Count.DEAD_LETTERS, TRANSACTIONS, "unreadable")
    view.delays.observe(0.7)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Yield a Prometheus that has scraped two workers and evaluated the shipped rules."""
    first, second = workers()
    folder = tmp_path_factory.mktemp("dashboard")
    with (
        MetricsServer(first, port=0) as one,
        MetricsServer(second, port=0) as other,
        Prometheus(folder, [one.port, other.port]) as running,
    ):
        running.wait_for("count(slm_build_info) == 2")
        go_on(first)
        running.wait_for("increase(slm_detection_delay_seconds_count[20s]) > 0")
        running.wait_for("count_over_time(objective:slm_objective_transitions_total:max[20s]) > 1")
        running.wait_for('ALERTS{alertname="SlmBreach", alertstate="firing"}')
        yield running


def substituted(expr: str, chosen: dict[str, str]) -> str:
    """Return a query as Grafana sends it; a variable that is not defined is an error."""
    for name, value in (BUILT_IN | chosen).items():
        expr = expr.replace(name, value)
    assert "$" not in expr, f"undefined variable in {expr}"
    return expr


def answer(
    prometheus: Prometheus, target: dict[str, Any], chosen: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the series of a target that have at least one number."""
    expr = substituted(target["expr"], chosen)
    if target.get("instant"):
        return [one for one in prometheus.query(expr) if one["value"][1] != "NaN"]
    found = prometheus.query_range(expr, seconds=10)
    return [one for one in found if any(value != "NaN" for _, value in one["values"])]


@each_panel
def test_every_query_brings_something(prometheus: Prometheus, panel: dict[str, Any]) -> None:
    """With "All" chosen each target has numbers, and every label that its legend names."""
    for target in panel["targets"]:
        found = answer(prometheus, target, EVERYTHING)

        assert found, target["expr"]
        for label in re.findall(r"{{(\w+)}}", target.get("legendFormat", "")):
            assert all(label in series["metric"] for series in found), label


@pytest.mark.parametrize(
    ("title", "count"),
    [("breach", "1"), ("near breach", "1"), ("no data", "1"), ("met", "2")],
)
def test_the_counts_are_right(prometheus: Prometheus, title: str, count: str) -> None:
    """Of the four objectives each stands at another level."""
    (panel,) = [one for one in PANELS if one["title"] == f"Objectives: {title}"]
    (target,) = panel["targets"]

    (found,) = prometheus.query(substituted(target["expr"], EVERYTHING))

    assert found["value"][1] == count


def test_the_level_codes_are_those_that_the_mapping_names(prometheus: Prometheus) -> None:
    """The codes and the texts belong together."""
    (panel,) = [one for one in PANELS if one["title"] == "Levels"]
    (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
    (target,) = panel["targets"]

    found = {
        series["metric"]["service"] + "/" + series["metric"]["objective"]: mapping["options"][
            series["value"][1]
        ]["text"]
        for series in prometheus.query(substituted(target["expr"], EVERYTHING))
    }

    assert found == {
        "checkout/success": "met",
        "checkout/mtrs": "met",
        "checkout/p95": "breach",
        "billing/availability": "near breach",
        "dns/success": "no data",
    }


def test_the_table_has_one_row_for_each_objective(prometheus: Prometheus) -> None:
    """All columns have the same labels, so that Grafana merges them into one row."""
    (panel,) = [one for one in PANELS if one["type"] == "table"]
    labels = {
        tuple(sorted(series["metric"].items()))
        for target in panel["targets"]
        for series in prometheus.query(substituted(target["expr"], EVERYTHING))
    }

    assert len(labels) == 5
    assert {name for row in labels for name, _ in row} == {
        "service", "agreement", "objective", "window",
    }  # fmt: skip


def test_a_choice_narrows_the_panels(prometheus: Prometheus) -> None:
    """One chosen objective is the only one shown."""
    (panel,) = [one for one in PANELS if one["title"] == "Error budget left"]

    (series,) = answer(prometheus, panel["targets"][0], ONE_OBJECTIVE)

    assert series["metric"]["objective"] == "p95"
    assert float(series["values"][-1][1]) == pytest.approx(-0.2)


def test_breaches_are_marked(prometheus: Prometheus) -> None:
    """The annotation's query finds the breach that fires."""
    (annotation,) = DASHBOARD["annotations"]["list"]

    assert prometheus.query(substituted(annotation["expr"], EVERYTHING))


@pytest.mark.parametrize("variable", VARIABLES, ids=[one["name"] for one in VARIABLES])
def test_every_variable_offers_something(prometheus: Prometheus, variable: dict[str, Any]) -> None:
    """The values come from the metrics, and the first choices narrow the next."""
    form = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
    assert form is not None
    selector, label = form.groups()

    values = prometheus.get(
        f"/api/v1/label/{label}/values", **{"match[]": substituted(selector, EVERYTHING)}
    )["data"]

    assert label == variable["name"]
    assert {"service": "dns", "agreement": "sla-dns", "objective": "p95"}[label] in values


@each_panel
def test_every_panel_explains_itself(panel: dict[str, Any]) -> None:
    """Title, description and unit are there, and the data source can be chosen."""
    references = [target["refId"] for target in panel["targets"]]

    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert len(set(references)) == len(references)
    assert all(references)
    for one in (panel, *panel["targets"]):
        assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_ids_are_unique_and_nothing_overlaps() -> None:
    """Grafana mixes up panels that share an id or a place."""
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    places = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(set(ids)) == len(ids)
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) == 23


def test_the_dashboard_survives_a_round_trip_through_the_sdk() -> None:
    """A key that Grafana's schema does not know would be lost on the way."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    again = json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD)))
    for variable in again["templating"]["list"]:
        for name in ("auto", "auto_count", "auto_min"):
            variable.pop(name, None)

    assert again == DASHBOARD


def test_provisioning_finds_the_dashboard_and_its_data() -> None:
    """The provisioned paths and addresses are those of docker-compose.yml."""
    compose = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text())["services"]
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/slm.yml").read_text())
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())
    folder = provider["providers"][0]["options"]["path"]

    assert f"./deploy/grafana/dashboards:{folder}:ro" in compose["grafana"]["volumes"]
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    assert "prometheus" in compose


def test_the_alerts_link_to_this_dashboard() -> None:
    """The address in the alerts has this dashboard's uid."""
    from slm_stream.cli.rules import LINKS

    assert LINKS.dashboard.endswith(f"/d/{DASHBOARD['uid']}")
