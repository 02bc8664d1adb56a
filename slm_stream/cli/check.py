"""`slm check`: read the promises, say what they are, or all that is wrong with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from slm_stream.domain.describe import describe
from slm_stream.errors import SpecError
from slm_stream.spec.frozen import COMMAND
from slm_stream.spec.loader import PromiseFile, Promises, load

app = typer.Typer(help="Check what is promised: catalogue, agreements, calendars.")


_NOTICE = timedelta(days=60)


@app.command()
def check(
    folder: Annotated[
        Path, typer.Argument(help="Folder with catalogue/, agreements/ and calendars/.")
    ] = Path("config"),
) -> None:
    """Check what is promised: catalogue, agreements, calendars.

    Prints what every objective promises, in words. Where something is wrong, prints every
    mistake with its file, line and remedy instead, and exits with 2.
    """
    with all_told(folder):
        promises = load(folder)
    typer.echo("\n".join(report(promises)))
    for note in notes(promises, datetime.now(UTC).date()):
        typer.echo(note, err=True)


@contextmanager
def all_told(folder: Path) -> Iterator[None]:
    """Tell every mistake on a line of its own, then end with how many there are."""
    try:
        yield
    except SpecError as error:
        for mistake in error.mistakes:
            typer.echo(mistake, err=True)
        n = len(error.mistakes)
        mistakes = f"{n} mistake{'s' if n > 1 else ''}"
        closing = f"{mistakes} in {folder}; correct {'them' if n > 1 else 'it'} and check again"
        raise SpecError(closing) from None


def notes(promises: Promises, today: date) -> list[str]:
    """Return what is no mistake yet: calendars that soon know no more holidays."""
    used = {agreement.calendar.name for agreement in promises.agreements}
    return [
        f"note: calendar {read.hours.name} knows holidays until the end of {read.years[1]}; "
        f"widen its years and run {COMMAND}"
        for read in promises.calendars
        if read.years and read.hours.name in used and today > date(read.years[1], 12, 31) - _NOTICE
    ]


def report(promises: Promises) -> list[str]:
    """Return the lines that say what a folder promises."""
    lines = [f"{file.path}: {_counts(file)}" for file in promises.files]
    total = PromiseFile(
        path=Path(),
        n_services=sum(file.n_services for file in promises.files),
        n_indicators=sum(file.n_indicators for file in promises.files),
        n_agreements=sum(file.n_agreements for file in promises.files),
        n_objectives=sum(file.n_objectives for file in promises.files),
        n_calendars=sum(file.n_calendars for file in promises.files),
        n_frozen=sum(file.n_frozen for file in promises.files),
    )
    return [*lines, f"in all: {_counts(total)}", "", *_table(promises)]


def _counts(file: PromiseFile) -> str:
    counts = (
        (file.n_services, "service"),
        (file.n_indicators, "indicator"),
        (file.n_agreements, "agreement"),
        (file.n_objectives, "objective"),
        (file.n_calendars, "calendar"),
        (file.n_frozen, "frozen calendar"),
    )
    said = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n]
    return ", ".join(said) or "nothing"


def _table(promises: Promises) -> list[str]:
    services = {service.name: service for service in promises.services}
    rows = [("AGREEMENT", "SERVICE", "HOURS", "OBJECTIVE", "PROMISE")]
    for agreement in promises.agreements:
        rows += [
            (
                f"{agreement.kind} {agreement.id} v{agreement.version}",
                agreement.service,
                agreement.calendar.name,
                objective.name,
                describe(objective, services[agreement.service].indicator(objective.indicator)),
            )
            for objective in agreement.objectives
        ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return [
        "  ".join([*(cell.ljust(n) for cell, n in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
