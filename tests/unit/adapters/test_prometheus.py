"""The metrics page, read over HTTP by prometheus_client's own parsers."""

import math
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client import Metric, parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from slm_stream.adapters.prometheus import MetricsServer
from slm_stream.adapters.prometheus_metrics import METRICS, PROCESS_METRICS, as_markdown
from slm_stream.codec.topics import PROBES, TRANSACTIONS
from slm_stream.domain.agreement import Verdict
from slm_stream.domain.kinds.base import Unit
from slm_stream.errors import UnavailableError
from slm_stream.ports import Count, Measured, Trigger
from tests.fake_view import NOW_MS, FakeView, standing

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def view() -> FakeView:
    """Return a view with one objective on partition 3."""
    return FakeView(by_partition={3: (standing(),)})


@pytest.fixture
def server(view: FakeView) -> Iterator[MetricsServer]:
    """Yield a page on a free port."""
    with MetricsServer(view, port=0) as running:
        yield running


def get(server: MetricsServer, path: str, accept: str = "") -> tuple[int, str, str]:
    """Return status, content type and body."""
    request = Request(f"http://127.0.0.1:{server.port}{path}", headers={"Accept": accept})
    try:
        with urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def families(server: MetricsServer, accept: str = "") -> list[Metric]:
    """Return the page as parsed by prometheus_client."""
    _, content_type, body = get(server, "/metrics", accept)
    parse = (
        openmetrics_parser.text_string_to_metric_families
        if content_type.startswith("application/openmetrics-text")
        else parser.text_string_to_metric_families
    )
    return list(parse(body))


def samples(server: MetricsServer, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of one name by the values of their labels, in the table's order."""
    rows = {row.name: row.labels for row in METRICS}
    return {
        tuple(sample.labels[label] for label in rows[name]): sample.value
        for family in families(server)
        for sample in family.samples
        if sample.name == name
    }


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_the_page_has_the_documented_metrics_and_no_other(
    server: MetricsServer, accept: str
) -> None:
    """Text and OpenMetrics show exactly the table, type and help included."""
    found = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            family.documentation,
        )
        for family in families(server, accept)
    }

    assert found == {row.name: (row.kind, row.help) for row in (*METRICS, *PROCESS_METRICS)}


def test_the_document_is_the_table() -> None:
    """`docs/metrics.md` holds the table word for word."""
    text = (ROOT / "docs" / "metrics.md").read_text()

    assert as_markdown() in text, "run: make docs"


def test_the_page_is_openmetrics_when_asked(server: MetricsServer) -> None:
    """The Accept header decides; the default is the old text format."""
    assert get(server, "/metrics", OPENMETRICS)[1].startswith("application/openmetrics-text")
    assert get(server, "/metrics", OPENMETRICS)[2].endswith("# EOF\n")
    assert get(server, "/metrics")[1].startswith("text/plain; version=0.0.4")


def test_names_and_samples_follow_the_conventions(server: MetricsServer) -> None:
    """No colon, no creation series, no timestamps, no ``nan``."""
    for family in families(server):
        assert ":" not in family.name
        for sample in family.samples:
            assert not sample.name.endswith("_created")
            assert sample.timestamp is None
            assert not math.isnan(sample.value)


def test_exactly_one_level_is_1_and_all_are_there(server: MetricsServer) -> None:
    """A state set is complete, so that a query never has to guess what absence means."""
    of = ("checkout", "sla-checkout", "success", "28d")

    assert samples(server, "slm_objective_level") == {
        (*of, "met"): 1,
        (*of, "near_breach"): 0,
        (*of, "breach"): 0,
        (*of, "no_data"): 0,
    }


def test_figures_of_an_objective(server: MetricsServer) -> None:
    """Shares are 0-1; what is left of the budget is one less what is spent."""
    of = ("checkout", "sla-checkout", "success", "28d")

    assert samples(server, "slm_error_budget_remaining_ratio") == {of: pytest.approx(0.6)}
    assert samples(server, "slm_window_events") == {(*of, "good"): 9980, (*of, "bad"): 20}
    assert samples(server, "slm_burn_rate_ratio")[*of, "1h"] == 0.4
    assert samples(server, "slm_objective_transitions_total")[*of, "met"] == 1
    assert samples(server, "slm_objective_transitions_total")[*of, "breach"] == 0
    assert samples(server, "slm_objective_info") == {(*of, "SLA", "success"): 1}


