"""The metrics page: what a worker shows to Prometheus.

Everything is read from the view at the moment of the scrape. Nothing is kept between scrapes,
so a partition that moved to another worker leaves no series behind.
"""

import logging
import socketserver
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate
from math import isnan, nan
from threading import Thread
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from slm_stream.adapters.prometheus_metrics import METRICS
from slm_stream.codec.topics import MEASUREMENTS
from slm_stream.domain.agreement import Verdict
from slm_stream.errors import UnavailableError
from slm_stream.ports import DELAY_BOUNDS_S, Count, Measured, MonitorView, Standing

LOG = logging.getLogger(__name__)

REQUEST_TIMEOUT_S = 10
POLL_S = 0.1
"""How long stopping may take."""


_BASE_UNITS = {
    "events": ("slm_window_events", 1.0),
    "weight": ("slm_window_events", 1.0),
    "milliseconds": ("slm_window_seconds", 0.001),
    "minutes": ("slm_window_seconds", 60.0),
}


class _Page:
    """The families of one scrape."""

    def __init__(self) -> None:
        self._families = {row.name: row.family() for row in METRICS}

    def put(self, name: str, value: float, *labels: str) -> None:
        """Add one sample, unless the value is ``nan``.

        A missing sample says "unknown" to every query; ``nan`` would spoil sums and averages.
        """
        if isnan(value):
            return
        family = self._families[name]
        row_labels = dict(zip(_LABELS[name], labels, strict=True))
        family.add_sample(name, row_labels, value)

    def put_standing(self, standing: Standing) -> None:
        """Add everything about one objective."""
        of = (standing.service, standing.agreement, standing.objective, standing.window)
        for level in Verdict:
            self.put("slm_objective_level", standing.verdict is level, *of, level)
            entered = standing.transitions.get(level, 0)
            self.put("slm_objective_transitions_total", entered, *of, level)
        self.put("slm_objective_info", 1, *of, standing.kind, standing.indicator)
        for trigger in standing.triggers:
            self.put("slm_objective_trigger", 1, *of, trigger)
        self.put("slm_objective_stale", standing.stale, *of)
        self.put("slm_coverage_ratio", standing.coverage_ratio, *of)
        for quantile, seconds in standing.percentiles_s.items():
            self.put("slm_objective_percentile_seconds", seconds, *of, quantile)
        if standing.measured is not None:
            self._put_measured(standing.measured, *of)
            return
        target = nan if standing.target is None else standing.target
        self.put("slm_objective_target_ratio", target, *of)
        self.put("slm_sli_ratio", standing.sli, *of)
        self.put("slm_error_budget_remaining_ratio", 1 - standing.budget_spent_ratio, *of)
        for lookback, rate in standing.burn_rates.items():
            self.put("slm_burn_rate_ratio", rate, *of, lookback)
        if standing.unit in _BASE_UNITS:
            name, scale = _BASE_UNITS[standing.unit]
            self.put(name, (standing.valid - standing.bad) * scale, *of, "good")
            self.put(name, standing.bad * scale, *of, "bad")

    def _put_measured(self, measured: Measured, *of: str) -> None:
        which = (measured.name, str(measured.unit))
        bound = "at_most" if measured.at_most else "at_least"
        self.put("slm_objective_limit", measured.limit, *of, *which, bound)
        self.put("slm_objective_figure", measured.value, *of, *which)

    def put_delays(self, buckets: tuple[int, ...], sum_s: float) -> None:
        """Add the histogram of detection delays."""
        family = self._families["slm_detection_delay_seconds"]
        assert isinstance(family, HistogramMetricFamily)  # noqa: S101 - says the table
        bounds = (*map(str, DELAY_BOUNDS_S), "+Inf")
        family.add_metric([], list(zip(bounds, accumulate(buckets), strict=True)), sum_s)

    def families(self) -> Iterable[Metric]:
        """Return the families in the order of the table."""
        return self._families.values()


_LABELS = {row.name: row.labels for row in METRICS}


