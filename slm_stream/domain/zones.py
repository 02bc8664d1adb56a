"""Time zones: their offsets over a span, wall time to instants, instants as text."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_S = 86_400

# No zone of the IANA data (2026a, looked at from 1970 to 2100) changes its offset twice within
# 6.9 days (shortest: Recife in October 2000), so a look every four days misses no change.
_PROBE_S = 4 * DAY_S
_NO_OFFSET = timedelta()
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.ASCII | re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def load_zone(name: str) -> ZoneInfo:
    """Return the zone of that IANA name; raise ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"unknown time zone {name!r}; use an IANA name such as Europe/Amsterdam"
        raise ValueError(msg) from error


def fixed_zone(offset: str) -> tzinfo:
    """Return the zone that is always so far ahead of UTC: ``+02:00``, ``-0530``, ``UTC+1``, ``Z``.

    >>> fixed_zone("-05:30").utcoffset(None)
    datetime.timedelta(days=-1, seconds=66600)

    Raises
    ------
    ValueError
        If it is not an offset of less than a day.
    """
    text = offset.strip()
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) >= 24:
        msg = f"{offset!r} is no offset from UTC; write for example +02:00"
        raise ValueError(msg)
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-ahead if match[1] == "-" else ahead)


def iso_text(at_us: int, zone: tzinfo) -> str:
    """Return an instant in microseconds as ISO 8601 in a zone.

    The offset is numeric, also of UTC; a fraction has six digits, or is left out when zero.

    >>> iso_text(1_702_660_513_987_654, load_zone("Europe/Paris")), iso_text(0, UTC)
    ('2023-12-15T18:15:13.987654+01:00', '1970-01-01T00:00:00+00:00')
    """
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).isoformat()


def constant_offsets(zone: ZoneInfo, start_s: int, end_s: int) -> Iterator[tuple[int, int, int]]:
    """Yield (from, to, offset in seconds) for each part of a span without an offset change.

    >>> berlin = load_zone("Europe/Berlin")  # 2026-03-29T01:00Z: from +1 h to +2 h
    >>> list(constant_offsets(berlin, 1_774_742_400, 1_774_828_800))
    [(1774742400, 1774746000, 3600), (1774746000, 1774828800, 7200)]
    """
    since, offset = start_s, _offset_s(zone, start_s)
    for probe in range(start_s, end_s, _PROBE_S):
        until = min(probe + _PROBE_S, end_s)
        changed = _offset_s(zone, until)
        if changed != offset:
            at = _first_change(zone, probe, until)
            if at > since:
                yield since, at, offset
            since, offset = at, changed
    if end_s > since:
        yield since, end_s, offset


def wall_time_s(wall: datetime, zone: str) -> int:
    """Return the instant of a wall time (a naive datetime) in a zone.

    A wall time that occurs twice is the first occurrence; one that is skipped moves forward
    by the length of the gap (PEP 495, ``fold=0``).

    >>> wall_time_s(datetime.fromisoformat("2026-03-29T00:30"), "Europe/Berlin")
    1774740600
    >>> wall_time_s(datetime.fromisoformat("2026-03-29T02:30"), "Europe/Berlin")  # = 03:30
    1774747800
    """
    return int(wall.replace(tzinfo=load_zone(zone), fold=0).timestamp())


def _offset_s(zone: ZoneInfo, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
    return int((offset or _NO_OFFSET).total_seconds())


def _first_change(zone: ZoneInfo, start_s: int, end_s: int) -> int:
    """Return the first instant in ``(start, end]`` whose offset differs from the start's."""
    before = _offset_s(zone, start_s)
    while end_s - start_s > 1:
        middle = (start_s + end_s) // 2
        if _offset_s(zone, middle) == before:
            start_s = middle
        else:
            end_s = middle
    return end_s
