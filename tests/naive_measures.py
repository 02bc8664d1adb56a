"""The slow twin of measures: every figure from the list of all measurements, second by second."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from slm_stream.codec.messages import Feedback, IncidentUpdate, Probe, Transaction
from slm_stream.domain.agreement import Agreement, Objective
from slm_stream.domain.catalogue import Indicator, IndicatorKind, Service, Source
from tests import naive, naive_tickets
from tests.naive import bounds
from tests.naive_states import holds, probes, up_and_down

MINUTE = 60_000
TOLD = (Source.INCIDENTS, Source.FEEDBACK)
KINDS: dict[Source, type[Any]] = {
    Source.TRANSACTIONS: Transaction,
    Source.PROBES: Probe,
    Source.FEEDBACK: Feedback,
}


class Window:
    """One objective's window at an instant, as a twin sees it."""

    def __init__(self, agreement: Agreement, objective: Objective, now: int) -> None:
        calendar: Any = agreement.calendar
        self._calendar = calendar
        self._agreement = agreement
        self.start, end = bounds(objective.window, now, calendar.zone)
        self.end = min(end, now)
        self._open: dict[int, bool] = {}

    def agreed_s(self) -> int:
        """Count the agreed seconds so far."""
        return sum(1 for _ in self.seconds())

    def seconds(self) -> Iterator[int]:
        """Yield every agreed second of the window that begins before its end."""
        for at_s in range(-(-self.start // 1000), self.end // 1000):
            if self._agreed(at_s * 1000) and self._is_open(at_s * 1000):
                yield at_s

    def counts(self, at_ms: int) -> bool:
        """Whether a measurement counts: its minute begins inside, agreed and in force."""
        minute = at_ms // MINUTE * MINUTE
        inside = self.start <= minute < -(-self.end // MINUTE) * MINUTE
        return inside and self._agreed(minute) and self._is_open(minute)

    def _agreed(self, at_ms: int) -> bool:
        until = self._agreement.effective_to_ms
        since = self._agreement.effective_from_ms
        return since <= at_ms and (until is None or at_ms < until)

    def _is_open(self, at_ms: int) -> bool:
        minute = at_ms // MINUTE
        if minute not in self._open:
            self._open[minute] = naive.is_open(self._calendar, minute * 60)
        return self._open[minute]


def figure(  # noqa: PLR0917 - a twin is told everything
    objective: Objective,
    indicator: Indicator,
    service: Service,
    window: Window,
    arrived: Iterable[Any],
    now: int,
) -> tuple[Fraction | None, bool]:
    """Return a figure (None where there is none), and whether anything is known."""
    arrived = list(arrived)
    if indicator.kind is IndicatorKind.AVAILABILITY:
        return _availability(objective, indicator, window, arrived, now)
    if indicator.kind is IndicatorKind.INDEX:
        return _index(objective, indicator, service, window, arrived)
    if indicator.kind is IndicatorKind.RATIO:
        bad, valid = _ratio(indicator, window, arrived)
        value: dict[str, Fraction | None] = {
            "share": 1 - Fraction(bad, valid) if valid else None,
            "count": Fraction(bad),
            "total": Fraction(valid),
        }
        if objective.measure == "rate":
            hours = Fraction(window.agreed_s(), 3600)
            value["rate"] = bad / hours if hours else None
        return value[objective.measure], valid > 0 or indicator.source in TOLD
    field = indicator.field or "duration_ms"
    unit = 1000 if indicator.kind is IndicatorKind.DURATION else 1
    digits = 1000
    numbers = [
        Fraction(round(getattr(m, field) * digits), digits * unit)
        for m in _mine(indicator, window, arrived)
        if getattr(m, field) is not None
    ]
    if objective.measure == "throughput":
        seconds = window.agreed_s()
        return Fraction(len(numbers), seconds) if seconds else None, bool(numbers)
    if objective.measure == "total":
        return Fraction(len(numbers)), bool(numbers) or indicator.source is Source.FEEDBACK
    total = sum(numbers, Fraction(0))
    mean = total / len(numbers) if numbers else None
    return (mean if objective.measure == "mean" else total), bool(numbers)


def _mine(indicator: Indicator, window: Window, arrived: list[Any]) -> list[Any]:
    """Return the valid measurements of the window, probes and named feedback once."""
    assert indicator.source is not None
    if indicator.source is Source.INCIDENTS:
        return _tickets(indicator, window, arrived)
    of_kind = [m for m in arrived if isinstance(m, KINDS[indicator.source])]
    if indicator.source is Source.FEEDBACK:
        known: set[tuple[str, int]] = set()
        once = []
        for said in of_kind:
            if said.id and (said.id, said.at_ms // 3_600_000) in known:
                continue
            known.add((said.id, said.at_ms // 3_600_000))
            once.append(said)
        of_kind = once
    return [
        m
        for m in of_kind
        if window.counts(m.at_ms) and all(holds(each, m) for each in indicator.valid)
    ]


def _tickets(indicator: Indicator, window: Window, arrived: list[Any]) -> list[Any]:
    """Return each ticket that counts as one update, with the latest of everything."""
    found = []
    updates = [m for m in arrived if isinstance(m, IncidentUpdate)]
    for name in {m.incident for m in updates}:
        mine = naive_tickets.in_order(m for m in updates if m.incident == name)
        values: dict[str, Any] = {
            field: naive_tickets.latest(mine, field)
            for field in ("priority", "category", "first_contact", "weight")
        }
        values["reopened"] = any(m.status == "reopened" for m in mine)
        ticket = SimpleNamespace(**values)
        counts = mine[-1].status != "cancelled" and window.counts(mine[0].at_ms)
        if counts and all(holds(each, ticket) for each in indicator.valid):
            found.append(ticket)
    return found


def _ratio(indicator: Indicator, window: Window, arrived: list[Any]) -> tuple[int, int]:
    bad = valid = 0
    for m in _mine(indicator, window, arrived):
        weight = 1
        if indicator.weight and getattr(m, indicator.weight) is not None:
            weight = getattr(m, indicator.weight)
        valid += weight
        if indicator.bad:
            bad += min(weight, getattr(m, indicator.bad) or 0)
        elif not all(holds(each, m) for each in indicator.good):
            bad += weight
    return bad, valid


def _index(
    objective: Objective,
    indicator: Indicator,
    service: Service,
    window: Window,
    arrived: list[Any],
) -> tuple[Fraction | None, bool]:
    total = weights = Fraction(0)
    for name, weight in indicator.parts:
        bad, valid = _ratio(service.indicator(name), window, arrived)
        if valid:
            share = Fraction((valid - bad) * 10**8 // valid, 10**8)
            if objective.measure == "completeness":
                share = Fraction(share >= Fraction(indicator.works_at_e8, 10**8))
            total += weight * share
            weights += weight
    return (total / weights if weights else None), bool(weights)


def _availability(
    objective: Objective, indicator: Indicator, window: Window, arrived: list[Any], now: int
) -> tuple[Fraction | None, bool]:
    results = probes([m for m in arrived if isinstance(m, Probe)], indicator)
    spans = up_and_down(results, objective.probe_rule, now)
    state = {s: what for at, to, what in spans for s in range(at // 1000, -(-to // 1000))}
    agreed = set(window.seconds())
    known = sum(1 for s in agreed if state.get(s, "unknown") != "unknown")
    down = sorted(s for s, what in state.items() if what == "down")
    outages: list[int] = []
    previous = None
    for s in down:
        if window.start // 1000 <= s < window.end // 1000:
            if previous != s - 1 or not outages:
                outages.append(0)
            outages[-1] += s in agreed
            previous = s
    outages = [length for length in outages if length]
    n, lost = len(outages), sum(outages)
    above, below = {
        "downtime": (lost, 1),
        "outages": (n, 1),
        "longest_outage": (max(outages, default=0), 1),
        "mtbf": (known - lost, n),
        "mtbsi": (known, n),
        "mtrs": (lost, n),
    }[objective.measure]
    return (Fraction(above, below) if below else None), known > 0
