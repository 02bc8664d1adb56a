"""What a process is told by SLM_* environment variables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from slm_stream.codec import topics
from slm_stream.domain.units import parse_duration_ms
from slm_stream.domain.wording import hint, shown
from slm_stream.errors import SettingsError

PREFIX = "SLM_"

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[int, Field(ge=1)]
_TOPICS = {topic.split(".")[1]: topic for topic in topics.MEASUREMENTS}


def parse_lateness(text: str) -> dict[str, int]:
    """Return milliseconds by topic of ``transactions=1h, probes=6h``.

    >>> parse_lateness("transactions=1h, probes=90s")
    {'slm.transactions.v1': 3600000, 'slm.probes.v1': 90000}
    """
    found: dict[str, int] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, duration = (word.strip() for word in part.partition("="))
        if not equals:
            msg = f"{shown(part)} says nothing of a topic; write for example transactions=1h"
            raise ValueError(msg)
        if name not in _TOPICS:
            msg = f"there is no topic of {shown(name)}; {hint(name, _TOPICS)}"
            raise ValueError(msg)
        if _TOPICS[name] in found:
            msg = f"{name} is given twice; keep one"
            raise ValueError(msg)
        found[_TOPICS[name]] = int(parse_duration_ms(duration))
    return found


def _check_lateness(text: str) -> str:
    parse_lateness(text)
    return text


Lateness = Annotated[str, AfterValidator(_check_lateness)]


class Settings(BaseSettings):
    """Settings of every command; `config/settings.example.env` lists them all.

    Each is read from ``SLM_`` and its name in capitals. Options of a command go first.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    broker: str = Field("127.0.0.1:9092", description="Kafka brokers, host:port, comma-separated")
    config: Path = Field(
        Path("config"), description="Folder with catalogue/, agreements/ and calendars/"
    )
    app_id: str = Field(
        "slm-stream", description="Consumer group, and prefix of the state's topics"
    )
    partitions: Count = Field(8, description="Partitions of every topic that slm makes")
    replication: Count = Field(1, description="Copies of every partition; 3 for real")
    metrics_host: str = Field("127.0.0.1", description="Address of the page for Prometheus")
    metrics_port: Port = Field(9464, description="Port of the page for Prometheus")
    session_timeout_s: Seconds = Field(
        15, description="Silence after which the broker gives a worker's partitions to others"
    )
    refresh_s: Seconds = Field(
        15, description="How often the topic of levels shows new figures of an unchanged level"
    )
    allowed_lateness: Lateness = Field(
        "transactions=5m,probes=5m,feedback=400d,incidents=400d",
        description="How far behind the newest measurement of its topic one may still count",
    )

    @property
    def lateness_ms(self) -> dict[str, int]:
        """Return the allowed lateness by topic, of those that are named."""
        return parse_lateness(self.allowed_lateness)


def read_settings(told: Mapping[str, Any] | None = None) -> Settings:
    """Read the environment; what a command is told goes first.

    Raises
    ------
    SettingsError
        A variable holds something impossible; the message names every such variable.
    """
    try:
        return Settings(**(told or {}))
    except ValidationError as error:
        mistakes = "; ".join(
            f"{PREFIX}{str(problem['loc'][0]).upper()}={problem['input']}: {problem['msg'].lower()}"
            for problem in error.errors()
        )
        raise SettingsError(mistakes) from None
