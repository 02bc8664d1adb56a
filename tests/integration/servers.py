"""A real Prometheus, a real Alertmanager and somebody who is called, on loopback and free ports.

with Receiver() as receiver, Alertmanager(tmp_path, config) as alertmanager:
    with Prometheus(tmp_path, pages=[server.port], alertmanager=alertmanager) as prometheus:
        prometheus.wait_for('slm_restoring == 0')
        receiver.wait_for(lambda alert: alert["labels"]["alertname"] == "SlmBreach")
"""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.conftest import miss

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules" / "slm.rules.yml"

T = TypeVar("T")
Alert = dict[str, Any]

PATIENCE_S = 60.0
"""Generous, so that a busy machine fails no test. Prometheus alone takes 5 s to find a target."""


def command(name: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails under CI."""
    path = shutil.which(name)
    if path is None:
        miss(f"{name} is not installed; Debian has it in prometheus or prometheus-alertmanager")
    return str(path)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Return the first answer that is true; fail when none comes."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(0.1)
    msg = f"{what} did not happen within {patience_s:.0f} s"
    raise AssertionError(msg)


class _Program:
    """A program that answers on a port; it ends with the `with` block."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def arguments(self) -> list[str]:
        """Return the command line."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self.arguments(), stdout=log, stderr=log)
        eventually(self._ready, f"{self.arguments()[0]} (log: {self._log}) was ready")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def get(self, path: str, **query: str) -> Any:
        """Return the decoded JSON of an address below `url`."""
        with urlopen(f"{self.url}{path}?{urlencode(query)}", timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def _ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            msg = f"it ended: {self._log.read_text()[-2000:]}"
            raise AssertionError(msg)
        try:
            with urlopen(f"{self.url}/-/ready", timeout=10) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False


class Receiver:
    """Somebody who is called: a web hook that keeps what Alertmanager posts, by path."""

    def __init__(self) -> None:
        self.notifications: list[tuple[str, dict[str, Any]]] = []
        notifications = self.notifications

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Keep one notification."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                notifications.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def alerts(self, path: str = "") -> list[Alert]:
        """Return every alert delivered so far, oldest first, to one path or to all."""
        return [
            alert
            for to, notification in list(self.notifications)
            if path in ("", to)
            for alert in notification["alerts"]
        ]

    def wait_for(self, wanted: Callable[[Alert], bool], what: str, path: str = "") -> Alert:
        """Return the first delivered alert that is wanted."""
        return eventually(lambda: next(filter(wanted, self.alerts(path)), None), what)


class Alertmanager(_Program):
    """Alertmanager with the shipped routes and inhibitions, without its waits."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        super().__init__(folder / "alertmanager.log")
        self._program = command("prometheus-alertmanager")
        self._storage = folder / "alertmanager"
        self._config = folder / "alertmanager.yml"
        self._config.write_text(yaml.safe_dump(_impatient(receiver)))

    def arguments(self) -> list[str]:
        """Return the command line; the empty address keeps it from looking for others."""
        return [
            self._program,
            f"--config.file={self._config}",
            f"--storage.path={self._storage}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]

    def alerts(self) -> list[Alert]:
        """Return the alerts that it knows, with what inhibits them."""
        return list(self.get("/api/v2/alerts"))


def _impatient(receiver: Receiver) -> dict[str, Any]:
    """Return the shipped configuration without its waits, and with our receiver's address."""
    config: dict[str, Any] = yaml.safe_load(
        (DEPLOY / "alertmanager" / "alertmanager.yml").read_text()
    )
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "0s", "group_interval": "1s"}
    for one in config["receivers"]:
        for hook in one["webhook_configs"]:
            hook["url"] = f"{receiver.url}/{one['name']}"
    return config


class Prometheus(_Program):
    """Prometheus that scrapes `pages` (ports) and evaluates `rules` once a second."""

    def __init__(
        self,
        folder: Path,
        pages: Sequence[int],
        rules: Path = RULES,
        alertmanager: Alertmanager | None = None,
    ) -> None:
        super().__init__(folder / "prometheus.log")
        self._program = command("prometheus")
        self._storage = folder / "prometheus"
        self._config = folder / "prometheus.yml"
        to = [f"127.0.0.1:{alertmanager.port}"] if alertmanager else []
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": to}]}]},
            "scrape_configs": [
                {
                    "job_name": "slm-stream",
                    "static_configs": [{"targets": [f"127.0.0.1:{page}" for page in pages]}],
                }
            ],
        }
        self._config.write_text(yaml.safe_dump(config))

    def arguments(self) -> list[str]:
        """Return the command line."""
        return [
            self._program,
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self._storage}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--rules.alert.resend-delay=1s",
            "--storage.tsdb.retention.time=1h",
        ]

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Return the result of an instant query: items with `metric` and `value`."""
        data = self.get("/api/v1/query", query=expr)["data"]
        assert data["resultType"] == "vector", expr
        return list(data["result"])

    def query_range(self, expr: str, seconds: int, step_s: int = 1) -> list[dict[str, Any]]:
        """Return the result over the last `seconds`: items with `metric` and `values`."""
        now = time.time()
        times = {"start": str(now - seconds), "end": str(now), "step": str(step_s)}
        return list(self.get("/api/v1/query_range", query=expr, **times)["data"]["result"])

    def wait_for(self, expr: str) -> list[dict[str, Any]]:
        """Return the result of a query as soon as it has one."""
        return eventually(lambda: self.query(expr), f"{expr} had a result")