def test_a_limit_has_a_figure_and_no_budget(server: MetricsServer, view: FakeView) -> None:
    """Mean time to restore of 15 min where 4 h are promised; nothing is a share of events."""
    measured = Measured("mtrs", Unit.SECONDS, 900.0, 14_400.0, at_most=True)
    nothing = math.nan
    view.by_partition = {
        3: (standing(target=None, sli=nothing, budget_spent_ratio=0.0625, measured=measured),)
    }
    of = ("checkout", "sla-checkout", "success", "28d", "mtrs", "seconds")

    assert samples(server, "slm_objective_figure") == {of: 900}
    assert samples(server, "slm_objective_limit") == {(*of, "at_most"): 14_400}
    for name in ("target_ratio", "percentile_seconds"):
        assert samples(server, f"slm_objective_{name}") == {}
    assert samples(server, "slm_window_events") == {}
    assert samples(server, "slm_error_budget_remaining_ratio") == {}


def test_a_figure_that_nobody_knows_is_absent(server: MetricsServer, view: FakeView) -> None:
    """The limit stays."""
    measured = Measured("mean", Unit.NUMBER, math.nan, 7.5, at_most=False)
    view.by_partition = {3: (standing(target=None, sli=math.nan, measured=measured),)}
    assert samples(server, "slm_objective_figure") == {}
    assert len(samples(server, "slm_objective_limit")) == 1


def test_percentiles_are_shown_by_quantile(server: MetricsServer, view: FakeView) -> None:
    """In seconds."""
    view.by_partition = {3: (standing(percentiles_s={"0.5": 0.12, "0.95": 0.31}),)}
    of = ("checkout", "sla-checkout", "success", "28d")
    assert samples(server, "slm_objective_percentile_seconds") == {
        (*of, "0.5"): 0.12,
        (*of, "0.95"): 0.31,
    }


def test_the_weights_of_an_index_are_no_events(server: MetricsServer, view: FakeView) -> None:
    """They are parts of 10**8; the share says it."""
    view.by_partition = {3: (standing(unit="weight_e8", bad=10**8, valid=4 * 10**8),)}
    assert samples(server, "slm_window_events") == {}
    assert len(samples(server, "slm_sli_ratio")) == 1


@pytest.mark.parametrize(
    ("unit", "bad", "valid"), [("milliseconds", 90_000, 600_000), ("minutes", 1.5, 10)]
)
def test_time_is_shown_in_seconds(
    server: MetricsServer, view: FakeView, unit: str, bad: float, valid: float
) -> None:
    """An objective that counts time has seconds and no events."""
    view.by_partition = {3: (standing(unit=unit, bad=bad, valid=valid),)}
    of = ("checkout", "sla-checkout", "success", "28d")

    # 1 min 30 s of 10 min.
    assert samples(server, "slm_window_seconds") == {(*of, "good"): 510, (*of, "bad"): 90}
    assert samples(server, "slm_window_events") == {}


def test_no_data_is_absent_not_nan(server: MetricsServer, view: FakeView) -> None:
    """Without data the level says so, and ratios have no sample at all."""
    nan = math.nan
    view.by_partition = {
        3: (
            standing(
                verdict=Verdict.NO_DATA,
                sli=nan,
                bad=0,
                valid=0,
                budget_spent_ratio=nan,
                burn_rates={"1h": nan},
                coverage_ratio=0.0,
            ),
        )
    }
    of = ("checkout", "sla-checkout", "success", "28d")

    assert samples(server, "slm_objective_level")[*of, "no_data"] == 1
    assert samples(server, "slm_sli_ratio") == {}
    assert samples(server, "slm_error_budget_remaining_ratio") == {}
    assert samples(server, "slm_burn_rate_ratio") == {}
    assert samples(server, "slm_coverage_ratio") == {of: 0.0}


def test_triggers_are_shown_while_they_hold(server: MetricsServer, view: FakeView) -> None:
    """A near-breach names its reasons, and they go with it."""
    view.by_partition = {3: (standing(verdict=Verdict.NEAR_BREACH, triggers=(Trigger.BURN_PAGE,)),)}
    assert [key[-1] for key in samples(server, "slm_objective_trigger")] == ["burn_page"]

    view.by_partition = {3: (standing(),)}
    assert samples(server, "slm_objective_trigger") == {}


