"""`slm levels`: where every promise stands now, read from Kafka."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from slm_stream.adapters.event_reader import EventReader
from slm_stream.cli.level_table import Words, level_table, subject_of, words_of
from slm_stream.codec import topics
from slm_stream.codec.events import LevelData
from slm_stream.errors import SpecError
from slm_stream.settings import read_settings
from slm_stream.spec.loader import load

app = typer.Typer(help="Show the current level of every objective.")

REFRESH_S = 0.25
HEAD_LINES = 4
PLAIN_WIDTH = 300


@app.command()
def levels(
    broker: Annotated[
        str | None, typer.Option(help="Kafka brokers, host:port.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Folder whose promises are shown in words.", show_default=False),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Show them once instead of live.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each level as a line of JSON; live, as it comes.")
    ] = False,
) -> None:
    """Show the current level of every objective.

    A table that keeps itself up to date until Ctrl-C; where the output is not a terminal, a
    table once. It reads the topic of levels and leaves no trace on the broker.
    """
    told = {"config": config, "broker": broker}
    settings = read_settings({name: value for name, value in told.items() if value is not None})
    reader = EventReader(settings.broker, [topics.LEVELS])
    try:
        if as_json:
            _print_json(reader, once)
        elif once or not sys.stdout.isatty():
            _print_table(reader, _words(settings.config))
        else:
            _watch(reader, _words(settings.config), settings.broker)
    finally:
        reader.close()


def _words(folder: Path) -> dict[str, Words]:
    """Return the promises in words, where there is a folder of them."""
    try:
        return words_of(load(folder)) if folder.is_dir() else {}
    except SpecError as error:
        n = len(error.mistakes)
        typer.echo(f"slm: {folder} has {n} mistakes (slm check): no promise in words", err=True)
        return {}


def _print_json(reader: EventReader, once: bool) -> None:
    latest = {event.subject: event for _, event in reader.read_all()}
    encode = msgspec.json.encode
    for subject in sorted(latest):
        typer.echo(encode(latest[subject]).decode())
    while not once:
        for _, event in reader.poll(1.0):
            typer.echo(encode(event).decode())


def _print_table(reader: EventReader, words: dict[str, Words]) -> None:
    latest = {event.subject: event.data for _, event in reader.read_all()}
    if not latest:
        typer.echo("slm: no levels yet: is a worker running?", err=True)
    console = Console()
    width = console.width if console.is_terminal else PLAIN_WIDTH
    typer.echo(plain_or_coloured(level_table(latest.values(), words, width=width), console, width))


def plain_or_coloured(shown: RenderableType, console: Console, width: int) -> str:
    """Return what a console shows, without blanks at the ends of lines."""
    console = Console(width=width, force_terminal=console.is_terminal, highlight=False)
    with console.capture() as captured:
        console.print(shown)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _watch(reader: EventReader, words: dict[str, Words], broker: str) -> None:
    console = Console()
    latest: dict[str, LevelData] = {}
    newest = ""

    def picture() -> RenderableType:
        counts = " · ".join(
            f"{sum(d.level == level for d in latest.values())} {level.replace('_', ' ')}"
            for level in ("breach", "near_breach", "met", "no_data")
        )
        asof = f"as of {newest[:19].replace('T', ' ')} UTC" if newest else "no levels yet"
        head = Text.assemble(("slm levels", "bold"), f"  {broker}  {asof}  ", (counts, "dim"))
        head.truncate(console.width, overflow="ellipsis")
        rows = console.height - HEAD_LINES
        return Group(head, "", level_table(latest.values(), words, width=console.width, rows=rows))

    with Live(console=console, auto_refresh=False, screen=True) as live:
        try:
            while True:
                live.update(picture(), refresh=True)
                for _, event in reader.poll(REFRESH_S):
                    latest[subject_of(event.data)] = event.data
                    newest = max(newest, event.time)
        except KeyboardInterrupt:
            pass
    console.print(level_table(latest.values(), words, width=console.width))
