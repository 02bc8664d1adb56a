"""Joined witnesses and their outages agree with a walk through every instant."""

from hypothesis import given, settings
from hypothesis import strategies as st

from slm_stream.domain.catalogue import Source
from slm_stream.domain.outages import clipped, outages_of
from slm_stream.domain.spans import Span, union
from slm_stream.domain.timeline import DEGRADED, DOWN, STATES, UNKNOWN, UP, Segment
from slm_stream.domain.witness_rule import WitnessPolicy, WitnessRule
from slm_stream.domain.witnesses import Finding, Panel
from tests import naive

unhurried = settings(deadline=None)
N = 60
states = st.sampled_from([UP, UP, DOWN, DOWN, DEGRADED, UNKNOWN])
lines = st.lists(
    st.tuples(st.integers(0, N - 1), states), max_size=8, unique_by=lambda change: change[0]
).map(lambda changes: _segments(sorted([(0, UNKNOWN), *((at, s) for at, s in changes if at)])))
witnesses = st.dictionaries(st.sampled_from(Source), lines, min_size=1, max_size=3)
spans = st.lists(
    st.tuples(st.integers(0, N), st.integers(0, N)).filter(lambda span: span[0] < span[1]),
    max_size=3,
)
rules = st.builds(
    WitnessRule, st.sampled_from(WitnessPolicy), st.permutations(list(Source)).map(tuple)
)


def _segments(changes: list[tuple[int, int]]) -> list[Segment]:
    ends = [*(at for at, _ in changes[1:]), N]
    return [(at, end, state) for (at, state), end in zip(changes, ends, strict=True)]


def _at(line: list[Segment], at: int) -> str:
    return next(STATES[state] for start, end, state in line if start <= at < end)


def _inside(some: list[Span], at: int) -> bool:
    return any(start <= at < end for start, end in some)


@unhurried
@given(witnesses, rules, spans)
def test_every_instant_has_the_verdict_of_a_count(
    said: dict[Source, list[Segment]], rule: WitnessRule, excluded: list[Span]
) -> None:
    """State, who decided, and when up stood against down."""
    panel = Panel(said, rule)
    found = panel.join(said, excluded)
    clashes = panel.contradictions(said)

    assert [f.start_ms for f in found] == [0, *(f.end_ms for f in found[:-1])]
    order = [source for source in rule.order if source in said]
    for at in range(N):
        heard = {source: _at(line, at) for source, line in said.items()}
        state, witness = naive.witness_verdict(heard, rule.policy, order)
        if _inside(excluded, at):
            state, witness = "excluded", None
        (finding,) = (f for f in found if f.start_ms <= at < f.end_ms)
        assert (STATES[finding.state], finding.witness) == (state, witness), at
        assert _inside(clashes, at) == ({"up", "down"} <= {*heard.values()}), at


@unhurried
@given(lines, spans, spans)
def test_outages_are_those_of_a_walk(
    line: list[Segment], excluded: list[Span], opens: list[Span]
) -> None:
    """Number, agreed and whole length of each."""
    joined = Panel([Source.PROBES], WitnessRule()).join({Source.PROBES: line}, excluded)
    open_spans = union(opens)
    walked = naive.outages_by_instant(
        ["excluded" if _inside(excluded, at) else _at(line, at) for at in range(N)],
        [_inside(open_spans, at) for at in range(N)],
    )

    outages, planned = outages_of(joined)
    found = clipped(outages, open_spans, planned)

    assert [(o.agreed, o.wall - o.agreed) for o in found] == walked
    assert all(isinstance(finding, Finding) for finding in joined)
