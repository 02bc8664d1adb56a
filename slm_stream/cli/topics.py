"""`slm topics`: make the topics, list what each is for, compare with the broker."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from slm_stream.adapters.kafka_admin import create_topics, describe_topics
from slm_stream.codec import topics
from slm_stream.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Make and look at the topics on the broker.")

PURPOSES = {
    topics.INCIDENTS: "updates of incident tickets",
    topics.PROBES: "results of probes",
    topics.TRANSACTIONS: "transactions of users",
    topics.FEEDBACK: "what people thought: scores, complaints, compliments",
    topics.TICKS: "time, a message a second for each partition",
    topics.DEAD_LETTERS: "messages that could not be read, with the reason",
    topics.LATE: "measurements that came too late to count",
    topics.NEAR_BREACHES: "promises that came near to a breach, or back",
    topics.BREACHES: "promises that were broken, or kept again",
    topics.DISAGREEMENTS: "witnesses that contradict each other for too long, or no longer",
    topics.LEVELS: "the current level of every objective",
    topics.CLOCKS: "clocks of incidents that passed a threshold",
}
KEYS = {
    topics.TICKS: "partition",
    topics.DEAD_LETTERS: "as it came",
    topics.LEVELS: "agreement/objective",
    topics.NEAR_BREACHES: "agreement/objective",
    topics.BREACHES: "agreement/objective",
    topics.DISAGREEMENTS: "agreement/objective",
    topics.CLOCKS: "agreement/objective/incident",
}

Broker = Annotated[
    str | None, typer.Option("--broker", help="host:port of the brokers; SLM_BROKER otherwise.")
]


@app.command()
def create(
    broker: Broker = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Partitions of each; SLM_PARTITIONS otherwise.")
    ] = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of each; SLM_REPLICATION otherwise.")
    ] = None,
) -> None:
    """Make the topics that are absent and check the shape of those that exist.

    An existing topic of another shape is an error; nothing is made then.
    """
    settings = read_settings()
    done = create_topics(
        broker or settings.broker,
        partitions or settings.partitions,
        replication or settings.replication,
    )
    for name, outcome in done:
        typer.echo(f"{outcome}  {name}")


@app.command("list")
def list_topics() -> None:
    """List the topics, what each is for and its key; asks no broker."""
    table = Table("topic", "key", "purpose", "kept", box=None, pad_edge=False)
    for shape in topics.TOPICS:
        kept = "last value of each key" if shape.compacted else "a week"
        table.add_row(shape.name, KEYS.get(shape.name, "service"), PURPOSES[shape.name], kept)
    Console(width=120, soft_wrap=True).print(table)


@app.command()
def describe(broker: Broker = None) -> None:
    """Show what the broker has of each topic."""
    present = describe_topics(broker or read_settings().broker)
    table = Table("topic", "partitions", "copies", "cleanup", "stamps", box=None, pad_edge=False)
    for shape in topics.TOPICS:
        state = present.get(shape.name)
        if state is None:
            table.add_row(shape.name, "absent")
            continue
        table.add_row(
            shape.name,
            str(state.partitions),
            str(state.replication),
            state.config["cleanup.policy"],
            state.config["message.timestamp.type"],
        )
    Console(width=120, soft_wrap=True).print(table)
