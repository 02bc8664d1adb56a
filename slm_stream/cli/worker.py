"""`slm worker`: one worker of the monitor."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from slm_stream.settings import read_settings

app = typer.Typer(rich_markup_mode="rich")


@app.command()
def worker(
    config: Annotated[
        Path | None, typer.Option(help="Folder with catalogue/, agreements/ and calendars/.")
    ] = None,
    broker: Annotated[str | None, typer.Option(help="Kafka brokers, host:port.")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the page for Prometheus.")
    ] = None,
    ticks: Annotated[
        bool, typer.Option(help="Send the clock; off where a simulation sends its own.")
    ] = True,
    fast: Annotated[
        bool, typer.Option(help="Record batches as messages; off: one message per record.")
    ] = True,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "INFO",
) -> None:
    """Run one worker: read measurements, judge every promise, tell Kafka and Prometheus.

    Start as many as you like: they share the partitions of the topics among themselves. Stop
    one with SIGTERM, or kill it: another goes on from the last checkpoint, and no figure changes.

    Make the topics first with [bold]slm topics create[/bold]. The worker refuses to start on
    promises that [bold]slm check[/bold] objects to.
    """
    told = {"config": config, "broker": broker, "metrics_port": metrics_port}
    settings = read_settings({name: value for name, value in told.items() if value is not None})
    import_module("slm_stream.agents.worker").run(
        settings, ticks=ticks, fast=fast, log_level=log_level
    )
