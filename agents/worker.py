"""The composition root of a worker: settings, promises, engine, app, metrics page."""

import asyncio
import gc
import logging
import os
import sys
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

import faust

from slm_stream.adapters.kafka_admin import check_topics
from slm_stream.adapters.prometheus import MetricsServer
from slm_stream.codec import topics
from slm_stream.codec.topics import TopicShape
from slm_stream.engine.core import Engine, EngineConfig
from slm_stream.errors import SlmError, UnavailableError
from slm_stream.settings import Settings
from slm_stream.spec.loader import Promises, load

from .app import attach, create_app, create_tables
from .logs import LOGGER, set_up_logging
from .monitor import Monitor

logger = logging.getLogger(LOGGER)

TICK_S = 0.5
WATCHDOG_S = 60.0
"""Without a tick processed for so long, though ticks are sent, a worker ends itself."""
STOP_S = 15.0
"""How long stopping may take."""


def engine_config(settings: Settings) -> EngineConfig:
    """Return what the engine needs of the settings."""
    return EngineConfig(
        n_partitions=settings.partitions,
        lateness_ms={**EngineConfig().lateness_ms, **settings.lateness_ms},
        source=f"/slm-stream/{settings.app_id}",
        refresh_ms=settings.refresh_s * 1000,
    )


class Runner(faust.Worker):
    """Runs the app until a signal or a crash; logging is set up elsewhere."""

    def __init__(self, app: Any) -> None:
        super().__init__(app, quiet=True, override_logging=False, redirect_stdouts=False)
        self.spinner = None

    async def _sentinel_task(self) -> None:
        """Do not wait a second before the end."""

    def _on_sigterm(self) -> None:
        logger.info("told to stop: writing a last checkpoint")
        # Faust waits for a broker that is gone, for ever.
        end = Timer(STOP_S, _end_now)
        end.daemon = True
        end.start()
        super()._on_sigterm()


def _end_now() -> None:
    logger.critical("not stopped within %.0f s: ending as it is; no figure is lost", STOP_S)
    os._exit(1)


def run(
    settings: Settings, *, ticks: bool = True, fast: bool = True, log_level: str = "INFO"
) -> None:
    """Run one worker until it is told to stop.

    Parameters
    ----------
    settings : Settings
    ticks : bool
        Whether the worker sends the clock itself; a simulation sends its own.
    fast : bool
        Record batches as messages, or Faust's plain path.
    log_level : str

    Raises
    ------
    SlmError
        The promises, the settings, the broker or its topics keep it from starting.

    Notes
    -----
    What goes wrong later ends the process at once: with 2 after one sentence where stored state
    cannot be used or the process slept for too long, with 1 and a traceback where nobody
    expected it.
    """
    set_up_logging(log_level)
    promises = load(settings.config)
    changelogs = [f"{settings.app_id}-{table}-changelog" for table in ("sli", "sla")]
    shapes = (*topics.TOPICS, *(TopicShape(name, compacted=True) for name in changelogs))
    check_topics(settings.broker, settings.partitions, shapes, made_by_us=changelogs)
    with TemporaryDirectory(prefix="slm-worker-") as folder:
        _run(create_app(settings, folder, fast=fast), settings, promises, ticks=ticks)


def _run(app: Any, settings: Settings, promises: Promises, *, ticks: bool) -> None:
    tables = create_tables(app, settings.partitions)
    engine = Engine(promises.services, promises.agreements, tables, engine_config(settings))
    monitor = Monitor(app, engine, tables, settings.session_timeout_s)
    attach(app, monitor)
    _keep_time(app, monitor, _clock_ms if ticks else None)
    server = _metrics_server(monitor, settings)
    logger.info(
        "worker of group %s at %s: %d services, %d agreements; metrics at http://%s:%d/metrics",
        settings.app_id,
        settings.broker,
        len(promises.services),
        len(promises.agreements),
        settings.metrics_host,
        settings.metrics_port,
    )
    # What exists by now lives as long as the process: the collector need not walk it again.
    gc.freeze()
    with server:
        _run_until_stopped(app)
    logger.info("stopped")


def _run_until_stopped(app: Any) -> None:
    app.crashing = _end_at_once
    try:
        Runner(app).execute_from_commandline()
    except SystemExit as end:
        if end.code:
            raise


def _end_at_once(reason: BaseException) -> None:
    """End the process: the next one goes on from the last checkpoint.

    Faust would stop one service after the other, which takes long where a broker or a group
    does not answer, and the member of a group that it still is would be given partitions.
    """
    if isinstance(reason, SlmError):
        print(f"slm: {reason}", file=sys.stderr, flush=True)  # noqa: T201
    else:
        logger.critical("ended by an unexpected error", exc_info=reason)
    logging.shutdown()
    os._exit(2 if isinstance(reason, SlmError) else 1)


def _metrics_server(monitor: Monitor, settings: Settings) -> MetricsServer:
    try:
        return MetricsServer(monitor, settings.metrics_host, settings.metrics_port)
    except OSError as error:
        where = f"{settings.metrics_host}:{settings.metrics_port}"
        msg = f"no metrics page at {where} ({error.strerror}): name another with SLM_METRICS_PORT"
        raise UnavailableError(msg) from None


def _clock_ms() -> int:
    return int(time.time() * 1000)


def _keep_time(app: Any, monitor: Monitor, clock_ms: Callable[[], int] | None) -> None:
    """Send ticks, and end a process that no longer processes anything."""

    @app.task
    async def keep_time() -> None:
        while not app.should_stop:
            monitor.alive()
            if clock_ms is not None and not monitor.restoring and not app.rebalancing:
                await monitor.tick(clock_ms())
            if clock_ms is not None and monitor.stuck_s() > WATCHDOG_S:
                logger.critical("no tick was processed for %.0f s: ending", monitor.stuck_s())
                os._exit(70)
            await asyncio.sleep(TICK_S)
