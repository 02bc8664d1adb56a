"""Conditions on measurements."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.catalogue import Condition, Source
from slm_stream.domain.conditions import contradiction, parse_condition, written

T, P, I = Source.TRANSACTIONS, Source.PROBES, Source.INCIDENTS  # noqa: E741


@pytest.mark.parametrize(
    ("text", "source", "condition"),
    [
        ("ok == true", T, Condition("ok", "==", True)),
        ("ok!=false", P, Condition("ok", "!=", False)),
        ("status >= 500", T, Condition("status", ">=", 500.0)),
        ("value > -1.5e3", P, Condition("value", ">", -1500.0)),
        ("operation == sign-in", T, Condition("operation", "==", "sign-in")),
        ("operation == 'GET /cart'", T, Condition("operation", "==", "GET /cart")),
        ("operation == 404", T, Condition("operation", "==", "404")),
        ("priority != P4", I, Condition("priority", "!=", "P4")),
        ("status == in_progress", I, Condition("status", "==", "in_progress")),
    ],
)
def test_conditions_are_read_by_their_field(
    text: str, source: Source, condition: Condition
) -> None:
    """The field says whether a literal is text, a number or a truth."""
    assert parse_condition(text, source) == condition


@pytest.mark.parametrize(
    ("text", "source", "told"),
    [
        ("ok", T, "'ok' is not a condition; "
         'write "field op value", such as "ok == true"'),
        ("ok ==", T, "'ok ==' is not a condition; "
         'write "field op value", such as "ok == true"'),
        (5, I, '5 is not a condition; write "field op value", such as "priority == P1"'),
        ("ok = true", T, "'=' is not an operator; write \"ok == true\""),
        ("status => 500", T, "'=>' is not an operator; use == != < <= > >="),
        ("location == ams", T, "transactions have no field 'location'; did you mean operation?"),
        ("value == 1", I, "incidents have no field 'value'; known: priority, impact, status, "
             "category, group, public, reopened, first_contact, weight"),
        ("ok > false", T, "ok is true or false, > does not compare it; use == or !="),
        ("location < ams", P, "location is text, < does not compare it; use == or !="),
        ("ok == 1", T, 'ok is true or false, 1 is neither; write "ok == true" or "ok == false"'),
        ("status == ok", T, 'status is a number, ok is not; write for example "status >= 500"'),
        ("duration_ms < inf", T,
         'duration_ms is a number, inf is not; write for example "duration_ms >= 500"'),
        ("location == ''", P,
         "location is compared with nothing; a field without a value fulfils no condition"),
        ("status == open", I, "status is never 'open'; did you mean opened?"),
    ],
)  # fmt: skip
def test_impossible_conditions_are_refused(text: object, source: Source, told: str) -> None:
    """The sentence says what is possible."""
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        parse_condition(text, source)


@pytest.mark.parametrize(
    ("texts", "possible"),
    [
        (["status > 500", "status < 400"], False),
        (["status >= 500", "status <= 500"], True),
        (["status > 500", "status < 501"], False),  # no whole number lies between
        (["duration_ms > 500", "duration_ms < 501"], True),
        (["duration_ms > 500", "duration_ms <= 500"], False),
        (["status == 404", "status != 404"], False),
        (["status == 404", "status != 500"], True),
        (["status != 404", "status != 500"], True),
        (["status >= 400", "status != 404"], True),
        (["status == 200", "status == 201"], False),
        (["operation == pay", "operation == search"], False),
        (["operation == pay", "operation != search"], True),
        (["operation == pay", "operation != pay"], False),
        (["ok == true", "ok != false"], True),
        (["ok == true", "ok == false"], False),
        (["ok != true", "ok != false"], False),
        (["ok == true", "status < 400"], True),
    ],
)
def test_contradictions_are_found(texts: list[str], *, possible: bool) -> None:
    """Whether any measurement could fulfil all conditions."""
    conditions = [parse_condition(text, T) for text in texts]

    assert (contradiction(conditions, T) is None) == possible


_OPERATORS = {
    "==": int.__eq__,
    "!=": int.__ne__,
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
}


@given(
    st.tuples(st.sampled_from([*_OPERATORS]), st.integers(0, 6)),
    st.tuples(st.sampled_from([*_OPERATORS]), st.integers(0, 6)),
)
def test_two_conditions_clash_when_no_whole_number_fulfils_both(
    one: tuple[str, int], other: tuple[str, int]
) -> None:
    """Agrees with trying every number."""
    pair = [Condition("status", op, float(value)) for op, value in (one, other)]
    fulfilled = any(
        all(_OPERATORS[op](n, value) for op, value in (one, other)) for n in range(-2, 9)
    )

    assert (contradiction(pair, T) is None) == fulfilled


@given(
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.integers(-(10**12), 10**12).map(lambda n: n / 1000),
)
def test_a_written_condition_reads_back(op: str, value: float) -> None:
    """Showing a condition loses nothing."""
    condition = Condition("value", op, value)

    assert parse_condition(written(condition), P) == condition
