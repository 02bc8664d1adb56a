"""When what came out is what a case expects."""

from dataclasses import dataclass
from fractions import Fraction

from tests.conformance.values import is_number, read_number

DEFAULT_TOLERANCE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Failure:
    """One thing that did not come out as expected."""

    what: str
    expected: object
    got: object

    def __str__(self) -> str:
        return f"{self.what}: expected {shown(self.expected)}, got {shown(self.got)}"


@dataclass(frozen=True)
class Refusal:
    """What came out is no value, but a sentence: why there is none."""

    sentence: str

    def __str__(self) -> str:
        return f"no value ({self.sentence})"


def agrees(expected: object, got: object, tolerance: Fraction = DEFAULT_TOLERANCE) -> bool:
    """Return whether two values are the same: numbers within a tolerance, the rest exactly."""
    if isinstance(expected, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(expected)
            and all(agrees(one, other, tolerance) for one, other in zip(expected, got, strict=True))
        )
    if is_number(expected) and is_number(got):
        return abs(Fraction(read_number(expected)) - read_number(got)) <= tolerance
    return type(expected) is type(got) and expected == got


def shown(value: object) -> str:
    """Return a value as JSON would have it, fractions as decimals."""
    if isinstance(value, Fraction):
        return f"{float(value):.12g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {shown(item)}' for key, item in value.items())}}}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
