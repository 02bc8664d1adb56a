"""Case files of two formats, run through the library's public functions.

Cases with an `op` are of SLA clocks, those with a `category` of objectives. What a field means
is said in the head of each file, under `conventions`; here JSON becomes arguments, and what
comes back is compared.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from slm_stream.errors import SlmError
from tests.conformance import alerts, budgets, timing, totals
from tests.conformance.clocks import OPERATIONS
from tests.conformance.comparing import DEFAULT_TOLERANCE, Failure, Refusal, agrees
from tests.conformance.decisions import declined
from tests.conformance.inputs import Inputs, Outputs
from tests.conformance.values import iso, read_instant_ms

Case = dict[str, Any]

CATEGORIES = budgets.CATEGORIES | totals.CATEGORIES | alerts.CATEGORIES | timing.CATEGORIES

FOR_READING = {"formula": "a formula, for reading", "do-not-use": "published, but wrong"}
NOT_OUTPUTS = {"rule", "tool_value", "readme_says", "fixture_says", "test_says"}
INSTANTS = {"begin", "end", "from", "to"}


class CaseFileError(SlmError):
    """A case file cannot be read."""


def load_cases(path: Path) -> list[Case]:
    """Return the cases of a file, numbers with a fraction exactly as written.

    Raises
    ------
    CaseFileError
        If it is not a file of one of the two formats.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, parse_float=Fraction, parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path} cannot be read as JSON: {error}"
        raise CaseFileError(msg) from error
    cases = content.get("cases") if isinstance(content, dict) else None
    if not isinstance(cases, list):
        msg = f"{path} is no case file: it has no list named cases"
        raise CaseFileError(msg)
    for number, case in enumerate(cases, start=1):
        wrong = _what_is_wrong(case)
        if wrong:
            msg = f"{path} is no case file: case {number} {wrong}"
            raise CaseFileError(msg)
    return cases


def skip_reason(case: Case) -> str | None:
    """Return why a case is not run, or None."""
    if "op" not in case:
        if str(case.get("use")) in FOR_READING:
            return FOR_READING[case["use"]]
        ours_to_decide = case.get("use") == "policy"
    else:
        ours_to_decide = case.get("class") == "system_specific"
    return declined().get(case["id"]) if ours_to_decide else None


def failures(case: Case) -> list[Failure]:
    """Return what does not come out as a case expects."""
    try:
        return list(_of_clock(case) if "op" in case else _of_objective(case))
    except Exception as error:  # the other cases are run all the same
        return [Failure("case", case.get("expect", case.get("expected")), _refused(error))]


def _of_clock(case: Case) -> Iterator[Failure]:
    if case["op"] not in OPERATIONS:
        yield Failure("op", "one that the runner knows", case["op"])
    else:
        yield from OPERATIONS[case["op"]](case)


def _of_objective(case: Case) -> Iterator[Failure]:
    category = case["category"]
    if category not in CATEGORIES:
        yield Failure("category", "one that the runner knows", category)
        return
    outputs = CATEGORIES[category](Inputs(case["inputs"]))
    tolerance = case.get("abs_tolerance")
    tolerance = DEFAULT_TOLERANCE if tolerance is None else Fraction(tolerance)
    for key, expected in case["expected"].items():
        if key not in NOT_OUTPUTS:
            yield from _compare(key, expected, _computed(key, outputs), tolerance)


def _computed(key: str, outputs: Outputs) -> object:
    if key not in outputs:
        return Refusal("the runner knows no such output of this category")
    try:
        return outputs[key]()
    except Exception as error:
        return _refused(error)


def _compare(key: str, expected: Any, got: Any, tolerance: Fraction) -> Iterator[Failure]:
    if key in INSTANTS and isinstance(got, int) and expected is not None:
        if read_instant_ms(expected) != got:
            yield Failure(key, expected, iso(got))
        return
    if key.startswith("at_minute_") and isinstance(expected, list):
        expected = sorted(set(expected))
    if not agrees(expected, got, tolerance):
        yield Failure(key, expected, got)


def _refused(error: Exception) -> Refusal:
    if isinstance(error, KeyError):
        return Refusal(f"the case gives no {error.args[0]}")
    return Refusal(str(error) or type(error).__name__)


def _what_is_wrong(case: object) -> str | None:
    if not isinstance(case, dict) or not isinstance(case.get("id"), str):
        return "is no object with an id"
    if isinstance(case.get("op"), str):
        wrong = None if "expect" in case else "has no expect"
    elif str(case.get("use")) in FOR_READING:
        wrong = None
    elif not isinstance(case.get("category"), str):
        wrong = "has neither op nor category"
    elif not all(isinstance(case.get(part), dict) for part in ("inputs", "expected")):
        wrong = "has no inputs or no expected"
    else:
        wrong = None
    return wrong and f"({case['id']}) {wrong}"


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is no number"
    raise ValueError(msg)
