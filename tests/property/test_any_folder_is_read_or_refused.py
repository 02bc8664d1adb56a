"""Whatever a file holds, it is read or refused in sentences."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slm_stream.errors import SpecError
from slm_stream.spec.loader import load
from slm_stream.spec.mistakes import Mistakes
from slm_stream.spec.yaml_lines import read_document

CONFIG = Path(__file__).parents[2] / "config"
FILES = sorted(CONFIG.glob("*/*.yaml"))
SENTENCE = re.compile(r"[^:]+(:[0-9]+)?: .+[;.?] .+", re.DOTALL)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["28d", "99.9 %", "ratio", "probes", "ok == true", "always", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = enumerate(value) if isinstance(value, list) else ()
    for key, inner in value.items() if isinstance(value, dict) else items:
        yield from _paths(inner, (*path, key))


@cache
def _content(file: Path) -> str:
    document = read_document(file, Mistakes())
    assert document is not None
    return json.dumps(document.data)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_with_anything_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    """Every refusal is a sentence with a place and a remedy, never another exception."""
    spoilt = data.draw(st.sampled_from(FILES))
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "calendars").mkdir()
        for feed in CONFIG.glob("calendars/*.ics"):
            (folder / "calendars" / feed.name).write_bytes(feed.read_bytes())
        for file in FILES:
            content = json.loads(_content(file))
            if file == spoilt:
                *steps, last = data.draw(st.sampled_from([*_paths(content)]))
                container = content
                for step in steps:
                    container = container[step]
                container[last] = data.draw(ANYTHING)
            target = folder / file.relative_to(CONFIG)
            target.parent.mkdir(exist_ok=True)
            target.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        try:
            load(folder)
        except SpecError as error:
            for mistake in error.mistakes:
                assert SENTENCE.fullmatch(mistake), mistake
