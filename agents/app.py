"""The Faust app: settings that a monitor needs, tables, one agent per input topic."""

import tempfile
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

import faust
import mode
from faust.transport.drivers import aiokafka as driver

from slm_stream.codec import topics
from slm_stream.codec.runs import Run
from slm_stream.settings import Settings

from .batches import BatchConsumer
from .monitor import Monitor
from .tables import StateTable, Tables


class SafeProducer(driver.Producer):
    """Retries never write twice or out of order."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "enable_idempotence": True}


class Resuming:
    """A consumer that reads on from where the state says, never from the committed offset."""

    async def perform_seek(self) -> None:
        """Restore the owned partitions, then rewind their sources to what the state has seen."""
        await super().perform_seek()  # type: ignore[misc]
        consumer: Any = self
        owned = {tp.partition for tp in consumer.assignment() if tp.topic == topics.TICKS}
        for tp, offset in consumer.transport.monitor.restore(owned).items():
            await consumer.seek(tp, offset)
            consumer._committed_offset[tp] = offset or None


class FastConsumer(Resuming, BatchConsumer):
    """Record batches as messages."""


class PlainConsumer(Resuming, driver.Consumer):
    """One message per record: slow, but nothing private beyond the seek."""


class MonitorTransport(driver.Transport):
    """Knows the monitor that says where to resume."""

    Consumer: ClassVar[type[Any]] = FastConsumer
    Producer = SafeProducer
    monitor: Monitor


class PlainTransport(MonitorTransport):
    """The slow path, and the reference in tests."""

    Consumer: ClassVar[type[Any]] = PlainConsumer


class Payloads(faust.Schema):  # type: ignore[type-arg]
    """Leave key and value as they came."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the key as it is."""
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the value as it is: runs from the fast path, bytes from the plain one."""
        return message.value


def create_app(settings: Settings, *, fast: bool = True) -> Any:
    """Return a Faust app for one worker; `attach` gives it something to do.

    Every setting that differs from Faust's own has its reason in `docs/architecture.md`.
    """
    urls = [f"kafka://{server.strip()}" for server in settings.broker.split(",")]
    app = faust.App(
        settings.app_id,
        broker=urls,
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="slm-worker-"),
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
        broker_request_timeout=max(20, 2 * settings.session_timeout_s),
        broker_max_poll_interval=86_400,  # an idle member would leave the group and hang
        producer_acks=-1,
        producer_linger=0.005,
        producer_compression_type="lz4",
        agent_supervisor=mode.CrashingSupervisor,
    )
    transport = MonitorTransport if fast else PlainTransport
    app.transport = transport(app.conf.broker_consumer, app, loop=None)
    app.producer_transport = transport(app.conf.broker_producer, app, loop=None)
    app.conf.Table = StateTable  # type: ignore[assignment]
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
