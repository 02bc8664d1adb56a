"""`slm indicators`: every kind of indicator, and the figures that an objective may promise."""

from collections.abc import Iterable

import typer

from slm_stream.domain.catalogue import IndicatorKind
from slm_stream.domain.kinds import KINDS
from slm_stream.domain.kinds.base import Kind, Measure, Unit
from slm_stream.domain.wording import hint
from slm_stream.errors import SettingsError

app = typer.Typer(no_args_is_help=False)

_UNITS = {
    Unit.RATIO: "target",
    Unit.COUNT: "count",
    Unit.SECONDS: "duration",
    Unit.PER_HOUR: "per hour",
    Unit.PER_SECOND: "per second",
    Unit.NUMBER: "number",
}
_PROMISES = {
    Unit.RATIO: 'target: "99 %"',
    Unit.COUNT: "at_most: 3",
    Unit.SECONDS: "at_most: 4h",
    Unit.PER_HOUR: "at_most: 0.5",
    Unit.PER_SECOND: "at_least: 10",
    Unit.NUMBER: "at_least: 7.5",
}


@app.command()
def indicators(
    kind: str = typer.Argument(
        "", help="Only this kind, with how to promise each figure.", show_default=False
    ),
) -> None:
    """List the kinds of indicators, and the figures of each that an objective may promise.

    An indicator stands in the catalogue and says what is measured of a service; an objective
    stands in an agreement and promises one figure of it over a window. docs/indicators.md has
    an example of each.
    """
    if not kind:
        typer.echo("\n\n".join("\n".join(_about(each)) for each in KINDS.values()))
        return
    if kind not in KINDS:
        msg = f"there is no kind {kind!r}; {hint(kind, KINDS)}"
        raise SettingsError(msg)
    each = KINDS[IndicatorKind(kind)]
    typer.echo("\n".join([*_about(each), "", *_promised(each.measures)]))


def _about(kind: Kind) -> list[str]:
    heard = ", ".join(kind.sources) or "other indicators of the service"
    rows = [(m.name, _UNITS[m.unit], m.line, m.formula) for m in kind.measures]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{kind.kind}: {kind.line}",
        f"  from {heard}; for example {kind.example}",
        f"  bad: {kind.columns[0]}; valid: {kind.columns[1]}",
        *(
            "  " + "  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ),
    ]


def _promised(measures: Iterable[Measure]) -> list[str]:
    """Return an objective for each measure."""
    return [
        "promised in an agreement:",
        *(
            f"  {{name: {m.name}, indicator: …, "
            + ("" if m.name == "share" else f"measure: {m.name}, ")
            + f"{_PROMISES[m.unit]}, window: month}}"
            for m in measures
        ),
    ]
