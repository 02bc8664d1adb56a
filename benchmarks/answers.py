"""What the right answers are, counted from the transactions themselves, and what was given."""

import itertools
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from numpy.typing import NDArray
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.data import PARTITIONS, SERVICES, Transactions
from slm_stream.codec import state
from slm_stream.domain.catalogue import Condition, IndicatorKind, Source
from slm_stream.domain.windows import HOUR_MS, MINUTE_MS
from slm_stream.engine.plan import make_plan
from slm_stream.engine.rows import Series
from slm_stream.spec.loader import load

Bool = NDArray[np.bool_]
Counts = NDArray[np.int64]
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class WrongAnswerError(Exception):
    """A contender that counts something else has not taken part."""


def check_groups(name: str, transactions: Transactions, groups: dict[str, list[float]]) -> None:
    """Compare counts (and sums, where given) by service and minute."""
    minutes = transactions.at_ms // MINUTE_MS
    keys, index = np.unique(transactions.service * 10**9 + minutes, return_inverse=True)
    columns = [
        np.bincount(index),
        np.bincount(index, transactions.ok),
        np.bincount(index, transactions.duration_ms),
    ]
    names = [f"{SERVICES[key // 10**9]}/{key % 10**9}" for key in keys.tolist()]
    if sorted(groups) != sorted(names):
        msg = f"{name} counted {len(groups)} groups, there are {len(names)}"
        raise WrongAnswerError(msg)
    given = np.array([groups[key] for key in names], float)
    right = np.stack(columns[: given.shape[1]], axis=1)
    if not np.allclose(given, right, rtol=1e-9, atol=0):
        msg = f"{name} counted {int(given[:, 0].sum())} of {len(transactions)}, or in other groups"
        raise WrongAnswerError(msg)


class OurAnswers:
    """The evidence in our worker's changelog and the figures on its page.

    Parameters
    ----------
    transactions : Transactions
    promises : Path
        The folder that the worker was given.
    """

    def __init__(self, transactions: Transactions, promises: Path) -> None:
        loaded = load(promises)
        self._transactions = transactions
        self._plan = make_plan(loaded.services, loaded.agreements)
        self._minutes = transactions.at_ms // MINUTE_MS
        self._first = int(self._minutes.min())
        self._width = int(self._minutes.max()) - self._first + 1
        order = np.argsort(transactions.service, kind="stable")
        edges = np.searchsorted(transactions.service[order], np.arange(len(SERVICES) + 1))
        self._mine = [order[low:high] for low, high in itertools.pairwise(edges)]

    def check_changelog(self, broker: str, topic: str) -> None:
        """Compare every minute of every series with the blobs, as a restart would find them."""
        given = {
            (s.service, s.key): np.zeros((2, self._width), np.int64) for s in self._plan.series
        }
        for key, raw in _latest(broker, topic).items():
            _, kind, service, hour = state.parse_key(key)
            if kind != state.HOUR:
                continue
            blob = state.decode(raw, state.HourBlob)
            unpacked = state.unpack(blob.tallies, 2 * len(blob.tallied)).reshape(-1, 2, 60)
            at = int(hour) * HOUR_MS // MINUTE_MS - self._first + np.arange(60)
            inside = (at >= 0) & (at < self._width)
            for name, minutes in zip(blob.tallied, unpacked, strict=True):
                given[self._plan.index[service], name][:, at[inside]] += minutes[:, inside]
        for series in filter(self._is_counted, self._plan.series):
            if not np.array_equal(given[series.service, series.key], self._right(series)):
                msg = f"our worker counted {SERVICES[series.service]} otherwise: {series}"
                raise WrongAnswerError(msg)

    def shown(self, page: str) -> bool:
        """Whether the page shows the right figures for every objective of a rolling window."""
        with urlopen(page, timeout=30) as answer:  # noqa: S310 - our own worker
            text = answer.read().decode()
        given = {}
        for family in text_string_to_metric_families(text):
            if family.name == "slm_window_events":
                for sample in family.samples:
                    of = sample.labels
                    given[of["agreement"], of["objective"], of["result"]] = sample.value
        rows = [
            row
            for row in self._plan.rows
            if row.objective.window.period is None
            and row.objective.limit is None
            and row.kind is not IndicatorKind.INDEX
            and self._is_counted(row.series)
        ]
        for row in rows:
            bad, valid = self._right(row.series).sum(1).tolist()
            key = row.agreement.id, row.objective.name
            if (given.get((*key, "bad")), given.get((*key, "good"))) != (bad, valid - bad):
                return False
        return bool(rows)

    def _is_counted(self, series: Series) -> bool:
        """Whether the right answer follows from the transactions' columns alone."""
        fields = {condition.field for condition in (*series.valid, *series.good)}
        return (
            series.source is Source.TRANSACTIONS
            and series.kind in (IndicatorKind.RATIO, IndicatorKind.DURATION)
            and not series.weight
            and all(hasattr(self._transactions, field) for field in fields)
        )

    def _right(self, series: Series) -> Counts:
        """Return bad (durations: microseconds) and valid by minute, shape (2, n_minutes)."""
        where = self._mine[series.service]
        minutes = self._minutes[where] - self._first
        valid = self._hold(series.valid, where)
        bad = valid & ~self._hold(series.good, where)
        if series.kind is IndicatorKind.DURATION:
            weights = np.rint(self._transactions.duration_ms[where] * 1000) * valid
        else:
            weights = bad.astype(float)
        return np.stack(
            [
                np.bincount(minutes, weights, self._width).astype(np.int64),
                np.bincount(minutes, valid, self._width).astype(np.int64),
            ]
        )

    def _hold(self, conditions: tuple[Condition, ...], where: Counts) -> Bool:
        result = np.ones(len(where), bool)
        for condition in conditions:
            values = getattr(self._transactions, condition.field)[where]
            result &= COMPARE[condition.op](values, condition.value)
        return result


def _latest(broker: str, topic: str) -> dict[bytes, bytes]:
    """Return the last value of every key of a topic."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "bench-answers"})
    ends = {
        partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
        for partition in range(PARTITIONS)
    }
    left = {partition for partition, end in ends.items() if end > 0}
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in left])
    found: dict[bytes, bytes] = {}
    while left:
        message = consumer.poll(10)
        if message is None or message.error():
            msg = f"{topic} cannot be read: {message and message.error()}"
            raise WrongAnswerError(msg)
        key, value = message.key(), message.value()
        if key is not None and value is not None:
            found[key] = value
        if message.offset() >= ends[message.partition()] - 1:
            left.discard(message.partition())
    consumer.close()
    return found
