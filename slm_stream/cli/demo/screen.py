"""What the demo shows: the levels as they move, the faults and what was said about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from slm_stream.cli.demo.expectations import Check, Outcome, Watchlist
from slm_stream.cli.demo.faults import END_MS, FAULTS, MONTH_TITLE, START_MS, ZONE, Fault
from slm_stream.cli.demo.workers import Figures
from slm_stream.cli.level_table import STYLES, WIDE, Words, level_table
from slm_stream.codec.events import LevelData

_BAR = 24
_MARKS = {
    Outcome.PENDING: ("○", "dim"),
    Outcome.CAME: ("✓", "green"),
    Outcome.EARLY: ("!", "bold red"),
    Outcome.LATE: ("!", "bold red"),
}
_SHORT = {"near_breach": "near breach", "breach": "breach"}


@dataclass(slots=True)
class Scene:
    """All that is shown, as it changes."""

    words: Mapping[str, Words]
    watchlist: Watchlist
    n_workers: int
    levels: dict[str, LevelData] = field(default_factory=dict)
    now_ms: int = START_MS
    n_sent: int = 0
    figures: Figures | None = None
    note: str = ""

    def picture(self, console: Console) -> RenderableType:
        """Return what fits the terminal."""
        faults = _fault_lines(self.watchlist.checks, self.now_ms, console.width)
        rows = console.height - len(faults) - 6
        table = level_table(
            self.levels.values(),
            self.words,
            width=console.width,
            zone=ZONE,
            rows=max(3, rows),
            first=self.watchlist.subjects,
        )
        return Group(*self._head(console.width), "", table, "", *faults)

    def _head(self, width: int) -> list[Text]:
        done = min(1.0, max(0.0, (self.now_ms - START_MS) / (END_MS - START_MS)))
        full = round(done * _BAR)
        bar = ("━" * full, "cyan"), ("╌" * (_BAR - full), "dim")
        first = Text.assemble(
            (f"{moment(self.now_ms):%a %d %b %Y %H:%M}", "bold"), "  ", *bar, f"  {done:4.0%}   "
        )
        counted = self.figures.counted if self.figures else 0
        first.append(f"{self.n_sent:,} sent · {counted:,} counted", style="dim")
        second = Text(
            self.note or f"A web shop in {MONTH_TITLE}, judged by {self.n_workers} workers",
            style="dim",
        )
        for line in (first, second):
            line.truncate(width, overflow="ellipsis")
        return [first, second]


def moment(at_ms: int) -> datetime:
    """Return an instant on the shop's wall clock."""
    return datetime.fromtimestamp(at_ms / 1000, ZONE)


def span_words(fault: Fault) -> str:
    """Return when a fault lasts, in a few words."""
    start, end = moment(fault.start_ms), moment(fault.end_ms)
    if start.date() == end.date():
        return f"{start:%a %d %b %H:%M}–{end:%H:%M}"
    return f"{start:%a %d %b %H:%M} – {end:%a %d %b %H:%M}"


def check_text(check: Check, *, day: bool) -> Text:
    """Return an expected event with its mark and, once it came, its simulated time."""
    mark, style = _MARKS[check.outcome]
    word = _SHORT[check.expected.level]
    if check.at_ms is None:
        return Text(f"{mark} {word}", style=style)
    at = moment(check.at_ms)
    shown = f"{at:%d %b %H:%M}" if day else f"{at:%H:%M}"
    return Text.assemble((f"{mark} ", style), (word, STYLES[check.expected.level]), f" {shown}")


def _fault_lines(checks: Sequence[Check], now_ms: int, width: int) -> list[Text]:
    """Return the faults with their expected events; one that lasts stands out."""
    roomy = width >= WIDE
    titles = [f" {f.title} " + (f" {span_words(f)}" if roomy else "") for f in FAULTS]
    margin = max(map(len, titles)) + 2
    lines = []
    for fault, title in zip(FAULTS, titles, strict=True):
        style = "" if now_ms >= fault.end_ms else "reverse" if now_ms > fault.start_ms else "dim"
        head = Text.assemble((title, style), " " * (margin - len(title)))
        parts = [_promise(group) for group in _by_subject(c for c in checks if c.fault is fault)]
        for line in _flow(parts, width - margin):
            lines.append(head + line)
            head = Text(" " * margin)
    return lines


