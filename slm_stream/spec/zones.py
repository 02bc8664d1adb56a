"""Names of time zones."""

from functools import cache
from zoneinfo import available_timezones

from slm_stream.domain.wording import hint, shown


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_zone(name: str) -> str:
    """Return an IANA zone's name; suggest one where it is misspelt.

    >>> check_zone("Europe/Amsterdm")
    Traceback (most recent call last):
    ...
    ValueError: 'Europe/Amsterdm' is no IANA time zone; did you mean Europe/Amsterdam?
    """
    if name in _zones():
        return name
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(_zones()) if "/" in zone}
    remedy = hint(name, sorted(_zones()))
    if not remedy.startswith("did you mean"):
        remedy = hint(name.rpartition("/")[2], cities)
        city = remedy.removeprefix("did you mean ").removesuffix("?")
        remedy = (
            f"did you mean {cities[city]}?"
            if city in cities
            else "write for example Europe/Amsterdam or UTC"
        )
    msg = f"{shown(name)} is no IANA time zone; {remedy}"
    raise ValueError(msg)
