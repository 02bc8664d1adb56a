"""`slm rules`: what Prometheus has to know about the promises."""

from pathlib import Path
from typing import Annotated

import typer

from slm_stream.adapters.prometheus_alerts import Links
from slm_stream.adapters.prometheus_rules import rule_file
from slm_stream.errors import SettingsError
from slm_stream.settings import read_settings
from slm_stream.spec.loader import load

app = typer.Typer(no_args_is_help=True, help="Make the Prometheus rules for the agreements.")

LINKS = Links(
    runbook="docs/runbook.md",
    dashboard="http://localhost:3000/d/slm-objectives",
    report="http://localhost:8080",
)
"""Right for docker-compose.yml and a look into the repository."""


@app.callback()
def rules() -> None:
    """Make the Prometheus rules for the agreements."""


@app.command()
def generate(
    config: Annotated[
        Path | None,
        typer.Option(
            help="Folder with catalogue/, agreements/ and calendars/  [default: SLM_CONFIG]"
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File to write; standard output without it.")
    ] = None,
    runbook_url: Annotated[
        str, typer.Option(help="Where your people read docs/runbook.md.")
    ] = LINKS.runbook,
    dashboard_url: Annotated[
        str, typer.Option(help="Where they find the Grafana dashboard.")
    ] = LINKS.dashboard,
    report_url: Annotated[
        str, typer.Option(help="Where they find the status page.")
    ] = LINKS.report,
) -> None:
    """Write recording and alerting rules for every objective.

    Run it again whenever an agreement changes, and let Prometheus reload.
    """
    promises = load(config or read_settings().config)
    text = rule_file(promises.agreements, Links(runbook_url, dashboard_url, report_url))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"cannot write {output}: {error.strerror}"
        raise SettingsError(msg) from error
