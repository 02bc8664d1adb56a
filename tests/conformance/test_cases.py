"""What other products' test suites expect of clocks and of objectives, one test per case.

The case files are not part of this repository: their `conventions` say how to read them, and
they name the source of each figure. They are looked for beside the repository.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.decisions import ADR, read_decisions
from tests.conformance.runner import failures, load_cases, skip_reason

FOLDER = Path(__file__).parents[3] / "shared" / "cases"
FILES = [FOLDER / "sla_clock_cases.json", FOLDER / "slo_cases.json"]


def every_case() -> list[Any]:
    """Return one parameter per case, or a skipped one that says which file is missing."""
    parameters = []
    for path in FILES:
        if path.exists():
            parameters += [pytest.param(case, id=case["id"]) for case in load_cases(path)]
        else:
            reason = f"no case file {path}"
            parameters.append(pytest.param({}, marks=pytest.mark.skip(reason=reason)))
    return parameters


@pytest.mark.parametrize("case", every_case())
def test_a_case_comes_out_as_its_source_says(case: dict[str, Any]) -> None:
    """Every case that is not declined gives what is expected."""
    reason = skip_reason(case)
    if reason is not None:
        pytest.skip(reason)

    assert [str(failure) for failure in failures(case)] == []


@pytest.mark.skipif(not all(path.exists() for path in FILES), reason="no case files")
def test_the_adr_decides_each_case_that_is_somebodys_choice() -> None:
    """Exactly the policy and system-specific cases have a row, one each."""
    cases = [case for path in FILES for case in load_cases(path)]
    to_decide = [
        case["id"]
        for case in cases
        if case.get("use") == "policy" or case.get("class") == "system_specific"
    ]

    decided = [case_id for case_id, _, _ in read_decisions(ADR.read_text(encoding="utf-8"))]

    assert sorted(decided) == sorted(to_decide)
