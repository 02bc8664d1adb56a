"""Mappings on disk: those that ship, and those that a user wrote."""

from collections.abc import Iterator
from difflib import get_close_matches
from importlib.resources import as_file, files
from pathlib import Path

from pydantic import ValidationError

from slm_stream.errors import SettingsError
from slm_stream.spec import mapping as model
from slm_stream.spec import mapping_values as values
from slm_stream.spec.mapping import Mapping
from slm_stream.spec.mistakes import Mistakes
from slm_stream.spec.yaml_lines import Document, Steps, read_document

SHIPPED = files("slm_stream.spec") / "mappings"


def shipped() -> tuple[str, ...]:
    """Return the names of the mappings that come with the package, in order."""
    names = (entry.name for entry in SHIPPED.iterdir())
    return tuple(sorted(Path(name).stem for name in names if name.endswith(".yaml")))


def load(name: str) -> Mapping:
    """Return a mapping by its name, or from the file at that path.

    Raises
    ------
    SettingsError
        If there is no such mapping.
    SpecError
        If it is wrong: lists every mistake with its line.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            msg = f"no mapping file {name}"
            raise SettingsError(msg)
        return load_file(path)
    names = shipped()
    if name not in names:
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        msg = f"no mapping is called {name!r}; {hint} A file of your own is named by its path."
        raise SettingsError(msg)
    with as_file(SHIPPED / f"{name}.yaml") as path:
        return load_file(path)


def load_file(path: Path) -> Mapping:
    """Return the mapping in a YAML file; raise SpecError listing every mistake."""
    mistakes = Mistakes()
    document = read_document(path, mistakes)
    mapping = None
    if document is not None:
        try:
            mapping = Mapping.model_validate(document.data)
        except ValidationError as error:
            for steps, what in _explained(error):
                mistakes.add(path, document.line(steps), _where(steps), what)
        else:
            _check_fields(mapping, document, mistakes)
    mistakes.raise_if_any()
    assert mapping is not None  # noqa: S101 - no document and no mistake cannot be
    return mapping


def _explained(error: ValidationError) -> Iterator[tuple[Steps, str]]:
    for found in error.errors():
        steps = _without_tags(found["loc"])
        match found["type"]:
            case "extra_forbidden":
                if steps[-1] in _KEYS:
                    yield (
                        steps,
                        "does not belong here, another part of a mapping has it; take it out",
                    )
                    continue
                close = get_close_matches(str(steps[-1]), _KEYS, n=1)
                remedy = f"did you mean {close[0]}?" if close else "take it out"
                yield steps, f"is not known here; {remedy}"
            case "missing":
                yield steps, "is missing; add it"
            case "union_tag_not_found":
                key = str(found["ctx"]["discriminator"]).strip("'")
                yield steps, f"{key} is missing; add it"
            case "union_tag_invalid":
                context = found["ctx"]
                yield steps, f"{context['tag']!r} is not known; use {context['expected_tags']}"
            case _:
                what = found["msg"].removeprefix("Value error, ")
                yield steps, f"{what[0].lower()}{what[1:]}"


def _without_tags(loc: Steps) -> Steps:
    """Return the place in the file: pydantic puts the chosen kind or format into it."""
    if loc[:1] == ("read",):
        return (*loc[:1], *loc[2:])
    if loc[:1] == ("emit",):
        return (*loc[:2], *loc[3:])
    return loc


def _where(steps: Steps) -> str:
    """Return the place for a person, who counts from one.

    >>> _where(("emit", 0, "at_ms"))
    'emit 1, at_ms'
    """
    text = ""
    for step in steps:
        text += f" {step + 1}" if isinstance(step, int) else f", {step}"
    return text.removeprefix(", ")


def _check_fields(mapping: Mapping, document: Document, mistakes: Mistakes) -> None:
    names = mapping.read.field_names()
    if names is None:
        return
    for steps, field in mapping.fields_read():
        if field not in names:
            what = f"no field is called {field!r}; the file has {', '.join(names)}"
            mistakes.add(document.file, document.line(steps), _where(steps), what)


def _keys() -> frozenset[str]:
    """Return every key that a mapping may have anywhere."""
    found = set()
    for module in (model, values):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, values.MappingModel):
                found |= {field.alias or name for name, field in thing.model_fields.items()}
    return frozenset(found)


_KEYS = sorted(_keys())
