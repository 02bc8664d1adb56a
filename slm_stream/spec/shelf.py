"""Named things of one sort, among them those that are named but wrong."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from slm_stream.domain.wording import hint, shown
from slm_stream.spec.places import Place

T = TypeVar("T")


@dataclass
class Shelf(Generic[T]):
    """Things by name.

    A thing that is there but wrong is None: its own mistakes are told, and whoever refers to
    it is not told that it is unknown. While `complete` is False (a file was unreadable, a name
    is missing) nothing is called unknown at all.
    """

    sort: str
    complete: bool = True
    built_in: tuple[str, ...] = ()
    _things: dict[str, T | None] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._things)

    def put(self, name: object, thing: T | None, place: Place) -> None:
        """Put a thing up; of two of the same name, a mistake, nobody knows which is meant."""
        if not isinstance(name, str):
            self.complete = False
        elif name in self._things:
            place.refuse(
                f"another {self.sort} {shown(name)} stands at {self._places[name].reference}; "
                "rename one or delete it"
            )
            self._things[name] = None
        else:
            self._things[name] = thing
            self._places[name] = place

    def find(self, name: object, place: Place) -> T | None:
        """Return the thing of that name, or None; say so where there is none."""
        if isinstance(name, str) and name not in self._things and self.complete:
            known = [*self.built_in, *self._things]
            place.refuse(f"there is no {self.sort} {shown(name)}; {hint(name, known)}")
        return self._things.get(name) if isinstance(name, str) else None

    def get(self, name: str, default: T) -> T | None:
        """Return the thing of that name, or the default; None where it is wrong."""
        return self._things.get(name, default)

    def good(self) -> tuple[T, ...]:
        """Return the things that are right."""
        return tuple(thing for thing in self._things.values() if thing is not None)
