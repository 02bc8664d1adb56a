"""What a transaction costs the engine alone, without a broker: with plain promises and a full mix.

The mix has twenty indicators of all kinds for each of fifty services, and probes and incidents
besides. Shown apart are the intake of transactions, that of probes and incidents, and a tick
(judging a thousand objectives, writing a checkpoint of what has changed), which comes once a
second whatever the load. CPU seconds depend on the machine, so both run in one process in turn,
and the figure is the ratio of medians.

Run: python -m benchmarks.engine [--records N] [--rounds N] [--profile]
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.data import make_up
from benchmarks.mix import events, write_mix
from benchmarks.promises import write_promises
from slm_stream.codec import topics
from slm_stream.codec.runs import Run
from slm_stream.domain.windows import MINUTE_MS
from slm_stream.engine.core import Engine, EngineConfig
from slm_stream.spec.loader import load
from slm_stream.testing import MemoryStore

END_MS = 1_777_593_600_000  # 2026-05-01T00:00Z
BATCH = 5_000
NEVER_MS = 2**60
WRITERS = {"plain": write_promises, "mix": write_mix}
BATCHES_A_TICK = 10
Costs = dict[str, dict[str, float]]
Batches = list[tuple[str, int, list[bytes | None]]]


def batches(n: int, *, mixed: bool) -> Batches:
    """Return (topic, instant, payloads) in the order of time, ticks among them."""
    transactions = make_up(n, END_MS)
    values: list[bytes | None] = [value.encode() for _, value in transactions.payloads()]
    found: Batches = []
    last_ms = 0
    for low in range(0, n, BATCH):
        at_ms = int(transactions.at_ms[low : low + BATCH].max())
        found.append((topics.TRANSACTIONS, at_ms, values[low : low + BATCH]))
        if mixed:
            found += list(events(last_ms or at_ms - MINUTE_MS, at_ms))
        last_ms = at_ms
        if low // BATCH % BATCHES_A_TICK == BATCHES_A_TICK - 1:
            found.append((topics.TICKS, at_ms, [b'{"at_ms":%d}' % at_ms]))
    return found


def run(folder: Path, everything: Batches) -> dict[str, float]:
    """Feed all of it to a fresh engine with one partition; return the CPU seconds by topic."""
    promises = load(folder)
    store = MemoryStore()
    config = EngineConfig(refresh_ms=NEVER_MS)
    engine = Engine(promises.services, promises.agreements, store, config)
    engine.assign(0)
    offsets = dict.fromkeys(topics.INPUTS, 0)
    took_s = dict.fromkeys(topics.INPUTS, 0.0)
    for topic, at_ms, values in everything:
        began_s = time.process_time()
        first = offsets[topic]
        offsets[topic] = first + len(values)
        aside = engine.ingest(0, topic, [Run(first, first + len(values) - 1, at_ms, values)])
        if aside:
            msg = f"{topic}: {aside[0].headers}"
            raise SystemExit(msg)
        if topic == topics.TICKS:
            engine.evaluate(0, {})
            state = engine.partition(0)
            store.write(state.frozen())
            state.cool()
            state.verdicts.left(len(engine.leaving(0)))
        took_s[topic] += time.process_time() - began_s
    return took_s


def measure(n: int, rounds: int) -> Costs:
    """Return the CPU microseconds of one message by topic and promises, medians of rounds."""
    with tempfile.TemporaryDirectory(prefix="slm-bench-") as temporary:
        folders = {name: Path(temporary) / name for name in WRITERS}
        for name, write in WRITERS.items():
            folders[name].mkdir()
            write(folders[name])
        made = {name: batches(n, mixed=name == "mix") for name in WRITERS}
        took: dict[str, list[dict[str, float]]] = {name: [] for name in WRITERS}
        for _ in range(rounds):
            for name in WRITERS:
                took[name].append(run(folders[name], made[name]))
    return {
        topic: {
            name: 1e6 * median(one[topic] for one in took[name]) / max(1, _count(made[name], topic))
            for name in WRITERS
        }
        for topic in topics.INPUTS
    }


def _count(made: Batches, topic: str) -> int:
    return sum(len(values) for each, _, values in made if each == topic)


def table_of(costs: Costs) -> str:
    """Return the costs as a table."""
    lines = [f"{'engine, CPU us each':24}" + "".join(f"{name:>12}" for name in WRITERS)]
    lines += [
        f"{topic:24}" + "".join(f"{us:12.2f}" for us in each.values())
        for topic, each in costs.items()
        if any(each.values())
    ]
    return "\n".join(
        [*lines, f"a transaction of the mix costs {mix_ratio(costs):.2f} x a plain one"]
    )


def mix_ratio(costs: Costs) -> float:
    """Return what a transaction costs with indicators of all kinds, over one with plain ones."""
    return costs[topics.TRANSACTIONS]["mix"] / costs[topics.TRANSACTIONS]["plain"]


def main() -> None:
    """Measure, or show where the time of the mix goes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine")
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="where the time of the mix goes")
    options = parser.parse_args()
    if not options.profile:
        print(table_of(measure(options.records, options.rounds)))
        return
    with tempfile.TemporaryDirectory(prefix="slm-bench-") as temporary:
        write_mix(Path(temporary))
        profile = cProfile.Profile()
        profile.runcall(run, Path(temporary), batches(options.records, mixed=True))
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
