"""Availability from several witnesses, as it is written and as it is written wrongly."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slm_stream.domain.catalogue import Condition, Source, Witness
from slm_stream.domain.witness_rule import MinuteRule, WitnessPolicy, WitnessRule
from slm_stream.spec.loader import load

C, A = "catalogue/shop.yaml", "agreements/shop.yaml"
ONE = "{name: up, kind: availability, from: probes}"
THREE = (
    "{name: up, kind: availability, from: [probes, transactions, incidents], "
    'valid: {transactions: ["status != 404"]}, good: {transactions: ["status < 500"]}}'
)
UP, TOLD = "{name: up, indicator: up, ", "{name: told, indicator: outages, "
Spoil = Callable[..., list[str]]


@pytest.fixture
def witnessed(folder: Path) -> Path:
    """Return a folder in which three witnesses are heard."""
    put(folder, C, ONE, THREE)
    return folder


def put(folder: Path, file: str, there: str, written: str) -> None:
    """Write one thing in place of another."""
    text = (folder / file).read_text()
    assert there in text
    (folder / file).write_text(text.replace(there, written, 1))


def test_witnesses_and_their_rule_are_read(witnessed: Path) -> None:
    """Everything that can be said, said."""
    put(
        witnessed,
        A,
        UP,
        UP + "witnesses: {rule: majority, order: [transactions, probes, incidents], "
        'transactions: {min_valid: 5, degraded_below: "98 %", down_below: "40 %"}, '
        "degraded: down, disagreement: 5m}, ",
    )
    promises = load(witnessed)

    indicator = promises.services[0].indicator("up")
    assert indicator.by == "probes, transactions and incidents"
    assert indicator.heard == (
        Witness(Source.PROBES),
        Witness(
            Source.TRANSACTIONS,
            (Condition("status", "!=", 404.0),),
            (Condition("status", "<", 500.0),),
        ),
        Witness(Source.INCIDENTS),
    )
    assert promises.agreements[0].objectives[0].witness_rule == WitnessRule(
        WitnessPolicy.MAJORITY,
        (Source.TRANSACTIONS, Source.PROBES, Source.INCIDENTS),
        MinuteRule(5, 98_000_000, 40_000_000),
        degraded_is_down=True,
        disagreement_s=300,
    )


def test_several_witnesses_have_a_rule_by_default(witnessed: Path) -> None:
    """Any that says down is believed; ten minutes of disagreement are an event."""
    rule = load(witnessed).agreements[0].objectives[0].witness_rule

    assert rule == WitnessRule(WitnessPolicy.ANY, disagreement_s=600)


def test_transactions_may_be_the_only_witness(folder: Path) -> None:
    """What is good may be said, and how many make a minute."""
    put(folder, C, ONE, ONE.replace("probes", 'transactions, good: ["status < 500"]'))
    put(folder, A, UP, UP + "witnesses: {transactions: {min_valid: 1}}, ")
    promises = load(folder)

    (heard,) = promises.services[0].indicator("up").heard
    assert heard == Witness(Source.TRANSACTIONS, good=(Condition("status", "<", 500.0),))
    rule = promises.agreements[0].objectives[0].witness_rule
    assert (rule.minutes.min_valid, rule.disagreement_s) == (1, 0)


# (what is there, what is written instead, what is told)
CATALOGUE = [
    (
        "kind: availability, from: [",
        "kind: ratio, from: [",
        "from: ratio is told by one witness, only availability by several; "
        "write for example from: probes",
    ),
    (
        "[probes, transactions, incidents]",
        "[transactions]",
        "from: is a list for several witnesses; write from: transactions",
    ),
    (
        "[probes, transactions, incidents]",
        "[probes, transactions, probes]",
        "from, 3: probes is listed twice; keep one",
    ),
    (
        "[probes, transactions, incidents]",
        "[probes, transactions, feedback]",
        "from, 3: availability cannot be told from feedback; "
        "known: probes, transactions, incidents",
    ),
    (
        "[probes, transactions, incidents]",
        "[probes, transactions, incident]",
        "from, 3: 'incident' is not known; did you mean incidents?",
    ),
    (
        'valid: {transactions: ["status != 404"]}',
        'valid: {phone: ["status != 404"]}',
        "valid, phone: 'phone' is not among from; known: probes, transactions, incidents",
    ),
    (
        'valid: {transactions: ["status != 404"]}',
        'valid: ["status != 404"]',
        "valid: does not say which witness it is about; "
        'write for example {transactions: ["status != 404"]}',
    ),
    (
        "status != 404",
        "state != 404",
        "valid, transactions, 1: transactions have no field 'state'; did you mean status?",
    ),
    (
        'valid: {transactions: ["status != 404"]}, good: {transactions: ["status < 500"]}',
        'good: {incidents: ["impact == none"]}',
        "good, incidents: tickets report outages, none of them is good; move it to valid",
    ),
    (
        "status != 404",
        "status > 500",
        'good, transactions: "status > 500" and "status < 500" exclude each other, nothing '
        "would be good; all conditions of a list must hold, so take one out",
    ),
    (
        "status != 404",
        "status < 500",
        "good, transactions: repeats valid, so that all that is valid is good; "
        "take the condition out of valid",
    ),
]
AGREEMENTS = [
    (UP, "rule: most", "witnesses, rule: 'most' is not known; "
     "known: any, majority, precedence"),
    (UP, "order: [probes, transactions]",
     "witnesses, order: leaves out incidents; add it"),
    (UP, "order: [probes, probes, transactions, incidents]",
     "witnesses, order, 2: probes is listed twice; keep one"),
    (UP, "ordre: []", "witnesses, ordre: is not known here; did you mean order?"),
    (UP, "degraded: no", "witnesses, degraded: 'no' is not known; known: up, down"),
    (UP, "transactions: {min_valid: 0}",
     "witnesses, transactions, min_valid: 0 is too small; write 1 or more"),
    (UP, 'transactions: {degraded_below: "40 %"}',
     "witnesses, transactions, down_below: 50 % is above degraded_below, 40 %, so that nothing "
     "would be degraded; write less, or the same"),
    (UP, "disagreement: soon",
     "witnesses, disagreement: 'soon' is not a duration; "
     "write for example 300ms, 30s, 5m, 4h or 28d"),
    (TOLD, "rule: majority", "witnesses, rule: joins several witnesses, but "
     "indicator outages hears incidents only; take it out"),
    (TOLD, "degraded: down", "witnesses, degraded: is about transactions, which "
     "indicator outages (availability from incidents) does not hear; take it out"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "written", "told"), CATALOGUE)
def test_a_mistake_in_the_witnesses_is_told_alone(
    witnessed: Path, mistakes: Callable[[], list[str]], there: str, written: str, told: str
) -> None:
    """With its line and its remedy."""
    put(witnessed, C, there, written)

    assert mistakes() == [f"{C}:4: service shop, indicator up, {told}"]


@pytest.mark.parametrize(("objective", "written", "told"), AGREEMENTS)
def test_a_mistake_in_the_rule_is_told_alone(
    witnessed: Path,
    mistakes: Callable[[], list[str]],
    objective: str,
    written: str,
    told: str,
) -> None:
    """With its line and its remedy."""
    put(witnessed, A, objective, f"{objective}witnesses: {{{written}}}, ")
    line, name = (11, "up") if objective == UP else (15, "told")

    assert mistakes() == [f"{A}:{line}: agreement sla-shop, objective {name}, {told}"]


def test_an_interval_is_of_probes(folder: Path, mistakes: Callable[[], list[str]]) -> None:
    """It is read with several witnesses too, and refused where probes are none of them."""
    put(folder, C, ONE, ONE.replace("probes", "[probes, incidents], interval: 1m"))
    assert load(folder).services[0].indicator("up").interval_s == 60

    put(folder, C, "[probes, incidents]", "[transactions, incidents]")
    assert mistakes() == [
        f"{C}:4: service shop, indicator up, interval: is how often probes come, only they do; "
        "take it out"
    ]


def test_an_order_names_only_who_is_heard(folder: Path, mistakes: Callable[[], list[str]]) -> None:
    """Two are heard here."""
    put(folder, C, ONE, ONE.replace("probes", "[probes, incidents]"))
    put(folder, A, UP, f"{UP}witnesses: {{order: [probes, incidents, transactions]}}, ")

    assert mistakes() == [
        f"{A}:11: agreement sla-shop, objective up, witnesses, order, 3: indicator up does not "
        "hear transactions; known: probes, incidents"
    ]
