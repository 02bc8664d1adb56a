"""A web shop that never existed: its measurements, from a seed and a table of faults.

Pure and repeatable: the same seed gives the same measurements, in whatever steps they are asked
for, because every block of ten minutes has a random stream of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from slm_stream.cli.demo.faults import FAULTS, START_MS, ZONE, Fault, Ticket, usual_tickets
from slm_stream.codec import topics
from slm_stream.codec.messages import IncidentUpdate, Probe, Transaction

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Routed = tuple[str, Transaction | Probe | IncidentUpdate]

MINUTE_MS = 60_000
BLOCK_MS = 10 * MINUTE_MS
PROBE_EVERY_MS = 2 * MINUTE_MS
LOCATIONS = ("amsterdam", "frankfurt")
CALM_MS = 24 * 60 * MINUTE_MS
"""The first day is without errors: among few transactions a single one is a large share."""
USUAL_FAILING = 0.0002
TICKET_DAYS = 400

# Share of the day's busiest hour, by hour of the local day.
RHYTHM = (
    *(0.20, 0.15, 0.12, 0.10, 0.10, 0.15, 0.30, 0.50, 0.70, 0.85, 0.95, 1.00),
    *(1.00, 0.95, 0.95, 0.90, 0.85, 0.85, 0.90, 1.00, 1.00, 0.90, 0.60, 0.35),
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a service behaves on an ordinary day.

    Attributes
    ----------
    per_minute : float
        Transactions a minute in the busiest hour.
    operations : tuple of str
        Each as often as the others.
    typical_ms : float
        Median duration.
    slow_share, slow_ms : float
        How many take longer than promised, and how long these take at least.
    probed : bool
    """

    service: str
    per_minute: float
    operations: tuple[str, ...]
    typical_ms: float
    slow_share: float
    slow_ms: float
    probed: bool = True


SHOP = (
    Traffic("storefront", 3.5, ("home", "product", "category"), 110, 0.01, 310),
    Traffic("search", 2.5, ("search", "suggest"), 130, 0.02, 420),
    Traffic("catalog", 2.5, ("product", "price", "stock"), 60, 0.002, 260),
    Traffic("checkout", 3.5, ("basket", "pay"), 240, 0.01, 820),
    Traffic("payments", 3.2, ("authorise",), 300, 0.0, 1500, probed=False),
    Traffic("accounts", 3.0, ("sign-in", "profile"), 150, 0.005, 500),
)