class MonitorCollector(Collector):
    """Turns a view into metric families at each scrape."""

    def __init__(self, view: MonitorView) -> None:
        self._view = view
        self._counters: dict[tuple[str, ...], int] = {
            **{(str(count), topic): 0 for count in _BY_TOPIC for topic in MEASUREMENTS},
            (str(Count.CHECKPOINTS),): 0,
        }

    def collect(self) -> Iterable[Metric]:
        """Return every family; those of objectives are empty while state is restored."""
        view, page = self._view, _Page()
        restoring = view.restoring
        page.put("slm_restoring", restoring)
        page.put("slm_build_info", 1, _release())
        page.put("slm_owned_partitions", len(view.owned_partitions()))
        if not restoring:
            for standing in view.standings():
                page.put_standing(standing)
            for partition, watermark_ms in view.watermarks_ms().items():
                page.put("slm_watermark_timestamp_seconds", watermark_ms / 1000, str(partition))
        for (topic, partition), records in view.lags().items():
            page.put("slm_lag_records", records, topic, str(partition))
        for (name, *labels), count in {**self._counters, **view.counts()}.items():
            page.put(f"slm_{name}_total", count, *labels)
        checkpointed_at_ms = view.checkpointed_at_ms()
        if checkpointed_at_ms is not None:
            page.put("slm_checkpoint_timestamp_seconds", checkpointed_at_ms / 1000)
        page.put_delays(*view.detection_delays())
        return page.families()


_BY_TOPIC = (Count.MEASUREMENTS, Count.LATE, Count.DUPLICATES)


class MetricsServer:
    """Serves ``/metrics``, ``/-/healthy`` and ``/-/ready`` from a thread of its own.

    Port 0 takes a free one; `port` says which.
    """

    def __init__(self, view: MonitorView, host: str = "127.0.0.1", port: int = 9464) -> None:
        self._view = view
        self._registry = CollectorRegistry()
        self._registry.register(MonitorCollector(view))
        ProcessCollector(registry=self._registry)
        try:
            self._server = _HttpServer((host, port), self._handler())
        except OSError as error:
            msg = (
                f"cannot show metrics on {host}:{port} ({error.strerror}); "
                "end what listens there or choose another port"
            )
            raise UnavailableError(msg) from error
        self._thread = Thread(
            target=self._server.serve_forever, args=(POLL_S,), name="metrics", daemon=True
        )

    @property
    def port(self) -> int:
        """Return the port that is listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port; also without a start."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _answer(self, path: str, accept: str) -> tuple[HTTPStatus, str, bytes]:
        """Return status, content type and body."""
        match path.partition("?")[0]:
            case "/metrics":
                encode, content_type = choose_encoder(accept)
                return HTTPStatus.OK, content_type, encode(self._registry)
            case "/-/healthy":
                return HTTPStatus.OK, _TEXT, b"healthy\n"
            case "/-/ready" if self._view.restoring:
                return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"restoring\n"
            case "/-/ready":
                return HTTPStatus.OK, _TEXT, b"ready\n"
            case _:
                return HTTPStatus.NOT_FOUND, _TEXT, b"see /metrics, /-/healthy and /-/ready\n"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        """Return a handler class that answers for this server."""
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            timeout = REQUEST_TIMEOUT_S

            def do_GET(self) -> None:
                """Answer one request; a failure is an answer too, and never ends the worker."""
                try:
                    status, content_type, body = answer(self.path, self.headers.get("Accept", ""))
                except Exception:
                    LOG.exception("Cannot make the metrics page")
                    status, content_type = HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT
                    body = b"the page cannot be made, see the log of the worker\n"
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                LOG.debug(format, *args)

        return Handler


_TEXT = "text/plain; charset=utf-8"


class _HttpServer(ThreadingHTTPServer):
    """The standard server, without the DNS look-up of its own name that can take seconds."""

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)


def _release() -> str:
    """Return the installed version."""
    try:
        return version("slm-stream")
    except PackageNotFoundError:
        return "unknown"
