"""Stories of clocks as plain text."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from slm_stream.domain.clock_story import Moment, Story, span_words

_HEAD = ("when", "what", "said", "the clock", "elapsed", "paused")
_RIGHT = (4, 5)


def story_text(story: Story) -> str:
    """Return a story for a terminal: heading, timeline, outcome; no blanks at ends of lines."""
    target = "no target" if story.target_s is None else f"target {span_words(story.target_s)}"
    heading = (
        f"{story.incident}: {story.agreement} version {story.version}, {story.objective} "
        f"({story.clock}), {target}, times in {story.zone}"
    )
    rows = [_HEAD, *(_row(moment, story.zone) for moment in story.moments)]
    rows.append(
        (
            local(story.at_s, story.zone),
            "until here",
            "",
            "",
            span_words(story.elapsed_s),
            span_words(story.paused_s),
        )
    )
    return "\n".join([heading, "", *_table(rows), "", *_outcome(story)])


def local(at_s: int, zone: str) -> str:
    """Return an instant in a zone, with its offset: the hour that comes twice is told apart.

    >>> local(1_774_738_800, "Europe/Amsterdam")
    '2026-03-29 00:00:00 +0100'
    """
    return datetime.fromtimestamp(at_s, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S %z")


def _row(moment: Moment, zone: str) -> tuple[str, ...]:
    return (
        local(moment.at_s, zone),
        moment.what,
        ", ".join(moment.said),
        ", ".join(moment.does),
        span_words(moment.elapsed_s),
        span_words(moment.paused_s),
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if i in _RIGHT else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _outcome(story: Story) -> list[str]:
    lines = [f"  verdict: {story.verdict}"]
    if story.deadline_s is not None:
        resting = ", if it went on now" if story.state == "paused" else ""
        lines.append(f"  deadline: {local(story.deadline_s, story.zone)}{resting}")
    if story.ahead:
        coming = [f"{label} at {local(at_s, story.zone)}" for at_s, label in story.ahead]
        lines.append(f"  to come: {', '.join(coming)}")
    named = {group: seconds for group, seconds in story.by_group.items() if group}
    if named:
        spent = [f"{group or 'nobody'} {span_words(s)}" for group, s in story.by_group.items()]
        lines.append(f"  by group: {', '.join(spent)}")
    return lines
