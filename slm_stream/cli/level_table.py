"""The current level of every objective as a table, for a terminal of any size and for a pipe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from fractions import Fraction
from math import floor

from rich.table import Table
from rich.text import Text

from slm_stream.codec.events import LevelData
from slm_stream.domain.describe import describe
from slm_stream.domain.figures_text import format_figure, format_limit
from slm_stream.domain.kinds.base import Unit
from slm_stream.domain.units import format_percent
from slm_stream.spec.loader import Promises

MARKS = {"met": "✓", "near_breach": "▲", "breach": "✗", "no_data": "·"}
STYLES = {"met": "green", "near_breach": "bold yellow", "breach": "bold red", "no_data": "dim"}
WIDE, WIDEST = 118, 170
"""Columns of a terminal from which on more is shown: service and window; the promise in words."""
_BAR = 5
_RIGHT = ("SLI", "TARGET", "BURN")
# Wide enough for whatever comes, so that nothing jumps while levels move.
_MIN_WIDTHS = {"LEVEL": 13, "SLI": 9, "TARGET": 7, "BUDGET LEFT": 12, "BURN": 8, "SINCE": 12}


@dataclass(frozen=True, slots=True)
class Words:
    """What an objective promises in words, and its place in the table."""

    promise: str
    place: int


def words_of(promises: Promises) -> dict[str, Words]:
    """Return by agreement/objective what the promises say, in their order."""
    services = {service.name: service for service in promises.services}
    found: dict[str, Words] = {}
    for agreement in promises.agreements:
        for objective in agreement.objectives:
            indicator = services[agreement.service].indicator(objective.indicator)
            subject = f"{agreement.id}/{objective.name}"
            found[subject] = Words(describe(objective, indicator), len(found))
    return found


def level_table(
    levels: Iterable[LevelData],
    words: Mapping[str, Words],
    *,
    width: int,
    zone: tzinfo | None = None,
    rows: int | None = None,
    first: Iterable[str] = (),
) -> Table:
    """Return a table with one row per objective.

    Parameters
    ----------
    levels : iterable of LevelData
    words : mapping of str to Words
        By agreement/objective; an objective without words shows target and window.
    width : int
        Columns of the terminal.
    zone : tzinfo, optional
        Of the times shown; the machine's by default.
    rows : int, optional
        How many there is space for.
    first : iterable of str
        Objectives that must not fall victim to a lack of space, even while they are met.
    """
    ordered = sorted(levels, key=lambda data: _order(data, words))
    shown = _fitting(ordered, rows, frozenset(first))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold dim")
    columns = _columns(width)
    for name in columns:
        table.add_column(
            name,
            justify="right" if name in _RIGHT else "left",
            min_width=_MIN_WIDTHS.get(name, 0),
            no_wrap=True,
            overflow="ellipsis",
        )
    for data in shown:
        cells = _cells(data, words, zone)
        table.add_row(*(cells[name] for name in columns))
    hidden = len(ordered) - len(shown)
    if hidden:
        table.add_row(Text(f"… {hidden} more, all met", style="dim"))
    return table


def subject_of(data: LevelData) -> str:
    """Return agreement/objective.

    The key of an objective on every topic of ours.
    """
    return f"{data.agreement}/{data.objective}"


def level_text(level: str) -> Text:
    """Return a level as a mark and a word, in its colour.

    >>> level_text("near_breach").plain
    '▲ near breach'
    """
    return Text(f"{MARKS[level]} {level.replace('_', ' ')}", style=STYLES[level])


def why(data: LevelData) -> str:
    """Return in a few words what makes a level one."""
    if data.level == "breach" or data.already_lost:
        return "overspent" if data.measure is None else "beyond the limit"
    if "limit_near" in data.triggers:
        return "near the limit"
    if "budget_spent" in data.triggers and data.budget is not None:
        return f"{(data.budget.spent_ratio or 0) * 100:.0f} % spent"
    clocks = [t.removeprefix("clock:") for t in data.triggers if t.startswith("clock:")]
    if clocks:
        return f"{clocks[0] if len(clocks) == 1 else f'{len(clocks)} tickets'} due soon"
    burning = [t.removeprefix("burn_rate:") for t in data.triggers if t.startswith("burn_rate:")]
    return f"burns fast {burning[0]}" if burning else ""


def _columns(width: int) -> list[str]:
    columns = ["OBJECTIVE", "LEVEL", "SLI", "BUDGET LEFT", "SINCE", "WHY"]
    if width >= WIDE:
        columns[3:3] = ["TARGET"]
        columns[5:5] = ["BURN", "WINDOW"]
        columns.insert(0, "SERVICE")
    return [*columns, "PROMISE"] if width >= WIDEST else columns


def _cells(
    data: LevelData, words: Mapping[str, Words], zone: tzinfo | None
) -> dict[str, Text | str]:
    known = words.get(subject_of(data))
    target = _target(data)
    return {
        "SERVICE": data.service,
        "OBJECTIVE": subject_of(data),
        "PROMISE": known.promise if known else f"{target} over {data.window.label}",
        "LEVEL": level_text(data.level),
        "SLI": _measured(data),
        "TARGET": target,
        "BUDGET LEFT": _budget(data),
        "BURN": _burn(data.burn_rates),
        "WINDOW": data.window.label,
        "SINCE": _moment(data.since, zone),
        "WHY": why(data),
    }


def format_percent_of(ratio: float) -> str:
    """Return a target as it was promised.

    >>> format_percent_of(0.9995)
    '99.95 %'
    """
    return format_percent(Fraction(round(ratio * 10**8), 10**8))


def _target(data: LevelData) -> str:
    if data.measure is not None:
        at_most = data.measure.bound == "at_most"
        return format_limit(data.measure.limit, Unit(data.measure.unit), at_most=at_most)
    return format_percent_of(data.target or 0)


def _measured(data: LevelData) -> str:
    if data.measure is not None and data.measure.value is not None:
        return format_figure(data.measure.value, Unit(data.measure.unit))
    return "–" if data.sli is None else f"{floor(data.sli * 1e5) / 1e3:.3f} %"


def _budget(data: LevelData) -> Text:
    spent = None if data.budget is None else data.budget.spent_ratio
    if spent is None or data.sli is None:
        return Text("–", style="dim")
    left = 1 - spent
    full = max(0, min(_BAR, round(left * _BAR)))
    percent = f"{left * 100:4.0f} %".replace("-", "−")
    style = "red" if left < 0 else "yellow" if left <= 0.25 else "green"
    return Text.assemble(("▰" * full + "▱" * (_BAR - full), style), f"{percent:>7}")


def _burn(rates: Mapping[str, float]) -> str:
    if not rates:
        return "–"
    label, rate = max(rates.items(), key=lambda item: item[1])
    return f"{rate:.1f}× {label}" if rate >= 0.05 else "0"


def _moment(text: str, zone: tzinfo | None) -> str:
    at = datetime.fromisoformat(text).astimezone(zone)
    return f"{at:%d %b %H:%M}" if at.timestamp() > 0 else "–"


def _order(data: LevelData, words: Mapping[str, Words]) -> tuple[int, str, str]:
    known = words.get(subject_of(data))
    return (known.place if known else len(words), data.service, subject_of(data))


def _fitting(
    ordered: Sequence[LevelData], rows: int | None, first: frozenset[str]
) -> Sequence[LevelData]:
    """Drop the last of what is met and not named until the rest fits, with a line to say so."""
    if rows is None or len(ordered) <= rows:
        return ordered
    dispensable = [d for d in ordered if d.level == "met" and subject_of(d) not in first]
    dispensable += [d for d in ordered if d.level == "met" and subject_of(d) in first]
    n_out = min(len(dispensable), len(ordered) - max(1, rows - 1))
    calm = len([d for d in dispensable if subject_of(d) not in first])
    out = {id(d) for d in dispensable[max(0, calm - n_out) : max(0, calm - n_out) + n_out]}
    return [d for d in ordered if id(d) not in out]
