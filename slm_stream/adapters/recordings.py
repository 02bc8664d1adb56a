"""Foreign files as measurements: reader and mapping put together."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slm_stream.adapters.files import FileRow, RowFile
from slm_stream.codec.messages import Feedback, IncidentUpdate, Measurement, Probe, Transaction
from slm_stream.codec.topics import FEEDBACK, INCIDENTS, PROBES, TRANSACTIONS
from slm_stream.errors import SettingsError
from slm_stream.spec.mapping import Mapping
from slm_stream.spec.rows import RowError, RowMapper

Routed = tuple[str, Measurement]

KINDS: dict[str, tuple[str, type[Measurement]]] = {
    "transaction": (TRANSACTIONS, Transaction),
    "probe": (PROBES, Probe),
    "incident": (INCIDENTS, IncidentUpdate),
    "feedback": (FEEDBACK, Feedback),
}
SHOWN = 10
ROWS_PER_REPORT = 1_000


@dataclass(slots=True)
class Tally:
    """What became of the rows of one or several files.

    Attributes
    ----------
    rows : int
        All that were looked at: each is mapped, skipped or bad.
    emitted : Counter of str
        Measurements by topic.
    skipped : Counter of str
        Rows left out on purpose, by reason.
    n_bad : int
        Rows that could not be mapped.
    examples : list of str
        The first bad rows: file, line and reason.
    """

    rows: int = 0
    emitted: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    n_bad: int = 0
    examples: list[str] = field(default_factory=list)

    def bad(self, path: Path, row: FileRow, reason: str) -> None:
        """Count a row that cannot be mapped, and keep the first few."""
        self.n_bad += 1
        if len(self.examples) < SHOWN:
            self.examples.append(f"{path}:{row.number}: {reason}")


def read_measurements(
    path: Path,
    mapping: Mapping,
    *,
    service: str | None = None,
    time_zone: str | None = None,
    tally: Tally | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Iterator[Routed]:
    """Yield (topic, measurement) for what a mapping finds in a file.

    Rows are read one at a time, whatever the file's size, unless the mapping says `sort`: then
    measurements are held back and come in the order of their instants.

    Parameters
    ----------
    path : Path
    mapping : Mapping
    service, time_zone : str, optional
        Take the place of what the mapping says.
    tally : Tally, optional
        Counts go here.
    on_bytes : callable, optional
        Told now and then how many bytes of the file have been read.

    Raises
    ------
    SettingsError
        If the file is missing, or nobody says which service this is.
    SpecError
        If the file's columns are not those of the mapping.
    """
    try:
        mapper = RowMapper(mapping, service=service, time_zone=time_zone)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    found = _mapped(path, mapping, mapper, tally or Tally(), on_bytes or (lambda _: None))
    return _by_time(found) if mapping.sort else found


def read_all(
    paths: Sequence[Path],
    mapping: Mapping,
    *,
    service: str | None = None,
    time_zone: str | None = None,
    tally: Tally | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Iterator[Routed]:
    """Yield what a mapping finds in several files, merged by time as far as each is in order.

    So neither rotated logs nor the logs of several machines have to be sorted beforehand.
    Parameters and errors are those of `read_measurements`; bytes are those of all files.
    """
    done = dict.fromkeys(paths, 0)

    def reporter(path: Path) -> Callable[[int], None]:
        def report(n_bytes: int) -> None:
            done[path] = n_bytes
            if on_bytes is not None:
                on_bytes(sum(done.values()))

        return report

    files = [
        read_measurements(
            path,
            mapping,
            service=service,
            time_zone=time_zone,
            tally=tally,
            on_bytes=reporter(path),
        )
        for path in paths
    ]
    return heapq.merge(*files, key=_instant)


def _instant(routed: Routed) -> int:
    return routed[1].at_ms


def _by_time(found: Iterator[Routed]) -> Iterator[Routed]:
    # Sorting is stable: steps of one instant stay in the order in which they were written.
    yield from sorted(found, key=_instant)


def _mapped(
    path: Path,
    mapping: Mapping,
    mapper: RowMapper,
    tally: Tally,
    on_bytes: Callable[[int], None],
) -> Iterator[Routed]:
    with RowFile(path, mapping) as file:
        for row in file.rows():
            tally.rows += 1
            if tally.rows % ROWS_PER_REPORT == 0:
                on_bytes(file.bytes_read)
            if row.error:
                tally.bad(path, row, row.error)
                continue
            try:
                filled, reason = mapper.map(row.fields)
            except RowError as error:
                tally.bad(path, row, str(error))
                continue
            if reason:
                tally.skipped[reason] += 1
            for kind, fields in filled:
                topic, make = KINDS[kind]
                tally.emitted[topic] += 1
                yield topic, make(**fields)  # type: ignore[arg-type]
        on_bytes(file.bytes_read)