def test_nothing_is_said_of_objectives_while_restoring(
    server: MetricsServer, view: FakeView
) -> None:
    """Half-restored figures are withheld, and the worker is not ready."""
    view.restoring = True

    assert samples(server, "slm_restoring") == {(): 1}
    assert samples(server, "slm_objective_level") == {}
    assert samples(server, "slm_watermark_timestamp_seconds") == {}
    assert get(server, "/-/ready")[0] == 503
    assert get(server, "/-/healthy")[0] == 200

    view.restoring = False

    assert samples(server, "slm_restoring") == {(): 0}
    assert len(samples(server, "slm_objective_level")) == 4
    assert get(server, "/-/ready")[0] == 200


def test_a_moved_partition_leaves_no_ghost(server: MetricsServer, view: FakeView) -> None:
    """After a move each series is on the new owner's page only."""
    moving = standing(service="billing")
    view.by_partition[5] = (moving,)
    other = FakeView()
    with MetricsServer(other, port=0) as second:
        before = {key[0] for key in samples(server, "slm_objective_level")}
        other.by_partition[5] = view.by_partition.pop(5)
        first_body, second_body = get(server, "/metrics")[2], get(second, "/metrics")[2]

    assert before == {"checkout", "billing"}
    assert 'service="billing"' not in first_body
    assert 'partition="5"' not in first_body
    assert 'service="billing"' in second_body
    assert 'service="checkout"' not in second_body


def test_counters_are_born_at_zero(server: MetricsServer, view: FakeView) -> None:
    """`increase()` sees the first event only if the series was there before it."""
    assert samples(server, "slm_late_measurements_total")[(PROBES,)] == 0

    view.counted.add(Count.LATE, PROBES, by=2)
    view.counted.add(Count.DEAD_LETTERS, TRANSACTIONS, "unreadable")

    assert samples(server, "slm_late_measurements_total")[(PROBES,)] == 2
    assert samples(server, "slm_dead_letters_total") == {(TRANSACTIONS, "unreadable"): 1}


def test_monitor_figures(server: MetricsServer, view: FakeView) -> None:
    """Times are instants in seconds, the histogram is cumulative."""
    for seconds in (0.2, 0.3, 400.0):
        view.delays.observe(seconds)
    view.lag = 7
    buckets = {
        sample.labels["le"]: sample.value
        for family in families(server)
        for sample in family.samples
        if sample.name == "slm_detection_delay_seconds_bucket"
    }

    # 0.2 <= 0.25; 0.3 <= 0.5; 400 is beyond the last bound.
    assert (buckets["0.1"], buckets["0.25"], buckets["0.5"], buckets["+Inf"]) == (0, 1, 2, 3)
    assert samples(server, "slm_watermark_timestamp_seconds") == {("3",): NOW_MS / 1000}
    assert samples(server, "slm_lag_records") == {(TRANSACTIONS, "3"): 7}
    assert samples(server, "slm_checkpoint_timestamp_seconds") == {(): NOW_MS / 1000}
    assert samples(server, "slm_owned_partitions") == {(): 1}

    view.checkpoint_ms = None

    assert samples(server, "slm_checkpoint_timestamp_seconds") == {}


def test_label_values_are_escaped(server: MetricsServer, view: FakeView) -> None:
    """A quote or a line break in a name cannot break the page."""
    view.by_partition = {3: (standing(service='a"b\nc\\d'),)}

    assert {key[0] for key in samples(server, "slm_sli_ratio")} == {'a"b\nc\\d'}


def test_an_unknown_path_says_what_there_is(server: MetricsServer) -> None:
    """A wrong address is answered with the right ones."""
    status, _, body = get(server, "/")

    assert status == 404
    assert "/metrics" in body


def test_a_failing_view_is_an_error_page_and_the_server_lives(
    server: MetricsServer, view: FakeView
) -> None:
    """A scrape that fails is a failed scrape, nothing more."""
    view.counted.add("unheard_of")  # type: ignore[arg-type]
    assert get(server, "/metrics")[0] == 500

    view.counted = FakeView().counted
    assert get(server, "/metrics")[0] == 200


def test_a_taken_port_is_one_clear_sentence(view: FakeView) -> None:
    """The error names the address and the remedy."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(UnavailableError, match=f"127.0.0.1:{port} .*another port"):
            MetricsServer(view, port=port)
