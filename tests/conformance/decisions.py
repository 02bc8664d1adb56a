"""Which cases of other products are declined: what the tables of ADR 6 say, read from there."""

import re
from functools import cache
from pathlib import Path

ADR = Path(__file__).parents[2] / "docs" / "adr" / "0006-cases-of-other-products.md"

_ROW = re.compile(r"\| `([^`]+)` \| (adopted|declined) \| (\S.*?) \|")


def read_decisions(text: str) -> list[tuple[str, str, str]]:
    """Return (case id, adopted or declined, reason) of every row, in the order of the page."""
    rows = (_ROW.fullmatch(line.strip()) for line in text.splitlines())
    return [(row[1], row[2], row[3]) for row in rows if row]


@cache
def declined() -> dict[str, str]:
    """Return the reason by the id of each declined case."""
    decisions = read_decisions(ADR.read_text(encoding="utf-8"))
    return {case_id: reason for case_id, decision, reason in decisions if decision == "declined"}
