"""Objective cases about windows, timestamps and what may be promised."""

from collections.abc import Callable
from typing import Any

from slm_stream.domain.agreement import BudgetingMethod
from slm_stream.domain.composite import normalised
from slm_stream.domain.lengths import Length, parse_length
from slm_stream.domain.windows import rolling_bounds, tile_bounds
from slm_stream.domain.zones import iso_text
from slm_stream.spec.fields import check_name, parse_slice_target, parse_target
from tests.conformance.inputs import Inputs, Outputs
from tests.conformance.values import (
    epoch_of,
    is_number,
    read_anchor,
    read_instant_ms,
    read_whole,
    read_zone,
)


def calendar_window(inputs: Inputs) -> Outputs:
    """The window, of those that tile time, that holds an instant."""

    def bounds() -> tuple[int, int]:
        zone = read_zone(inputs)
        anchor = read_anchor(inputs.get("start"), zone)
        return tile_bounds(_length(inputs), read_instant_ms(inputs["timestamp"]), zone, anchor)

    return _bounds(bounds)


def rolling_window(inputs: Inputs) -> Outputs:
    """The window that ends at an instant."""

    def bounds() -> tuple[int, int]:
        at_ms = read_instant_ms(inputs["timestamp"])
        return rolling_bounds(_length(inputs), at_ms, read_zone(inputs))

    return _bounds(bounds)


def lookback_window(inputs: Inputs) -> Outputs:
    """The window that ends at the watermark, which lags the clock by a delay."""

    def bounds() -> tuple[int, int]:
        watermark_ms = read_instant_ms(inputs["now"]) - int(inputs.seconds("delay") * 1000)
        length = Length(ms=int(inputs.seconds("window", "lookback") * 1000))
        return rolling_bounds(length, watermark_ms, read_zone(inputs))

    return _bounds(bounds)


def timestamp_format(inputs: Inputs) -> Outputs:
    """An instant as ISO 8601."""

    def text() -> str:
        epoch = epoch_of(inputs["epoch"])
        if epoch is None:
            return iso_text(read_instant_ms(inputs["epoch"]) * 1000, read_zone(inputs))
        return iso_text(round(epoch * 10**6), read_zone(inputs))

    return {"iso": text}


def validation(inputs: Inputs) -> Outputs:
    """Whether a value may stand in a field."""

    def valid() -> bool:
        field = str(inputs["field"])
        if field not in FIELDS:
            msg = f"the runner knows no field {field}"
            raise LookupError(msg)
        if field in NUMERIC and not is_number(inputs["value"]):
            msg = f"{inputs['value']} is a description, not a value"
            raise LookupError(msg)
        try:
            FIELDS[field](inputs["value"])
        except ValueError:
            return False
        return True

    return {"valid": valid}


def _bounds(bounds: Callable[[], tuple[int, int]]) -> Outputs:
    return {
        "begin": lambda: bounds()[0],
        "from": lambda: bounds()[0],
        "end": lambda: bounds()[1],
        "to": lambda: bounds()[1],
    }


def _length(inputs: Inputs) -> Length:
    count = read_whole(inputs["count"]) if inputs.has("count") else 1
    if not inputs.has("unit"):
        return parse_length(str(inputs["duration"]))
    unit = str(inputs["unit"])
    return parse_length(f"{count}{unit}") if len(unit) == 1 else Length.of(count, unit)


def _percent(value: Any) -> int:
    return parse_target(f"{float(value)} %")


def _ratio(parse: Callable[[object], object]) -> Callable[[Any], object]:
    return lambda value: parse(float(value))


FIELDS: dict[str, Callable[[Any], object]] = {
    "budgetingMethod": lambda value: BudgetingMethod(str(value).lower()),
    "compositeWeight": lambda value: normalised([value]),
    "duration": parse_length,
    "name": check_name,
    "objective_percent": _percent,
    "slo_percent": _percent,
    "target": _ratio(parse_target),
    "targetPercent": _percent,
    "timeSliceTarget": _ratio(parse_slice_target),
}

NUMERIC = FIELDS.keys() - {"budgetingMethod", "duration", "name"}

CATEGORIES = {
    "calendar_window": calendar_window,
    "lookback_window": lookback_window,
    "rolling_window": rolling_window,
    "timestamp_format": timestamp_format,
    "validation": validation,
}