def _by_subject(checks: Iterable[Check]) -> list[list[Check]]:
    groups: dict[str, list[Check]] = {}
    for check in checks:
        groups.setdefault(check.expected.subject, []).append(check)
    return list(groups.values())


def _promise(checks: list[Check]) -> Text:
    text = Text(checks[0].expected.subject)
    for check in checks:
        text.append("  ")
        text.append(check_text(check, day=not _same_day(check.fault)))
    return text


def _same_day(fault: Fault) -> bool:
    return moment(fault.start_ms).date() == moment(fault.end_ms).date()


def _flow(parts: list[Text], width: int) -> list[Text]:
    """Put as many parts into a line as fit."""
    lines = parts[:1]
    for part in parts[1:]:
        if lines[-1].cell_len + 3 + part.cell_len <= width:
            lines[-1] = Text("   ").join((lines[-1], part))
        else:
            lines.append(part)
    return lines


def summary(scene: Scene, width: int, took_s: float) -> RenderableType:
    """Return what is left to read when the month is over."""
    checks = scene.watchlist.checks
    came = sum(check.outcome is Outcome.CAME for check in checks)
    surprises = scene.watchlist.surprises
    verdict = [f"{came} of {len(checks)} expected events came in time"]
    if surprises:
        named = sorted({f"{s.subject} {_SHORT[s.level]}" for s in surprises})
        verdict.append(f"{len(named)} unexpected: {', '.join(named)}")
    else:
        verdict.append("no other promise was reported")
    table = level_table(scene.levels.values(), scene.words, width=width, zone=ZONE)
    title = f"A web shop in {MONTH_TITLE}, judged in {took_s:.0f} s by {scene.n_workers} workers"
    return Group(
        Text(title, "bold"),
        *_fault_report(checks),
        "",
        Text("; ".join(verdict) + ".", "green" if came == len(checks) else "bold red"),
        _counts(scene),
        "",
        Text(f"Levels on {moment(scene.now_ms):%a %d %b %Y %H:%M}", "bold"),
        "",
        table,
    )


def _fault_report(checks: Sequence[Check]) -> Iterable[RenderableType]:
    for fault in FAULTS:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(min_width=2)
        table.add_column(min_width=max(len(check.expected.subject) for check in checks))
        table.add_column(min_width=max(len(_span(check)) for check in checks))
        table.add_column(no_wrap=True)
        for group in _by_subject(check for check in checks if check.fault is fault):
            for i, check in enumerate(group):
                subject = "" if i else check.expected.subject
                table.add_row("", subject, _span(check), _came(check))
        yield Text()
        yield Text.assemble((fault.title, "bold"), (f"  {span_words(fault)}", "dim"))
        yield table


def _span(check: Check) -> str:
    low, high = moment(check.expected.from_ms), moment(check.expected.to_ms)
    same = low.date() == high.date()
    until = f"{high:%H:%M}" if same else f"{high:%d %b %H:%M}"
    return f"{_SHORT[check.expected.level]} expected {low:%d %b %H:%M} – {until}"


def _came(check: Check) -> Text:
    mark, style = _MARKS[check.outcome]
    if check.at_ms is None:
        return Text("✗ did not come", "bold red")
    late = "" if check.outcome is Outcome.CAME else f", too {check.outcome}"
    return Text.assemble((mark, style), f" came {moment(check.at_ms):%d %b %H:%M}{late}")


def _counts(scene: Scene) -> Text:
    figures = scene.figures
    if figures is None:
        return Text(f"Measurements: {scene.n_sent:,} sent.")
    aside = (
        f"{figures.late:,} too late, {figures.dead:,} set aside, {figures.duplicates:,} repeated"
    )
    return Text(f"Measurements: {scene.n_sent:,} sent, {figures.counted:,} counted; {aside}.")
