"""Durations and ratios as people write them."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_stream.domain.agreement import BUDGET_SCALE
from slm_stream.domain.units import (
    UNIT_MS,
    duration_label,
    format_duration_ms,
    format_percent,
    parse_duration_ms,
    parse_duration_s,
    parse_ratio,
    target_budget_e8,
)


@pytest.mark.parametrize(
    ("text", "duration_ms"),
    [
        ("300ms", 300),
        ("0.5ms", Fraction(1, 2)),
        ("1.5s", 1500),
        ("5m", 300_000),
        (" 4 h ", 14_400_000),
        ("28d", 2_419_200_000),
        ("4w", 2_419_200_000),
        ("0s", 0),
    ],
)
def test_durations_are_exact(text: str, duration_ms: Fraction) -> None:
    """A number and its unit, in milliseconds."""
    assert parse_duration_ms(text) == duration_ms


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (300, "300 has no unit; write 300ms, 300s, 300m, 300h or 300d"),
        ("1.5", "1.5 has no unit; write 1.5ms, 1.5s, 1.5m, 1.5h or 1.5d"),
        ("5min", "'5min' is not a duration; write for example 300ms, 30s, 5m, 4h or 28d"),
        ("-5m", "'-5m' is not a duration; write for example 300ms, 30s, 5m, 4h or 28d"),
        ("\u0665m", "'\u0665m' is not a duration; write for example 300ms, 30s, 5m, 4h or 28d"),
        (None, "nothing is not a duration; write for example 300ms, 30s, 5m, 4h or 28d"),
        (True, "true is not a duration; write for example 300ms, 30s, 5m, 4h or 28d"),
        ("10001d", "10001d is longer than 10000d; check the unit"),
    ],
)
def test_other_durations_are_refused(value: object, told: str) -> None:
    """The sentence says what to write."""
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        parse_duration_ms(value)


def test_parts_of_a_second_are_refused_where_seconds_count() -> None:
    """Clocks count whole seconds."""
    with pytest.raises(ValueError, match="300ms is not a whole number of seconds; write"):
        parse_duration_s("300ms")


@pytest.mark.parametrize(
    ("value", "budget_e8"),
    [
        ("99.9 %", 100_000),  # 0.001 x 10**8
        ("99.9%", 100_000),
        (0.999, 100_000),
        ("0.999", 100_000),
        ("99.95 %", 50_000),
        ("99.999999 %", 1),
        (0.99999999, 1),
        ("0.000001 %", 99_999_999),
        ("7 %", 93_000_000),
        (0.07, 93_000_000),
    ],
)
def test_budgets_are_exact(value: object, budget_e8: int) -> None:
    """No target is off by a part in 10**8 because of binary fractions."""
    assert target_budget_e8(parse_ratio(value)) == budget_e8


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (99.9, '99.9 is above 1 and carries no % sign; write "99.9 %" or 0.999'),
        ("99.9", '99.9 is above 1 and carries no % sign; write "99.9 %" or 0.999'),
        (1000, "1000 is above 1 and carries no % sign; write 0 to 1"),
        ("101 %", "101 % is above 100 %; write for example 99.9 %"),
        ("99,9 %", "'99,9 %' is not a ratio; write for example \"99.9 %\" or 0.999"),
        (-0.5, '-0.5 is not a ratio; write for example "99.9 %" or 0.999'),
        (True, 'true is not a ratio; write for example "99.9 %" or 0.999'),
        (float("nan"), 'nan is not a ratio; write for example "99.9 %" or 0.999'),
        (float("inf"), 'inf is not a ratio; write for example "99.9 %" or 0.999'),
        ([], 'a list is not a ratio; write for example "99.9 %" or 0.999'),
    ],
)
def test_other_ratios_are_refused(value: object, told: str) -> None:
    """A bare 99.9 above all: nobody knows whether it is a percentage."""
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        parse_ratio(value)


@given(number=st.integers(0, 99_999), decimals=st.integers(0, 3), unit=st.sampled_from([*UNIT_MS]))
def test_a_duration_is_its_number_times_its_unit(number: int, decimals: int, unit: str) -> None:
    """Exactly, whatever the decimals, up to the longest."""
    value = Fraction(number, 10**decimals)
    text = f"{number // 10**decimals}.{number % 10**decimals:0{decimals}d}{unit}"
    if not decimals:
        text = f"{number}{unit}"
    expected_ms = value * {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}[unit]
    if expected_ms <= 864_000_000_000:
        assert parse_duration_ms(text) == expected_ms


@given(duration_ms=st.integers(0, 10**11))
def test_a_shown_duration_reads_back(duration_ms: int) -> None:
    """Showing loses nothing."""
    shown = format_duration_ms(duration_ms)
    assert parse_duration_ms(shown.replace("min", "m")) == duration_ms


@given(budget_e8=st.integers(1, BUDGET_SCALE - 1))
def test_every_budget_survives_being_written_as_percent(budget_e8: int) -> None:
    """The whole range of budgets can be promised and shown."""
    target = Fraction(BUDGET_SCALE - budget_e8, BUDGET_SCALE)
    assert target_budget_e8(parse_ratio(format_percent(target))) == budget_e8


@given(budget_e8=st.integers(1, BUDGET_SCALE - 1))
def test_every_budget_survives_being_written_as_a_decimal(budget_e8: int) -> None:
    """YAML gives floats; their shortest decimal is what was written."""
    target = (BUDGET_SCALE - budget_e8) / BUDGET_SCALE
    assert target_budget_e8(parse_ratio(target)) == budget_e8


@pytest.mark.parametrize(
    ("seconds", "largest", "label"),
    [
        (0, "d", "0s"),
        (59, "d", "59s"),
        (3600, "d", "1h"),
        (90_061, "d", "1d1h1m1s"),  # 86 400 + 3600 + 60 + 1
        (604_800, "d", "7d"),
        (1_209_600, "w", "2w"),
        (0, "w", "0s"),
        (691_200, "w", "8d"),
        (108_000, "h", "30h"),
        (90, "s", "90s"),
        (Fraction(1, 3), "d", "0.333333s"),
        (Fraction(599_999_999, 10_000_000), "d", "1m"),  # 59.9999999 s
    ],
)
def test_labels_go_from_the_largest_unit_down(seconds: Fraction, largest: str, label: str) -> None:
    """Parts that are zero are left out; weeks stand alone."""
    assert duration_label(seconds, largest=largest) == label


def test_no_label_is_negative() -> None:
    """Nor in a unit that there is not."""
    with pytest.raises(ValueError, match="cannot show -1 s"):
        duration_label(-1)
    with pytest.raises(ValueError, match="from unit 'y' down"):
        duration_label(1, largest="y")
