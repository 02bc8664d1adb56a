"""What the tests on recordings share: promises beside them, files through a mapping."""

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from slm_stream.adapters.recordings import Routed, Tally, read_measurements
from slm_stream.engine.replay import Replay
from slm_stream.spec.loader import load as load_promises
from slm_stream.spec.mapping_files import load as load_mapping

CONFIG = Path(__file__).parent / "config"


def replay_of(folder: str) -> Replay:
    """Return a replay judged by the promises of one recording."""
    promises = load_promises(CONFIG / folder)
    return Replay(promises.services, promises.agreements)


def read(
    path: Path, mapping: str, service: str | None = None, time_zone: str | None = None
) -> tuple[list[Routed], Counter[str]]:
    """Return what a shipped mapping makes of a file, and how many rows it skipped, by reason."""
    tally = Tally()
    found = list(
        read_measurements(
            path, load_mapping(mapping), service=service, time_zone=time_zone, tally=tally
        )
    )
    assert tally.n_bad == 0, tally.examples
    return found, tally.skipped


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def instant_ms(text: str, zone: str = "UTC") -> int:
    """Return an ISO stamp's instant; `zone` is meant where it has no offset."""
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=ZoneInfo(zone))
    return round(stamp.timestamp() * 1000)
