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
