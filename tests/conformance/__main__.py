"""``python -m tests.conformance FILE...``: run case files, say what failed, count."""

import sys
from pathlib import Path
from typing import TextIO

from tests.conformance.runner import CaseFileError, failures, load_cases, skip_reason


def main(arguments: list[str], out: TextIO, err: TextIO) -> int:
    """Run the cases of some files; 1 if one failed, 2 if a file cannot be run."""
    if not arguments or any(argument.startswith("-") for argument in arguments):
        err.write("usage: python -m tests.conformance FILE...\n")
        return 2
    try:
        files = [(name, load_cases(Path(name))) for name in arguments]
    except CaseFileError as error:
        err.write(f"{error}\n")
        return 2
    passed = failed = skipped = 0
    for name, cases in files:
        for case in cases:
            if skip_reason(case) is not None:
                skipped += 1
                continue
            wrong = failures(case)
            failed += bool(wrong)
            passed += not wrong
            for failure in wrong:
                out.write(f"FAILED {name}: {case['id']}: {failure}\n")
    out.write(f"{passed} passed, {failed} failed, {skipped} skipped\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
