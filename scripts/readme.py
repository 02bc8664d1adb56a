"""The parts of README that programs print: what the example promises, what the benchmark found."""

import json
import re
from pathlib import Path

from slm_stream.cli.check import report
from slm_stream.codec.topics import INCIDENTS, PROBES
from slm_stream.spec.loader import load

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
SHOWN_PROMISES = 8


def readme() -> str:
    """Return README with its generated parts as they are now."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, part in (("check", _promises()), ("bench", _figures())):
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)"
        text = re.sub(
            pattern, lambda found, part=part: f"{found[1]}{part}{found[2]}", text, flags=re.S
        )
    return text


def _promises() -> str:
    lines = report(load(ROOT / "config"))
    table = lines[lines.index("") + 1 :]
    shown = [line.rstrip() for line in table[: 1 + SHOWN_PROMISES]]
    return "```\n" + "\n".join([*shown, "…"]) + "\n```\n"


def _figures() -> str:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    ratios, us = results["ratios"], results["engine_us"]
    rows = (
        ("a plain loop (aiokafka, msgspec, group-by) that only counts", ratios["plain_20"]),
        ("a bare loop over record batches, without state", ratios["batch_20"]),
        ("Faust as its guide teaches it, with one table", ratios["faust"]),
    )
    table = "\n".join(f"| {what} | {ratio:.3g} × |" for what, ratio in rows)
    return (
        "One worker with its real state, checkpoints, ticks and evaluation, for 50 services with\n"
        "20 indicators each; records per CPU second against others in the same run, on the same\n"
        "broker (`make bench`):\n\n"
        f"| against | worker |\n|---|---|\n{table}\n\n"
        "With probes, incidents and indicators of all kinds a transaction costs the engine "
        f"{ratios['mix_transaction']:.3g} ×\nas much; a probe result "
        f"{us[PROBES]['mix']:.0f} µs, an update of an incident {us[INCIDENTS]['mix']:.0f} µs.\n"
    )
