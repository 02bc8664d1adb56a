"""The command `slm`: one table of commands, each imported only when it runs."""

import sys
import zoneinfo
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from slm_stream.errors import SlmError


class Entry(NamedTuple):
    """Where a command lives (its module has a Typer called `app`) and its line in the help."""

    module: str
    summary: str


COMMANDS = {
    "calendars": Entry(
        "slm_stream.cli.calendars", "Freeze what calendars take from countries and feeds."
    ),
    "check": Entry(
        "slm_stream.cli.check", "Check what is promised: catalogue, agreements, calendars."
    ),
    "indicators": Entry(
        "slm_stream.cli.indicators", "List what can be measured, and which figures promised."
    ),
    "import": Entry(
        "slm_stream.cli.import_", "Send measurements from files to Kafka, as a mapping says."
    ),
    "replay": Entry(
        "slm_stream.cli.replay", "Judge recordings in files, without a broker, by their own clock."
    ),
    "explain": Entry(
        "slm_stream.cli.explain", "Say what every clock of an incident did, update by update."
    ),
    "rules": Entry("slm_stream.cli.rules", "Make the Prometheus rules for the agreements."),
    "worker": Entry("slm_stream.cli.worker", "Run one worker of the monitor."),
    "levels": Entry("slm_stream.cli.levels", "Show the current level of every objective."),
    "demo": Entry(
        "slm_stream.cli.demo.command", "Watch a simulated shop keep and break its promises."
    ),
    "topics": Entry("slm_stream.cli.topics", "Make and look at the topics on the broker."),
}


def load(name: str) -> Any:
    """Import the command called `name`."""
    app: typer.Typer = import_module(COMMANDS[name].module).app
    app._add_completion = False  # noqa: SLF001  # only the outermost command completes
    command = typer.main.get_command(app)
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """Lists commands from the table, and imports one when it is chosen."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {
            name: TyperCommand(name, help=entry.summary) for name, entry in COMMANDS.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Put the real command in the place of its line."""
        name, line, rest = super().resolve_command(ctx, args)
        return name, (load(name) if name and line else line), rest


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, rich_markup_mode="rich")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"slm-stream {version('slm-stream')}")
        raise typer.Exit


@app.callback()
def slm(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Say of every promise whether it is met, about to be broken, or broken.

    Settings come from SLM_* variables; options go first.

    Results go to standard output, everything else to standard error.

    Exit codes: 0 done, 1 failed, 2 asked for the impossible, 130 interrupted.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run `slm` and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; the process's own by default.
    """
    zoneinfo.reset_tzpath(to=())  # the pinned tzdata decides, the same on every machine
    try:
        typer.main.get_command(app).main(
            args=list(sys.argv[1:] if argv is None else argv), prog_name="slm"
        )
    except SlmError as error:
        print(f"slm: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
