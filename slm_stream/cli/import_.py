"""`slm import`: files to Kafka, as a mapping says."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from slm_stream.adapters.recordings import KINDS, Routed, Tally, read_all
from slm_stream.errors import SettingsError, SpecError
from slm_stream.settings import read_settings
from slm_stream.spec.mapping import Mapping
from slm_stream.spec.mapping_files import load, shipped

app = typer.Typer(help="Send measurements from files to Kafka, as a mapping says.")


@app.command("import")
def import_files(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to read, gzip or not.", show_default=False)
    ] = None,
    *,
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", "-m", help="Name of a shipped mapping, or path of your own."),
    ] = None,
    broker: Annotated[
        str | None, typer.Option(help="Kafka brokers; SLM_BROKER by default.", show_default=False)
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="Service of all rows, whatever the mapping says.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="IANA zone of stamps that carry no offset.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Send at most this many a second.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Send nothing unless every row can be mapped.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the measurements instead of sending them.")
    ] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="List the shipped mappings with an example each.")
    ] = False,
) -> None:
    """Send measurements from files to Kafka, as a mapping says.

    A row that cannot be mapped is counted and told, and costs nothing but itself.
    """
    if list_:
        _print_shipped()
        return
    if not files or mapping is None:
        msg = "say which files, and --mapping NAME (slm import --list shows them) or PATH"
        raise SettingsError(msg)
    chosen = load(mapping)
    source = _Source(files, chosen, service=service, time_zone=time_zone)
    if strict:
        source.check()
    tally = Tally()
    if dry_run:
        _print_measurements(_paced(source.read(tally), rate))
    else:
        _send(broker or read_settings().broker, source, tally, rate)
    _print_summary(tally, sent=not dry_run)
    if tally.n_bad and not tally.emitted:
        msg = f"not one of {tally.rows:,} rows fits {mapping}: is it the right mapping?"
        raise SpecError(msg)


class _Source:
    """The files of one run."""

    def __init__(
        self, files: list[Path], mapping: Mapping, *, service: str | None, time_zone: str | None
    ) -> None:
        for path in files:
            if not path.is_file():
                msg = f"no file {path}"
                raise SettingsError(msg)
        self._files = files
        self._mapping = mapping
        self._service = service
        self._time_zone = time_zone
        self.topics = {KINDS[template.kind][0] for template in mapping.emit}
        self.n_bytes = sum(path.stat().st_size for path in files)

    def read(self, tally: Tally, on_bytes: Callable[[int], None] | None = None) -> Iterator[Routed]:
        """Yield the measurements of all files."""
        return read_all(
            self._files,
            self._mapping,
            service=self._service,
            time_zone=self._time_zone,
            tally=tally,
            on_bytes=on_bytes,
        )

    def check(self) -> None:
        """Raise a SpecError if any row cannot be mapped."""
        tally = Tally()
        for _ in self.read(tally):
            pass
        if tally.n_bad:
            msg = f"{tally.n_bad} of {tally.rows} rows cannot be mapped; nothing was sent"
            raise SpecError("\n".join([*tally.examples, msg]))


def _send(broker: str, source: _Source, tally: Tally, rate: float | None) -> None:
    # The other ways of this command need no Kafka client.
    from slm_stream.adapters.producer import BulkProducer  # noqa: PLC0415

    with _progress(source.n_bytes) as on_bytes:
        routed = source.read(tally, on_bytes)
        # A file that doesn't fit the mapping is told before a broker is needed.
        first = list(islice(routed, 1))
        with BulkProducer(broker, source.topics) as producer:
            for topic, measurement in _paced(chain(first, routed), rate):
                producer.send(topic, measurement)


def _print_measurements(routed: Iterator[Routed]) -> None:
    encode = msgspec.json.Encoder().encode
    for topic, measurement in routed:
        line = encode({"topic": topic, "value": measurement})
        sys.stdout.write(line.decode() + "\n")


def _paced(routed: Iterator[Routed], rate: float | None) -> Iterator[Routed]:
    """Yield at most `rate` measurements a second."""
    if rate is None:
        yield from routed
        return
    start = time.monotonic()
    for number, each in enumerate(routed):
        ahead_s = start + number / rate - time.monotonic()
        if ahead_s > 0:
            time.sleep(ahead_s)
        yield each


@contextmanager
def _progress(n_bytes: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=n_bytes)
        yield lambda done: bar.update(task, completed=done)


def _print_summary(tally: Tally, *, sent: bool) -> None:
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    table = Table("what", "count", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    table.add_row("rows read", f"{tally.rows:,}")
    for topic, count in sorted(tally.emitted.items()):
        table.add_row(f"{'sent to' if sent else 'for'} {topic}", f"{count:,}")
    for reason, count in sorted(tally.skipped.items()):
        table.add_row(f"rows skipped: {reason}", f"{count:,}")
    table.add_row("rows that cannot be mapped", f"{tally.n_bad:,}")
    console.print(table)
    for example in tally.examples:
        console.print(f"  {example}")
    rest = tally.n_bad - len(tally.examples)
    if rest > 0:
        console.print(f"  … and {rest:,} more")


def _print_shipped() -> None:
    for name in shipped():
        mapping = load(name)
        typer.echo(f"{name}: {mapping.title}\n    {mapping.example}")
