"""Recordings that a command is told of: files, each with its mapping."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from slm_stream.adapters.recordings import Routed, Tally, read_all
from slm_stream.errors import SettingsError
from slm_stream.spec.mapping_files import load as load_mapping
from slm_stream.spec.zones import check_zone


def instant_ms(option: str, text: str, time_zone: str | None) -> int:
    """Return an instant that an option says; raise SettingsError with the remedy."""
    try:
        stamp = datetime.fromisoformat(text)
        if stamp.tzinfo is None:
            stamp = stamp.replace(tzinfo=ZoneInfo(check_zone(time_zone or "UTC")))
    except ValueError as error:
        msg = f"{option}: {error}; write for example 2026-03-01T00:00Z"
        raise SettingsError(msg) from None
    return round(stamp.timestamp() * 1000)


def read_recordings(
    files: list[str],
    mapping: str | None,
    service: str | None,
    time_zone: str | None,
    tally: Tally,
) -> Iterator[Routed]:
    """Yield what the mappings find, the files of one mapping together."""
    by_mapping: dict[str, list[Path]] = {}
    for file in files:
        path, at, own = file.rpartition("@")
        if not at or not own or Path(file).is_file():
            path, own = file, mapping or ""
        if not own:
            msg = f"say how to read {file}: --mapping NAME (slm import --list shows them) or PATH"
            raise SettingsError(msg)
        if not Path(path).is_file():
            msg = f"no file {path}"
            raise SettingsError(msg)
        by_mapping.setdefault(own, []).append(Path(path))
    chosen = [(load_mapping(name), paths) for name, paths in by_mapping.items()]
    for loaded, paths in chosen:
        yield from read_all(paths, loaded, service=service, time_zone=time_zone, tally=tally)
