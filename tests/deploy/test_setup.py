"""scripts/setup where something is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "cut", "dirname", "id", "mktemp", "rm", "sha256sum", "sort")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder of commands without apt-get, Java, Maven and Prometheus."""
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def setup(path: Path, *parts: str) -> subprocess.CompletedProcess[str]:
    """Run the script with nothing but the commands of one folder."""
    return subprocess.run(
        [path / "bash", ROOT / "scripts/setup", *parts],
        env={"PATH": str(path), "HOME": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("part", "packages"),
    [
        ("kafka", "openjdk-17-jre-headless"),
        ("monitoring", "prometheus prometheus-alertmanager"),
    ],
)
def test_what_cannot_be_installed_is_one_sentence(bare: Path, part: str, packages: str) -> None:
    """Without a way to install, the user is told what to install; exit code 2."""
    done = setup(bare, part)

    assert done.returncode == 2
    assert done.stderr == (
        f"setup: please install what Debian calls: {packages} (there is no apt-get here to do it)\n"
    )


def test_unknown_part_is_refused(bare: Path) -> None:
    """A misspelt part names those that exist."""
    done = setup(bare, "kafak")

    assert done.returncode == 2
    assert "unknown part 'kafak'; there are: venv kafka monitoring" in done.stderr


def test_makefile_explains_itself() -> None:
    """`make` alone lists every target that people use."""
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)

    for target in ("demo", "test", "check", "format", "docs", "bench"):
        assert f"make {target} " in done.stdout
