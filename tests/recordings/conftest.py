"""Recordings of real systems, which lie beside the repository and are not part of it."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the folder with the recordings; skip where there is none."""
    if not FOLDER.is_dir():
        pytest.skip(f"no recordings at {FOLDER}")
    return FOLDER
