"""The slow twin of witnesses: what probes, transactions and tickets say, by span and minute."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from slm_stream.codec.messages import IncidentUpdate, Probe
from slm_stream.domain.agreement import ProbeRule
from slm_stream.domain.catalogue import Condition, Indicator, Source
from slm_stream.domain.witness_rule import MinuteRule, WitnessRule
from tests import naive, naive_tickets

MINUTE = 60_000
UP, DOWN, UNKNOWN = "up", "down", "unknown"
SPAN = tuple[int, int, str]


def probes(mine: Iterable[Any], indicator: Indicator) -> dict[tuple[int, str], bool]:
    """Return results by instant and location; the first to arrive stands."""
    found: dict[tuple[int, str], bool] = {}
    for m in mine:
        if isinstance(m, Probe) and all(holds(c, m) for c in indicator.valid):
            ok = all(holds(c, m) for c in indicator.good) if indicator.good else m.ok
            found.setdefault((m.at_ms, m.location), ok)
    return found


def up_and_down(results: dict[tuple[int, str], bool], rule: ProbeRule, now: int) -> list[SPAN]:
    """Return the service's state by span, short outages struck off once their time has come."""
    places = {
        name: _place(
            [(at, ok) for (at, where), ok in sorted(results.items()) if where == name], rule
        )
        for name in {where for _, where in results}
    }
    points = sorted(
        {at for spans in places.values() for low, high, _ in spans for at in (low, high)}
    )
    joined: list[SPAN] = []
    for low, high in pairwise(points):
        states = [state_at(spans, low) for spans in places.values()]
        known = [s for s in states if s != UNKNOWN]
        state = UNKNOWN
        if known:
            state = DOWN if known.count(DOWN) >= rule.quorum else UP
        if joined and joined[-1][2] == state:
            joined[-1] = (joined[-1][0], high, state)
        else:
            joined.append((low, high, state))
    struck = []
    for i, (low, high, state) in enumerate(joined):
        ends_up = i + 1 < len(joined) and joined[i + 1][2] == UP
        short = high - low < rule.strike_off_s * 1000
        due = high + rule.strike_off_after_s * 1000
        is_struck = state == DOWN and ends_up and short and due <= now
        struck.append((low, high, UP if is_struck else state))
    return struck


def _place(results: list[tuple[int, bool]], rule: ProbeRule) -> list[SPAN]:
    """Return one location's state by span: confirmed results, held until the next or `hold_s`."""
    hold = rule.hold_s * 1000
    chains: list[list[tuple[int, bool]]] = []
    for at, ok in results:
        if chains and at - chains[-1][-1][0] <= hold:
            chains[-1].append((at, ok))
        else:
            chains.append([(at, ok)])
    spans: list[SPAN] = []
    for chain in chains:
        state = UNKNOWN
        points: list[tuple[int, str]] = []
        for first, ok, n in _in_a_row(chain):
            needed = rule.recover_after if ok else rule.fail_after
            wanted = UP if ok else DOWN
            if state != wanted and (n >= needed or (ok and state == UNKNOWN)):
                state = wanted
                points.append((first, state))
        ends = [at for at, _ in points[1:]] + [chain[-1][0] + hold] if points else []
        spans += [(at, end, s) for (at, s), end in zip(points, ends, strict=True)]
    return spans


def _in_a_row(chain: Sequence[tuple[int, bool]]) -> Iterator[tuple[int, bool, int]]:
    i = 0
    while i < len(chain):
        n = 1
        while i + n < len(chain) and chain[i + n][1] == chain[i][1]:
            n += 1
        yield chain[i][0], chain[i][1], n
        i += n


def state_at(spans: list[SPAN], at: int) -> str:
    """Return the state of spans at an instant."""
    for low, high, state in spans:
        if low <= at < high:
            return state
    return UNKNOWN


