"""`slm calendars`: take public holidays and feeds over into the promises."""

from pathlib import Path
from typing import Annotated

import typer

from slm_stream.cli.check import all_told
from slm_stream.spec.freezing import freeze as ask
from slm_stream.spec.frozen import LOCK

app = typer.Typer(no_args_is_help=True, help="Freeze what calendars take from countries and feeds.")


@app.callback()
def calendars() -> None:
    """Freeze what calendars take from countries and feeds."""


@app.command()
def freeze(
    folder: Annotated[
        Path, typer.Argument(help="Folder with catalogue/, agreements/ and calendars/.")
    ] = Path("config"),
) -> None:
    """Write down which days public holidays and feeds close, for the years that calendars name.

    Agreements are judged by what is written in calendars/holidays.lock.yaml, so another version
    of a library or of a feed changes none that is in force. Years that are frozen stay as they
    are; new years and changed feeds are added. Keep the file with the calendars, and look at its
    differences as at any change of a promise.
    """
    with all_told(folder):
        frozen = ask(folder)
    if frozen.text:
        (folder / LOCK).write_text(frozen.text, encoding="utf-8")
    for line in frozen.said:
        typer.echo(line)
    typer.echo(
        f"written: {folder / LOCK}" if frozen.text else "no calendar names a country or a feed"
    )
