"""The composition root of a worker: settings, promises, engine, app, metrics page."""

import asyncio
import gc
import logging
import os
import time
from collections.abc import Callable
from typing import Any

import faust

from slm_stream.adapters.prometheus import MetricsServer
from slm_stream.codec import topics
from slm_stream.engine.core import Engine, EngineConfig
from slm_stream.settings import Settings
from slm_stream.spec.loader import load

from .app import attach, create_app, create_tables
from .monitor import Monitor

logger = logging.getLogger(__name__)

TICK_S = 1.0
WATCHDOG_S = 60.0
"""Without a tick processed for so long, though ticks are sent, a worker ends itself."""


def engine_config(settings: Settings) -> EngineConfig:
    """Return what the engine needs of the settings."""
    defaults = EngineConfig()
    lateness = dict(defaults.lateness_ms)
    for topic in (topics.TRANSACTIONS, topics.PROBES):
        lateness[topic] = settings.allowed_lateness_s * 1000
    return EngineConfig(
        n_partitions=settings.partitions,
        lateness_ms=lateness,
        source=f"/slm-stream/{settings.app_id}",
        refresh_ms=settings.refresh_s * 1000,
    )


def run(
    settings: Settings, *, ticks: bool = True, fast: bool = True, log_level: str = "WARNING"
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
    """
    promises = load(settings.config)
    app = create_app(settings, fast=fast)
    tables = create_tables(app, settings.partitions)
    engine = Engine(promises.services, promises.agreements, tables, engine_config(settings))
    monitor = Monitor(app, engine, tables, settings.session_timeout_s)
    attach(app, monitor)
    _keep_time(app, monitor, _clock_ms if ticks else None)
    server = MetricsServer(monitor, settings.metrics_host, settings.metrics_port)
    server.start()
    worker = faust.Worker(app, loglevel=log_level, quiet=True, redirect_stdouts=False)
    # What exists by now lives as long as the process: the collector need not walk it again.
    gc.freeze()
    try:
        worker.execute_from_commandline()
    finally:
        server.stop()


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
