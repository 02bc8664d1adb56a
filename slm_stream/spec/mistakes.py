"""Mistakes in files: collected, sorted, and told all at once."""

from dataclasses import dataclass
from pathlib import Path

from slm_stream.errors import SpecError


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something wrong at a line of a file; `what` ends with the remedy after a semicolon.

    Line 0 is what concerns the file, or folder, as a whole.

    >>> print(Mistake("a.yaml", 3, "service shop, owner", "is empty; name who is responsible"))
    a.yaml:3: service shop, owner: is empty; name who is responsible
    """

    file: str
    line: int
    where: str
    what: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.where, self.what) if part)


class Mistakes:
    """All that is wrong, in the order of files and lines, each told once."""

    def __init__(self) -> None:
        self._found: set[Mistake] = set()

    def __len__(self) -> int:
        return len(self._found)

    def add(self, file: Path, line: int, where: str, what: str) -> None:
        """Note one mistake."""
        self._found.add(Mistake(str(file), line, where, what))

    def raise_if_any(self) -> None:
        """Raise a SpecError that lists them all."""
        if self._found:
            raise SpecError(*map(str, sorted(self._found)))
