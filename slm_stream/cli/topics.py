"""`slm topics`: make the topics, list them, look at what the broker has."""

import typer

app = typer.Typer(no_args_is_help=True, help="Make and look at the topics on the broker.")


@app.command("list")
def list_topics() -> None:
    """List the topics."""
