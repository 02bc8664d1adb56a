"""Workers as processes of their own, and what their metrics pages say."""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from slm_stream.adapters.children import dies_with_parent
from slm_stream.errors import UnavailableError

START_S = 90.0
GRACE_S = 10.0
PAGE_S = 5.0
REFRESH_S = 600
"""How often an unchanged level shows new figures, in simulated time."""
SESSION_S = 30
MEASUREMENTS, DUPLICATES = "slm_measurements_total", "slm_duplicates_total"
LATE, DEAD = "slm_late_measurements_total", "slm_dead_letters_total"
LAG, WATERMARK = "slm_lag_records", "slm_watermark_timestamp_seconds"
RESTORING, OWNED = "slm_restoring", "slm_owned_partitions"
WANTED = (MEASUREMENTS, DUPLICATES, LATE, DEAD, LAG, WATERMARK, RESTORING, OWNED)


@dataclass(frozen=True, slots=True)
class Figures:
    """What all workers together say about themselves.

    `judged_ms` is the instant up to which every partition that judges anything was judged, 0
    before the first.
    """

    owned: tuple[int, ...]
    counted: int
    duplicates: int
    late: int
    dead: int
    lag: int
    judged_ms: int


class Workers:
    """Some `slm worker --no-ticks`, as a context manager.

    Parameters
    ----------
    broker : str
    partitions : int
    config : Path
    folder : Path
        For logs and what the workers put aside.
    count : int
    app_id : str
    """

    def __init__(
        self,
        broker: str,
        partitions: int,
        *,
        config: Path,
        folder: Path,
        count: int,
        app_id: str,
    ) -> None:
        self._folder = folder
        self._partitions = partitions
        self._ports = _free_ports(count)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLM_")}
        self._environment = inherited | {
            "SLM_BROKER": broker,
            "SLM_CONFIG": str(config),
            "SLM_APP_ID": app_id,
            "SLM_PARTITIONS": str(partitions),
            "SLM_REFRESH_S": str(REFRESH_S),
            "SLM_SESSION_TIMEOUT_S": str(SESSION_S),
            "TMPDIR": str(folder),
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Workers":
        try:
            for number, port in enumerate(self._ports, 1):
                self._processes.append(self._start(number, port))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return the addresses of the metrics pages."""
        return tuple(f"http://127.0.0.1:{port}/metrics" for port in self._ports)

    def wait_until_ready(self) -> None:
        """Return once every worker has a share of the partitions.

        Raises
        ------
        UnavailableError
            A worker ended, or not all have a share in time.
        """
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            figures = self.figures()
            if figures and all(figures.owned) and sum(figures.owned) == self._partitions:
                return
            time.sleep(0.2)
        msg = f"the workers were not ready within {START_S:.0f} s; {self._advice()}"
        raise UnavailableError(msg)

    def figures(self) -> Figures | None:
        """Return the figures of all workers; None while one does not answer.

        Raises
        ------
        UnavailableError
            A worker ended.
        """
        for number, process in enumerate(self._processes, 1):
            code = process.poll()
            if code is not None:
                log = self._log(number)
                said = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
                why = said[-1] if said else "it said nothing"
                msg = f"worker {number} ended with code {code}: {why}; {self._advice()}"
                raise UnavailableError(msg)
        try:
            pages = [_page(address) for address in self.addresses]
        except (URLError, OSError, ValueError):
            return None

        def total(name: str) -> int:
            return round(sum(value for page in pages for n, value in page if n == name))

        judged_s = [value for page in pages for name, value in page if name == WATERMARK]
        return Figures(
            owned=tuple(round(dict(page)[OWNED] * (1 - dict(page)[RESTORING])) for page in pages),
            counted=total(MEASUREMENTS),
            duplicates=total(DUPLICATES),
            late=total(LATE),
            dead=total(DEAD),
            lag=total(LAG),
            judged_ms=round(min(judged_s, default=0.0) * 1000),
        )

    def stop(self) -> None:
        """End the workers, by force those that take too long."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.terminate()
        end = time.monotonic() + GRACE_S
        for process in self._processes:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []

    def _start(self, number: int, port: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "slm_stream", "worker", "--no-ticks"]
        command += ["--metrics-port", str(port), "--log-level", "WARNING"]
        with self._log(number).open("wb") as log:
            return subprocess.Popen(
                dies_with_parent(command),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demo, which stops its workers
            )

    def _log(self, number: int) -> Path:
        return self._folder / f"worker-{number}.log"

    def _advice(self) -> str:
        return "slm demo --keep keeps the logs"


def _page(address: str) -> list[tuple[str, float]]:
    """Return name and value of every sample that `Figures` is made of; asked for often."""
    with urlopen(address, timeout=PAGE_S) as answer:  # noqa: S310 - our own address
        text = answer.read().decode()
    samples = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(WANTED))
    return [(name.partition("{")[0], float(value)) for name, value in samples]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
