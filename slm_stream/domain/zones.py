"""Time zones: their offsets over a span, and wall time to instants."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_S = 86_400

# No zone of the IANA data (2026a, looked at from 1970 to 2100) changes its offset twice within
# 6.9 days (shortest: Recife in October 2000), so a look every four days misses no change.
_PROBE_S = 4 * DAY_S
_NO_OFFSET = timedelta()


def load_zone(name: str) -> ZoneInfo:
    """Return the zone of that IANA name; raise ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"unknown time zone {name!r}; use an IANA name such as Europe/Amsterdam"
        raise ValueError(msg) from error


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
