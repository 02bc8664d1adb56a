"""Write the table of `docs/metrics.md` anew from the code."""

from pathlib import Path

from slm_stream.adapters.prometheus_metrics import as_markdown

BEGIN, END = "<!-- table: scripts/metrics_table.py -->\n", "<!-- end of table -->\n"


def main() -> None:
    """Replace what stands between the two marks."""
    page = Path(__file__).parents[1] / "docs" / "metrics.md"
    head, _, rest = page.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    page.write_text(head + BEGIN + as_markdown() + END + tail)


if __name__ == "__main__":
    main()
