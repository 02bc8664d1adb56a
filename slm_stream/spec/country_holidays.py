"""Public holidays by country, from the library `holidays`; asked only when they are frozen."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version

from slm_stream.domain.wording import hint, shown
from slm_stream.spec.calendar_models import PublicHolidaysSpec
from slm_stream.spec.closings import Closing
from slm_stream.spec.places import Place

_LANGUAGE = "en_US"
"""Titles must not hang on the locale of whoever freezes them."""


def describe(spec: PublicHolidaysSpec) -> str:
    """Return what identifies the source: ``country NL``, ``country DE-BY (bank, public)``."""
    region = spec.country if spec.subdivision is None else f"{spec.country}-{spec.subdivision}"
    categories = sorted(set(spec.categories))
    return f"country {region}" + ("" if categories == ["public"] else f" ({', '.join(categories)})")


def check_country(spec: PublicHolidaysSpec, place: Place) -> None:
    """Refuse a country, a subdivision or a category that the library does not know."""
    import holidays  # noqa: PLC0415  # hundreds of modules, needed only to freeze
    from holidays.registry import COUNTRIES  # noqa: PLC0415

    codes = {names[1]: names for names in COUNTRIES.values()}
    if spec.country not in codes:
        place.at("country").refuse(
            f"{shown(spec.country)} is no country that is known; "
            f"{_hint_country(spec.country, COUNTRIES.values())}"
        )
        return
    entity = getattr(holidays, spec.country)
    subdivisions = (*entity.subdivisions, *entity.subdivisions_aliases)
    if spec.subdivision is not None and spec.subdivision not in subdivisions:
        remedy = hint(spec.subdivision, subdivisions) if subdivisions else "it has none"
        place.at("subdivision").refuse(
            f"{shown(spec.subdivision)} is no subdivision of {spec.country}; {remedy}"
        )
    for i, category in enumerate(spec.categories):
        if category not in entity.supported_categories:
            place.at("categories", i).refuse(
                f"{shown(category)} is no category of {spec.country}; "
                f"{hint(category, entity.supported_categories)}"
            )


def public_holidays(spec: PublicHolidaysSpec, years: Iterable[int]) -> list[Closing]:
    """Return the holidays of some years, a closing per day and title, in order.

    `check_country` must have found nothing to refuse.
    """
    import holidays  # noqa: PLC0415

    entity = getattr(holidays, spec.country)
    found = entity(
        subdiv=spec.subdivision,
        years=list(years),
        expand=False,
        categories=tuple(spec.categories),
        language=_LANGUAGE if _LANGUAGE in entity.supported_languages else None,
    )
    return [Closing(day, title) for day in sorted(found) for title in found.get_list(day)]


def source_version() -> str:
    """Return the library and its version, as it is kept with what was frozen."""
    return f"holidays {version('holidays')}"


def _hint_country(word: str, countries: Iterable[Sequence[str]]) -> str:
    """Return the remedy for what is no code: the country that the word may mean.

    >>> _hint_country("netherlands", [("Netherlands", "NL", "NLD")])
    'did you mean NL (Netherlands)?'
    """
    titles = {}
    for title, code, *more in countries:
        titles.update(dict.fromkeys((title, *more), f"{code} ({title})"))
    plain = word.replace(" ", "")
    near = hint(plain, titles)
    if near.startswith("did you mean"):
        return f"did you mean {titles[near.removeprefix('did you mean ').removesuffix('?')]}?"
    return "write two letters of ISO 3166, for example NL or DE"
