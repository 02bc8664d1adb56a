"""`slm replay`: recordings in files through the monitor, without a broker."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from slm_stream.adapters.recordings import Routed, Tally
from slm_stream.cli.recordings import instant_ms, read_recordings
from slm_stream.codec import topics
from slm_stream.codec.events import rfc3339
from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.units import parse_duration_s
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.domain.wording import hint
from slm_stream.engine.core import EngineConfig, Outgoing
from slm_stream.engine.described import described, observed_services
from slm_stream.engine.minutes import minute_runs
from slm_stream.engine.replay import NEVER_MS, Replay
from slm_stream.errors import SettingsError, SpecError
from slm_stream.ports import Count
from slm_stream.spec.loader import Promises
from slm_stream.spec.loader import load as load_promises

BAR_AFTER_S = 1.0
N_EXAMPLES = 5
_ASIDE = {topics.DEAD_LETTERS: "set aside", topics.LATE: "too late"}

app = typer.Typer(help="Judge recordings in files, without a broker, by their own clock.")


@app.command()
def replay(
    files: Annotated[
        list[str],
        typer.Argument(help="Files to read, gzip or not; FILE@MAPPING has its own mapping."),
    ],
    *,
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", "-m", help="Name of a shipped mapping, or path of your own."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Folder of promises to judge by; without it, figures only."),
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="Service of all rows, whatever the mappings say.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="IANA zone of stamps that carry no offset.")
    ] = None,
    every: Annotated[str, typer.Option(help="Step of the clock: 1s, 1m, 1h.")] = "1m",
    until: Annotated[
        str | None, typer.Option(help="Instant at which the clock stops: 2026-03-01T00:00Z.")
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Print figures of every indicator at the end.")
    ] = False,
    minutes: Annotated[
        str | None,
        typer.Option(
            metavar="AGREEMENT/OBJECTIVE",
            help="Print the verdict of every minute of an availability objective, in runs.",
        ),
    ] = None,
) -> None:
    """Judge recordings in files, without a broker, by their own clock.

    Prints one JSON line each: the events as they come, the final level of every objective and,
    if asked for, the figures of every indicator over the whole recording and the verdicts of
    an availability objective, minute by minute. With --every 1s the events are those of a
    worker; larger steps are faster.
    """
    every_ms = _step_ms(every)
    until_ms = None if until is None else instant_ms("--until", until, time_zone)
    promises = None if config is None else load_promises(config)
    if minutes is not None:
        _check_minutes(minutes, promises)
    tally = Tally()
    found = list(read_recordings(files, mapping, service, time_zone, tally))
    found.sort(key=lambda routed: routed[1].at_ms)
    _check_found(found, tally, files, promises, config)
    if until_ms is not None and until_ms < found[0][1].at_ms:
        msg = f"--until {until} lies before the first measurement, {rfc3339(found[0][1].at_ms)}"
        raise SettingsError(msg)
    replaying = _replay_of(found, promises)
    aside: list[Outgoing] = []
    with _progress(found) as watched:
        for outgoing in replaying.run(watched, every_ms=every_ms, until_ms=until_ms):
            if outgoing.topic in _ASIDE:
                aside.append(outgoing)
            else:
                _print(outgoing.value)
    for outgoing in replaying.levels():
        _print(outgoing.value)
    if figures or promises is None:
        start_ms = found[0][1].at_ms // MINUTE_MS * MINUTE_MS
        for line in described(replaying.state, start_ms, replaying.state.evaluated_ms + 1):
            _print(msgspec.json.encode(line))
    for line in _minutes(replaying, minutes, found[0][1].at_ms):
        _print(msgspec.json.encode(line))
    _print_summary(tally, replaying, aside)


def _check_minutes(name: str, promises: Promises | None) -> None:
    """Refuse an objective that has no verdicts of minutes, before anything is read."""
    if promises is None:
        msg = "--minutes needs the folder of promises: add --config"
        raise SettingsError(msg)
    services = {service.name: service for service in promises.services}
    known = [
        f"{agreement.id}/{objective.name}"
        for agreement in promises.agreements
        for objective in agreement.objectives
        if services[agreement.service].indicator(objective.indicator).kind
        is IndicatorKind.AVAILABILITY
    ]
    if name not in known:
        msg = f"--minutes: {name} is no availability objective; {hint(name, dict.fromkeys(known))}"
        raise SettingsError(msg)


def _minutes(replaying: Replay, name: str | None, start_ms: int) -> Iterator[dict[str, Any]]:
    """Yield runs of minutes of every version of the agreement."""
    for row in replaying.state.plan.rows:
        if row.key == name:
            start_ms = start_ms // MINUTE_MS * MINUTE_MS
            yield from minute_runs(replaying.state, row, start_ms, replaying.state.evaluated_ms)


def _step_ms(text: str) -> int:
    try:
        seconds = parse_duration_s(text)
    except ValueError as error:
        msg = f"--every: {error}"
        raise SettingsError(msg) from None
    if seconds < 1:
        msg = f"--every: {text} is no step; write for example 1m"
        raise SettingsError(msg)
    return seconds * 1000


def _check_found(
    found: list[Routed],
    tally: Tally,
    files: list[str],
    promises: Promises | None,
    config: Path | None,
) -> None:
    if not found:
        said = f": {tally.examples[0]}" if tally.examples else ""
        msg = f"not one of {tally.rows:,} rows of {', '.join(files)} fits the mapping{said}"
        raise SpecError(msg)
    if promises is None:
        return
    names = {measurement.service for _, measurement in found}
    if names.isdisjoint(service.name for service in promises.services):
        some = ", ".join(sorted(names)[:N_EXAMPLES]) + (", …" if len(names) > N_EXAMPLES else "")
        msg = (
            f"{config} promises nothing of {some}; "
            "say with --service which of its services this is, or leave --config out"
        )
        raise SettingsError(msg)


def _replay_of(found: list[Routed], promises: Promises | None) -> Replay:
    """Return a replay that keeps the whole recording, so that figures can be of all of it."""
    span_h = (found[-1][1].at_ms - found[0][1].at_ms) // HOUR_MS + 2
    config = EngineConfig(
        refresh_ms=NEVER_MS, corrections_h=max(EngineConfig().corrections_h, span_h)
    )
    if promises is None:
        seen = {(topic, measurement.service) for topic, measurement in found}
        return Replay(observed_services(seen), (), config)
    return Replay(promises.services, promises.agreements, config)


def _print(value: bytes | None) -> None:
    typer.echo((value or b"").decode())


@contextmanager
def _progress(found: list[Routed]) -> Iterator[Iterator[Routed]]:
    """Show a bar on standard error, where that is a terminal and it takes more than a moment."""
    console = Console(stderr=True)
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    task = bar.add_task("", total=len(found))

    def watched() -> Iterator[Routed]:
        shown_s = time.monotonic() + BAR_AFTER_S
        for done, routed in enumerate(found):
            yield routed
            if time.monotonic() > shown_s:
                bar.start()
                bar.update(task, completed=done + 1)

    try:
        yield watched()
    finally:
        bar.stop()


def _print_summary(tally: Tally, replaying: Replay, aside: list[Outgoing]) -> None:
    """Say on standard error what became of the rows."""
    table = Table("what", "count", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    table.add_row("rows read", f"{tally.rows:,}")
    for reason, count in sorted(tally.skipped.items()):
        table.add_row(f"rows skipped: {reason}", f"{count:,}")
    table.add_row("rows that cannot be mapped", f"{tally.n_bad:,}")
    for (name, topic, *_), count in sorted(replaying.engine.counts.snapshot().items()):
        if name in (Count.MEASUREMENTS, Count.DUPLICATES) and count:
            what = "measurements counted" if name == Count.MEASUREMENTS else "repeated"
            table.add_row(f"{what}: {topic}", f"{count:,}")
    for (what, reason), count in sorted(Counter(map(_reason, aside)).items()):
        table.add_row(f"{what}: {reason}", f"{count:,}")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(table)
    for example in tally.examples[:N_EXAMPLES]:
        console.print(f"  {example}", markup=False)


def _reason(outgoing: Outgoing) -> tuple[str, str]:
    headers = dict(outgoing.headers)
    topic, reason = headers["slm-topic"].decode(), headers["slm-reason"].decode()
    return _ASIDE[outgoing.topic], topic if reason == "late" else f"{reason}, {topic}"
