"""Run every contender over the same records on one broker; print and keep the ratios.

Contenders, each in its own process, its answers checked:

* ours: `slm worker`, 50 services with 20 indicators and 20 objectives each
* mix: the same with indicators of all kinds, reading probes and incidents besides; see `mix.py`
* plain loop: aiokafka `getmany`, msgspec, group-by; see `plain_loop.py`
* batch loop: record batches, msgspec, the same group-by; see `batch_loop.py`
* Faust: an agent and a tumbling table, over fewer records; see `faust_guide.py`

CPU seconds are those of the contender's own process, from its first record to its last.
Seconds depend on the machine and on what else it does; ratios of one round hardly do. Each
figure is the median of its rounds.

Run: make bench, or python -m benchmarks.run --help
"""

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import URLError

import numpy as np
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient

from benchmarks import engine
from benchmarks.answers import OurAnswers, WrongAnswerError, check_groups
from benchmarks.data import PARTITIONS, SERVICES, Transactions, make_up, write, write_events
from benchmarks.mix import events, write_mix
from benchmarks.promises import write_promises
from slm_stream.adapters.kafka_admin import create_topics
from slm_stream.adapters.local_kafka import LocalKafka
from slm_stream.codec.topics import TICKS, TOPICS, TRANSACTIONS, TopicShape

FEW = "bench.first-transactions"
RESULTS = Path(__file__).with_name("results.json")
WANTED = {"plain_20": 1.0, "faust": 50.0}
DEAREST_MIX = 1.2
"""What a transaction may cost the engine with indicators of all kinds, over one with plain ones."""
NAMES = ("ours", "mix", "plain", "batch", "faust")
PATIENCE_S = 60
Result = dict[str, Any]


