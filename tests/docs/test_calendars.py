"""The example of docs/calendars.md, frozen and read."""

import re
from datetime import datetime
from pathlib import Path
from shutil import copyfile

from slm_stream.spec.calendar_models import CalendarSpec, IntersectionSpec
from slm_stream.spec.calendars import ReadCalendar, read_calendars
from slm_stream.spec.freezing import freeze
from slm_stream.spec.frozen import LOCK, Block, read_frozen
from slm_stream.spec.mistakes import Mistakes
from slm_stream.spec.places import Place
from slm_stream.spec.shelf import Shelf
from slm_stream.spec.yaml_lines import read_document

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "calendars.md").read_text(encoding="utf-8")


def test_the_example_means_what_the_page_says(tmp_path: Path) -> None:
    """Three calendars without a mistake; one Monday of the intersection by hand."""
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    (tmp_path / "calendars").mkdir()
    file = tmp_path / "calendars" / "hours.yaml"
    file.write_text(found[1])
    copyfile(ROOT / "config/calendars/closing-days.ics", file.with_name("closing-days.ics"))
    (tmp_path / LOCK).write_text(freeze(tmp_path).text)
    mistakes = Mistakes()
    documents = [read_document(each, mistakes) for each in (file, tmp_path / LOCK)]
    hours, lock = (Place(document, mistakes) for document in documents if document)
    frozen: Shelf[tuple[Block, ...]] = Shelf("frozen calendar")
    for place in lock.children("frozen"):
        frozen.put(place.mapping["name"], read_frozen(place), place)
    shelf: Shelf[ReadCalendar] = Shelf("calendar")
    read_calendars(hours.children("calendars"), frozen, shelf)
    mistakes.raise_if_any()

    (both,) = (read for read in shelf.good() if read.hours.name == "both-open")
    # Monday 2 March 2026: 08-20 in London is 09-21 in Amsterdam, so 3.5 h and 4 h are common.
    low, high = (
        int(datetime.fromisoformat(at).timestamp())
        for at in ("2026-03-02T00:00+01:00", "2026-03-03T00:00+01:00")
    )
    assert both.hours.open_seconds(low, high) == 7.5 * 3600


def test_every_key_is_in_the_table() -> None:
    """And nothing else is."""
    fields = {**CalendarSpec.model_fields, **IntersectionSpec.model_fields}
    keys = {*fields, "except"} - {"name"}

    assert set(re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE)) == keys
