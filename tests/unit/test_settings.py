"""Settings from SLM_* variables."""

from pathlib import Path

import pytest

from slm_stream.errors import SettingsError
from slm_stream.settings import PREFIX, Settings, read_settings

EXAMPLE = Path(__file__).parents[2] / "config" / "settings.example.env"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_example_holds_every_setting_with_its_default_and_meaning() -> None:
    """Who copies the example file changes nothing, and misses nothing."""
    expected = [
        f"# {field.description}\n{PREFIX}{name.upper()}={field.default}"
        for name, field in Settings.model_fields.items()
    ]

    paragraphs = EXAMPLE.read_text(encoding="utf-8").strip().split("\n\n")

    assert paragraphs[1:] == expected


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable replaces the default and takes its type."""
    monkeypatch.setenv("SLM_PARTITIONS", "3")
    monkeypatch.setenv("SLM_CONFIG", "/etc/slm")

    settings = read_settings()

    assert settings.partitions == 3
    assert settings.config == Path("/etc/slm")


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One run shows all mistakes, by the names that the user wrote."""
    monkeypatch.setenv("SLM_PARTITIONS", "0")
    monkeypatch.setenv("SLM_METRICS_PORT", "ninety")

    with pytest.raises(SettingsError) as caught:
        read_settings()

    assert "SLM_PARTITIONS=0: input should be greater than or equal to 1" in str(caught.value)
    assert "SLM_METRICS_PORT=ninety: input should be a valid integer" in str(caught.value)


def test_lateness_is_read_by_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the units in which everything else is written; topics that are not named keep theirs."""
    monkeypatch.setenv("SLM_ALLOWED_LATENESS", " transactions = 1d, probes=6h ,feedback=0s")

    assert read_settings().lateness_ms == {
        "slm.transactions.v1": 86_400_000,
        "slm.probes.v1": 6 * 3_600_000,
        "slm.feedback.v1": 0,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("transaction=1d", "there is no topic of 'transaction'; did you mean transactions?"),
        ("probes=6", "6 has no unit; write 6ms, 6s, 6m, 6h or 6d"),
        ("300", "'300' says nothing of a topic; write for example transactions=1h"),
        ("probes=1h,probes=2h", "probes is given twice; keep one"),
    ],
)
def test_lateness_that_cannot_be_read_is_told(
    monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    """With what to write instead."""
    monkeypatch.setenv("SLM_ALLOWED_LATENESS", text)

    with pytest.raises(SettingsError) as caught:
        read_settings()

    assert str(caught.value) == f"SLM_ALLOWED_LATENESS={text}: value error, {told}"
