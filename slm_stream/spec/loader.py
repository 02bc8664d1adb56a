"""The folder of promises: every file read, everything checked, all mistakes told at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm_stream.domain.agreement import Agreement
from slm_stream.domain.catalogue import Service
from slm_stream.domain.wording import hint, shown
from slm_stream.errors import SpecError
from slm_stream.spec.agreements import check_versions, read_agreement
from slm_stream.spec.calendars import ALWAYS, ReadCalendar, read_calendars
from slm_stream.spec.frozen import Block, read_frozen
from slm_stream.spec.mistakes import Mistakes
from slm_stream.spec.places import Place
from slm_stream.spec.services import ReadService, read_service
from slm_stream.spec.shelf import Shelf
from slm_stream.spec.yaml_lines import read_document

FOLDERS = ("catalogue", "agreements", "calendars")
SORTS = ("services", "agreements", "calendars", "frozen")


@dataclass(frozen=True)
class PromiseFile:
    """What one file holds."""

    path: Path
    n_services: int
    n_indicators: int
    n_agreements: int
    n_objectives: int
    n_calendars: int
    n_frozen: int = 0


@dataclass(frozen=True)
class Promises:
    """Everything that a folder promises, checked.

    Attributes
    ----------
    services, agreements, calendars : tuple
        In the order of files and lines.
    files : tuple of PromiseFile
        What came from where.
    """

    services: tuple[Service, ...]
    agreements: tuple[Agreement, ...]
    calendars: tuple[ReadCalendar, ...] = ()
    files: tuple[PromiseFile, ...] = ()


def load(folder: Path) -> Promises:
    """Return what the folder's ``catalogue``, ``agreements`` and ``calendars`` promise.

    Any file may hold any of ``services``, ``agreements`` and ``calendars``, and what is
    ``frozen`` of calendars.

    Raises
    ------
    SpecError
        With every mistake of every file, in the order of files and lines.
    """
    mistakes = Mistakes()
    promises = _Reading(folder, mistakes).promises()
    mistakes.raise_if_any()
    return promises


@dataclass(frozen=True)
class Unfrozen:
    """Where calendars with hours of their own stand, and what is frozen of them so far."""

    calendars: tuple[Place, ...]
    frozen: Shelf[tuple[Block, ...]]
    mistakes: Mistakes


def read_unfrozen(folder: Path) -> Unfrozen:
    """Return a folder's calendars before anything is frozen.

    Raises
    ------
    SpecError
        If a file cannot be read at all, or there is no such folder.
    """
    mistakes = Mistakes()
    reading = _Reading(folder, mistakes)
    frozen = reading.frozen()
    mistakes.raise_if_any()
    places = tuple(place for place in reading.places("calendars") if "hours" in place.mapping)
    return Unfrozen(places, frozen, mistakes)


class _Reading:
    """One reading of a folder."""

    def __init__(self, folder: Path, mistakes: Mistakes) -> None:
        documents = [read_document(file, mistakes) for file in _files(folder)]
        self._folder = folder
        self._mistakes = mistakes
        self._roots = [Place(document, mistakes) for document in documents if document]
        known = [self._check_keys(root) for root in self._roots]
        self._complete = None not in documents and all(known)

    def promises(self) -> Promises:
        """Read calendars and services first: agreements refer to them."""
        calendars: Shelf[ReadCalendar] = self._shelf("calendar", built_in=(ALWAYS,))
        read_calendars([*self.places("calendars")], self.frozen(), calendars)
        services: Shelf[ReadService] = self._shelf("service")
        for place in self.places("services"):
            services.put(place.mapping.get("name"), read_service(place), place)
        self._check_any("services", services)
        agreements: Shelf[tuple[Agreement, Place]] = self._shelf("agreement")
        for place in self.places("agreements"):
            agreement = read_agreement(place, services, calendars)
            agreements.put(_versioned(place), (agreement, place) if agreement else None, place)
        self._check_any("agreements", agreements)
        check_versions(agreements.good())
        return Promises(
            tuple(read.service for read in services.good() if read.service is not None),
            tuple(agreement for agreement, _ in agreements.good()),
            calendars.good(),
            tuple(map(_promise_file, self._roots)),
        )

    def _shelf(self, sort: str, built_in: tuple[str, ...] = ()) -> Shelf[Any]:
        return Shelf(sort, complete=self._complete, built_in=built_in)

    def frozen(self) -> Shelf[tuple[Block, ...]]:
        """Read what is frozen of calendars."""
        shelf: Shelf[tuple[Block, ...]] = self._shelf("frozen calendar")
        for place in self.places("frozen"):
            shelf.put(place.mapping.get("name"), read_frozen(place), place)
        return shelf

    def places(self, sort: str) -> Iterator[Place]:
        """Yield where the things of a sort stand, in the order of files and lines."""
        for root in self._roots:
            yield from root.children(sort)

    def _check_keys(self, root: Place) -> bool:
        """Return whether a file's top level is as it should be."""
        before = len(self._mistakes)
        if not isinstance(root.value, dict):
            root.refuse(f"{shown(root.value)} is not a mapping; begin with services:")
        for key, value in root.mapping.items():
            if key not in SORTS:
                root.at(key).refuse(f"{key} is not known here; {hint(key, SORTS)}")
            elif not isinstance(value, list):
                root.at(key).refuse(f"{key} holds {shown(value)}, not a list; add - name: …")
        return len(self._mistakes) == before

    def _check_any(self, sort: str, shelf: Shelf[Any]) -> None:
        if shelf.complete and not shelf:
            folder = self._folder / ("catalogue" if sort == "services" else sort)
            self._mistakes.add(folder, 0, "", f"there are no {sort}; add {folder}/shop.yaml")
            shelf.complete = False


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        msg = f"{folder}: there is no such folder; give the one that holds catalogue and agreements"
        raise SpecError(msg)
    return sorted(
        file
        for part in FOLDERS
        for file in (folder / part).rglob("*")
        if file.suffix in (".yaml", ".yml") and file.is_file()
    )


def _versioned(place: Place) -> str | None:
    """Return what tells an agreement from all others."""
    name = place.mapping.get("id")
    return f"{name} version {place.mapping.get('version', 1)}" if isinstance(name, str) else None


def _promise_file(root: Place) -> PromiseFile:
    services, agreements = root.children("services"), root.children("agreements")
    return PromiseFile(
        path=root.document.file,
        n_services=len(services),
        n_indicators=sum(len(place.children("indicators")) for place in services),
        n_agreements=len(agreements),
        n_objectives=sum(len(place.children("objectives")) for place in agreements),
        n_calendars=len(root.children("calendars")),
        n_frozen=len(root.children("frozen")),
    )
