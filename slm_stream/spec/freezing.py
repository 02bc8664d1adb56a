"""Freezing: what calendars take from elsewhere, asked of libraries once and written down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slm_stream.spec.calendar_models import CalendarSpec
from slm_stream.spec.closings import Closing
from slm_stream.spec.country_holidays import public_holidays, source_version
from slm_stream.spec.feeds import read_feed
from slm_stream.spec.frozen import (
    COMMAND,
    FEED,
    Block,
    Source,
    check_source,
    feed_file,
    missing_years,
    runs_of,
    sources,
    written_years,
)
from slm_stream.spec.loader import read_unfrozen
from slm_stream.spec.places import Place

_HEAD = f"""\
# Written by `{COMMAND}`: what public holidays and feeds said on the day they were frozen.
# Agreements are judged by this file alone; a year that is frozen does not change by itself.
"""


@dataclass(frozen=True)
class Frozen:
    """What to write, empty where calendars take nothing from elsewhere; and what to tell."""

    text: str
    said: tuple[str, ...]


def freeze(folder: Path) -> Frozen:
    """Return what a folder's calendars take from elsewhere; what is frozen already stays.

    Raises
    ------
    SpecError
        With every mistake of calendars, countries and feeds.
    """
    reading = read_unfrozen(folder)
    said: list[str] = []
    calendars: list[tuple[str, list[Block]]] = []
    for place in reading.calendars:
        spec = place.read(CalendarSpec)
        if spec is None:
            continue
        kept = reading.frozen.get(spec.name, ()) or ()
        blocks: list[Block] = []
        for source in sources(spec, place):
            before = len(place.mistakes)
            check_source(source, spec, place)
            if spec.years is not None and len(place.mistakes) == before:
                now = _freeze(source, spec, place, kept)
                said += [f"{spec.name}: {line}" for line in _tell(source, spec, place, kept, now)]
                blocks += now
        if blocks:
            calendars.append((spec.name, blocks))
    reading.mistakes.raise_if_any()
    return Frozen(_written(calendars) if calendars else "", tuple(said))


def _freeze(
    source: Source, spec: CalendarSpec, place: Place, frozen: Sequence[Block]
) -> list[Block]:
    """Return the blocks of a source: those there were, and one for each run of other years."""
    blocks = source.blocks(frozen)
    missing = missing_years(source, spec.years or (0, -1), frozen)
    for years in runs_of(missing):
        by = source.by or source_version()
        blocks.append(Block(source.of, by, years, tuple(_ask(source, spec, place, years))))
    return sorted(blocks, key=lambda block: block.years)


def _ask(source: Source, spec: CalendarSpec, place: Place, years: tuple[int, int]) -> list[Closing]:
    if source.by is None and spec.public_holidays is not None:
        return public_holidays(spec.public_holidays, range(years[0], years[1] + 1))
    return read_feed(feed_file(place, source.of.removeprefix(FEED)), years, spec.time_zone)


def _tell(
    source: Source, spec: CalendarSpec, place: Place, before: Sequence[Block], now: Sequence[Block]
) -> Iterator[str]:
    """Say what is frozen, what is new in it, and where its source says otherwise by now."""
    n = len({closing for block in now for closing in block.closings})
    years = ", ".join(written_years(block.years) for block in now)
    fresh = [block for block in now if block not in before]
    yield f"{source.of}, {years}: {n} closings, {'frozen' if fresh else 'frozen already'}"
    old = {closing for block in before if block.of == source.of for closing in block.closings}
    if source.by is not None and old and fresh:
        yield from _differences(old, {closing for block in now for closing in block.closings})
    for block in now:
        if source.by is None and block not in fresh:
            lines = [*_differences({*block.closings}, {*_ask(source, spec, place, block.years)})]
            if lines:
                yield (
                    f"{source_version()} says otherwise; what is frozen stays "
                    "(delete the block from the file and freeze again to follow it)"
                )
                yield from lines


def _differences(old: set[Closing], new: set[Closing]) -> Iterator[str]:
    changed = [(closing, "-") for closing in old - new] + [(closing, "+") for closing in new - old]
    for closing, sign in sorted(changed, key=lambda pair: (pair[0].written, pair[1])):
        yield f"  {sign} {closing.written} {closing.title}".rstrip()


class _Text(str):
    """Text that is always written in quotes, so that it is read as text."""

    __slots__ = ()


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes closings one a line."""


_Dumper.add_representer(
    _Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)
_Dumper.add_representer(
    _Line,
    lambda dumper, line: dumper.represent_mapping(
        "tag:yaml.org,2002:map", line.items(), flow_style=True
    ),
)


def _written(calendars: Sequence[tuple[str, Sequence[Block]]]) -> str:
    data = [
        {"name": name, "blocks": [_plain(block) for block in blocks]} for name, blocks in calendars
    ]
    text = yaml.dump(
        {"frozen": data},
        Dumper=_Dumper,
        default_flow_style=False,
        allow_unicode=True,
        sort_keys=False,
        width=10**6,
    )
    return _HEAD + text


def _plain(block: Block) -> dict[str, Any]:
    return {
        "of": _Text(block.of),
        "by": _Text(block.by),
        "years": _Text(written_years(block.years)),
        "closings": [
            _Line(
                (key, _Text(value))
                for key, value in (
                    ("when", closing.written),
                    ("title", closing.title),
                    ("uid", closing.uid),
                )
                if value
            )
            for closing in block.closings
        ],
    }
