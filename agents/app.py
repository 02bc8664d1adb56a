"""The Faust app: settings that a monitor needs, tables, one agent per input topic."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import faust
import mode
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver

from slm_stream.codec import topics
from slm_stream.codec.runs import Run
from slm_stream.settings import Settings

from .batches import BatchConsumer
from .logs import LOGGER
from .monitor import Monitor
from .resume import PlainConsumer
from .tables import StateTable, Tables

logger = logging.getLogger(LOGGER)

LAST_CHECKPOINT_S = 5.0
"""How long a worker that is told to stop may take over its last checkpoint."""


class SafeProducer(driver.Producer):
    """Retries never write twice or out of order; who may have lost its partitions is silent."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "enable_idempotence": True}

    def _new_producer(self, transactional_id: str | None = None) -> Any:
        producer = super()._new_producer(transactional_id)
        producer.client.send = _fenced(producer.client.send, self.transport)
        return producer


def _fenced(send: Callable[..., Any], transport: Any) -> Callable[..., Any]:
    """Look at the clock last thing before bytes leave.

    What waited in a process that slept would otherwise overwrite what the new owner has written.
    """

    async def fenced(*args: Any, **kwargs: Any) -> Any:
        transport.monitor.fence()
        return await send(*args, **kwargs)

    return fenced


class MonitorTransport(driver.Transport):
    """Knows the monitor that says where to resume."""

    Consumer: ClassVar[type[Any]] = BatchConsumer
    Producer = SafeProducer
    monitor: Monitor


class PlainTransport(MonitorTransport):
    """The slow path, and the reference in tests."""

    Consumer: ClassVar[type[Any]] = PlainConsumer


class PromptTables(TableManager):
    """Starts without Faust's second of waiting for tables: all are there from the beginning."""

    async def on_start(self) -> None:
        """Subscribe to the changelogs and restore."""
        await self._update_channels()
        await self.recovery.start()


class MonitorApp(faust.App):
    """Writes a last checkpoint while its partitions are still its own."""

    transport: Any
    crashing: Callable[[BaseException], None] | None = None
    """Called with what crashes the app, before Faust begins to take it apart."""

    def _crash(self, reason: BaseException) -> None:
        if self.should_stop and isinstance(reason, asyncio.CancelledError):
            return  # stopped in the middle of a rebalance, Faust's fetcher reports its own end
        if self.crashing is not None:
            self.crashing(reason)
        super()._crash(reason)

    async def on_stop(self) -> None:
        """Checkpoint, then stop as usual."""
        if not self.crashed:
            try:
                await asyncio.wait_for(self.transport.monitor.finish(), LAST_CHECKPOINT_S)
            except TimeoutError:
                logger.warning("no last checkpoint within %.0f s", LAST_CHECKPOINT_S)
        await super().on_stop()


class Payloads(faust.Schema):  # type: ignore[type-arg]
    """Leave key and value as they came."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the key as it is."""
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the value as it is: runs from the fast path, bytes from the plain one."""
        return message.value


def create_app(settings: Settings, folder: str, *, fast: bool = True) -> Any:
    """Return a Faust app for one worker; `attach` gives it something to do.

    Faust wants a folder of its own, though nothing of ours is kept there.

    Every setting that differs from Faust's own has its reason in `docs/architecture.md`.
    """
    urls = [f"kafka://{server.strip()}" for server in settings.broker.split(",")]
    app = MonitorApp(
        settings.app_id,
        broker=urls,
        store="memory://",
        datadir=folder,
        canonical_url=f"http://{uuid.uuid4().hex}:6066",  # Faust tells members apart by it
        web_enabled=False,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication,
        topic_disable_leader=True,
        topic_allow_declare=True,  # its own changelogs; ours are made by `slm topics create`
        table_standby_replicas=0,
        table_cleanup_interval=86_400.0,
        stream_wait_empty=False,
        stream_buffer_maxsize=64,  # envelopes, not records
        stream_recovery_delay=0.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=1 << 20,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=max(1, settings.session_timeout_s // 5),
        broker_rebalance_timeout=max(10, settings.session_timeout_s),
        broker_request_timeout=max(60, 2 * settings.session_timeout_s),  # bounds a restore too
        broker_max_poll_interval=86_400,  # an idle member would leave the group and hang
        producer_acks=-1,
        producer_linger=0.005,
        producer_max_batch_size=1 << 18,  # a checkpoint in one batch: a full one waits to leave
        producer_compression_type="lz4",
        agent_supervisor=mode.CrashingSupervisor,
    )
    transport = MonitorTransport if fast else PlainTransport
    app.transport = transport(app.conf.broker_consumer, app, loop=None)
    app.producer_transport = transport(app.conf.broker_producer, app, loop=None)
    app.conf.Table = StateTable  # type: ignore[assignment]
    app.conf.TableManager = PromptTables  # type: ignore[assignment]
    return app


def create_tables(app: Any, partitions: int) -> Tables:
    """Return the SLI and the SLA table of an app."""
    options: dict[str, Any] = {
        "default": None,
        "partitions": partitions,
        "key_type": bytes,
        "value_type": bytes,
        "recovery_buffer_size": 200,
    }
    return Tables(app.Table("sli", **options), app.Table("sla", **options))


def attach(app: Any, monitor: Monitor) -> None:
    """Give the app its agents: one per input topic, all the same."""
    app.transport.monitor = monitor

    @app.on_partitions_revoked.connect
    async def revoked(*_: Any, **__: Any) -> None:
        monitor.revoke()

    for name in topics.INPUTS:
        source = app.topic(name, schema=Payloads(), partitions=app.conf.topic_partitions)
        app.agent(source, name=f"take-{name}")(_taker(monitor))


def _taker(monitor: Monitor) -> Any:
    async def take(stream: Any) -> None:
        """Measurements and ticks to the engine, batch by batch."""
        async for event in stream.noack().events():
            await monitor.take(event, _runs_of(event))

    return take


def _runs_of(event: Any) -> list[Run]:
    if isinstance(event.value, list):
        return event.value
    message = event.message
    return [Run(message.offset, message.offset, int(message.timestamp * 1000), [event.value])]