class Bench:
    """One broker with the records on it.

    Parameters
    ----------
    broker : str
    folder : Path
        For promises and what contenders say.
    transactions : Transactions
    n_few : int
        How many of them Faust gets.
    """

    def __init__(self, broker: str, folder: Path, transactions: Transactions, n_few: int) -> None:
        self._broker = broker
        self._log = folder / "contender.log"
        self._promises = {"ours": folder / "promises", "mix": folder / "mix"}
        self._transactions = transactions
        self._few = transactions.first(n_few)
        for name, write_all in (("ours", write_promises), ("mix", write_mix)):
            self._promises[name].mkdir()
            write_all(self._promises[name])
        self._answers = {
            name: OurAnswers(transactions, path) for name, path in self._promises.items()
        }

    def write(self) -> float:
        """Make the topics and write the records; return the mean size of a value in bytes."""
        create_topics(self._broker, PARTITIONS, 1, (*TOPICS, TopicShape(FEW)))
        write(self._few, self._broker, FEW)
        first_ms, last_ms = (int(at(self._transactions.at_ms)) for at in (np.min, np.max))
        write_events(events(first_ms, last_ms), self._broker)
        return write(self._transactions, self._broker, TRANSACTIONS)

    def run(self, name: str, nth: int) -> Result:
        """Run one contender, check its answers, and say what it took."""
        if name in self._promises:
            return self._run_ours(name, f"bench-{name}-{nth}")
        if name == "faust":
            return self._run_loop("faust_guide", FEW, self._few)
        return self._run_loop(f"{name}_loop", TRANSACTIONS, self._transactions)

    def _run_loop(self, module: str, topic: str, transactions: Transactions) -> Result:
        with self._started(module, self._broker, topic, str(len(transactions))) as process:
            result = self._result(process)
        check_groups(module, transactions, result.pop("groups"))
        return result

    def _run_ours(self, name: str, app_id: str) -> Result:
        self._forget_ticks()
        port = _free_port()
        environment = {
            "SLM_APP_ID": app_id,
            "SLM_BROKER": self._broker,
            "SLM_CONFIG": str(self._promises[name]),
            "SLM_PARTITIONS": str(PARTITIONS),
            "SLM_METRICS_PORT": str(port),
        }
        n = str(len(self._transactions))
        with self._started("ours", n, **environment) as process:
            result = self._result(process)
            self._answers[name].check_changelog(self._broker, f"{app_id}-sli-changelog")
            page = f"http://127.0.0.1:{port}/metrics"
            if not any(_soon(lambda: self._answers[name].shown(page))):
                msg = "our worker's page never showed the right figures"
                raise WrongAnswerError(msg)
        return result

    def _forget_ticks(self) -> None:
        """Leave no time that the worker of an earlier round has sent."""
        everything = [TopicPartition(TICKS, each, OFFSET_END) for each in range(PARTITIONS)]
        admin = AdminClient({"bootstrap.servers": self._broker})
        for done in admin.delete_records(everything).values():
            done.result()

    @contextmanager
    def _started(
        self, module: str, *arguments: str, **environment: str
    ) -> Iterator[subprocess.Popen[str]]:
        with self._log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"benchmarks.{module}", *arguments],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def _result(self, process: subprocess.Popen[str]) -> Result:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("{")), "")
        if not line:
            msg = f"a contender ended early and said:\n{self._log.read_text()[-3000:]}"
            raise SystemExit(msg)
        result: Result = json.loads(line)
        result["per_cpu_s"] = result["records"] / result["cpu_s"]
        return result


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _soon(ask: Any) -> Iterator[bool]:
    """Ask once a second until it is true or patience ends."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            yield ask()
        except URLError:
            yield False
        time.sleep(1)


def ratios_of(rounds: list[dict[str, Result]]) -> dict[str, float]:
    """Return records per CPU second of ours over theirs, the median of the rounds."""
    found = {}
    for ratio, theirs in (("plain_20", "plain"), ("batch_20", "batch"), ("faust", "faust")):
        each = [
            one["ours"]["per_cpu_s"] / one[theirs]["per_cpu_s"]
            for one in rounds
            if {"ours", theirs} <= one.keys()
        ]
        if each:
            found[ratio] = round(median(each), 2)
    return found


def table_of(rounds: list[dict[str, Result]]) -> str:
    """Return the contenders as a table: medians of the rounds."""
    lines = [f"{'':12}{'records':>10}{'CPU s':>9}{'wall s':>9}{'records/CPU s':>16}{'ours is':>9}"]
    ours = median([one["ours"]["per_cpu_s"] for one in rounds]) if "ours" in rounds[0] else None
    for name in rounds[0]:
        cpu_s, wall_s, per_cpu_s = (
            median([one[name][what] for one in rounds]) for what in ("cpu_s", "wall_s", "per_cpu_s")
        )
        times = f"{ours / per_cpu_s:.2f} x" if ours else ""
        lines.append(
            f"{name:12}{rounds[0][name]['records']:>10,}{cpu_s:>9.2f}{wall_s:>9.2f}"
            f"{per_cpu_s:>16,.0f}{times:>9}"
        )
    return "\n".join(lines)


def keep(rounds: list[dict[str, Result]], n_bytes: float, costs: engine.Costs) -> None:
    """Write the results where the documentation and the tests find them."""
    libraries = ("aiokafka", "faust-streaming", "msgspec", "numpy")
    content = {
        "ratios": {**ratios_of(rounds), "mix_transaction": round(engine.mix_ratio(costs), 2)},
        "engine_us": {
            topic: {name: round(us, 2) for name, us in each.items()}
            for topic, each in costs.items()
        },
        "date": datetime.now(UTC).date().isoformat(),
        "records": rounds[0]["ours"]["records"],
        "records_faust": rounds[0]["faust"]["records"],
        "rounds": len(rounds),
        "bytes_per_record": round(n_bytes),
        "partitions": PARTITIONS,
        "services": len(SERVICES),
        "indicators_per_service": 20,
        "objectives_per_service": 20,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in libraries},
        },
        "records_per_cpu_second": {
            name: round(median([one[name]["per_cpu_s"] for one in rounds])) for name in rounds[0]
        },
    }
    RESULTS.write_text(json.dumps(content, indent=2) + "\n")


def main() -> int:
    """Run the benchmark; return 1 where a wanted ratio is missed."""
    options = _options()
    names = [name for name in NAMES if name in options.only]
    transactions = make_up(options.records, int(time.time() * 1000) - 60_000)
    with tempfile.TemporaryDirectory(prefix="slm-bench-") as folder, LocalKafka() as kafka:
        bench = Bench(kafka.bootstrap, Path(folder), transactions, options.faust_records)
        _say(f"writing {len(transactions):,} records")
        n_bytes = bench.write()
        rounds: list[dict[str, Result]] = []
        for nth in range(1, options.rounds + 1):
            rounds.append({})
            for name in names:
                _say(f"round {nth} of {options.rounds}: {name}")
                rounds[-1][name] = bench.run(name, nth)
    print(table_of(rounds))
    ratios = ratios_of(rounds)
    _say("the engine alone")
    costs = engine.measure(options.records // 4, options.rounds)
    print(engine.table_of(costs))
    print("ratios " + ", ".join(f"{name} {ratio}" for name, ratio in ratios.items()))
    if not options.quick and len(names) == len(NAMES):
        keep(rounds, n_bytes, costs)
    missed = [name for name, least in WANTED.items() if ratios.get(name, least) < least]
    for name in missed:
        _say(f"{name} is {ratios[name]}, wanted are {WANTED[name]}")
    dear = engine.mix_ratio(costs) > DEAREST_MIX
    if dear:
        _say(f"a transaction of the mix costs more than {DEAREST_MIX} x a plain one")
    return int(bool(missed) or dear)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--faust-records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few records, one round, not kept")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(NAMES))
    options = parser.parse_args()
    if options.quick:
        options.records, options.faust_records, options.rounds = 400_000, 4_000, 1
    return options


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
