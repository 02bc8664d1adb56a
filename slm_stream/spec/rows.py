"""A row of a foreign file to the fields of measurements, as a mapping says.

Pure: a mapping is turned into functions once, and these are run for every row.
"""

from collections.abc import Iterator
from datetime import tzinfo
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

from slm_stream.spec.fields import check_name
from slm_stream.spec.mapping import Mapping, Template
from slm_stream.spec.row_values import Row, compile_condition, compile_value, lookup
from slm_stream.spec.zones import check_zone

NOTHING = "nothing to emit"

Filled = tuple[str, dict[str, object]]


class RowError(Exception):
    """A row that cannot be mapped; the text says which field and why."""


class RowMapper:
    """Fills a mapping's templates from rows.

    Parameters
    ----------
    mapping : Mapping
    service : str, optional
        Takes the place of whatever the mapping says the service is.
    time_zone : str, optional
        Takes the place of the mapping's.

    Raises
    ------
    ValueError
        If the service is said nowhere or is no name, or the zone is unknown.
    """

    def __init__(
        self, mapping: Mapping, *, service: str | None = None, time_zone: str | None = None
    ) -> None:
        if service is not None:
            check_name(service)
        name = time_zone or mapping.time_zone
        tz = ZoneInfo(check_zone(name)) if name else None
        empty = frozenset(mapping.empty)
        self._skip = [
            (reason, [compile_condition(condition, empty) for condition in conditions])
            for reason, conditions in mapping.skip.items()
        ]
        self._fillers = [_Filler(template, empty, tz, service) for template in mapping.emit]

    def map(self, row: Row) -> tuple[list[Filled], str]:
        """Return (kind, fields) of every measurement in the row, and why there is none.

        Raises
        ------
        RowError
            If the row cannot be mapped; then nothing of it is.
        """
        try:
            for reason, conditions in self._skip:
                if all(condition(row) for condition in conditions):
                    return [], reason
            filled = [found for filler in self._fillers for found in filler.fill(row)]
        except ValueError as error:
            raise RowError(str(error)) from None
        return filled, "" if filled else NOTHING


@lru_cache(maxsize=1024)
def _name(service: str) -> str:
    """Return a service's name; refuse one that no catalogue can have."""
    return check_name(service)


class _Filler:
    """One template, ready to run."""

    def __init__(
        self, template: Template, empty: frozenset[str], tz: tzinfo | None, service: str | None
    ) -> None:
        if service is None and template.service is None:
            msg = "the mapping doesn't say which service its rows are about; give --service"
            raise ValueError(msg)
        self._kind = template.kind
        self._when = [compile_condition(condition, empty) for condition in template.when]
        self._items = tuple(template.for_each)
        self._lists = [(path, lookup(path)) for path in template.for_each.values()]
        self._fixed = {} if service is None else {"service": service}
        needed = {
            name for name, field in type(template).model_fields.items() if field.is_required()
        }
        self._reads = [
            (name, compile_value(value, empty, tz), name == "service" or name in needed)
            for name, value in template.values()
            if name not in self._fixed
        ]

    def fill(self, row: Row) -> Iterator[Filled]:
        """Yield what the template makes of the row."""
        for scope in self._scopes(row) if self._items else (row,):
            if all(condition(scope) for condition in self._when):
                yield self._kind, self._fields(scope)

    def _scopes(self, row: Row) -> Iterator[Row]:
        """Yield the row with one item of every list, under the names of `for_each`."""
        lists = []
        for path, read in self._lists:
            items = read(row)
            if items is not None and not isinstance(items, list):
                msg = f"{path}: not a list"
                raise ValueError(msg)
            lists.append(items or [])
        for items in product(*lists):
            yield {**row, **dict(zip(self._items, items, strict=True))}

    def _fields(self, row: Row) -> dict[str, object]:
        fields: dict[str, object] = dict(self._fixed)
        for name, read, needed in self._reads:
            try:
                value = read(row)
                if name == "service" and value is not None:
                    _name(str(value))
            except ValueError as error:
                msg = f"{name}: {error}"
                raise ValueError(msg) from None
            if value is not None:
                fields[name] = value
            elif needed:
                msg = f"{name}: no value"
                raise ValueError(msg)
        return fields
