"""What calendars take from elsewhere, public holidays and feeds, as it was frozen.

A calendar says which country and which feeds, and for which years. `slm calendars freeze` writes
what they say into ``calendars/holidays.lock.yaml``; promises are judged by that file alone. So
another version of a library, or another download of a feed, changes no agreement in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from slm_stream.domain.wording import hint, shown
from slm_stream.spec.calendar_models import CalendarSpec, FrozenSpec
from slm_stream.spec.closings import Closing
from slm_stream.spec.country_holidays import check_country, describe
from slm_stream.spec.feeds import FeedError, fingerprint, read_feed
from slm_stream.spec.places import Place
from slm_stream.spec.shelf import Shelf

LOCK = Path("calendars") / "holidays.lock.yaml"
COMMAND = "slm calendars freeze"
FEED = "feed "


@dataclass(frozen=True)
class Block:
    """What one source said about some years, and by what it was said."""

    of: str
    by: str
    years: tuple[int, int]
    closings: tuple[Closing, ...]

    def covers(self, year: int) -> bool:
        """Return whether it tells of a year."""
        return self.years[0] <= year <= self.years[1]


@dataclass(frozen=True)
class Source:
    """A country or a feed that a calendar names; `by` is the feed's content, None for a country."""

    of: str
    by: str | None
    place: Place
    excepted: tuple[str, ...]

    def blocks(self, frozen: Sequence[Block]) -> list[Block]:
        """Return what is frozen of it; of a feed only if it has not changed since."""
        return [block for block in frozen if block.of == self.of and self.by in (None, block.by)]


def read_frozen(place: Place) -> tuple[Block, ...] | None:
    """Return what is frozen of one calendar, or None where something is wrong."""
    spec = place.read(FrozenSpec)
    if spec is None:
        return None
    return tuple(
        Block(
            block.of,
            block.by,
            block.years,
            tuple(Closing(each.when, each.title, each.uid) for each in block.closings),
        )
        for block in spec.blocks
    )


def sources(spec: CalendarSpec, place: Place) -> list[Source]:
    """Return what a calendar takes from elsewhere; refuse feeds that are not there."""
    found = []
    if spec.public_holidays is not None:
        asked = spec.public_holidays
        where = place.at("public_holidays")
        found.append(Source(describe(asked), None, where, tuple(asked.without)))
    for child, feed in zip(place.children("feeds"), spec.feeds, strict=True):
        try:
            by = fingerprint(feed_file(place, feed.file))
        except FeedError as error:
            child.at("file").refuse(str(error))
        else:
            found.append(Source(f"{FEED}{feed.file}", by, child, tuple(feed.without)))
    if found and spec.years is None:
        place.at("years").refuse(
            "is missing, for which years are holidays frozen? Add for example years: 2026-2028"
        )
    if spec.years is not None and not (spec.public_holidays or spec.feeds):
        place.at("years").refuse("is for public_holidays and feeds; take it out or add one")
    return found


def feed_file(place: Place, name: str) -> Path:
    """Return where a feed lies: beside the file that names it."""
    return place.document.file.parent / name


def closings_of(
    spec: CalendarSpec, place: Place, frozen: Shelf[tuple[Block, ...]]
) -> list[Closing]:
    """Return all that closes a calendar, as it was frozen; refuse what is not."""
    wanted = sources(spec, place)
    blocks = frozen.get(spec.name, ())
    if spec.years is None or blocks is None or not frozen.complete:
        return []  # told already
    closings: list[Closing] = []
    for source in wanted:
        missing = missing_years(source, spec.years, blocks)
        if not missing:
            closings += _without_excepted(source, spec.years, blocks)
        elif not _is_wrong(source, spec, place):
            source.place.refuse(_not_frozen(source, missing, blocks))
    return closings


def missing_years(source: Source, years: tuple[int, int], frozen: Sequence[Block]) -> list[int]:
    """Return the years of which nothing is frozen."""
    blocks = source.blocks(frozen)
    first, last = years
    return [
        year for year in range(first, last + 1) if not any(block.covers(year) for block in blocks)
    ]


def runs_of(years: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of years that follow each other.

    >>> runs_of([2025, 2027, 2028])
    [(2025, 2025), (2027, 2028)]
    """
    runs = groupby(enumerate(years), key=lambda numbered: numbered[1] - numbered[0])
    years_of_runs = ([year for _, year in run] for _, run in runs)
    return [(run[0], run[-1]) for run in years_of_runs]


def written_years(years: tuple[int, int]) -> str:
    """Return years as they are written: ``2026`` or ``2026-2028``."""
    first, last = years
    return str(first) if first == last else f"{first}-{last}"


def check_source(source: Source, spec: CalendarSpec, place: Place) -> None:
    """Refuse a country that does not exist, and a feed that cannot be read."""
    if source.by is None and spec.public_holidays is not None:
        check_country(spec.public_holidays, source.place)
    elif spec.years is not None:
        name = source.of.removeprefix(FEED)
        try:
            read_feed(feed_file(place, name), spec.years, spec.time_zone)
        except FeedError as error:
            source.place.at("file").refuse(f"{name} {error}")


def _is_wrong(source: Source, spec: CalendarSpec, place: Place) -> bool:
    before = len(place.mistakes)
    check_source(source, spec, place)
    return len(place.mistakes) > before


def _without_excepted(
    source: Source, years: tuple[int, int], frozen: Sequence[Block]
) -> list[Closing]:
    first, last = years
    closings = [
        closing
        for block in source.blocks(frozen)
        for closing in block.closings
        if not isinstance(closing.when, date) or first <= closing.when.year <= last
    ]
    names = {name for closing in closings for name in closing.names}
    for i, name in enumerate(source.excepted):
        if name not in names:
            titles = dict.fromkeys(closing.title for closing in closings if closing.title)
            source.place.at("except", i).refuse(
                f"{shown(name)} closes nothing in {source.of}, by title, UID or day; "
                f"{hint(name, titles)}"
            )
    return [each for each in closings if not set(each.names) & set(source.excepted)]


def _not_frozen(source: Source, missing: Sequence[int], frozen: Sequence[Block]) -> str:
    if any(block.of == source.of for block in frozen) and not source.blocks(frozen):
        return f"{source.of} has changed since it was frozen; run {COMMAND}"
    spans = ", ".join(written_years(run) for run in runs_of(missing))
    return f"{source.of} is not frozen for {spans}; run {COMMAND}"
