"""iCalendar feeds: what a file of closing days and maintenance says, as closings.

All-day events close their days; timed ones close from their start to their end. Repeated events
are written out. Cancelled events close nothing; whether an event shows as busy does not matter.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from slm_stream.domain.wording import shown
from slm_stream.spec.closings import Closing

_TOO_OFTEN = ("SECONDLY", "MINUTELY")
_ONE_DAY = timedelta(days=1)
_NO_TIME = timedelta()


class FeedError(Exception):
    """A feed cannot be used; the message ends with the remedy after a semicolon."""


def fingerprint(file: Path) -> str:
    """Return what changes when the file does, other than in its line ends.

    Raises
    ------
    FeedError
        If there is no such file, or it cannot be read.
    """
    content = _read(file).replace(b"\r\n", b"\n")
    return f"sha256 {sha256(content).hexdigest()[:32]}"


def read_feed(file: Path, years: tuple[int, int], zone: str) -> list[Closing]:
    """Return what a feed closes in some years, in order.

    Parameters
    ----------
    file : Path
    years : (first, last)
    zone : str
        IANA name; where days begin, and what times without a zone of their own mean.

    Raises
    ------
    FeedError
        With the first thing that is wrong.
    """
    from recurring_ical_events import of  # noqa: PLC0415  # needed only to freeze

    calendar = _parse(file)
    for number, event in enumerate(calendar.walk("VEVENT"), 1):
        _check_event(event, number)
    first, last = years
    own = ZoneInfo(zone)
    start = datetime(first, 1, 1, tzinfo=own)
    end = datetime(last + 1, 1, 1, tzinfo=own)
    try:
        occurrences = of(calendar, components=["VEVENT"]).between(start, end)
    except Exception as error:  # the library's errors have no base of their own
        msg = f"has an event that cannot be written out, {shown(str(error))}; correct it"
        raise FeedError(msg) from None
    closings = {
        closing
        for occurrence in occurrences
        if str(occurrence.get("STATUS", "")).upper() != "CANCELLED"
        for closing in _closings(occurrence, own)
        if not isinstance(closing.when, date) or first <= closing.when.year <= last
    }
    return sorted(closings, key=lambda closing: (closing.written, closing.title, closing.uid))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        msg = f"{file} cannot be read ({reason}); put the feed there or correct the name"
        raise FeedError(msg) from None


def _parse(file: Path) -> Any:
    from icalendar import Calendar  # noqa: PLC0415

    content = _read(file)
    try:
        calendar = Calendar.from_ical(content)
    except ValueError as error:
        reason = shown(" ".join(str(error).split()))
        msg = f"is no iCalendar file, {reason}; save the feed again, as text/calendar"
        raise FeedError(msg) from None
    if not isinstance(calendar, Calendar) or calendar.name != "VCALENDAR":
        msg = "does not begin with BEGIN:VCALENDAR; save the feed again, as text/calendar"
        raise FeedError(msg)
    return calendar


def _check_event(event: Any, number: int) -> None:
    called = str(event.get("SUMMARY") or event.get("UID") or number)
    for key, problem in event.errors:
        msg = f"event {shown(called)}: {key} cannot be read, {problem}; correct it"
        raise FeedError(msg)
    if "DTSTART" not in event:
        msg = f"event {shown(called)}: has no DTSTART; say when it begins or take it out"
        raise FeedError(msg)
    for key in ("DTSTART", "DTEND"):
        zone = event[key].params.get("TZID") if key in event else None
        if zone and isinstance(event[key].dt, datetime) and event[key].dt.tzinfo is None:
            msg = (
                f"event {shown(called)}: {key} has TZID {shown(zone)}, which is not known and not "
                "defined in the file; write an IANA zone such as Europe/Amsterdam"
            )
            raise FeedError(msg)
    if "DTEND" in event and _is_reversed(event["DTSTART"].dt, event["DTEND"].dt):
        msg = f"event {shown(called)}: DTEND lies before DTSTART or is of another sort; correct it"
        raise FeedError(msg)
    if "DURATION" in event and event["DURATION"].dt < _NO_TIME:
        msg = f"event {shown(called)}: DURATION is negative; correct it"
        raise FeedError(msg)
    for frequency in _frequencies(event):
        if frequency in _TOO_OFTEN:
            msg = f"event {shown(called)}: is repeated {frequency}; write one event that lasts"
            raise FeedError(msg)


def _is_reversed(start: Any, end: Any) -> bool:
    if isinstance(start, datetime) != isinstance(end, datetime):
        return True
    if isinstance(start, datetime) and (start.tzinfo is None) != (end.tzinfo is None):
        return True
    return bool(end < start)


def _frequencies(event: Any) -> Iterator[str]:
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        yield from (str(frequency).upper() for frequency in rule.get("FREQ", []))


def _closings(occurrence: Any, own: ZoneInfo) -> Iterator[Closing]:
    title = " ".join(str(occurrence.get("SUMMARY", "")).split())
    uid = str(occurrence.get("UID", ""))
    start, end = occurrence.start, occurrence.end
    if isinstance(start, datetime):
        span = (_instant_s(start, own), _instant_s(end, own))
        if span[0] < span[1]:
            yield Closing(span, title, uid)
        return
    day: date = start
    while day < end:
        yield Closing(day, title, uid)
        day += _ONE_DAY


def _instant_s(at: datetime, own: ZoneInfo) -> int:
    """Return the instant; a time without a zone is one of the calendar's."""
    return int((at.replace(tzinfo=own) if at.tzinfo is None else at).timestamp())
