"""Lengths of windows."""

from datetime import datetime

import pytest

from slm_stream.domain.lengths import Length, parse_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", Length(ms=1_800_000)),
        ("28d", Length(ms=2_419_200_000)),
        (" 2w", Length(ms=1_209_600_000)),
        ("3M", Length(months=3)),
        ("1Q", Length(months=3)),
        ("2Y", Length(months=24)),
    ],
)
def test_lengths_as_written(text: str, length: Length) -> None:
    """A small m is a minute, a capital M a month."""
    assert parse_length(text) == length


@pytest.mark.parametrize("text", ["1D", "1q", "0d", "0M", "", "M", "1.5M", "0.0001ms"])
def test_other_lengths_are_refused(text: str) -> None:
    """Nothing is guessed, and no length is none."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_length(text)


@pytest.mark.parametrize(
    ("count", "unit", "length"),
    [
        (1, "Minute", Length(ms=60_000)),
        (24, "HOURS", Length(ms=86_400_000)),
        (2, "weeks", Length(ms=1_209_600_000)),
        (3, "quarter", Length(months=9)),
        (1, "Year", Length(months=12)),
    ],
)
def test_units_as_words(count: int, unit: str, length: Length) -> None:
    """In any case, in singular and plural."""
    assert Length.of(count, unit) == length


def test_unknown_units_and_no_length_are_refused() -> None:
    """The message says what there is."""
    with pytest.raises(ValueError, match="known: second, minute, hour, day, week, month"):
        Length.of(1, "fortnight")
    with pytest.raises(ValueError, match="above 0"):
        Length.of(-1, "day")
    with pytest.raises(ValueError, match="above 0"):
        Length(ms=1, months=1)


@pytest.mark.parametrize(
    ("times", "day"),
    [
        (-2, "2025-11-30"),
        (-1, "2025-12-31"),
        (0, "2026-01-31"),
        (1, "2026-02-28"),
        (25, "2028-02-29"),
    ],
)
def test_months_end_on_their_last_day_and_come_back(times: int, day: str) -> None:
    """A step is taken from the anchor, so 31 January plus two months is 31 March again."""
    assert str(Length(months=1).after(datetime(2026, 1, 31), times).date()) == day  # noqa: DTZ001


def test_months_have_no_fixed_length() -> None:
    """A day has."""
    assert Length.of(2, "day").fixed_s == 172_800
    with pytest.raises(ValueError, match="no fixed length"):
        _ = Length(months=1).fixed_s
