"""`slm explain`: what every clock of an incident did, update by update."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from slm_stream.adapters.event_reader import TopicReader
from slm_stream.adapters.recordings import Tally
from slm_stream.cli.clock_text import story_text
from slm_stream.cli.recordings import instant_ms, read_recordings
from slm_stream.codec.decode import DECODERS
from slm_stream.codec.messages import IncidentUpdate
from slm_stream.codec.topics import INCIDENTS
from slm_stream.domain.clock_story import Story
from slm_stream.domain.wording import hint, shown
from slm_stream.engine.explain import explain as stories_of
from slm_stream.errors import SettingsError, SpecError, UnavailableError
from slm_stream.settings import read_settings
from slm_stream.spec.loader import Promises
from slm_stream.spec.loader import load as load_promises

READING_S = 60.0

app = typer.Typer(help="Say what every clock of an incident did, update by update.")


@app.command()
def explain(
    incident: Annotated[str, typer.Argument(help="The ticket's number.")],
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files to read instead of Kafka, as slm replay does; without a mapping they "
            "hold incident updates as JSON lines."
        ),
    ] = None,
    *,
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", "-m", help="Name of a shipped mapping, or path of your own."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Folder of promises.", show_default=False)
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="The ticket's service, where several have that number.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="IANA zone of stamps that carry no offset.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="Instant of the story: 2026-03-01T00:00Z; of files the newest update, else now.",
            show_default=False,
        ),
    ] = None,
    broker: Annotated[
        str | None, typer.Option(help="Kafka brokers, host:port.", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each clock as a line of JSON.")
    ] = False,
) -> None:
    """Say what every clock of an incident did, update by update.

    For each agreement and each objective that is read off a clock: the timeline in the
    agreement's time zone with agreed time spent and rested, the deadline, the thresholds passed
    and the verdict. Reads the updates from Kafka, or from files where some are given.
    """
    told = {"config": config, "broker": broker}
    settings = read_settings({name: value for name, value in told.items() if value is not None})
    promises = load_promises(settings.config)
    at_ms = None if at is None else instant_ms("--at", at, time_zone)
    if files:
        found = list(_from_files(files, mapping, service, time_zone))
        newest_ms = max((update.at_ms for update in found), default=0)
        at_ms = newest_ms if at_ms is None else at_ms
        where = ", ".join(files)
    else:
        found = _from_broker(settings.broker, service)
        at_ms = int(time.time() * 1000) if at_ms is None else at_ms
        where = f"{INCIDENTS} at {settings.broker}"
    updates = _of_incident(found, incident, service, where)
    stories = stories_of(updates, promises.services, promises.agreements, at_ms)
    if not stories:
        raise SettingsError(_nothing_promised(updates[0], promises, settings.config))
    if as_json:
        lines = [msgspec.json.encode(story).decode() for story in stories]
    else:
        lines = ["\n\n".join(map(story_text, _merged(stories)))]
    for line in lines:
        typer.echo(line)


def _merged(stories: list[Story]) -> list[Story]:
    """Tell what several objectives read off the same clock once, with the names of all."""
    merged: list[Story] = []
    for story in stories:
        for i, known in enumerate(merged):
            if replace(story, objective=known.objective) == known:
                merged[i] = replace(known, objective=f"{known.objective}, {story.objective}")
                break
        else:
            merged.append(story)
    return merged


def _from_files(
    files: list[str], mapping: str | None, service: str | None, time_zone: str | None
) -> Iterator[IncidentUpdate]:
    mapped = [f for f in files if mapping or ("@" in f and not Path(f).is_file())]
    for file in files:
        if file not in mapped:
            yield from _json_lines(Path(file))
    if mapped:
        tally = Tally()
        n_found = 0
        for topic, measurement in read_recordings(mapped, mapping, service, time_zone, tally):
            if topic == INCIDENTS and isinstance(measurement, IncidentUpdate):
                n_found += 1
                yield measurement
        if tally.n_bad and not n_found:
            msg = f"no incident could be read: {tally.examples[0]}"
            raise SpecError(msg)


def _json_lines(path: Path) -> list[IncidentUpdate]:
    """Return the updates of a file that holds what the topic of incidents does."""
    if not path.is_file():
        msg = f"no file {path}"
        raise SettingsError(msg)
    lines = [line for line in path.read_bytes().splitlines() if line.strip()]
    updates: list[IncidentUpdate]
    updates, bad = DECODERS[INCIDENTS].decode(lines)
    if bad:
        position, error = bad[0]
        msg = (
            f"{path}: line {position + 1} is no incident update ({error.detail}); "
            "say how to read the file with --mapping"
        )
        raise SpecError(msg)
    return updates


def _from_broker(broker: str, service: str | None) -> list[IncidentUpdate]:
    """Return all updates that the topic holds, of a service only where its partition is."""
    decode = msgspec.json.Decoder(IncidentUpdate).decode
    reader = TopicReader(broker, [INCIDENTS], decode, service)
    try:
        updates = [update for _, update in reader.read_all(READING_S)]
        if not reader.caught_up:
            msg = f"{INCIDENTS} could not be read to its end in {READING_S:g} s; try --service"
            raise UnavailableError(msg)
        return updates
    finally:
        reader.close()


def _of_incident(
    found: Iterable[IncidentUpdate], incident: str, service: str | None, where: str
) -> list[IncidentUpdate]:
    """Return the updates of one ticket; raise SettingsError where there is none, or are more."""
    found = [u for u in found if service is None or u.service == service]
    mine = [update for update in found if update.incident == incident]
    services = sorted({update.service for update in mine})
    if not mine:
        known = Counter(update.incident for update in found)
        of = "" if service is None else f" of {service}"
        msg = f"no update of incident {shown(incident)}{of} in {where}"
        raise SettingsError(f"{msg}; {hint(incident, list(known)[:10])}" if known else msg)
    if len(services) > 1:
        msg = f"{incident} is a ticket of {' and of '.join(services)}: say which with --service"
        raise SettingsError(msg)
    return mine


def _nothing_promised(update: IncidentUpdate, promises: Promises, folder: Path) -> str:
    names = [service.name for service in promises.services]
    if update.service not in names:
        return f"{folder} has no service {shown(update.service)}; {hint(update.service, names)}"
    return f"{folder} promises nothing of {update.incident}: no objective is read off its clocks"
