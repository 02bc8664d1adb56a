"""The command reference, docs/cli.md, from the commands themselves."""

from collections.abc import Iterator
from typing import Any

import typer

from slm_stream.cli.main import COMMANDS, app, load

HEAD = """\
# The command `slm`

<!-- Written by `make docs` from the commands' own help. -->
"""


def command_reference() -> str:
    """Return the page: every command with its arguments and options."""
    top = typer.main.get_command(app)
    sections = [HEAD, _paragraphs(top.help), ""]
    for name in sorted(COMMANDS):
        for path, command in _walk(("slm", name), load(name)):
            sections += _section(path, command)
    return "\n".join(sections).rstrip() + "\n"


def _walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _walk((*path, name), child)


def _section(path: tuple[str, ...], command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([*path, *(f"[{p.name.upper()}]" for p in arguments)])
    lines = ["#" * len(path) + f" `{usage}`", "", _paragraphs(command.help), ""]
    if rows := [*arguments, *options]:
        lines += ["| option | default | meaning |", "|---|---|---|"]
        lines += [f"| {_names(row)} | {_default(row)} | {_cell(row.help)} |" for row in rows]
        lines.append("")
    return lines


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`"
    return ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if (
        parameter.default is None
        or parameter.default in (False, (), [])
        or callable(parameter.default)
    ):
        return ""
    return f"`{parameter.default}`"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))