def outage_union(mine: list[Any], indicator: Indicator, since: int, now: int) -> list[SPAN]:
    """Return up and down by what tickets report."""
    outages = []
    for updates in tickets(mine).values():
        if not all_hold(indicator.valid, updates) or _cancelled(updates):
            continue
        start, end = latest(updates, "impact_start_ms"), latest(updates, "impact_end_ms")
        if start is None:
            start = updates[0].at_ms
        if end is None:
            for update in reversed(updates):
                if update.status not in ("resolved", "closed"):
                    break
                end = update.at_ms
        outages.append((start, now if end is None else end))
    points = sorted({since, now, *(p for span in outages for p in span if since < p < now)})
    return [
        (low, high, DOWN if any(a <= low < b for a, b in outages) else UP)
        for low, high in pairwise(points)
    ]


def contradict(said: dict[Source, list[SPAN]], at: int) -> bool:
    """Whether one witness says up and another down at an instant."""
    return {UP, DOWN} <= {state_at(spans, at) for spans in said.values()}


def by_minute(minutes: dict[int, list[int]], rule: MinuteRule, now: int) -> list[SPAN]:
    """Return what minutes of transactions say once they are over."""
    spans = []
    for minute, (bad, valid) in sorted(minutes.items()):
        start, end = minute * MINUTE, (minute + 1) * MINUTE
        if end > now or valid < rule.min_valid:
            continue
        share = Fraction(valid - bad, valid) * 10**8
        state = UP if share >= rule.degraded_below_e8 else "degraded"
        spans.append((start, end, DOWN if share < rule.down_below_e8 else state))
    return spans


def joined(said: dict[Source, list[SPAN]], rule: WitnessRule) -> list[SPAN]:
    """Return one state by span, degraded counted as the rule says."""
    points = sorted({at for spans in said.values() for low, high, _ in spans for at in (low, high)})
    order = [source for source in rule.order if source in said]
    found = []
    for low, high in pairwise(points):
        heard = {source: state_at(spans, low) for source, spans in said.items()}
        state, _ = naive.witness_verdict(heard, rule.policy, order)
        if state == "degraded":
            state = DOWN if rule.degraded_is_down else UP
        found.append((low, high, state))
    return found


def _cancelled(updates: list[IncidentUpdate]) -> bool:
    """Whether nothing but an end came after a cancellation."""
    for update in reversed(updates):
        if update.status not in ("resolved", "closed"):
            return update.status == "cancelled"
    return False


def per_minute(spans: Iterable[SPAN], now: int) -> dict[int, list[int]]:
    """Return down and known milliseconds of each minute, as far as time has come."""
    minutes: dict[int, list[int]] = {}
    for low, high, state in spans:
        at, stop = low, min(high, now)
        while at < stop and state != UNKNOWN:
            end = min(at - at % MINUTE + MINUTE, stop)
            cell = minutes.setdefault(at // MINUTE, [0, 0])
            cell[0] += (end - at) * (state == DOWN)
            cell[1] += end - at
            at = end
    return minutes


def tickets(mine: Iterable[Any]) -> dict[str, list[IncidentUpdate]]:
    """Return the updates of each incident, oldest first, each once."""
    found: dict[str, list[IncidentUpdate]] = {}
    for m in mine:
        if isinstance(m, IncidentUpdate):
            found.setdefault(m.incident, []).append(m)
    return {name: naive_tickets.in_order(updates) for name, updates in found.items()}


def latest(updates: list[IncidentUpdate], name: str) -> Any:
    """Return the newest value that any update gave a field."""
    for update in reversed(updates):
        value = getattr(update, name)
        if value is not None and value != "":
            return value
    return getattr(updates[-1], name)


def all_hold(conditions: Iterable[Condition], updates: list[IncidentUpdate]) -> bool:
    """Whether the latest values fulfil all conditions."""
    return all(compare(c, latest(updates, c.field)) for c in conditions)


def holds(condition: Condition, measurement: Any) -> bool:
    """Whether a measurement fulfils a condition."""
    return compare(condition, getattr(measurement, condition.field))


def compare(condition: Condition, value: Any) -> bool:
    """Whether a value fulfils a condition."""
    wanted: Any = condition.value
    if value is None:
        return False
    outcomes = {"==": value == wanted, "!=": value != wanted}
    if condition.op not in outcomes:
        outcomes |= {"<": value < wanted, "<=": value <= wanted}
        outcomes |= {">": value > wanted, ">=": value >= wanted}
    return bool(outcomes[condition.op])