class Simulation:
    """The shop from the first of the month on.

    Parameters
    ----------
    seed : int
    faults : iterable of Fault
    """

    def __init__(self, seed: int = 1, faults: Iterable[Fault] = FAULTS) -> None:
        self._seed = seed
        self._faults = tuple(faults)
        tickets = [*usual_tickets(TICKET_DAYS), *(t for f in self._faults for t in f.tickets)]
        updates = [update for ticket in tickets for update in _updates(ticket)]
        self._updates = sorted(updates, key=lambda update: update.at_ms)
        self._update_ms = np.array([update.at_ms for update in self._updates], np.int64)

    def between(self, start_ms: int, end_ms: int) -> list[Routed]:
        """Return what is measured in [start_ms, end_ms), whole blocks, in the order of time.

        Raises
        ------
        ValueError
            The span does not begin and end with a block, or begins before the month.
        """
        if (
            start_ms < START_MS
            or (start_ms - START_MS) % BLOCK_MS
            or (end_ms - start_ms) % BLOCK_MS
        ):
            msg = f"a span must consist of whole blocks of {BLOCK_MS} ms since the month began"
            raise ValueError(msg)
        found: list[tuple[int, Routed]] = []
        for block_ms in range(start_ms, end_ms, BLOCK_MS):
            rng = np.random.default_rng([self._seed, (block_ms - START_MS) // BLOCK_MS])
            for traffic in SHOP:
                found += self._transactions(traffic, block_ms, rng)
                found += self._probes(traffic, block_ms, rng)
        low, high = np.searchsorted(self._update_ms, [start_ms, end_ms]).tolist()
        found += [(u.at_ms, (topics.INCIDENTS, u)) for u in self._updates[low:high]]
        found.sort(key=itemgetter(0))
        return [routed for _, routed in found]

    def failing(self, service: str, at_ms: Int64) -> Float64:
        """Return the probability that a transaction of a service fails, by instant."""
        usual = np.where(at_ms < START_MS + CALM_MS, 0.0, USUAL_FAILING)
        for fault in self._of(service):
            usual = np.where(_during(fault, at_ms), np.maximum(usual, fault.failing), usual)
        return usual

    def slow(self, traffic: Traffic, at_ms: Int64) -> Float64:
        """Return the probability that a transaction takes longer than promised, by instant."""
        share = np.full(len(at_ms), traffic.slow_share)
        for fault in self._of(traffic.service):
            if fault.slow_to:
                passed = (at_ms - fault.start_ms) / (fault.end_ms - fault.start_ms)
                grown = traffic.slow_share + (fault.slow_to - traffic.slow_share) * passed
                share = np.where(_during(fault, at_ms), grown, share)
        return share

    def _transactions(
        self, traffic: Traffic, block_ms: int, rng: np.random.Generator
    ) -> Iterator[tuple[int, Routed]]:
        hour = datetime.fromtimestamp(block_ms / 1000, ZONE).hour
        n = int(rng.poisson(traffic.per_minute * RHYTHM[hour] * BLOCK_MS / MINUTE_MS))
        at_ms = block_ms + rng.integers(0, BLOCK_MS, n)
        ok = rng.random(n) >= self.failing(traffic.service, at_ms)
        usual = np.minimum(traffic.typical_ms * rng.lognormal(0.0, 0.25, n), traffic.slow_ms * 0.9)
        tail = traffic.slow_ms * (1 + 0.4 * rng.random(n))
        duration = np.where(rng.random(n) < self.slow(traffic, at_ms), tail, usual).round(1)
        operation = rng.integers(0, len(traffic.operations), n)
        service = traffic.service
        for at, good, took, what in zip(
            at_ms.tolist(), ok.tolist(), duration.tolist(), operation.tolist(), strict=True
        ):
            status = 200 if good else 503
            name = traffic.operations[what]
            # Only checkout asks for deduplication; an instant and a duration tell its calls apart.
            identity = f"{at}-{took}" if service == "checkout" else ""
            yield (
                at,
                (
                    topics.TRANSACTIONS,
                    Transaction(service, at, good, took, name, status, identity),
                ),
            )

    def _probes(
        self, traffic: Traffic, block_ms: int, rng: np.random.Generator
    ) -> Iterator[tuple[int, Routed]]:
        if not traffic.probed:
            return
        for i, location in enumerate(LOCATIONS):
            first_ms = block_ms + i * MINUTE_MS
            at_ms = np.arange(first_ms, block_ms + BLOCK_MS, PROBE_EVERY_MS)
            down = np.zeros(len(at_ms), bool)
            for fault in self._of(traffic.service):
                down |= _during(fault, at_ms) & fault.down
            took = (traffic.typical_ms * rng.lognormal(0.0, 0.2, len(at_ms))).round(1)
            hits = rng.integers(15, 40, len(at_ms))
            for at, is_down, ms, value in zip(
                at_ms.tolist(), down.tolist(), took.tolist(), hits.tolist(), strict=True
            ):
                read = float(value) if traffic.service == "search" else None
                probe = Probe(traffic.service, at, not is_down, location, ms, read)
                yield at, (topics.PROBES, probe)

    def _of(self, service: str) -> Iterator[Fault]:
        return (fault for fault in self._faults if fault.service == service)


def _during(fault: Fault, at_ms: Int64) -> NDArray[np.bool_]:
    return (at_ms >= fault.start_ms) & (at_ms < fault.end_ms)


def _updates(ticket: Ticket) -> Iterator[IncidentUpdate]:
    work_ms = ticket.opened_ms + min(10 * MINUTE_MS, (ticket.closed_ms - ticket.opened_ms) // 2)
    for status, at_ms in (
        ("opened", ticket.opened_ms),
        ("in_progress", work_ms),
        ("resolved", ticket.closed_ms),
        ("closed", ticket.closed_ms),
    ):
        ended = status in {"resolved", "closed"}
        yield IncidentUpdate(
            service=ticket.service,
            at_ms=at_ms,
            incident=ticket.incident,
            status=status,
            priority=ticket.priority,
            update=f"{ticket.incident}-{status}",
            impact=ticket.impact,
            impact_start_ms=ticket.impact_start_ms,
            impact_end_ms=ticket.impact_end_ms if ended else None,
        )
