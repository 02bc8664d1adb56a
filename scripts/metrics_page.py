"""`docs/metrics.md`, with its table written anew from the code."""

from pathlib import Path

from slm_stream.adapters.prometheus_metrics import as_markdown

BEGIN, END = "<!-- The table is written by `make docs`. -->\n\n", "\n<!-- End of the table. -->\n"


def metrics_page() -> str:
    """Return the page as it is, but for what stands between the two marks."""
    page = Path(__file__).parents[1] / "docs" / "metrics.md"
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    return head + BEGIN + as_markdown() + END + rest.partition(END)[2]
