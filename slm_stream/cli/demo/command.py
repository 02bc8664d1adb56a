"""`slm demo`: a broker, two workers and a simulated shop, on this machine."""

import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from slm_stream.adapters.event_reader import EventReader
from slm_stream.adapters.kafka_admin import EXISTS, create_topics, used_topics
from slm_stream.adapters.kafka_jars import cached_jars
from slm_stream.adapters.local_kafka import LocalKafka
from slm_stream.cli.demo.expectations import Watchlist
from slm_stream.cli.demo.faults import FAULTS
from slm_stream.cli.demo.feed import Feed
from slm_stream.cli.demo.runner import WATCHED, Run
from slm_stream.cli.demo.screen import Scene, summary
from slm_stream.cli.demo.simulation import Simulation
from slm_stream.cli.demo.workers import Workers
from slm_stream.cli.level_table import words_of
from slm_stream.cli.levels import plain_or_coloured
from slm_stream.errors import SettingsError
from slm_stream.settings import read_settings
from slm_stream.spec.loader import load

app = typer.Typer(help="Watch a simulated shop keep and break its promises.")

N_WORKERS = 2
PLAIN_WIDTH = 160
LATER = "The month is over and nothing goes wrong any more: watch windows roll on. Ctrl-C ends"

Say = Callable[[str], None]


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the month, with a summary.")
    ] = False,
    broker: Annotated[
        str | None,
        typer.Option(
            help="An empty Kafka, host:port; without, one is started.", show_default=False
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=20, max=3600, help="How long the month shall take.")
    ] = 60.0,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the logs, and say where.")] = False,
) -> None:
    """Watch a simulated shop keep and break its promises.

    Starts a Kafka and two workers, plays a month of six services in a minute (two outages, pages
    that get slower, a storm of tickets), and shows the level of every promise as it moves. What
    must be reported about each fault is known beforehand and ticked off as it comes.

    After the month time goes on until Ctrl-C; with [bold]--once[/bold] the demo ends with a
    summary, and exit code 1 if anything expected did not come.
    """
    say = _teller()
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _interrupt))
        folder = stack.enter_context(_work_folder(keep, say))
        config = stack.enter_context(as_file(files("slm_stream.config")))
        run = _set_up(stack, broker, config=config, folder=folder, say=say)
        took_s = _play(run, seconds, once=once)
        say("ending the workers" + ("" if broker else " and the broker"))
    _print_summary(run.scene, took_s)
    if once and not run.scene.watchlist.complete:
        raise typer.Exit(1)


def _set_up(stack: ExitStack, broker: str | None, *, config: Path, folder: Path, say: Say) -> Run:
    settings = read_settings()
    promises = load(config)
    if broker is None:
        fetched = cached_jars().is_dir()
        say("starting a Kafka" + ("" if fetched else "; Maven fetches its jars first, once"))
        kafka = LocalKafka()
        stack.callback(kafka.stop)
        kafka.start()
        broker, app_id = kafka.bootstrap, "slm-demo"
        say(f"Kafka is up at {broker}")
    else:
        app_id = f"slm-demo-{uuid.uuid4().hex[:8]}"
    _make_topics(broker, settings.partitions, settings.replication)
    workers = Workers(
        broker,
        settings.partitions,
        config=config,
        folder=folder,
        count=N_WORKERS,
        app_id=app_id,
    )
    say(f"starting {N_WORKERS} workers")
    stack.enter_context(workers)
    workers.wait_until_ready()
    say(f"workers are up; their metrics are at {' and '.join(workers.addresses)}")
    reader = EventReader(broker, WATCHED)
    stack.callback(reader.close)
    scene = Scene(words_of(promises), Watchlist(FAULTS), N_WORKERS)
    feed = Feed(broker, settings.partitions, Simulation())
    return Run(scene, feed, workers, reader, console=Console(highlight=False), say=say)


def _play(run: Run, seconds: float, *, once: bool) -> float:
    """Play the month, and what follows; return how long the month took."""
    began, took_s = time.monotonic(), None
    try:
        with run.on_screen():
            took_s = run.month(seconds)
            if not once:
                run.scene.note = LATER
                run.afterwards()
    except KeyboardInterrupt:
        if once:
            raise
    return took_s or time.monotonic() - began


def _print_summary(scene: Scene, took_s: float) -> None:
    console = Console()
    width = console.width if console.is_terminal else PLAIN_WIDTH
    typer.echo(plain_or_coloured(summary(scene, width, took_s), console, width))


def _make_topics(broker: str, partitions: int, replication: int) -> None:
    """Make the topics; refuse used ones: the shop's past must not mix with a real present."""
    made = create_topics(broker, partitions, replication)
    used = used_topics(broker, [name for name, outcome in made if outcome == EXISTS])
    if used:
        msg = (
            f"topic {used[0]} at {broker} holds messages already, and the demo must not mix with "
            "them: name an empty Kafka, or none to have one started"
        )
        raise SettingsError(msg)


@contextmanager
def _work_folder(keep: bool, say: Say) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="slm-demo-"))
    try:
        yield folder
    finally:
        if keep:
            say(f"the workers' logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _teller() -> Say:
    began = time.monotonic()
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(text: str) -> None:
        console.print(f"[{time.monotonic() - began:5.1f} s] {text}", markup=False)

    return say


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
